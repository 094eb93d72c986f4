"""What others ask of the outbox."""

from portal.outbox.services.posting import post

__all__ = ["post"]
