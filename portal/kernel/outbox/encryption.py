"""Words and addresses at rest: under the subject's key of class "message", which ends them when it is shredded."""

from collections.abc import Sequence
from uuid import UUID

from portal.kernel.vault.choices import RetentionClass
from portal.kernel.vault.services import texts

RETENTION_CLASS = RetentionClass.MESSAGE


def seal_all(clear: Sequence[str], *, subject_ref: UUID) -> list[bytes]:
    """Encrypt texts so that only this subject's key of class "message", which is asked for once, opens them."""
    return texts.seal_all(clear, subject_ref=subject_ref, retention_class=RETENTION_CLASS)


def seal_for(clear: Sequence[tuple[UUID, Sequence[str]]]) -> list[list[bytes] | None]:
    """``seal_all`` for many subjects; None for one whose key is being shredded."""
    return texts.seal_for(clear, retention_class=RETENTION_CLASS)


def unseal_of(sealed: Sequence[tuple[UUID, Sequence[bytes]]]) -> list[list[str] | None]:
    """``unseal_all`` for many subjects; None where it raises."""
    return texts.open_of(sealed, retention_class=RETENTION_CLASS)


def unseal_all(sealed: Sequence[bytes], *, subject_ref: UUID) -> list[str]:
    """Open several texts of one subject, for whose key is asked once. Raises as ``unseal``; then none is given."""
    return texts.open_all(sealed, subject_ref=subject_ref, retention_class=RETENTION_CLASS)


def unseal(sealed: bytes, *, subject_ref: UUID) -> str:
    """Raises vault's Shredded (a NotFound) when the key has been destroyed, CannotDecrypt for another subject's text."""
    return texts.open(sealed, subject_ref=subject_ref, retention_class=RETENTION_CLASS)
