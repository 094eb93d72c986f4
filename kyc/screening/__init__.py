"""Sanctions lists and possible matches."""
