import hashlib
import io
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import structlog
from django.core.files.storage import storages
from django.db import connections, transaction
from django.db.utils import OperationalError

from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor as actors
from portal.kernel.core import clock
from portal.kernel.core.ciphers import CannotDecrypt
from portal.kernel.core.errors import Unavailable
from portal.kernel.vault.models import ShredOrder, StoredFile, SubjectKey
from portal.kernel.vault.services import files, texts
from portal.kernel.vault.services.keys import Shredded
from portal.kernel.vault.storage import NoRoom
from tests.vault.factories import stored

pytestmark = pytest.mark.django_db
STAFF = actors.staff(7)


def content_of(file: StoredFile) -> bytes:
    with files.open_stream(file, actor=STAFF, reason="review") as stream:
        return stream.read()


def raw_path(file: StoredFile) -> Path:
    return Path(storages["vault"].path(file.storage_name))


def test_a_file_is_kept_encrypted_and_comes_back_whole() -> None:
    content = b"PAN card of somebody" * 10_000
    file = stored(content)
    assert content_of(file) == content
    assert (file.size, file.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    assert b"PAN card" not in raw_path(file).read_bytes()


def test_the_key_lies_in_the_key_database_only() -> None:
    file = stored()
    assert SubjectKey.objects.db == "keys"
    assert SubjectKey.objects.get(pk=file.key_id).subject_ref == file.subject_ref


def test_two_files_of_a_subject_share_a_key_and_classes_do_not() -> None:
    subject = uuid4()
    first, second = stored(subject_ref=subject), stored(subject_ref=subject)
    other = stored(subject_ref=subject, retention_class="grievance")
    assert first.key_id == second.key_id != other.key_id
    assert bytes(first.wrapped_key) != bytes(second.wrapped_key)


def test_each_opening_is_an_audit_event_with_actor_and_reason() -> None:
    file = stored()
    content_of(file)
    event = AuditEvent.objects.get(kind="vault.file.opened")
    assert (event.actor_ref, event.facts["reason"], event.subject_ref) == ("user:7", "review", file.subject_ref)


def test_opening_without_a_reason_is_refused() -> None:
    with pytest.raises(ValueError):
        files.open_stream(stored(), actor=STAFF, reason="  ")


def test_a_file_changed_on_the_disk_does_not_open() -> None:
    file = stored(b"a page")
    raw = bytearray(raw_path(file).read_bytes())
    raw[20] ^= 1
    raw_path(file).write_bytes(raw)
    with pytest.raises(CannotDecrypt):
        content_of(file)


def test_the_bytes_of_two_files_cannot_be_exchanged() -> None:
    subject = uuid4()
    first, second = stored(b"first", subject_ref=subject), stored(b"second", subject_ref=subject)
    raw_path(second).replace(raw_path(first))
    with pytest.raises(CannotDecrypt):
        content_of(first)


def test_shredding_ends_the_class_and_nothing_else(django_capture_on_commit_callbacks: Any) -> None:
    subject = uuid4()
    gone, kept = stored(subject_ref=subject), stored(subject_ref=subject, retention_class="grievance")
    stranger = stored()
    path = raw_path(gone)
    with django_capture_on_commit_callbacks(execute=True):
        assert files.shred(subject_ref=subject, retention_class="kyc", actor=STAFF) == 1
    gone.refresh_from_db()
    assert gone.shredded_at is not None
    assert not path.exists()
    assert not SubjectKey.objects.filter(subject_ref=subject, retention_class="kyc").exists()
    with pytest.raises(Shredded):
        content_of(gone)
    assert content_of(kept) == content_of(stranger) == b"a page"


def test_bytes_restored_from_an_old_dump_stay_closed(django_capture_on_commit_callbacks: Any) -> None:
    file = stored()
    path = raw_path(file)
    dumped = path.read_bytes()
    with django_capture_on_commit_callbacks(execute=True):
        files.shred(subject_ref=file.subject_ref, retention_class="kyc")
    path.write_bytes(dumped)
    ShredOrder.objects.all().delete()
    StoredFile.objects.update(shredded_at=None)
    with pytest.raises(Shredded):
        content_of(StoredFile.objects.get())


def test_from_the_order_on_nothing_opens_and_nothing_is_written_under_the_key() -> None:
    file = stored()
    files.shred(subject_ref=file.subject_ref, retention_class="kyc")
    with pytest.raises(Shredded):
        content_of(file)
    with pytest.raises(Unavailable):
        stored(subject_ref=file.subject_ref)


def test_the_sweep_carries_out_an_order_that_a_crash_left() -> None:
    file = stored()
    files.shred(subject_ref=file.subject_ref, retention_class="kyc")
    assert SubjectKey.objects.filter(pk=file.key_id).exists()
    assert files.sweep()[0] == 1
    assert not SubjectKey.objects.filter(pk=file.key_id).exists()
    assert files.sweep()[0] == 0


def test_an_order_that_cannot_be_carried_out_stops_no_other_and_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    stuck, free = stored(), stored()
    for file in (stuck, free):
        files.shred(subject_ref=file.subject_ref, retention_class="kyc")
    delete = type(storages["vault"]).delete

    def fails(storage: Any, name: str) -> None:
        if name == stuck.storage_name:
            raise PermissionError(name)
        delete(storage, name)

    with monkeypatch.context() as patch:
        patch.setattr(type(storages["vault"]), "delete", fails)
        assert files.sweep()[0] == 1
    free.refresh_from_db()
    assert free.shredded_at is not None
    now = clock.now()
    assert (files.late_orders(now=now), files.late_orders(now=now + files.LATE)) == (0, 1)
    assert files.sweep()[0] == 1
    assert files.late_orders(now=now + files.LATE) == 0


def test_an_order_that_fails_right_after_the_commit_is_no_error_of_the_caller(
    monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    file = stored()
    with monkeypatch.context() as patch:
        patch.setattr(files, "_storage", lambda: 1 / 0)
        with django_capture_on_commit_callbacks(execute=True):
            files.shred(subject_ref=file.subject_ref, retention_class="kyc")
    assert files.sweep()[0] == 1


def test_a_key_ends_right_after_the_commit_although_a_database_was_busy_for_a_while(
    monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    file = stored()
    carry_out, busy = files.carry_out, iter([True, True, False])

    def is_let_in_at_last(order: ShredOrder) -> None:
        carry_out(order)
        if next(busy):
            raise OperationalError("database is locked")

    monkeypatch.setattr(files, "carry_out", is_let_in_at_last)
    with structlog.testing.capture_logs() as logs, django_capture_on_commit_callbacks(execute=True):
        files.shred(subject_ref=file.subject_ref, retention_class="kyc")
    assert not logs
    assert not SubjectKey.objects.filter(pk=file.key_id).exists()
    assert ShredOrder.objects.get().done_at is not None
    assert next(busy, "asked three times") == "asked three times"


def test_a_file_whose_key_is_ordered_to_end_while_it_is_written_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    subject = stored().subject_ref
    save = type(storages["vault"])._save

    def ordered_meanwhile(storage: Any, name: str, content: Any) -> str:
        saved = save(storage, name, content)
        files.shred(subject_ref=subject, retention_class="kyc")
        files.sweep()
        return saved

    monkeypatch.setattr(type(storages["vault"]), "_save", ordered_meanwhile)
    with pytest.raises(Unavailable):
        stored(b"late", subject_ref=subject)
    assert StoredFile.objects.filter(shredded_at=None).count() == 0


@pytest.mark.django_db(transaction=True)
def test_an_order_waits_for_the_file_that_is_being_stored_and_ends_it_too() -> None:
    subject = stored().subject_ref
    is_written, orders = threading.Event(), threading.Event()

    def store() -> StoredFile:
        with transaction.atomic():
            file = stored(b"late", subject_ref=subject)
            is_written.set()
            orders.wait(5)
            time.sleep(0.5)
        return file

    def order() -> int:
        is_written.wait(5)
        orders.set()
        return files.shred(subject_ref=subject, retention_class="kyc")

    with ThreadPoolExecutor(2) as threads:
        results = [threads.submit(_and_close, act) for act in (store, order)]
        late, count = (result.result() for result in results)
    late.refresh_from_db()
    assert count == 2
    assert late.shredded_at is not None
    assert not raw_path(late).exists()


def _and_close(act: Callable[[], Any]) -> Any:
    try:
        return act()
    finally:
        connections.close_all()


def test_after_shredding_a_new_file_gets_a_new_key(django_capture_on_commit_callbacks: Any) -> None:
    file = stored()
    with django_capture_on_commit_callbacks(execute=True):
        files.shred(subject_ref=file.subject_ref, retention_class="kyc")
    assert content_of(stored(b"new", subject_ref=file.subject_ref)) == b"new"


def test_an_order_that_was_rolled_back_shreds_nothing(django_capture_on_commit_callbacks: Any) -> None:
    file = stored()
    with django_capture_on_commit_callbacks(execute=True):
        try:
            with transaction.atomic():
                files.shred(subject_ref=file.subject_ref, retention_class="kyc")
                raise LookupError
        except LookupError:
            pass
    assert content_of(file) == b"a page"


def test_bytes_without_a_row_are_swept_once_they_are_old() -> None:
    try:
        with transaction.atomic():
            lost = stored()
            raise LookupError
    except LookupError:
        pass
    kept, path = stored(), raw_path(lost)
    os.utime(path, (time.time(),) * 2)  # of now, also where the run's clock is moved: the disk's is not
    files.sweep()
    assert path.exists()
    for file in (lost, kept):
        os.utime(raw_path(file), (time.time() - 7200,) * 2)
    assert files.sweep()[1] == 1
    assert not path.exists()
    assert content_of(kept) == b"a page"


def test_a_full_disk_leaves_no_row(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: Any) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(type(storages["vault"]), "_save", full)
    with pytest.raises(NoRoom):
        stored()
    assert not StoredFile.objects.exists()


def test_an_unknown_retention_class_is_refused() -> None:
    with pytest.raises(ValueError):
        files.store(io.BytesIO(b"x"), subject_ref=uuid4(), retention_class="for ever", kind="k", actor=STAFF)


def test_a_text_comes_back_for_its_subject_only() -> None:
    subject = uuid4()
    sealed = texts.seal("आपकी शिकायत", subject_ref=subject, retention_class="grievance")
    assert texts.open(sealed, subject_ref=subject, retention_class="grievance") == "आपकी शिकायत"
    for other in ({"subject_ref": uuid4()}, {"retention_class": "kyc"}):
        with pytest.raises(CannotDecrypt):
            texts.open(sealed, **{"subject_ref": subject, "retention_class": "grievance", **other})  # type: ignore[arg-type]


@pytest.mark.django_db(databases=["default", "keys"])
def test_several_texts_of_a_subject_ask_for_its_key_once(django_assert_num_queries: Any) -> None:
    subject = {"subject_ref": uuid4(), "retention_class": "message"}
    texts.seal("made on first use", **subject)  # type: ignore[arg-type]
    with django_assert_num_queries(1, connection=connections["keys"]):
        sealed = texts.seal_all(["words", "address"], **subject)  # type: ignore[arg-type]
    with django_assert_num_queries(1, connection=connections["keys"]):
        assert texts.open_all(sealed, **subject) == ["words", "address"]  # type: ignore[arg-type]
    changed = sealed[1][:-1] + bytes([sealed[1][-1] ^ 1])  # another byte in any case: a fixed one may be the same
    with pytest.raises(CannotDecrypt):
        texts.open_all([sealed[0], changed], **subject)  # type: ignore[arg-type]


def test_a_text_dies_with_its_key(django_capture_on_commit_callbacks: Any) -> None:
    subject = uuid4()
    sealed = texts.seal("my words", subject_ref=subject, retention_class="grievance")
    with django_capture_on_commit_callbacks(execute=True):
        files.shred(subject_ref=subject, retention_class="grievance")
    with pytest.raises(Shredded):
        texts.open(sealed, subject_ref=subject, retention_class="grievance")


def test_texts_of_many_subjects_are_sealed_and_opened_under_the_key_of_each(
    django_assert_num_queries: Any,
) -> None:
    subjects = [uuid4() for _each in range(4)]
    before = texts.seal("before", subject_ref=subjects[0], retention_class="message")
    clear = [(subject, [f"words {place}", "address"]) for place, subject in enumerate(subjects)]
    sealed = texts.seal_for(clear, retention_class="message")
    assert SubjectKey.objects.count() == 4
    for subject, said, kept in zip(subjects, clear, sealed, strict=True):
        assert kept is not None
        assert texts.open_all(kept, subject_ref=subject, retention_class="message") == said[1]
    kept = [(subject, one or []) for subject, one in zip(subjects, sealed, strict=True)]
    kept.append((subjects[0], [before]))
    with django_assert_num_queries(1), django_assert_num_queries(1, using="keys"):
        opened = texts.open_of(kept, retention_class="message")
    assert opened == [*(said for _subject, said in clear), ["before"]]


def test_of_many_subjects_only_the_one_whose_key_ends_is_left_out() -> None:
    first, second = uuid4(), uuid4()
    sealed = texts.seal_for([(first, ["one"]), (second, ["two"])], retention_class="message")
    kept = [(first, sealed[0] or []), (second, sealed[1] or [])]
    key = SubjectKey.objects.get(subject_ref=first)
    ShredOrder.objects.create(key_id=key.pk, subject_ref=first, retention_class="message", ordered_at=clock.now())
    assert texts.open_of(kept, retention_class="message") == [None, ["two"]]
    assert [
        one is None for one in texts.seal_for([(first, ["one"]), (second, ["two"])], retention_class="message")
    ] == [
        True,
        False,
    ]
    key.delete()
    assert texts.open_of(kept, retention_class="message") == [None, ["two"]]


def test_of_many_texts_one_that_is_anothers_or_was_changed_is_not_opened() -> None:
    first, second = uuid4(), uuid4()
    ours, theirs = (texts.seal("words", subject_ref=ref, retention_class="message") for ref in (first, second))
    changed = ours[:-1] + bytes([ours[-1] ^ 1])
    asked = [(first, [theirs]), (first, [ours]), (first, [changed]), (first, [b""]), (first, [ours, theirs])]
    assert texts.open_of(asked, retention_class="message") == [None, ["words"], None, None, None]
