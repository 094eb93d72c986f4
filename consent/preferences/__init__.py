"""Preferences of a person: which sender, which channel, when and how often."""
