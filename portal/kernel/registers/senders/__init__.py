"""Sender headers, message templates and the checks of their texts."""
