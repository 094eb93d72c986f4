"""Dates and times as the portal writes them, in each language alike: the day first, 24 hours."""
