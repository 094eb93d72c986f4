import errno
import json
import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest import mock
from uuid import uuid4

import pytest
from django.conf import settings
from django.core.files.storage import storages
from django.core.management import call_command
from django.db import DatabaseError, connections

from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor as actors
from portal.kernel.core import clock, read_only
from portal.kernel.core.ciphers import CannotDecrypt
from portal.kernel.core.errors import NotFound, Refused, Unavailable
from portal.kernel.people.models import Principal
from portal.kernel.vault import backups
from portal.kernel.vault.backups import Manifest, Places, database_dump, manifest, verification
from portal.kernel.vault.models import ErasureMark, StoredFile, SubjectKey
from portal.kernel.vault.services import erasure_log, files
from tests import other_sessions
from tests.people.factories import PrincipalFactory
from tests.retention.factories import house_rule
from tests.vault.factories import stored

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
OPERATOR = actors.system("tests")
NAME = "Zerlinda Quatermain"


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Places:
    monkeypatch.setattr(settings, "READ_ONLY_SWITCH", tmp_path / "read-only")
    house_rule("backups.life", 30, "calendar_day")
    # A live server of an earlier test may have left a session behind.
    for connection in connections.all():
        other_sessions.end(connection)
    return Places.given(tmp_path / "data", tmp_path / "keys")


def taken(places: Places, **changes: Any) -> Manifest:
    return backups.take(places=places, actor=OPERATOR, **{"now": clock.now(), **changes})


def bytes_in(place: Path) -> bytes:
    return b"".join(path.read_bytes() for path in place.rglob("*") if path.is_file())


def test_a_backup_brings_rows_files_and_keys_back_and_neither_place_opens_anything_alone(places: Places) -> None:
    PrincipalFactory(full_name=NAME)
    file = stored(b"PAN card of somebody")
    one = taken(places)
    assert backups.found(places) == [one]
    assert [path.name for path in sorted((places.data / one.name).iterdir())] == [
        "files.osv",
        "main.osv",
        "manifest.json",
    ]
    assert not any(
        mark in bytes_in(place) for place in (places.data, places.keys) for mark in (NAME.encode(), b"PAN card")
    )

    moved = places.keys.rename(places.keys.with_name("elsewhere"))
    with pytest.raises(NotFound):
        backups.one("latest", places)
    moved.rename(places.keys)
    away = (places.data / one.name).rename(places.data / "away")
    with pytest.raises(NotFound):
        backups.verify(one, places=places)
    away.rename(places.data / one.name)

    assert not read_only.is_on()
    Principal.objects.all().delete()
    StoredFile.objects.all().delete()
    SubjectKey.objects.all().delete()
    folder = Path(storages["vault"].path(file.storage_name[:2]))
    # Tests before this one may have left files of their own beside it.
    lost = sum(path.is_file() for path in folder.rglob("*"))
    shutil.rmtree(folder)
    back = backups.bring_back(one, places=places, keys_of=None, replace=True)
    assert (back.files, back.keys) == (lost, one.name)
    assert read_only.said()["why"] == "restore", "nothing is sent before somebody has looked"
    assert Principal.objects.get().full_name == NAME
    with files.open_stream(StoredFile.objects.get(), actor=OPERATOR, reason="drill") as stream:
        assert stream.read() == b"PAN card of somebody"


def test_an_older_key_database_neither_loses_marks_of_erasures_nor_gives_an_ended_key_back(places: Places) -> None:
    file = stored(b"to be erased")
    one = taken(places)
    erasure_log.leave(subject_ref=file.subject_ref, eraser="x", before=None, because="OS-ER-1", at=clock.now())
    files.shred(subject_ref=file.subject_ref, retention_class="kyc")
    with pytest.raises(Refused, match="in use"):
        backups.bring_back(one, places=places, keys_of=one, replace=False)
    later = taken(places)
    with pytest.raises(Refused, match="older than the data"):
        backups.bring_back(later, places=places, keys_of=one, replace=True)
    back = backups.bring_back_keys(one, places=places, replace=True)
    assert back.ended == 1, "the main database knows the order to end it"
    assert ErasureMark.objects.filter(subject_ref=file.subject_ref).exists()
    assert not SubjectKey.objects.filter(subject_ref=file.subject_ref).exists()


def test_a_restore_that_dies_over_the_keys_loses_no_mark_of_an_erasure_when_it_is_done_again(
    places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = taken(places)
    refs = [uuid4() for _number in range(3)]
    for ref in refs:
        erasure_log.leave(subject_ref=ref, eraser="x", before=clock.now(), because="OS-ER-1", at=clock.now())
    before = list(
        ErasureMark.objects.order_by("subject_ref").values_list("subject_ref", "eraser", "before", "erased_at")
    )
    load = database_dump.load

    def dies_behind_it(alias: str, stream: Any) -> None:
        load(alias, stream)
        if alias == "keys":
            raise SystemExit

    with monkeypatch.context() as patched:
        patched.setattr(database_dump, "load", dies_behind_it)
        with pytest.raises(SystemExit):
            backups.bring_back(one, places=places, keys_of=one, replace=True)
    assert not ErasureMark.objects.exists(), "the older key database knows nothing of them"
    backups.bring_back(one, places=places, keys_of=one, replace=True)
    again = list(
        ErasureMark.objects.order_by("subject_ref").values_list("subject_ref", "eraser", "before", "erased_at")
    )
    assert again == before
    assert [path.name for path in places.data.parent.glob("erasure-marks*")] == []


def test_a_wrong_key_a_changed_byte_and_a_database_in_use_change_nothing(
    places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    PrincipalFactory(full_name=NAME)
    stored()
    one = taken(places)

    def refused(kind: type[Exception], match: str, **how: Any) -> None:
        with pytest.raises(kind, match=match):
            backups.bring_back(one, places=places, **{"keys_of": None, "replace": True, **how})

    refused(Refused, "in use", replace=False)
    with monkeypatch.context() as patch:
        patch.setattr(settings, "VAULT_KEY", "f" * 64)
        refused(Refused, "VAULT_KEY is not the one")
    with monkeypatch.context() as patch:
        patch.setattr(settings, "BACKUP_KEY", "f" * 64)
        refused(CannotDecrypt, "another BACKUP_KEY")
        assert backups.unreadable(places) == [one.name]
        patch.setattr(settings, "BACKUP_KEY", "")
        with pytest.raises(Refused, match="BACKUP_KEY is missing"):
            taken(places)
    path = places.data / one.name / "main.osv"
    whole = path.read_bytes()
    path.write_bytes(whole[:-9] + bytes([whole[-9] ^ 1]) + whole[-8:])
    Principal.objects.update(full_name="as it is now")
    refused(CannotDecrypt, "changed")
    assert Principal.objects.get().full_name == "as it is now"


def test_a_full_disk_or_a_missing_tool_leaves_nothing(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(alias: str, target: Any) -> None:
        target.write(b"x" * 100)
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(database_dump, "dump", full)
        with pytest.raises(OSError, match="No space"):
            taken(places)
    if database_dump.vendor() == "postgresql":
        with monkeypatch.context() as patch:
            patch.setenv("PATH", "/nowhere")
            with pytest.raises(Unavailable, match="postgresql-client"):
                taken(places)
    assert [path.name for place in (places.data, places.keys) for path in place.iterdir()] == [".lock"]


def said(what: str, **where: str) -> int:
    return AuditEvent.objects.filter(kind=f"vault.backup.{what}", **where).count()


def test_backups_end_when_their_time_is_over_the_keys_first(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    now = clock.now()
    old, fresh = taken(places, now=now - timedelta(days=31)), taken(places, now=now)
    assert [one.is_expired(now) for one in backups.found(places)] == [False, True]
    rmtree = shutil.rmtree

    def fails(path: Path, **kwargs: Any) -> None:
        if path == places.data / old.name:
            raise OSError(errno.EIO, "Input/output error")
        rmtree(path, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", fails)
        with pytest.raises(OSError, match="Input/output"):
            backups.remove_expired(places=places, now=now, actor=OPERATOR)
    assert not (places.keys / old.name).exists(), "what is left of it opens nothing"
    assert (places.data / old.name).exists()
    assert said("removed", about=f"vault.backup:{old.name}") == 1, "as a backup it has ended"
    assert said("cleared") == 0, "and something is left"
    ended = backups.remove_expired(places=places, now=now, actor=OPERATOR)
    assert (ended.removed, ended.left) == ([old], []), "a later run finds data that lost its keys"
    assert backups.found(places) == [fresh]
    assert not (places.data / old.name).exists()
    assert said("cleared") == 1


def test_an_expired_backup_that_cannot_be_read_is_named_and_ends_under_the_key_that_wrote_it(
    places: Places, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """After a change of BACKUP_KEY older backups stayed for ever, and nothing said so."""
    now = clock.now()
    where = ("--data", str(places.data), "--key-files", str(places.keys))
    old, kept = (taken(places, now=now - timedelta(days=days)) for days in (31, 3))
    damaged, lost = places.keys / "bk-20200101T000000Z-abcdef", places.data / "bk-20200102T000000Z-abcdef"
    damaged.mkdir()
    lost.mkdir()
    (damaged / "data.key").write_bytes(b"without its manifest")
    with monkeypatch.context() as patch:
        patch.setattr(settings, "BACKUP_KEY", "f" * 64)
        with pytest.raises(SystemExit) as stopped:
            call_command("backup", "--remove-expired", *where)
        assert stopped.value.code == 1
        told = capsys.readouterr().out
        assert all(name in told for name in (old.name, damaged.name, lost.name))
        assert kept.name not in told, "by its own word its time is not over"
        assert said("cleared") == 0
        text = (places.keys / kept.name / manifest.FILE).read_text()
        longer = text.replace(kept.expires_at, "2099-01-01T00:00:00.000Z")
        for place in (places.keys, places.data):
            (place / kept.name / manifest.FILE).write_text(longer)
        ended = backups.remove_expired(places=places, now=now, actor=OPERATOR)
        assert kept.name in ended.left, "nobody can promise it more time than a backup has"
    (places.keys / kept.name / manifest.FILE).write_text(text)
    shutil.rmtree(damaged)
    shutil.rmtree(lost)
    call_command("backup", "--remove-expired", *where)
    assert old.name in capsys.readouterr().out
    assert said("cleared") == 1
    assert not (places.keys / old.name).exists()


def test_a_night_ends_expired_backups_though_another_step_fails_and_says_which_failed(
    places: Places, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = clock.now()
    where = ("--data", str(places.data), "--key-files", str(places.keys), "--json")
    old, last = (taken(places, now=now - timedelta(days=days)) for days in (31, 1))
    with monkeypatch.context() as patch:
        patch.setattr(database_dump, "dump", mock.Mock(side_effect=OSError(errno.ENOSPC, "No space left on device")))
        with pytest.raises(SystemExit) as stopped:
            call_command("backup", "--nightly", *where)
    assert stopped.value.code == 3
    body = json.loads(capsys.readouterr().out)
    assert (body["removed"], body["verified"]) == ([old.name], last.name)
    assert "disk is full" in body["failed"]["take"]
    assert (said("verified", about=f"vault.backup:{last.name}"), said("cleared")) == (1, 1)
    call_command("backup", "--nightly", *where)
    body = json.loads(capsys.readouterr().out)
    assert body["verified"] == body["taken"] != last.name
    (places.data / body["taken"] / "main.osv").write_bytes(b"damaged")
    with monkeypatch.context() as patch:
        patch.setattr(backups, "take", mock.Mock(side_effect=Refused("No.")))
        with pytest.raises(SystemExit) as stopped:
            call_command("backup", "--nightly", *where)
    assert stopped.value.code == 1
    assert set(json.loads(capsys.readouterr().out)["failed"]) == {"take", "verify"}
    assert said("cleared") == 3


def test_a_backup_is_verified_where_there_is_no_database_yet(
    places: Places, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before a restore into empty databases nothing can be noted."""
    one = taken(places)
    monkeypatch.setattr(verification, "record", mock.Mock(side_effect=DatabaseError("no such table")))
    call_command("backup", "--verify", one.name, "--data", str(places.data), "--key-files", str(places.keys))
    assert "opens to its last byte" in capsys.readouterr().out


def test_nobody_gives_a_backup_more_time_by_hand_and_keys_never_lie_with_data(places: Places, tmp_path: Path) -> None:
    one = taken(places)
    folder = places.keys / one.name
    text = (folder / manifest.FILE).read_text()
    (folder / manifest.FILE).write_text(text.replace(one.expires_at, "2099-01-01T00:00:00.000Z"))
    with pytest.raises(Refused, match="changed"):
        backups.one(one.name, places)
    with pytest.raises(Refused, match="apart"):
        Places.given(tmp_path / "all", tmp_path / "all" / "keys")
    assert replace(one, expires_at="2020-01-01T00:00:00.000Z").is_expired(clock.now())
