"""The ledger's services: append in the caller's transaction, seal and sign after it, prove, redact, verify."""

from portal.ledger.services.entries import append, payload_of

__all__ = ["append", "payload_of"]
