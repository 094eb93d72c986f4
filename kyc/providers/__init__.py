"""Registries and banks that answer whether a number is good, over HTTP; each adapter speaks one of them.

A provider says something about a number, never about a document. What goes wrong on the way is ``Unanswered``: asked again
or left to a person, never a "no".
"""
