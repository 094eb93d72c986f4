"""Staff's pages: the queues, a record opened with a reason, the composer; each role sees and does what it may."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from grievances.base.choices import EntryKind, TicketState
from grievances.models import Ticket, TicketEntry
from grievances.tickets.services import appeals, conversation, presence, resolutions
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor, clock
from portal.kernel.core.errors import Refused
from tests.grievances.factories import STRANGER
from tests.grievances.factories import ticket as make
from tests.people.factories import CustomerUserFactory, StaffFactory
from tests.signin.people_who_sign_in import customer_client, staff_client

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("house")]
LIST = "/admin/grievances/ticket/"


@pytest.fixture
def ticket():
    return make(at=clock.now() - timedelta(hours=1))


@pytest.fixture
def desk(officer):
    return staff_client(officer)


def page_of(ticket) -> str:
    return f"{LIST}{ticket.pk}/change/"


def opened(client: Client, ticket) -> str:
    """Say why the record is opened; its page."""
    client.post(page_of(ticket), {"open_record": "1", "purpose": "grievance", "ticket": ticket.reference})
    return client.get(page_of(ticket)).content.decode()


def write(client: Client, ticket, **data):
    seen = ticket.entries.count()
    given = {"to": "person", "text": "We are on it.", "act": "reply", "once": str(uuid4()), "seen": seen} | data
    return client.post(f"{LIST}{ticket.pk}/write/", given)


def references(client: Client, queue: str) -> set[str]:
    page = client.get(f"{LIST}?queue={queue}").content.decode()
    return {found for found in all_references() if found in page}


def all_references() -> list[str]:
    return list(Ticket.objects.values_list("reference", flat=True))


def test_a_record_is_opened_with_a_purpose_that_stays_in_the_trail(desk, ticket) -> None:
    before = desk.get(page_of(ticket)).content.decode()
    assert "They wrote to me" not in before
    assert "They wrote to me" in opened(desk, ticket)
    event = AuditEvent.objects.get(kind="admin.record.opened")
    assert event.about == ticket.about
    assert event.facts["purpose"] == "grievance"


def test_heading_and_facts_of_a_late_grievance_agree(desk) -> None:
    late, fresh = make(at=clock.now() - timedelta(days=8)), make(at=clock.now())
    page = opened(desk, late)
    assert "Late: the answer was due on" in page
    assert "<dd>Received, 3 days late</dd>" in page
    assert "<dt>Received on</dt>" in page
    assert "<dd>Received</dd>" in opened(desk, fresh)


def test_a_grievance_is_opened_for_itself_unless_somebody_says_otherwise(desk, ticket) -> None:
    asked = desk.get(page_of(ticket)).context["form"]
    assert asked["ticket"].value() == ticket.reference


def test_nobody_writes_into_a_record_that_was_not_opened(desk, ticket) -> None:
    assert write(desk, ticket).status_code == 404
    assert not TicketEntry.objects.filter(kind=EntryKind.REPLY).exists()


def test_the_queues_sort_late_due_mine_and_unassigned(desk, officer) -> None:
    now = clock.now()
    late, fresh, mine = make(at=now - timedelta(days=6)), make(at=now), make(at=now)
    conversation.take(ticket=mine, by=officer, actor=actor.staff(officer.pk), at=now)
    today = make(at=now - timedelta(days=5))
    assert references(desk, "overdue") == {late.reference}
    assert references(desk, "today") == {today.reference}
    assert references(desk, "mine") == {mine.reference}
    assert references(desk, "unassigned") == {late.reference, fresh.reference, today.reference}
    assert references(desk, "open") == set(all_references())


def test_what_take_next_handed_out_is_no_more_among_what_nobody_has(desk, officer) -> None:
    now = clock.now()
    handed, other = make(at=now - timedelta(days=6)), make(at=now)
    assert references(desk, "unassigned") == {handed.reference, other.reference}
    assert desk.post(reverse("admin:grievances_ticket_take_next")).status_code == 303
    assert references(desk, "mine") == {handed.reference}
    assert references(desk, "unassigned") == {other.reference}
    Ticket.objects.filter(pk=handed.pk).update(locked_until=now - timedelta(minutes=1))
    assert references(desk, "unassigned") == {handed.reference, other.reference}


def test_in_a_queue_what_is_due_first_stands_first(desk) -> None:
    now = clock.now()
    late, later, latest = (make(at=now - timedelta(days=days)) for days in (6, 8, 7))
    Ticket.objects.filter(pk=late.pk).update(due_at=now - timedelta(days=9))
    rows = desk.get(f"{LIST}?queue=overdue").context["cl"].result_list
    assert [row.pk for row in rows] == [late.pk, later.pk, latest.pk]
    rows = desk.get(LIST).context["cl"].result_list
    assert [row.pk for row in rows][:3] == [late.pk, latest.pk, later.pk]


def test_a_list_shows_the_gist_and_no_address_and_costs_the_same_for_many(desk) -> None:
    make(at=clock.now())
    desk.get(LIST)
    few = _queries(lambda: desk.get(LIST))
    for _ in range(5):
        make(at=clock.now())
    assert _queries(lambda: desk.get(LIST)) == few
    page = desk.get(LIST).content.decode()
    assert "asha" not in page
    assert "They wrote to me at night." in page


def _queries(act) -> int:
    with CaptureQueriesContext(connection) as seen:
        act()
    return len(seen)


def test_the_officer_replies_asks_notes_and_answers(desk, ticket) -> None:
    opened(desk, ticket)
    write(desk, ticket, act="reply", text="We are on it.")
    write(desk, ticket, act="ask", text="Which number?")
    ticket.refresh_from_db()
    assert ticket.state == TicketState.WITH_YOU
    write(desk, ticket, to="internal", text="Ask billing.")
    write(desk, ticket, act="propose", text="We stopped it.")
    ticket.refresh_from_db()
    assert ticket.state == TicketState.ANSWERED
    page = opened(desk, ticket)
    assert page.count("<strong>Internal</strong>") == 1
    assert "Ask billing." in page


def test_an_internal_note_is_no_answer_whatever_was_chosen_before(desk, ticket) -> None:
    opened(desk, ticket)
    response = write(desk, ticket, to="internal", act="propose", text="Ask billing.")
    assert (response.status_code, response.headers["Location"]) == (303, page_of(ticket))
    ticket.refresh_from_db()
    assert ticket.state == TicketState.RECEIVED
    assert [entry.kind for entry in ticket.entries.order_by("-pk")][:1] == [EntryKind.NOTE]


def test_what_a_message_does_is_chosen_by_its_writer_and_an_empty_form_says_so(desk, ticket) -> None:
    chosen = re.findall(r'<input[^>]*name="(\w+)"[^>]* checked', opened(desk, ticket))
    assert chosen == ["to"], "who reads it is shown by the ground; what comes of it nobody chooses for them"
    page = desk.post(f"{LIST}{ticket.pk}/write/", {"once": str(uuid4())}).content.decode()
    assert "Choose who reads this" in page
    assert "Choose what happens after sending" in page
    assert "Write the message" in page
    assert write(desk, ticket, act="").status_code == 422
    assert not TicketEntry.objects.filter(kind=EntryKind.REPLY).exists()


def test_a_message_sent_twice_is_one_line(desk, ticket) -> None:
    opened(desk, ticket)
    once = str(uuid4())
    for _ in range(2):
        write(desk, ticket, once=once)
    assert TicketEntry.objects.filter(kind=EntryKind.REPLY).count() == 1


def test_a_resolution_sent_twice_by_one_page_is_one_answer_and_says_so_twice(desk, ticket) -> None:
    opened(desk, ticket)
    body = {"to": "person", "text": "We stopped it.", "act": "propose", "once": str(uuid4()), "seen": 2}
    for _ in range(2):
        sent = desk.post(f"{LIST}{ticket.pk}/write/", body)
        assert sent.status_code == 303
    assert ticket.entries.filter(kind=EntryKind.PROPOSAL).count() == ticket.resolutions.count() == 1


def test_what_was_possible_when_the_page_was_drawn_is_refused_in_the_words_of_the_service(desk, ticket) -> None:
    opened(desk, ticket)
    resolutions.withdraw(ticket=ticket, actor=STRANGER, at=clock.now())
    refused = write(desk, ticket, act="reply")
    assert refused.status_code == 422
    assert "This grievance is answered or closed." in refused.text
    assert "Save the note" in refused.text


def test_nothing_is_sent_over_a_line_that_the_page_did_not_show_and_what_was_sent_is_not_sent_again(
    desk, ticket
) -> None:
    opened(desk, ticket)
    body = {"to": "person", "text": "Which number?", "act": "ask", "once": str(uuid4()), "seen": ticket.entries.count()}
    desk.post(f"{LIST}{ticket.pk}/write/", body)
    conversation.person_writes(ticket=Ticket.objects.get(pk=ticket.pk), text="Mine.", actor=STRANGER, at=clock.now())
    assert desk.post(f"{LIST}{ticket.pk}/write/", body).status_code == 303, "it is in the thread: it was sent"
    stale = desk.post(f"{LIST}{ticket.pk}/write/", {**body, "text": "Which day?", "seen": 1})
    assert stale.status_code == 409
    assert stale.text.count("Mine.") >= 2, "in the thread and above the message"
    assert [entry.kind for entry in ticket.entries.all()].count(EntryKind.QUESTION) == 1


def test_a_message_is_refused_where_the_person_withdrew_while_it_waited_for_its_turn(officer, ticket) -> None:
    old = Ticket.objects.get(pk=ticket.pk)
    resolutions.withdraw(ticket=ticket, actor=STRANGER, at=clock.now())
    said = {"by": officer, "text": "We are on it."}
    with (
        pytest.raises(Refused) as refused,
        presence.having_read(old, seen=9, text="We are on it.", once_key=None, by=officer),
    ):
        conversation.reply(ticket=old, actor=actor.staff(officer.pk), at=clock.now(), **said)
    assert refused.value.code == "NOT_OPEN"
    assert not TicketEntry.objects.filter(kind=EntryKind.REPLY).exists()


def test_support_reads_steps_but_no_words_and_cannot_answer(ticket, supporter) -> None:
    client = staff_client(supporter)
    page = opened(client, ticket)
    assert "They wrote to me" not in page
    assert "Grievance sent" in page
    assert 'value="propose"' not in page
    response = write(client, ticket)
    assert response.status_code == 422
    assert not TicketEntry.objects.filter(kind=EntryKind.REPLY).exists()
    assert write(client, ticket, to="internal", text="Customer called.").status_code == 303


def test_an_auditor_reads_steps_and_changes_nothing(ticket) -> None:
    client = staff_client(StaffFactory(roles=["auditor"]))
    page = opened(client, ticket)
    assert "They wrote to me" not in page
    assert "<form" not in page.split('id="thread-title"')[1]
    write(client, ticket)
    write(client, ticket, to="internal")
    assert ticket.entries.count() == 2
    for name in ("assign", "take"):
        assert client.post(f"{LIST}{ticket.pk}/do/{name}/", {"answer": "1"}).status_code in {403, 404}


@pytest.mark.parametrize("role", ["kyc_maker", "administrator"])
def test_other_roles_see_nothing(ticket, role: str) -> None:
    client = staff_client(StaffFactory(roles=[role]))
    assert client.get(LIST).status_code == 403
    assert client.get(page_of(ticket)).status_code == 404
    assert write(client, ticket).status_code == 404


def test_customers_and_strangers_do_not_get_in(ticket) -> None:
    customer = customer_client(CustomerUserFactory())
    for path in (LIST, page_of(ticket), f"{LIST}{ticket.pk}/write/"):
        assert Client().get(path).status_code == 302
        assert customer.get(path).status_code == 404


def test_a_grievance_is_assigned_and_taken_through_a_page_that_asks(desk, officer, ticket) -> None:
    other = StaffFactory(roles=["grievance_officer"], full_name="Ravi Iyer")
    asked = desk.get(f"{LIST}{ticket.pk}/do/assign/").content.decode()
    assert "Ravi Iyer" in asked
    ticket.refresh_from_db()
    assert ticket.assigned_to is None
    chosen = {"answer": "1", "to": str(other.pk), "_selected_action": str(ticket.pk)}
    desk.post(f"{LIST}do/assign/", chosen)
    ticket.refresh_from_db()
    assert ticket.assigned_to == other
    take(desk, ticket)
    ticket.refresh_from_db()
    assert ticket.assigned_to == officer


def take(client, ticket, page: str = ""):
    """Confirm the page that asks, as it was shown (now, where none is given)."""
    page = page or client.get(f"{LIST}{ticket.pk}/do/take/").content.decode()
    had = re.search(r'name="had" value="([^"]*)"', page)[1]
    return client.post(f"{LIST}do/take/", {"answer": "1", "_selected_action": str(ticket.pk), "had": had})


def test_a_page_that_is_old_takes_no_grievance_from_whoever_got_it_since(desk, officer, ticket) -> None:
    other = StaffFactory(roles=["grievance_officer"], full_name="Ravi Iyer")
    old = desk.get(f"{LIST}{ticket.pk}/do/take/").content.decode()
    take(staff_client(other), ticket)
    refused = take(desk, ticket, old).content.decode()
    ticket.refresh_from_db()
    assert ticket.assigned_to == other
    assert "Ravi Iyer took it at" in refused
    take(desk, ticket)
    ticket.refresh_from_db()
    assert ticket.assigned_to == officer


def test_addresses_are_masked_on_the_page(desk, ticket) -> None:
    page = opened(desk, ticket)
    assert "asha@example.in" not in page
    assert "a••••@example.in" in page


def test_the_page_says_whose_turn_it_is_and_why_that_date(desk, ticket) -> None:
    page = opened(desk, ticket)
    assert "With us." in page
    assert "Next step: Answer it." in page, "whoever may answer is not sent to find somebody who does"
    assert "Why this date" in page
    assert "We promise to do it within 5 days." in page


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_an_auditor_takes_the_list_away_without_a_word_or_an_address(ticket, file_format: str) -> None:
    client = staff_client(StaffFactory(roles=["auditor"]))
    response = client.post(
        f"{LIST}export/?queue=open", {"export": "1", "file_format": file_format, "reason": "An audit"}
    )
    content = b"".join(response.streaming_content)
    assert response.status_code == 200
    if file_format == "csv":
        assert ticket.reference in content.decode()
        assert "asha" not in content.decode()
        assert "night" not in content.decode()
    event = AuditEvent.objects.get(kind="export.list.made")
    assert event.facts["rows"] == 1


def test_support_takes_no_list_away(ticket, supporter) -> None:
    assert staff_client(supporter).post(f"{LIST}export/", {"export": "1", "file_format": "csv"}).status_code == 403


@pytest.fixture
def on_appeal(ticket, officer):
    resolutions.propose(ticket=ticket, text="No.", by=officer, actor=actor.staff(officer.pk), at=clock.now())
    appeals.appeal(ticket=ticket, why="Nobody looked.", actor=STRANGER, at=clock.now())
    return ticket


def test_on_appeal_the_first_officer_sees_that_another_one_answers(desk, on_appeal) -> None:
    page = opened(desk, on_appeal)
    assert "another officer answers it" in page
    assert 'value="propose"' not in page
    assert "Assign to me" not in page
    assert write(desk, on_appeal, act="changed").status_code == 422
    assert references(desk, "appeals") == {on_appeal.reference}


def test_another_officer_answers_the_appeal_and_says_what_becomes_of_the_first_answer(on_appeal) -> None:
    other = staff_client(StaffFactory(roles=["grievance_officer"]))
    assert "Decide: the first answer stays" in opened(other, on_appeal)
    assert write(other, on_appeal, act="propose").status_code == 422
    assert write(other, on_appeal, act="stays").status_code == 303
    assert on_appeal.reference in other.get("/admin/").text, "the page that comes next names it, once"
    assert on_appeal.appeals.get().outcome == "stays"
    assert references(other, "appeals") == set()


def test_after_an_answer_the_next_grievance_opens_and_an_internal_note_stays_where_it_is(desk, officer) -> None:
    filed = clock.now() - timedelta(hours=1)
    first, second = make(at=filed), make(at=filed, email="ravi@example.in")
    opened(desk, first)
    assert write(desk, first, to="internal").headers["Location"] == page_of(first)
    answer = write(desk, first)
    assert (answer.status_code, answer.headers["Location"]) == (303, page_of(second))
    assert first.reference in desk.get(page_of(second)).text
    assert write(desk, second, act="propose").headers["Location"] == page_of(first), "it waits for us still"
    assert write(desk, first, act="propose").headers["Location"] == "/admin/"
