"""A disk that is full: nothing stays of what was not written whole, and the person is told in words."""

import io
from pathlib import Path
from typing import NamedTuple

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from portal.kernel.core.errors import Unavailable
from portal.kernel.vault import storage
from portal.kernel.vault.services import files

pytestmark = pytest.mark.django_db


class Usage(NamedTuple):
    total: int
    used: int
    free: int


def lying():
    folder = Path(storages["vault"].location)
    return [path for path in folder.rglob("*") if path.is_file()] if folder.exists() else []


@pytest.mark.parametrize("breaks", ["fsync", "write"])
def test_of_a_file_that_found_no_room_nothing_stays(monkeypatch, breaks):
    before = lying()

    def full(*given):
        raise OSError(28, "No space left on device")

    if breaks == "fsync":
        monkeypatch.setattr(storage.os, "fsync", full)
    else:
        real = storage.FileSystemStorage._save

        def cut_off(self, name, content):
            real(self, name, ContentFile(b""))
            full()

        monkeypatch.setattr(storage.FileSystemStorage, "_save", cut_off)
    with pytest.raises(Unavailable) as refused, files.encrypted(io.BytesIO(b"x" * 100_000)):
        pass
    assert refused.value.code == "NO_ROOM"
    assert "/" not in str(refused.value)
    assert lying() == before


def test_a_file_is_not_begun_where_its_end_would_find_no_room(monkeypatch):
    monkeypatch.setattr(storage.shutil, "disk_usage", lambda place: Usage(100, 100, storage.RESERVE))
    stream = io.BytesIO(b"x" * 100)
    with pytest.raises(Unavailable), files.encrypted(stream):
        pass
    assert stream.tell() == 0
    assert lying() == []


def test_an_upload_is_refused_in_words_and_with_a_reference_before_it_is_read(monkeypatch):
    monkeypatch.setattr(storage.shutil, "disk_usage", lambda place: Usage(100, 100, storage.RESERVE + 10))
    client = Client(raise_request_exception=False)
    for language, words in (("en", "no room for files"), ("hi", "फ़ाइलों के लिए"), ("mr", "फायलींसाठी")):
        answer = client.post(
            "/privacy/stop/", {"file": SimpleUploadedFile("a.pdf", b"x" * 5_000)}, headers={"Accept-Language": language}
        )
        assert answer.status_code == 503
        assert answer["Retry-After"]
        assert words in answer.text
        assert "OS-ER-" in answer.text


def test_a_disk_that_fills_up_while_an_upload_comes_in_is_said_too(monkeypatch):
    def full(self, data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("portal.kernel.vault.uploads.EncryptingWriter.write", full)
    client = Client(raise_request_exception=False)
    answer = client.post("/privacy/stop/", {"file": SimpleUploadedFile("a.pdf", b"x" * 5_000)})
    assert answer.status_code == 503
    assert "no room for files" in answer.text
