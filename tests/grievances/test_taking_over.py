"""Open grievances of an old system: tried line by line, taken over once, with their own dates and no second acknowledgement."""

from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from django.urls import reverse

from grievances import scheduled_checks
from grievances.base import selectors
from grievances.base.choices import TicketState
from grievances.legacy_imports.services import legacy_import
from grievances.models import Ticket, TicketTakeOver, TicketTakeOverLine
from grievances.tickets import grievance_status
from grievances.tickets.services import intake, thread_access
from portal.kernel.core import actor, clock
from portal.kernel.core.errors import IllegalMove, NotAllowed, Refused
from portal.kernel.jobs.services import runner
from portal.kernel.law.models import Clock
from portal.kernel.outbox.models import Message
from portal.kernel.outbox.services import message_content
from portal.kernel.people.choices import TakeOverState
from portal.kernel.people.models import User
from tests.people.factories import StaffFactory
from tests.signin.people_who_sign_in import staff_client

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("house")]

HEAD = "old_reference,received_at,kind,what_happened,email,phone,language,acknowledged_at,history\n"
GOOD = "HD-17,2026-11-20 10:00,billing,Billed twice.,asha@example.in,,hi,2026-11-20 11:00,Called on Friday.\n"
NEW = "HD-18,2026-11-21,other,Nobody answers.,,+919999900320,,,\n"


@pytest.fixture(autouse=True)
def on_the_day(time_machine: Any) -> None:
    time_machine.move_to(datetime(2026, 11, 24, 6, 30, tzinfo=UTC), tick=False)


@pytest.fixture
def keeper(house: None) -> User:
    return StaffFactory(roles=["data_protection_officer"])


def brought(keeper: User, *lines: str, origin: str = "Old desk", head: str = HEAD) -> TicketTakeOver:
    """A list whose lines were tried."""
    row = legacy_import.bring(
        origin=origin,
        name="open.csv",
        content=BytesIO((head + "".join(lines)).encode()),
        actor=actor.staff(keeper.pk),
        now=clock.now(),
    )
    runner.run(row.job_id, now=clock.now())
    row.refresh_from_db()
    return row


def taken(row: TicketTakeOver, keeper: User) -> TicketTakeOver:
    legacy_import.take_in(row, actor=actor.staff(keeper.pk), now=clock.now())
    runner.run(row.job_id, now=clock.now())
    row.refresh_from_db()
    return row


def test_a_dry_run_names_the_fault_of_each_line_and_files_nothing(keeper: User) -> None:
    row = brought(
        keeper,
        GOOD,
        GOOD,
        "HD-19,2027-01-01,billing,To come.,asha@example.in,,,,\n",
        "HD-20,2026-11-20,gossip,What.,asha@example.in,,,,\n",
        "HD-21,2026-11-20,billing,What.,nowhere,,,,\n",
        "HD-22,2026-11-20,billing,What.,,,,,\n",
        "HD-23,2026-11-20,request,My data.,asha@example.in,,,,\n",
        "9876543210,2026-11-20,billing,What.,asha@example.in,,,,\n",
        "HD-24,2026-11-20,billing,What.,asha@example.in,,,2026-11-19,\n",
    )
    assert row.state == TakeOverState.TRIED
    assert dict(row.results.values_list("number", "fault")) == {
        3: "TWICE",
        4: "RECEIVED",
        5: "KIND",
        6: "ADDRESS",
        7: "NO_ADDRESS",
        8: "REQUEST",
        9: "OLD_REFERENCE",
        10: "ACKNOWLEDGED",
    }
    assert not Ticket.objects.exists()


def test_what_is_in_order_goes_on_here_with_its_dates_and_its_provenance(keeper: User) -> None:
    row = taken(brought(keeper, GOOD, NEW), keeper)
    assert row.state == TakeOverState.DONE
    ticket = TicketTakeOverLine.objects.get(old_reference="HD-17").ticket
    received = datetime(2026, 11, 20, 4, 30, tzinfo=UTC)
    assert (ticket.received_at, ticket.state, ticket.language) == (received, TicketState.RECEIVED, "hi")
    clocks = {each.rule_key: each for each in selectors.answer_clocks(ticket)}
    assert {each.started_at for each in clocks.values()} == {received}
    assert clocks["IN-SPDI-GRV"].due_at.date().isoformat() == "2026-12-20"
    acknowledged = Clock.objects.filter(owner=selectors.acknowledge_owner(ticket))
    assert {each.stopped_at for each in acknowledged} == {received + timedelta(hours=1)}
    thread = thread_access.thread(ticket, internal=True)
    assert [line.texts.get("text") for line in thread if line.is_internal] == ["Called on Friday."]


def test_nobody_who_was_told_there_gets_another_acknowledgement_but_hears_where_it_goes_on(keeper: User) -> None:
    taken(brought(keeper, GOOD), keeper)
    ticket = Ticket.objects.get()
    message = Message.objects.get()
    assert message.kind == "grievances.taken_over"
    body = message_content.text_of(message).body
    assert "HD-17" in body
    assert ticket.reference in body


def test_a_grievance_of_long_ago_counts_under_the_rules_of_its_day(keeper: User) -> None:
    taken(brought(keeper, GOOD.replace("2026-11-20", "2025-06-02")), keeper)
    ticket = Ticket.objects.get()
    running_rules = {each.rule_key for each in selectors.answer_clocks(ticket)}
    assert "IN-IT-RES-OLD" in running_rules
    assert "IN-IT-RES" not in running_rules
    assert grievance_status.standing_of(ticket, now=clock.now()).situation == "late"


def test_the_same_grievance_is_taken_over_once_whichever_list_names_it(keeper: User) -> None:
    taken(brought(keeper, GOOD), keeper)
    again = taken(brought(keeper, GOOD, NEW, origin="OLD DESK"), keeper)
    assert dict(again.results.values_list("number", "fault")) == {2: "THERE_ALREADY", 3: ""}
    other = taken(brought(keeper, GOOD, origin="Another desk"), keeper)
    assert other.results.get().fault == ""
    assert Ticket.objects.count() == 3


def test_an_xlsx_list_is_read_and_one_without_its_columns_is_not(keeper: User) -> None:
    import tablib

    table = tablib.Dataset(headers=["old_reference", "received_at", "kind", "what_happened", "email"])
    table.append(["HD-1", "2026-11-20", "billing", "Billed twice.", "asha@example.in"])
    row = legacy_import.bring(
        origin="Old desk",
        name="open.XLSX",
        content=BytesIO(table.export("xlsx")),
        actor=actor.staff(keeper.pk),
        now=clock.now(),
    )
    assert row.lines == 1
    with pytest.raises(Refused) as refused:
        brought(keeper, "HD-1,x\n", head="old_reference,name\n")
    assert refused.value.code == "COLUMNS"


def test_who_may_not_bring_brings_nothing_and_what_ended_is_not_taken_again(keeper: User, officer: User) -> None:
    with pytest.raises(NotAllowed):
        brought(officer, GOOD)
    row = brought(keeper, GOOD)
    legacy_import.give_up(row, actor=actor.staff(keeper.pk), now=clock.now())
    with pytest.raises(IllegalMove):
        legacy_import.take_in(row, actor=actor.staff(keeper.pk), now=clock.now())


def test_a_line_that_cannot_be_filed_is_a_fault_and_those_behind_it_are_taken_over(
    keeper: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    file_ticket = intake.file_ticket

    def not_the_first(**told: Any) -> Any:
        if told["reach"].email:
            raise Refused("Not this one.", code="NOT_NOW")
        return file_ticket(**told)

    monkeypatch.setattr(intake, "file_ticket", not_the_first)
    row = taken(brought(keeper, GOOD, NEW), keeper)
    assert dict(row.results.values_list("number", "fault")) == {2: "NOT_NOW", 3: ""}
    assert row.state == TakeOverState.DONE


def test_a_list_that_nobody_takes_in_is_destroyed(keeper: User, time_machine: Any) -> None:
    row = brought(keeper, GOOD)
    time_machine.move_to(clock.now() + timedelta(days=400), tick=False)
    scheduled_checks.sweep(now=clock.now())
    row.refresh_from_db()
    assert row.state == TakeOverState.GIVEN_UP


def test_the_pages_take_a_list_show_its_faults_and_say_where_a_grievance_comes_from(keeper: User) -> None:
    desk = staff_client(keeper)
    listed = BytesIO((HEAD + GOOD + "HD-20,2026-11-20,gossip,What.,asha@example.in,,,,\n").encode())
    listed.name = "open.csv"
    desk.post(reverse("admin:grievances_tickettakeover_add"), {"origin": "Old desk", "file": listed})
    row = TicketTakeOver.objects.get()
    runner.run(row.job_id, now=clock.now())
    page = desk.get(reverse("admin:grievances_tickettakeover_change", args=[row.pk])).text
    assert "Line 3: Grievance category not found" in page
    row.refresh_from_db()
    ticket = taken(row, keeper).results.get(fault="").ticket
    url = reverse("admin:grievances_ticket_change", args=[ticket.pk])
    desk.post(url, {"open_record": "1", "purpose": "grievance", "ticket": ticket.reference})
    assert "HD-17" in desk.get(url).text
