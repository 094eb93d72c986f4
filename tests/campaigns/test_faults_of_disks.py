"""A disk that is full now and then: what was taken opens, and of what was not taken nothing lies there."""

import errno
import os
import random
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages

from portal.kernel.core.actor import SYSTEM
from portal.kernel.core.errors import PortalError
from portal.kernel.ledger import services
from portal.kernel.ledger.errors import AnchorUnusable
from portal.kernel.ledger.models import Checkpoint, Entry
from portal.kernel.ledger.services import anchor
from portal.kernel.vault import storage
from portal.kernel.vault.services import files
from tests.campaigns.counts import conclude
from tests.ledger.factories import EntryFactory
from tests.vault.factories import stored
from tests.vault.test_full_disk import lying

pytestmark = pytest.mark.django_db(transaction=True)
attempts = pytest.mark.parametrize("attempts", [30, pytest.param(400, marks=pytest.mark.full)])


def full(*_given: object, **_more: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def break_writing(patch: pytest.MonkeyPatch, where: str) -> None:
    """The next file finds no room before its first byte, in the middle, or when the disk is asked to keep it."""
    if where == "at the end":
        patch.setattr(storage.os, "fsync", full)
    elif where:
        save = storage.FileSystemStorage._save

        def cut_off(self, name, content):
            if where == "in the middle":
                save(self, name, ContentFile(b"x" * 1_000))
            full()

        patch.setattr(storage.FileSystemStorage, "_save", cut_off)


@attempts
def test_of_files_beside_a_full_disk_those_that_were_taken_open_and_nothing_else_lies_there(attempts, monkeypatch):
    before = set(lying())
    kept = {}
    refused = 0
    for _number in range(attempts):
        content = os.urandom(random.randrange(200_000))
        with monkeypatch.context() as patch:
            break_writing(patch, random.choice(["", "at the start", "in the middle", "at the end"]))
            try:
                kept[stored(content).pk] = content
            except PortalError as error:
                refused += error.code == "NO_ROOM"
    lost = []
    for file in files.StoredFile.objects.filter(pk__in=kept):
        with files.open_stream(file, actor=SYSTEM, reason="test") as stream:
            lost += [file.pk] * (stream.read() != kept[file.pk])
    place = storages["vault"]
    there = {Path(place.path(file.storage_name)) for file in files.StoredFile.objects.filter(pk__in=kept)}
    lost += [path.name for path in (set(lying()) - before) ^ there]
    conclude("Files beside a full disk", attempts=attempts, refused=refused, acknowledged=len(kept), lost=lost)


def break_anchor(patch: pytest.MonkeyPatch, where: str) -> None:
    """The anchor finds no room as it is written, as it takes its place, or as the disk is asked to keep that place."""
    if where == "folder":
        patch.setattr(anchor, "_sync_directory", full)
    elif where:
        patch.setattr(anchor.os, where, full)


@attempts
def test_signing_beside_a_full_disk_leaves_no_head_without_its_anchor(attempts, ledger_alone, monkeypatch):
    signed = refused = 0
    lost = []
    for _number in range(attempts):
        EntryFactory()
        with monkeypatch.context() as patch:
            break_anchor(patch, random.choice(["", "", "fsync", "replace", "folder"]))
            try:
                services.seal_now(wait=10)
                signed += 1
            except AnchorUnusable:
                refused += 1
        anchored = anchor.read()
        lost += list(Checkpoint.objects.filter(size__gt=0 if anchored is None else anchored.size))
    services.seal_now(wait=10)
    assert services.verify().failures == []
    lost += list(Entry.objects.filter(leaf=None))
    conclude("Signing beside a full disk", attempts=attempts, refused=refused, acknowledged=signed, lost=lost)
