"""Joining, linking, passing on, saying what it is and what it came from: never "not ours", and the person is told."""

from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from grievances.base import selectors
from grievances.base.choices import ClosedBecause, EntryKind, RootCause, TicketKind, TicketState
from grievances.base.permissions import GrievancePermission
from grievances.base.request_choices import RequestState
from grievances.models import RightsRequest, Ticket, TicketLink
from grievances.requests.services import identity_verification
from grievances.tickets import reply_templates
from grievances.tickets.services import appeals, assisted_intake, intake, ratings, resolutions, thread_access, triage
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import access, actor, clock
from portal.kernel.core.errors import NotAllowed, NotFound, Refused
from portal.kernel.law.models import Clock
from portal.kernel.outbox.models import Message
from portal.kernel.outbox.services import message_content
from portal.kernel.outbox.services.message_content import text_of
from tests.grievances.factories import RECEIVED, STRANGER, story, ticket
from tests.grievances.requests import code_for, shown
from tests.grievances.test_admin import LIST, opened, write
from tests.people.factories import FiduciaryFactory, PrincipalFactory, StaffFactory
from tests.signin.people_who_sign_in import staff_client

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("house")]
AT = RECEIVED + timedelta(hours=3)


@pytest.fixture
def by(officer):
    return {"by": officer, "actor": actor.staff(officer.pk), "at": AT}


def last_line(found: Ticket):
    return thread_access.thread(found, internal=False)[-1]


def test_a_newer_one_is_joined_with_an_older_one_and_the_person_is_told(by) -> None:
    older, newer = ticket(), ticket(at=RECEIVED + timedelta(hours=1))
    triage.merge(ticket=newer, into=older, **by)
    older.refresh_from_db()
    assert (newer.state, newer.closed_because, newer.merged_into) == (TicketState.CLOSED, ClosedBecause.MERGED, older)
    assert older.state == TicketState.RECEIVED
    assert older.reference in thread_access.thread(newer, internal=False)[-2].texts["text"]
    assert newer.reference in last_line(older).texts["text"]
    letter = text_of(Message.objects.get(kind="grievances.closed", subject_ref=newer.subject_ref)).body
    assert f"with your other one, {older.reference}. It continues there." in letter
    assert f"?reference={older.reference}" in letter
    assert all(clock.stopped_at == AT for clock in selectors.answer_clocks(newer))
    assert triage.linked(older) == [newer]
    with pytest.raises(Refused):
        resolutions.reopen(ticket=newer, why="No", actor=STRANGER, at=AT)


@pytest.mark.parametrize(
    ("code", "other"),
    [("SAME", None), ("NEWER", {"at": RECEIVED + timedelta(hours=2)}), ("TWO_PEOPLE", {"email": "ravi@example.in"})],
)
def test_only_two_open_ones_of_one_person_are_joined_newer_to_older(by, code, other) -> None:
    newer = ticket(at=RECEIVED + timedelta(hours=1))
    with pytest.raises(Refused) as refused:
        triage.merge(ticket=newer, into=newer if other is None else ticket(**other), **by)
    assert refused.value.code == code
    newer.refresh_from_db()
    assert newer.state == TicketState.RECEIVED


def test_an_older_one_that_was_opened_again_is_joined_with_the_newer_one_whose_date_is_the_stricter(by) -> None:
    older, newer = ticket(), ticket(at=RECEIVED + timedelta(hours=1))
    resolutions.propose(ticket=older, text="Done.", by=by["by"], actor=by["actor"], at=RECEIVED + timedelta(hours=2))
    resolutions.decline(ticket=older, why="No.", actor=STRANGER, at=AT + timedelta(days=2))
    at = {**by, "at": AT + timedelta(days=2)}
    with pytest.raises(Refused) as refused:
        triage.merge(ticket=newer, into=older, **at)
    assert refused.value.code == "NEWER"
    triage.merge(ticket=older, into=newer, **at)
    newer.refresh_from_db()
    assert newer.state == TicketState.RECEIVED


def test_those_of_one_account_are_of_one_person_whatever_their_addresses(by) -> None:
    asha = PrincipalFactory()
    older = ticket(principal=asha)
    newer = ticket(principal=asha, email="other@example.in", at=RECEIVED + timedelta(hours=1))
    triage.merge(ticket=newer, into=older, **by)
    assert newer.merged_into == older


def test_a_closed_one_is_not_joined(by) -> None:
    older, newer = ticket(), ticket()
    resolutions.withdraw(ticket=older, actor=STRANGER, at=AT)
    with pytest.raises(Refused):
        triage.merge(ticket=newer, into=older, **by)


def test_a_link_is_for_staff_and_stands_once(by) -> None:
    one, other = ticket(), ticket(email="ravi@example.in")
    assert triage.link(ticket=other, other=one, **by)
    assert not triage.link(ticket=one, other=other, **by)
    assert triage.linked(one) == [other]
    assert triage.linked(other) == [one]
    assert len(thread_access.thread(one, internal=True)) == 2
    with pytest.raises(IntegrityError), transaction.atomic():
        TicketLink.objects.create(first=other, second=one, made_by=by["by"], made_at=AT)


def test_a_clients_message_is_passed_on_with_its_own_clock_and_stays_open_here(by) -> None:
    client, found = FiduciaryFactory(name="Vindhya Tea"), ticket()
    due = found.due_at
    triage.pass_on(ticket=found, to=client, **by)
    triage.pass_on(ticket=found, to=client, **by)
    assert (found.client, found.passed_on_at, found.due_at) == (client, AT, due)
    assert "Vindhya Tea" in last_line(found).texts["text"]
    assert found.entries.filter(kind=EntryKind.PASSED_ON).count() == 1
    assert Message.objects.filter(kind="grievances.replied", subject_ref=found.subject_ref).count() == 1
    own = Clock.objects.get(owner=f"grievances.client:{found.reference}")
    assert (own.rule_key, own.started_at, own.stopped_at) == ("clients.pass_on", RECEIVED, AT)
    assert all(clock.stopped_at is None for clock in selectors.answer_clocks(found))
    assert AuditEvent.objects.get(kind="grievances.ticket.passed_on").facts["fiduciary"] == client.code


def test_nothing_is_passed_to_ourselves_or_to_a_second_client(by) -> None:
    found = ticket()
    with pytest.raises(Refused):
        triage.pass_on(ticket=found, to=found.fiduciary, **by)
    triage.pass_on(ticket=found, to=FiduciaryFactory(), **by)
    with pytest.raises(Refused):
        triage.pass_on(ticket=found, to=FiduciaryFactory(), **by)


def test_no_reason_to_close_says_that_it_is_not_ours() -> None:
    assert set(ClosedBecause) == {"settled", "withdrawn", "silence", "erased", "joined", "merged"}


def test_it_is_given_to_somebody_else_with_a_word(by) -> None:
    other, found = StaffFactory(roles=["grievance_officer"]), ticket()
    triage.transfer(ticket=found, to=other, why="You know the client.", **by)
    assert found.assigned_to == other
    note = thread_access.thread(found, internal=True)[-1]
    assert (note.is_internal, note.texts["text"]) == (True, "You know the client.")


def test_its_kind_and_its_cause_are_said_and_traced(by) -> None:
    found = ticket(kind="other")
    triage.say_kind(ticket=found, kind=TicketKind.BILLING, **by)
    triage.say_cause(ticket=found, cause=RootCause.OUR_SYSTEM, **by)
    found.refresh_from_db()
    assert (found.kind, found.root_cause) == ("billing", "our_system")
    facts = [event.facts for event in AuditEvent.objects.filter(kind="grievances.ticket.sorted").order_by("pk")]
    assert [fact.get("to") or fact.get("reason_code") for fact in facts] == ["billing", "our_system"]


def test_only_who_may_answer_sorts_and_an_appeal_keeps_the_first_officer_out(by, supporter, officer) -> None:
    found = ticket()
    with pytest.raises(NotAllowed):
        triage.say_kind(ticket=found, kind=TicketKind.BILLING, by=supporter, actor=by["actor"], at=AT)
    resolutions.propose(ticket=found, text="No.", **by)
    appeals.appeal(ticket=found, why="Look again.", actor=STRANGER, at=AT)
    with pytest.raises(NotAllowed):
        triage.pass_on(ticket=found, to=FiduciaryFactory(), **by)
    assert access.allowed(officer, GrievancePermission.TICKET_ANSWER)


def test_the_person_rates_once_after_an_answer(by) -> None:
    found = ticket()
    with pytest.raises(Refused):
        ratings.rate(ticket=found, rating=1, why="", actor=STRANGER, at=AT)
    resolutions.propose(ticket=found, text="Stopped.", **by)
    resolutions.accept(ticket=found, actor=STRANGER, at=AT)
    ratings.rate(ticket=found, rating=2, why="It took days.", actor=STRANGER, at=AT)
    assert (found.rating, last_line(found).texts["text"]) == (2, "It took days.")
    with pytest.raises(Refused):
        ratings.rate(ticket=found, rating=5, why="", actor=STRANGER, at=AT)
    with pytest.raises(IntegrityError), transaction.atomic():
        Ticket.objects.filter(pk=found.pk).update(rating=6)


def test_every_text_to_begin_with_is_there_in_three_languages() -> None:
    for text in reply_templates.texts().values():
        assert len({text.said(language) for language in ("en", "hi", "mr")}) == 3
    assert reply_templates.fit_for("billing")[0].key == "refund"
    assert "refund" not in {text.key for text in reply_templates.fit_for("kyc")}


@time_machine.travel(AT)
def test_the_desk_begins_with_a_text_in_the_persons_language_and_sees_it_in_english(officer) -> None:
    found = ticket(language="mr")
    desk = staff_client(officer)
    opened(desk, found)
    page = desk.post(f"{LIST}{found.pk}/write/", {"start": "1", "template": "stopped"}).content.decode()
    text = reply_templates.texts()["stopped"]
    assert text.said("mr") in page
    assert text.said("en") in page.replace("&#x27;", "'")
    assert found.entries.count() == 2
    assert write(desk, found, text=text.said("mr"), act="propose").status_code == 303


def test_a_text_to_begin_with_is_filled_and_names_no_date_that_has_passed() -> None:
    text = reply_templates.texts()["interim"]
    fresh, late = ticket(language="mr", at=AT), ticket(at=AT - timedelta(days=30))
    theirs, english = reply_templates.filled(text, fresh, now=AT)
    assert fresh.reference in theirs
    assert fresh.reference in english
    assert len(theirs.splitlines()) == 2
    assert "2026" in theirs
    assert "{" not in theirs + english
    assert len(reply_templates.filled(text, late, now=AT)[0].splitlines()) == 1


@pytest.mark.parametrize("to", ["person", "internal"])
def test_a_text_to_begin_with_keeps_what_is_written_and_who_reads_it(officer, to) -> None:
    found = ticket(language="mr")
    desk = staff_client(officer)
    page = opened(desk, found)
    form = page[page.index('name="text"') - 6000 : page.index('name="text"')]
    assert form.rindex("<form") < form.index('name="template"')
    again = desk.post(
        f"{LIST}{found.pk}/write/", {"start": "1", "template": "stopped", "to": to, "text": "Half a <b>word</b>"}
    )
    composer = again.context["composer"]
    assert composer["text"].value() == "Half a <b>word</b>\n\n" + reply_templates.texts()["stopped"].said("mr")
    assert composer["to"].value() == to
    assert found.entries.count() == 2


def test_deadlines_that_ended_are_folded_away_only_where_there_are_some(officer, monkeypatch) -> None:
    found, words = ticket(), "Deadlines that ended"
    desk = staff_client(officer)
    assert words in opened(desk, found)
    all_of_them = selectors.all_deadlines
    running = lambda *args, **kwargs: [row for row in all_of_them(*args, **kwargs) if not row.state.is_stopped]  # noqa: E731
    monkeypatch.setattr(selectors, "all_deadlines", running)
    page = opened(desk, found)
    assert "Why this date" in page
    assert words not in page


def test_the_desk_sorts_by_acts(officer) -> None:
    older, newer = ticket(), ticket(at=RECEIVED + timedelta(hours=1), kind="other")
    desk = staff_client(officer)
    opened(desk, newer)
    desk.post(f"{LIST}{newer.pk}/do/say-kind/", {"answer": "1", "kind": "billing"})
    desk.post(f"{LIST}{newer.pk}/do/say-cause/", {"answer": "1", "cause": "client"})
    desk.post(f"{LIST}{newer.pk}/do/merge/", {"answer": "1", "other": older.reference.lower()})
    page = opened(desk, newer)
    assert "A client of ours" in page
    assert older.reference in page
    missing = desk.post(f"{LIST}{older.pk}/do/link/", {"answer": "1", "other": "OS-GR-0000-0000"}).content.decode()
    assert "There is no grievance with this reference" in missing


@pytest.mark.parametrize("end", ["accept", "withdraw", "silence"])
def test_acknowledgement_and_closing_letter_carry_their_receipt(by, end) -> None:
    found = ticket()
    resolutions.propose(ticket=found, text="Stopped.", **by)
    if end == "accept":
        resolutions.accept(ticket=found, actor=STRANGER, at=AT)
    elif end == "withdraw":
        resolutions.withdraw(ticket=found, actor=STRANGER, at=AT)
    else:
        resolutions.close_in_silence(ticket=found, at=AT)
    for kind, event, part in (("acknowledged", "filed", ""), ("closed", "closed", "closed/")):
        body = message_content.text_of(
            Message.objects.get(kind=f"grievances.{kind}", subject_ref=found.subject_ref)
        ).body
        entry = (
            AuditEvent.objects.select_related("entry").get(about=found.about, kind=f"grievances.ticket.{event}").entry
        )
        assert bytes(entry.leaf_hash).hex() in body
        assert f"/privacy/grievances/{found.reference}/receipt/{part}" in body


def test_the_receipt_of_the_closing_is_another_proof_than_that_of_the_filing(by) -> None:
    found = ticket()
    with pytest.raises(NotFound, match="not closed"):
        thread_access.receipt(found, of_closing=True)
    resolutions.withdraw(ticket=found, actor=STRANGER, at=AT)
    assert len(thread_access._closed(found).entry.leaf_hash) == 32
    assert thread_access._closed(found).entry != thread_access._filed(found).entry


def test_no_grievance_becomes_a_request_about_data_nor_a_request_a_grievance(officer) -> None:
    found, request = ticket(at=clock.now()), shown(at=clock.now()).ticket
    for one, kind in ((found, TicketKind.REQUEST), (request, TicketKind.OTHER)):
        with pytest.raises(Refused) as refused:
            triage.say_kind(ticket=one, kind=kind, by=officer, actor=actor.staff(officer.pk), at=clock.now())
        assert refused.value.code == "REQUEST"
    desk = staff_client(officer)
    page = opened(desk, request)
    for label in ("Say what it is about", "Join with an older one"):
        assert label not in page
        assert label in opened(desk, found)
    assert "A request about my data" not in desk.get(f"{LIST}{found.pk}/do/say-kind/").text


def test_what_came_by_mail_becomes_the_request_that_it_is_with_its_clocks_from_the_receipt(officer) -> None:
    found = ticket(kind=TicketKind.OTHER, at=clock.now() - timedelta(days=2))
    desk = staff_client(officer)
    opened(desk, found)
    given = {"right": "access", "capacity": "self"}
    desk.post(f"{LIST}{found.pk}/do/become-request/", {**given, "answer": "1"})
    request = RightsRequest.objects.get(ticket=found)
    found.refresh_from_db()
    assert (found.kind, request.state) == (TicketKind.REQUEST, RequestState.ASKED)
    promised = Clock.objects.get(owner=selectors.answer_owner(found), rule_key="requests.answer")
    assert promised.started_at == found.received_at
    identity_verification.enter_code(request=request, typed=code_for(request), actor=STRANGER, at=clock.now())
    request.refresh_from_db()
    assert request.state == RequestState.SHOWN


def test_whoever_brings_a_grievance_for_somebody_brings_no_request_about_data(officer) -> None:
    with pytest.raises(Refused) as refused:
        assisted_intake.by_system(
            fiduciary="onesetu",
            request_key="one",
            story=story(kind=TicketKind.REQUEST),
            reach=intake.Reach(language="en", email="asha@example.in"),
            received_at=clock.now(),
            actor=STRANGER,
            now=clock.now(),
        )
    assert refused.value.code == "REQUEST"


def test_whom_an_appeal_keeps_out_is_not_asked_for_each_act_of_a_page(officer) -> None:
    found, desk = ticket(at=clock.now()), staff_client(officer)
    opened(desk, found)
    with CaptureQueriesContext(connection) as seen:
        desk.get(f"{LIST}{found.pk}/change/")
    # One of them counts the queues of the menu, appeals among them.
    assert sum('"grievances_appeal"' in query["sql"] for query in seen.captured_queries) <= 4
