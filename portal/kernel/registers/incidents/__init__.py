"""Incidents: facts, who has to be notified until when, notifications, affected people."""
