"""Encrypted files for every test: through the service, because a row without bytes is no file."""

import io
from typing import Any
from uuid import UUID, uuid4

from portal.kernel.core.actor import SYSTEM
from portal.kernel.vault.models import StoredFile
from portal.kernel.vault.services import files


def stored(content: bytes = b"a page", *, subject_ref: UUID | None = None, **changes: Any) -> StoredFile:
    return files.store(
        io.BytesIO(content),
        subject_ref=subject_ref or uuid4(),
        **{"retention_class": "kyc", "kind": "kyc.document", "actor": SYSTEM, **changes},
    )
