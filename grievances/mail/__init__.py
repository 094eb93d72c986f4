"""Grievances that come by e-mail."""
