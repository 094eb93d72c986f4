"""After an erasure no erased file opens: from the disk, the admin, a dump made now or one made before."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import connections

from portal.kernel.core import ciphers
from portal.kernel.core.actor import SYSTEM
from portal.kernel.core.ciphers import CannotDecrypt
from portal.kernel.vault.models import ShredOrder, StoredFile, SubjectKey
from portal.kernel.vault.segments import DecryptingReader
from portal.kernel.vault.services import files, keys
from portal.kernel.vault.services.keys import Shredded
from tests.vault.factories import stored

pytestmark = pytest.mark.django_db
MARK = b"%PDF- the page that must not be read again"


def dump() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of the main database, as a backup holds it. The keys' database has backups of its own, made apart."""
    found = {}
    connection = connections["default"]
    for table in connection.introspection.table_names():
        with connection.cursor() as cursor:
            cursor.execute(f'SELECT * FROM "{table}"')
            found[table] = cursor.fetchall()
    return found


def bytes_on_disk() -> dict[str, bytes]:
    place = Path(storages["vault"].path(""))
    return {str(path.relative_to(place)): path.read_bytes() for path in place.rglob("*") if path.is_file()}


def readings(file: StoredFile, content: bytes) -> Iterator[bytes]:
    """What every key that is left makes of a file's row and bytes, without asking any service."""
    for key in SubjectKey.objects.all():
        subject_key = ciphers.decrypt(bytes(key.wrapped), purpose=keys.PURPOSE, context=key.pk.bytes)
        try:
            data_key = keys.unwrap(bytes(file.wrapped_key), subject_key=subject_key, identity=file.pk.bytes)
            yield DecryptingReader(io.BytesIO(content), key=data_key, identity=file.pk.bytes).readall()
        except CannotDecrypt:
            continue


def test_an_erased_file_opens_from_no_disk_no_page_no_new_and_no_old_dump(django_capture_on_commit_callbacks):
    subject, other = uuid4(), uuid4()
    erased = stored(MARK, subject_ref=subject)
    kept_by_law = stored(MARK, subject_ref=subject, retention_class="grievance")
    neighbour = stored(MARK, subject_ref=other)
    old_rows, old_bytes = dump(), bytes_on_disk()
    before = StoredFile.objects.get(pk=erased.pk)
    assert list(readings(before, old_bytes[before.storage_name])) == [MARK]

    with django_capture_on_commit_callbacks(execute=True):
        assert files.shred(subject_ref=subject, retention_class="kyc") == 1

    # The disk: the bytes are gone, and those of an old copy of the disk fit no key that is left.
    assert erased.storage_name not in bytes_on_disk()
    assert list(readings(before, old_bytes[before.storage_name])) == []
    # A dump made now and one made before hold the wrapped key of the file, and nothing that opens it.
    for rows in (dump(), old_rows):
        assert MARK not in repr(rows).encode()
    # The old dump brought back, its bytes too: the order to shred is not in it, and still nothing opens.
    ShredOrder.objects.all().delete()
    StoredFile.objects.filter(pk=erased.pk).update(shredded_at=None)
    storages["vault"].save(before.storage_name, ContentFile(old_bytes[before.storage_name]))
    with pytest.raises(Shredded):
        files.open_stream(before, actor=SYSTEM, reason="test")
    # What a law keeps, and what is another's, opens as before.
    for file in (kept_by_law, neighbour):
        assert files.open_stream(file, actor=SYSTEM, reason="test").read() == MARK


def test_a_file_that_is_erased_as_it_is_opened_is_said_to_be_erased(monkeypatch):
    file, read = stored(), keys.key_for_reading

    def erased_meanwhile(key_id):
        found = read(key_id)
        files.shred(subject_ref=file.subject_ref, retention_class="kyc")
        files.carry_out(ShredOrder.objects.get())
        return found

    monkeypatch.setattr(keys, "key_for_reading", erased_meanwhile)
    with pytest.raises(Shredded):
        files.open_stream(file, actor=SYSTEM, reason="test")


def test_a_file_whose_bytes_alone_are_gone_is_no_erased_file():
    file = stored()
    storages["vault"].delete(file.storage_name)
    with pytest.raises(FileNotFoundError):
        files.open_stream(file, actor=SYSTEM, reason="test")
