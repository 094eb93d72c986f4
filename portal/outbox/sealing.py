"""Words and addresses at rest: under the subject's key of class "message", which ends them when it is shredded."""

from uuid import UUID

from portal.vault.services import texts
from portal.vault.states import RetentionClass

RETENTION_CLASS = RetentionClass.MESSAGE


def seal(text: str, *, subject_ref: UUID) -> bytes:
    """Encrypt a text so that only this subject's key of class "message" opens it."""
    return texts.seal(text, subject_ref=subject_ref, retention_class=RETENTION_CLASS)


def unseal(sealed: bytes, *, subject_ref: UUID) -> str:
    """Raises vault's Shredded (a NotFound) when the key has been destroyed, CannotDecrypt for another subject's text."""
    return texts.open(sealed, subject_ref=subject_ref, retention_class=RETENTION_CLASS)
