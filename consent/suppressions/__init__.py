"""Opt-outs and withdrawals: what stops messages, and how a stop is undone."""
