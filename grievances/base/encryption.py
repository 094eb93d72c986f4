"""What a person wrote, at rest: under the subject's own key of class ``grievance``, which can be shredded."""

import json
from collections.abc import Mapping, Sequence
from uuid import UUID

from portal.kernel.vault.services import texts
from portal.kernel.vault.services.keys import Shredded

RETENTION_CLASS = "grievance"

__all__ = ["RETENTION_CLASS", "Shredded", "seal", "unseal", "unseal_of"]


def seal(values: Mapping[str, str], *, subject_ref: UUID) -> bytes:
    """Encrypt named texts together, so that only this subject's key opens them."""
    text = json.dumps(dict(values), ensure_ascii=False, sort_keys=True)
    return texts.seal(text, subject_ref=subject_ref, retention_class=RETENTION_CLASS)


def unseal(sealed: bytes | memoryview, *, subject_ref: UUID) -> dict[str, str]:
    """The named texts again. Raises Shredded when the key was destroyed, CannotDecrypt for somebody else's text."""
    plain = texts.open(bytes(sealed), subject_ref=subject_ref, retention_class=RETENTION_CLASS)
    return {str(name): str(value) for name, value in json.loads(plain).items()}


def unseal_of(sealed: Sequence[tuple[UUID, bytes | memoryview]]) -> list[dict[str, str] | None]:
    """Named texts of many subjects, for whose keys is asked once; None where ``unseal`` raises."""
    opened = texts.open_of([(ref, [bytes(one)]) for ref, one in sealed], retention_class=RETENTION_CLASS)
    return [{str(k): str(v) for k, v in json.loads(found[0]).items()} if found else None for found in opened]
