"""Registers of the company: senders, recipients, processing, incidents, orders, measures."""
