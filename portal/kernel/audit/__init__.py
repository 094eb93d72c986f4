"""Audit events: who did what, as a leaf of the ledger with a personal part that can be erased."""
