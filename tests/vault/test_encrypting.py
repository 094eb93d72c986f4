"""Bytes are encrypted before a transaction opens; what comes to nothing leaves none of them behind."""

import contextlib
import io
import os
import time
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.files.storage import storages
from django.db import transaction
from django.db.utils import OperationalError

from portal.kernel.core import actor as actors
from portal.kernel.core.errors import Refused
from portal.kernel.vault.models import StoredFile
from portal.kernel.vault.services import files

pytestmark = pytest.mark.django_db
STAFF = actors.staff(7)
CONTENT = b"a page of somebody" * 9_000


def kept(bytes_of: files.Encrypted) -> StoredFile:
    return files.keep(bytes_of, subject_ref=uuid4(), retention_class="kyc", kind="kyc.document", actor=STAFF)


def place_of(bytes_of: files.Encrypted) -> Path:
    return Path(storages["vault"].path(bytes_of.storage_name))


def test_bytes_are_on_the_disk_before_the_row_and_come_back_whole() -> None:
    with files.encrypted(io.BytesIO(CONTENT)) as bytes_of:
        assert b"a page" not in place_of(bytes_of).read_bytes()
        assert not StoredFile.objects.exists()
        file = kept(bytes_of)
    with files.open_stream(file, actor=STAFF, reason="review") as stream:
        assert stream.read() == CONTENT


def test_bytes_that_nobody_kept_are_removed_at_once() -> None:
    with files.encrypted(io.BytesIO(CONTENT)) as bytes_of:
        assert place_of(bytes_of).exists()
    assert not place_of(bytes_of).exists()


def failing(fault: BaseException, *, is_committed: bool = False) -> Path:
    """Where bytes lay whose transaction, or what came after it, ended by a fault."""
    with contextlib.suppress(type(fault)), files.encrypted(io.BytesIO(CONTENT)) as bytes_of:
        with transaction.atomic():
            kept(bytes_of)
            if not is_committed:
                raise fault
        raise fault
    return place_of(bytes_of)


@pytest.mark.parametrize("fault", [Refused("no"), KeyError("a fault of ours"), SystemExit()])
def test_bytes_of_a_transaction_that_was_refused_are_removed_at_once(fault: BaseException) -> None:
    assert not failing(fault).exists()
    assert not StoredFile.objects.exists()


def test_bytes_stay_where_something_fails_after_their_row_was_committed() -> None:
    assert failing(KeyError("the broker is away"), is_committed=True).exists()
    assert StoredFile.objects.count() == 1


def test_bytes_stay_for_the_sweep_where_the_database_does_not_say_what_it_committed() -> None:
    place = failing(OperationalError("connection lost"))
    assert place.exists()
    os.utime(place, (time.time() - 7200,) * 2)
    assert files.sweep()[1] == 1
    assert not place.exists()
