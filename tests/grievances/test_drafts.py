"""A draft is kept on the server for some days and becomes one grievance."""

import io
from datetime import timedelta

import pytest
from django.db import connection

from grievances.base import selectors
from grievances.models import DraftFile, Ticket, TicketDraft
from grievances.tickets.services import drafts, thread_access, uploads
from portal.kernel.core import actor
from portal.kernel.core.errors import Refused
from portal.kernel.people.models import Subject
from portal.kernel.vault.models import StoredFile
from tests.grievances.factories import RECEIVED, STRANGER
from tests.grievances.pictures import png

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("house")]
ANSWERS = {
    "for_whom": "self",
    "kind": "billing",
    "what_happened": "The parrot.",
    "language": "en",
    "email": "a@b.example",
}


def written(**changes: str) -> TicketDraft:
    draft, _secret = drafts.start(at=RECEIVED)
    drafts.save(draft=draft, answers=ANSWERS | changes)
    return draft


def add(draft: TicketDraft, name: str = "bill.png") -> DraftFile:
    return drafts.add_file(draft=draft, stream=io.BytesIO(png()), name=name, actor=STRANGER, at=RECEIVED)


def test_a_draft_is_found_by_its_secret_for_seven_days() -> None:
    draft, secret = drafts.start(at=RECEIVED)
    assert selectors.draft_for(secret, now=RECEIVED + timedelta(days=7, seconds=-1)) == draft
    assert selectors.draft_for(secret, now=RECEIVED + timedelta(days=7)) is None
    assert selectors.draft_for(secret + "x", now=RECEIVED) is None
    assert secret.encode() not in bytes(draft.secret_hash)


def test_the_answers_of_one_page_stay_beside_those_of_the_others() -> None:
    draft = written()
    drafts.save(draft=draft, answers={"kind": "kyc"})
    assert drafts.answers_of(draft) == ANSWERS | {"kind": "kyc"}
    assert b"parrot" not in bytes(draft.answers_sealed)


def test_an_identity_number_is_cut_in_the_draft_already() -> None:
    draft, _secret = drafts.start(at=RECEIVED)
    assert drafts.save(draft=draft, answers={"what_happened": "It is 2341 2341 2346"}) == 1
    assert drafts.answers_of(draft)["what_happened"] == "It is XXXXXXXX2346"


def test_sending_twice_makes_one_grievance() -> None:
    draft = written()
    first = drafts.send(draft=draft, principal=None, actor=STRANGER, at=RECEIVED)
    again = drafts.send(draft=TicketDraft.objects.get(pk=draft.pk), principal=None, actor=STRANGER, at=RECEIVED)
    assert first.ticket == again.ticket
    assert Ticket.objects.count() == 1


def test_a_draft_with_gaps_is_not_sent() -> None:
    draft = written(what_happened="")
    with pytest.raises(Refused):
        drafts.send(draft=draft, principal=None, actor=STRANGER, at=RECEIVED)
    assert not Ticket.objects.exists()


def test_a_sent_draft_takes_no_more_answers_and_forgets_the_old_ones() -> None:
    draft = written()
    drafts.send(draft=draft, principal=None, actor=STRANGER, at=RECEIVED)
    with pytest.raises(Refused):
        drafts.save(draft=draft, answers={"kind": "kyc"})
    assert drafts.answers_of(TicketDraft.objects.get(pk=draft.pk)) == {}


def test_details_of_a_message_are_left_out_when_it_is_about_something_else() -> None:
    draft = written(sender="AD-SHOUTY-P")
    found = drafts.send(draft=draft, principal=None, actor=STRANGER, at=RECEIVED).ticket
    assert "sender" not in thread_access.thread(found, internal=False)[0].texts


def test_the_tracking_key_is_shown_once() -> None:
    draft = written(email="", phone="+919876543210")
    drafts.send(draft=draft, principal=None, actor=STRANGER, at=RECEIVED)
    draft = TicketDraft.objects.get(pk=draft.pk)
    assert len(draft.tracking_key) == 16
    assert drafts.use_up_tracking_key(draft)
    assert not drafts.use_up_tracking_key(draft)
    assert TicketDraft.objects.get(pk=draft.pk).tracking_key is None


def test_files_go_with_the_grievance_and_open_again() -> None:
    draft = written()
    add(draft, "asha-rao-bill.png")
    found = drafts.send(draft=draft, principal=None, actor=STRANGER, at=RECEIVED).ticket
    listed = thread_access.thread(found, internal=False)[0].files
    assert [(file.name, file.kind) for file in listed] == [("asha-rao-bill.png", "PNG")]
    _file, stream = thread_access.open_attachment(
        ticket=found, attachment_id=listed[0].pk, internal=False, actor=actor.SYSTEM, reason="test"
    )
    assert stream.read(8) == b"\x89PNG\r\n\x1a\n"
    assert "asha" not in str(StoredFile.objects.values())


def test_a_file_that_comes_while_the_grievance_is_sent_is_refused_and_not_kept() -> None:
    draft = written()
    seen_before = TicketDraft.objects.get(pk=draft.pk)
    drafts.send(draft=draft, principal=None, actor=STRANGER, at=RECEIVED)
    with pytest.raises(Refused) as refused:
        add(seen_before)
    assert refused.value.code == "SENT_ALREADY"
    assert not StoredFile.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_file_is_judged_outside_of_any_transaction(monkeypatch) -> None:
    """It may take half a minute, in which nobody else could write."""
    inside = []
    judge = uploads.made_safe
    monkeypatch.setattr(
        uploads, "made_safe", lambda stream: (inside.append(connection.in_atomic_block), judge(stream))[1]
    )
    add(written())
    assert inside == [False]


def test_a_sixth_file_is_refused_and_a_removed_one_makes_room() -> None:
    draft = written()
    kept = [add(draft) for _ in range(5)]
    with pytest.raises(Refused):
        add(draft)
    drafts.remove_file(draft=draft, file_id=kept[0].pk, actor=STRANGER)
    drafts.remove_file(draft=draft, file_id=kept[0].pk, actor=STRANGER)
    assert draft.files.count() == 4
    assert StoredFile.objects.count() == 4
    add(draft)


def test_nobody_removes_a_file_of_another_draft() -> None:
    mine, other = written(), written()
    kept = add(other)
    drafts.remove_file(draft=mine, file_id=kept.pk, actor=STRANGER)
    assert other.files.count() == 1


def test_an_old_draft_is_erased_and_a_sent_one_only_forgotten() -> None:
    old = written()
    add(old)
    sent = written()
    found = drafts.send(draft=sent, principal=None, actor=STRANGER, at=RECEIVED).ticket
    assert drafts.forget_expired(at=RECEIVED + timedelta(days=8)) == 2
    assert not TicketDraft.objects.exists()
    assert Subject.objects.get(ref=old.subject_ref).erased_at is not None
    assert Subject.objects.get(ref=found.subject_ref).erased_at is None
    assert thread_access.thread(found, internal=False)[0].texts["text"] == "The parrot."


def test_a_draft_that_is_sent_while_it_is_swept_keeps_its_words() -> None:
    """1. The sweep reads the draft. 2. The person sends it. 3. The sweep comes to it."""
    draft = written()
    read_by_the_sweep = TicketDraft.objects.get(pk=draft.pk)
    found = drafts.send(draft=draft, principal=None, actor=STRANGER, at=RECEIVED).ticket
    drafts.erase_draft(draft=read_by_the_sweep)
    assert thread_access.thread(found, internal=False)[0].texts["text"] == "The parrot."
    assert Subject.objects.get(ref=found.subject_ref).erased_at is None
