"""Consent events, the current state that is folded from them, evidence, receipts, guardians."""
