"""Dated entries and what all registers share."""
