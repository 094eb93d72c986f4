"""Campaigns: the same thing many times over, at one instant or with a fault beside it; each ends with a count.

What was attempted, refused and acknowledged is held against what is there afterwards (``counts``). ``python -m
tests.campaigns --write`` runs them long and writes the table of ``portal/docs/campaigns.md``.
"""
