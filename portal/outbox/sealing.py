"""Words and addresses at rest: encrypted, and bound to the subject they are for."""

from uuid import UUID

from portal.core import ciphers

RETENTION_CLASS = "message"


def seal(text: str, *, subject_ref: UUID) -> bytes:
    """Encrypt a text so that only this subject's key of class "message" opens it."""
    return ciphers.encrypt(text.encode(), purpose="outbox", context=subject_ref.bytes)


def unseal(sealed: bytes, *, subject_ref: UUID) -> str:
    """Raises CannotDecrypt when the key has been destroyed, or belongs to somebody else."""
    return ciphers.decrypt(sealed, purpose="outbox", context=subject_ref.bytes).decode()
