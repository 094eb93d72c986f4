"""Grievances of an old system."""
