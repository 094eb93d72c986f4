"""Mail that comes in: forty-odd shapes become the right grievance or are rightly ignored, once, and none is harmful."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.db import IntegrityError, transaction

from grievances.base.choices import Door, EntryKind, MailOutcome, MailSource, TicketState
from grievances.base.inbound_mail.classification import Reason
from grievances.base.number_redaction import without_numbers
from grievances.mail.services import inbound_mail
from grievances.models import SeenMail, Ticket, TicketEntry
from grievances.tickets.services import conversation, intake, resolutions, thread_access, uploads
from portal.kernel.core import actor
from portal.kernel.core.errors import Unavailable
from portal.kernel.core.ids import new_reference
from portal.kernel.outbox.models import Message
from portal.kernel.outbox.services import message_content
from portal.kernel.vault.inspection import client as inspection_client
from tests.data.mails import ASHA, OURS, SHAPES, Shape, lines, with_file
from tests.grievances.factories import RECEIVED, ticket
from tests.grievances.pictures import png
from tests.grievances.test_admin import opened as opened_by_staff
from tests.kyc.documents import pdf as printed
from tests.selfservice.test_track import opened
from tests.signin.people_who_sign_in import staff_client

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("house", "ours")]
NOW = RECEIVED + timedelta(minutes=5)


@pytest.fixture
def ours(settings) -> None:
    settings.MAIL_IN_ADDRESSES = [OURS]
    settings.MAIL_IN_SERVER = "mx.onesetu.example"
    cache.clear()  # what a form sent in the hour of another test


def take(raw: bytes, *, place: str = "", now=NOW) -> SeenMail:
    return inbound_mail.take(
        raw, source=MailSource.WEBHOOK, place=place or uuid4().hex, arrived_at=now - timedelta(minutes=5), now=now
    )


def last_line(found: Ticket):
    return thread_access.thread(found, internal=False)[-1]


@pytest.mark.parametrize("shape", SHAPES, ids=[shape.name for shape in SHAPES])
def test_every_shape_of_mail_becomes_the_right_grievance_or_is_ignored_with_its_reason(shape: Shape) -> None:
    seen = take(shape.raw)
    if shape.ignored is not None:
        assert (seen.outcome, seen.reason) == (MailOutcome.IGNORED, shape.ignored)
        assert not Ticket.objects.exists()
        return
    found = Ticket.objects.get()
    assert (seen.outcome, seen.ticket, seen.files_left_out) == (MailOutcome.TICKET, found, shape.left_out)
    assert (found.door, found.received_at, found.acknowledged_at) == (Door.EMAIL, RECEIVED, None)
    line = thread_access.thread(found, internal=False)[0]
    assert shape.words in line.texts["text"]
    assert len(line.files) == shape.files
    assert bool(line.texts.get("left_out")) is bool(shape.left_out)
    assert found.language == shape.language
    assert intake.addresses_of(found) == {"email": ASHA}
    assert Message.objects.get(kind="grievances.acknowledged").subject_ref == found.subject_ref


def test_there_are_forty_shapes_and_more() -> None:
    assert len({shape.name for shape in SHAPES}) >= 40


def test_the_same_mail_is_one_grievance_at_one_place_and_at_two() -> None:
    first, again, elsewhere = take(lines(), place="a"), take(lines(), place="a"), take(lines(), place="b")
    assert first.pk == again.pk
    assert (elsewhere.outcome, elsewhere.reason) == (MailOutcome.IGNORED, Reason.KNOWN)
    assert Ticket.objects.count() == 1


def test_another_mail_under_the_same_message_id_is_taken() -> None:
    take(lines())
    assert take(lines(body="Another matter.")).outcome == MailOutcome.TICKET


def test_the_database_takes_a_mail_once_and_wants_a_reason() -> None:
    seen = take(lines())
    bare = {"source": "imap", "arrived_at": NOW, "seen_at": NOW, "size": 1}
    for wrong in (
        {"source_key": "x", "content_key": seen.content_key, "outcome": "ticket", "ticket": seen.ticket},
        {"source_key": "y", "content_key": b"1", "outcome": "ignored"},
        {"source_key": "z", "content_key": b"2", "outcome": "ticket"},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            SeenMail.objects.create(**bare, **wrong)


PASSED = "Authentication-Results: mx.onesetu.example; dmarc=pass header.from=example.in"


def answer(
    found: Ticket,
    body: str = "It continues.",
    *,
    sender: str = ASHA,
    head: str = "",
    results: str = PASSED,
    now=NOW + timedelta(hours=1),
) -> SeenMail:
    subject = f"Subject: Re: We have received your grievance {found.reference}".encode()
    raw = lines(*(part for part in (results, head) if part), body=body).replace(b"Subject: Spam", subject)
    return take(raw.replace(ASHA.encode(), sender.encode()), now=now)


def test_an_answer_with_the_reference_goes_into_the_thread_without_what_it_quotes() -> None:
    found = take(lines()).ticket
    seen = answer(found, "It goes on.\n\nOn Tuesday Onesetu wrote:\n> We have received it")
    assert (seen.outcome, seen.ticket) == (MailOutcome.LINE, found)
    assert last_line(found).texts["text"] == "It continues."
    assert Ticket.objects.count() == 1


def test_an_answer_to_our_letter_needs_no_reference() -> None:
    found = take(lines()).ticket
    letter = Message.objects.get(kind="grievances.acknowledged")
    seen = take(lines(f"In-Reply-To: {letter.message_id}", body="More."), now=NOW + timedelta(hours=1))
    assert (seen.outcome, seen.ticket) == (MailOutcome.LINE, found)


@pytest.mark.parametrize(
    "results",
    [
        "",
        "Authentication-Results: mx.onesetu.example; dmarc=fail header.from=example.in",
        "Authentication-Results: mx.onesetu.example; dmarc=none header.from=example.in",
        "Authentication-Results: mx.onesetu.example; spf=pass smtp.mailfrom=evil.example; dkim=pass header.d=evil.example",
        "Authentication-Results: mx.onesetu.example; dmarc=pass header.from=evil.example",
        "Authentication-Results: mx.onesetu.example; dmarc=pass",
        "Authentication-Results: mx.evil.example; dmarc=pass header.from=example.in",
        "Authentication-Results: mx.onesetu.example; none\r\n" + PASSED,
        'Authentication-Results: mx.onesetu.example; spf=pass smtp.mailfrom="; dmarc=pass header.from=example.in ;"@e.example',
        "Authentication-Results: mx.onesetu.example; spf=pass (; dmarc=pass header.from=example.in ;)",
        "Authentication-Results: mx.onesetu.example; spf=pass ((((((; dmarc=pass header.from=example.in ;))))))",
        "Authentication-Results: mx.onesetu.example; dmarc=pass header.from=example.in; dmarc=fail header.from=example.in",
        "From: Eve <eve@evil.example>\r\n" + PASSED,
    ],
)
def test_a_mail_that_only_pretends_its_sender_moves_nothing_and_waits_as_a_note(results: str, officer) -> None:
    found = take(lines()).ticket
    resolutions.propose(ticket=found, text="We stopped it.", by=officer, actor=actor.staff(officer.pk), at=NOW)
    found.refresh_from_db()
    before, shown = found.state, len(thread_access.thread(found, internal=False))
    seen = answer(found, "Give my number to my new lawyer.", results=results)
    found.refresh_from_db()
    assert (seen.outcome, seen.reason, seen.ticket) == (MailOutcome.LINE, Reason.UNVERIFIED, found)
    assert (found.state, len(thread_access.thread(found, internal=False))) == (before, shown)
    note = thread_access.thread(found, internal=True)[-1]
    assert note.is_internal
    assert "unverified sender" in note.texts["text"]
    assert "my new lawyer" in note.texts["text"]
    assert "could not verify" in message_content.text_of(Message.objects.get(kind="grievances.unverified")).body


def test_an_answer_to_the_letter_about_an_unverified_mail_is_verified() -> None:
    found = take(lines()).ticket
    answer(found, "It continues.", results="")
    answer(found, "Again.", results="")
    letter = Message.objects.get(kind="grievances.unverified")
    seen = answer(found, "It was me.", results="", head=f"In-Reply-To: {letter.message_id}")
    assert (seen.outcome, seen.reason) == (MailOutcome.LINE, "")
    assert last_line(found).texts["text"] == "It was me."


def test_a_letter_that_went_to_another_address_verifies_nobody(settings) -> None:
    found = take(lines()).ticket
    other = take(lines(body="Another matter.").replace(ASHA.encode(), b"eve@example.in")).ticket
    letter = Message.objects.get(kind="grievances.acknowledged", subject_ref=other.subject_ref)
    seen = answer(found, results="", head=f"In-Reply-To: {letter.message_id}")
    assert seen.reason == Reason.UNVERIFIED


def test_without_the_name_of_the_receiving_server_its_results_prove_nothing(settings) -> None:
    settings.MAIL_IN_SERVER = ""
    found = take(lines()).ticket
    assert answer(found).reason == Reason.UNVERIFIED
    assert (
        answer(found, "X", results="Authentication-Results: ; dmarc=pass header.from=example.in").reason == "unverified"
    )


def test_what_servers_write_around_a_result_is_read() -> None:
    found = take(lines()).ticket
    results = (
        'Authentication-Results: mx.onesetu.example 1;\r\n dkim=pass header.d=example.in (2048-bit key; "x");\r\n'
        " DMARC=pass (p=REJECT sp=REJECT dis=NONE) header.from=Example.in"
    )
    seen = answer(found, results=results)
    assert (seen.outcome, seen.reason) == (MailOutcome.LINE, "")


def test_who_names_the_grievance_of_another_person_gets_one_of_their_own() -> None:
    found = take(lines()).ticket
    letter = Message.objects.get(kind="grievances.acknowledged")
    seen = answer(found, sender="eve@example.in", head=f"In-Reply-To: {letter.message_id}")
    assert seen.outcome == MailOutcome.TICKET
    assert seen.ticket != found
    assert found.entries.filter(kind=EntryKind.MESSAGE).count() == 0


def test_a_reference_with_a_wrong_check_character_is_no_reference() -> None:
    take(lines())
    right = new_reference("GR")
    wrong = right[:-1] + ("0" if right[-1] != "0" else "1")
    raw = lines(body="Hello").replace(b"Subject: Spam", f"Subject: {wrong}".encode())
    assert take(raw).outcome == MailOutcome.TICKET


def test_an_answer_takes_the_turn_back_and_opens_what_was_answered(officer) -> None:
    found = take(lines()).ticket
    staff = {"by": officer, "actor": actor.staff(officer.pk), "at": NOW, "ticket": found}
    conversation.ask(text="Which number?", **staff)
    answer(found, "98765 43210")
    found.refresh_from_db()
    assert found.state == TicketState.WITH_US
    resolutions.propose(text="Stopped.", **staff)
    answer(found, "It continues.")
    found.refresh_from_db()
    assert (found.state, found.round) == (TicketState.WITH_US, 2)


def test_an_answer_long_after_the_end_is_a_new_grievance() -> None:
    found = take(lines()).ticket
    resolutions.withdraw(ticket=found, actor=actor.stranger(via="page"), at=NOW)
    assert answer(found, now=found.reopen_until + timedelta(seconds=1)).outcome == MailOutcome.TICKET


NOBODY = "no-reply@forms.example"


def by_form(reply_to: str, **kwargs: str) -> bytes:
    return lines(f"Reply-To: {reply_to}", **kwargs).replace(ASHA.encode(), NOBODY.encode())


def test_the_answer_goes_to_the_sender_and_not_to_whom_they_name() -> None:
    found = take(lines("Reply-To: Ravi <ravi@example.in>")).ticket
    assert intake.addresses_of(found) == {"email": ASHA}
    assert thread_access.thread(found, internal=False)[0].texts["text"].endswith("night.\n\nReply-To: ravi@example.in")
    assert answer(found).outcome == MailOutcome.LINE


def test_where_nobody_reads_the_sender_the_answer_goes_to_whom_they_name() -> None:
    found = take(by_form("Asha <Asha@example.in>")).ticket
    assert intake.addresses_of(found) == {"email": ASHA}
    assert answer(found).outcome == MailOutcome.LINE


@pytest.mark.parametrize("reply_to", [OURS, "donotreply@forms.example", "nobody", "a b@example.in"])
def test_who_names_nobody_to_answer_is_answered_at_the_sender(reply_to: str) -> None:
    assert intake.addresses_of(take(by_form(reply_to)).ticket) == {"email": NOBODY}


def test_a_flood_in_the_name_of_others_is_a_flood_and_they_hear_nothing_of_it(monkeypatch) -> None:
    monkeypatch.setattr(inbound_mail, "MOST_TICKETS", 3)
    seen = [take(lines(f"Reply-To: other{number}@example.in", body=f"Number {number}")) for number in range(5)]
    assert [row.outcome for row in seen] == ["ticket"] * 3 + ["line"] * 2
    assert {intake.addresses_of(row.ticket)["email"] for row in seen} == {ASHA}


def test_a_form_that_floods_us_in_many_names_stops_writing_to_them(monkeypatch) -> None:
    monkeypatch.setattr(inbound_mail, "MOST_TICKETS", 2)
    seen = [take(by_form(f"other{number}@example.in", body=f"Number {number}")) for number in range(5)]
    assert [row.outcome for row in seen] == ["ticket"] * 4 + ["line"]
    named = [intake.addresses_of(row.ticket)["email"] for row in seen]
    assert named == ["other0@example.in", "other1@example.in"] + [NOBODY] * 3
    assert seen[4].ticket == seen[3].ticket
    later = take(by_form("other@example.in", body="Later"), now=NOW + timedelta(hours=2)).ticket
    assert intake.addresses_of(later) == {"email": "other@example.in"}


def test_a_mail_by_a_form_is_taken_while_the_cache_is_away_and_a_flood_is_still_seen(monkeypatch, request) -> None:
    request.getfixturevalue("cache_is_away")
    monkeypatch.setattr(inbound_mail, "MOST_TICKETS", 2)
    seen = [take(by_form(f"other{number}@example.in", body=f"Number {number}")) for number in range(3)]
    named = [intake.addresses_of(row.ticket)["email"] for row in seen]
    assert named == ["other0@example.in", "other1@example.in", NOBODY]


def test_many_mails_of_one_sender_are_one_grievance_and_the_sender_is_told_why(monkeypatch) -> None:
    monkeypatch.setattr(inbound_mail, "MOST_TICKETS", 3)
    monkeypatch.setattr(inbound_mail, "MOST_LINES", 2)
    seen = [take(lines(PASSED, body=f"Number {number}")) for number in range(6)]
    assert [row.outcome for row in seen] == ["ticket"] * 3 + ["line"] * 2 + ["ignored"]
    assert [row.reason for row in seen[3:]] == [Reason.FLOOD] * 3
    assert Message.objects.filter(kind="grievances.joined").count() == 1
    assert take(lines(body="Of another").replace(ASHA.encode(), b"ravi@example.in")).outcome == MailOutcome.TICKET
    assert take(lines(body="Later"), now=NOW + timedelta(hours=2)).outcome == MailOutcome.TICKET


def test_a_flood_of_an_unverified_sender_becomes_notes_and_no_words_of_the_person(monkeypatch) -> None:
    monkeypatch.setattr(inbound_mail, "MOST_TICKETS", 3)
    monkeypatch.setattr(inbound_mail, "MOST_LINES", 2)
    seen = [take(lines(body=f"Number {number}")) for number in range(6)]
    assert [row.reason for row in seen[3:]] == [Reason.UNVERIFIED, Reason.UNVERIFIED, Reason.FLOOD]
    assert seen[3].ticket.entries.filter(kind=EntryKind.MESSAGE).count() == 0


EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)> {{ 7|add:7 }} \u202egnp.exe"


def test_html_and_marks_in_a_mail_are_harmless_wherever_they_are_shown(client, officer) -> None:
    found = take(lines(body=EVIL).replace(b"Subject: Spam", f"Subject: {EVIL}".encode())).ticket
    letter = message_content.text_of(Message.objects.get(kind="grievances.acknowledged")).body
    for page in (
        client.get(opened(client, found)).content.decode(),
        opened_by_staff(staff_client(officer), found),
        letter,
    ):
        assert "<script>alert" not in page
        assert "onerror=alert(2)>" not in page.replace("&gt;", "")
        assert "\u202e" not in page
        assert "14" not in page.partition("onerror")[2][:60]


def test_numbers_in_words_and_files_are_covered_before_they_are_kept() -> None:
    raw = with_file(printed("Aadhaar 2341 2341 2346"), "a.pdf", "application/pdf")
    found = take(raw.replace(b"They wrote to me at night.", b"My Aadhaar no. is 23-4123-412346.")).ticket
    line = thread_access.thread(found, internal=False)[0]
    assert line.texts["text"].endswith("XXXXXXXX2346.")
    _file, stream = thread_access.open_attachment(
        ticket=found, attachment_id=line.files[0].pk, internal=True, actor=actor.SYSTEM, reason="test"
    )
    assert b"2341 2341" not in stream.read()


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("My Aadhaar: 234-1234-12346!", "My Aadhaar: XXXXXXXX2346!"),
        ("2341 2341 2346 and again 2341 2341 2346", "XXXXXXXX2346 and again XXXXXXXX2346"),
        ("आधार २३४१ २३४१ २३४६", "आधार XXXXXXXX2346"),
        ("Aadhaar 2341, 2341, 2346", "Aadhaar XXXX, XXXX, 2346"),
        ("Call +91 98765 43210 about bill 2026/11", "Call +91 98765 43210 about bill 2026/11"),
    ],
)
def test_words_around_a_number_count(text: str, kept: str) -> None:
    assert without_numbers(text)[0] == kept


def test_while_no_mail_can_be_read_it_waits(monkeypatch) -> None:
    def busy(*args: object, **kwargs: object) -> None:
        raise Unavailable("busy")

    with monkeypatch.context() as patch:
        patch.setattr(inspection_client, "ask_for_bytes", busy)
        with pytest.raises(Unavailable):
            take(lines(), place="a")
    assert not SeenMail.objects.exists()
    assert take(lines(), place="a").outcome == MailOutcome.TICKET


def test_while_files_cannot_be_checked_the_mail_waits(monkeypatch) -> None:
    def busy(*args: object, **kwargs: object) -> None:
        raise Unavailable("busy")

    with monkeypatch.context() as patch:
        patch.setattr(uploads, "made_safe", busy)
        with pytest.raises(Unavailable):
            take(with_file(png(), "a.png"), place="a")
    assert not SeenMail.objects.exists()
    assert take(with_file(png(), "a.png"), place="a").outcome == MailOutcome.TICKET


def test_a_mail_that_stops_the_reader_stands_in_the_list_for_a_person(monkeypatch) -> None:
    def broken(*args: object, **kwargs: object) -> None:
        raise inspection_client.ChildFailedError("exit -11")

    monkeypatch.setattr(inspection_client, "ask_for_bytes", broken)
    assert (seen := take(lines())).reason == Reason.UNREADABLE
    assert seen.outcome == MailOutcome.IGNORED


def test_a_mail_of_which_no_mark_can_be_made_stands_in_the_list_for_a_person(monkeypatch) -> None:
    monkeypatch.setattr(inbound_mail, "_said", lambda mail: "\ud800")
    assert take(lines()).reason == Reason.UNREADABLE


def test_what_is_written_down_of_a_mail_names_nobody() -> None:
    seen = take(lines())
    row = " ".join(str(value) for value in SeenMail.objects.filter(pk=seen.pk).values_list().get())
    assert "asha" not in row
    assert ticket is not None
    assert TicketEntry.objects.filter(ticket=seen.ticket, kind=EntryKind.FILED).exists()
