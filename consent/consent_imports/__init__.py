"""Consents given elsewhere: a file is checked, approved and taken in line by line."""
