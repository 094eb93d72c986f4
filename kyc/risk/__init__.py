"""Risk rating of a case and its change by two people."""
