"""Nominees, and claims after a death or incapacity."""
