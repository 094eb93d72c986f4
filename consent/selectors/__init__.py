"""Reads that cross rooms or decide access."""
