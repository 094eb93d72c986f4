"""A permission is asked again in the transaction that rests on it, and the turns of people and rows are taken in one order."""

import ast
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import transaction

from grievances.models import Ticket
from grievances.tickets.services import conversation, triage
from kyc.cases.services import case_locks
from kyc.models import Case
from portal.kernel.core import access, actor, advisory_locks, clock
from portal.kernel.core.errors import NotAllowed
from portal.kernel.law.models import Clock
from portal.kernel.law.services import deadline_corrections, deadlines
from portal.kernel.people.models import RoleGrant
from portal.kernel.people.services import staff
from portal.kernel.registers.incidents.services import incidents
from portal.kernel.registers.models import Incident
from tests.campaigns.racing import several_writers
from tests.consent.factories import law_is_loaded
from tests.consent.test_turns import closing, while_in_flight
from tests.grievances.factories import ticket as a_ticket
from tests.kyc.factories import firm
from tests.people.factories import FiduciaryFactory, StaffFactory
from tests.registers.factories import as_actor, opened_incident
from tests.shipped import every_rule

#: Services that ask a permission and write in no transaction of their own: what each writes says so itself.
ONLY_BEFORE = {
    "data_copies.look": "reads, and its audit event has a transaction of its own",
    "assisted_intake.by_staff": "its files are sealed before; the filing is repeated as a whole",
    "work_allocation.take_next": "each claim asks again",
    "identity_verification.open_paper": "reads",
    "grievance_access.open_for_grievance": "reads",
    "reveals.number_of": "the caller counts the reveal, which asks again",
    "staff_intake.by_staff": "what it brings in asks again",
    "attachments.open_file": "reads",
    "incidents.require_open": "asked by services that ask again",
    "resolutions.send_agreed": "in the transaction of the answer of two people",
    "claims.propose": "the proposal of two people asks again",
}


def ours():
    every_rule()
    FiduciaryFactory(code="onesetu")


def services():
    for file in sorted(Path(settings.BASE_DIR).glob("**/services/*.py")):
        if not {".venv", "tests"} & set(file.parts):
            yield file


def asking(file):
    """The functions of a module that ask a permission, with what they call."""
    for function in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(function, ast.FunctionDef):
            called = [ast.unparse(one.func) for one in ast.walk(function) if isinstance(one, ast.Call)]
            if "access.require" in called:
                yield f"{file.stem}.{function.name}", set(called)


def test_every_service_that_asks_a_permission_asks_it_again_where_it_writes():
    again = {"access.acting", "maker_checker.propose", "maker_checker.answer"}
    found = {name for file in services() for name, called in asking(file) if not again & called}
    assert found == set(ONLY_BEFORE)


@pytest.fixture
def officer(db):
    ours()
    return StaffFactory(roles=["grievance_officer"])


def ended(user):
    RoleGrant.objects.filter(user=user).update(ends_at=clock.now() - timedelta(seconds=1))


@pytest.mark.parametrize("act", ["note", "take", "cause"])
def test_a_role_that_ends_between_the_question_and_the_act_is_no_role(officer, monkeypatch, act):
    ticket, asked = a_ticket(), access.require
    before = (ticket.entries.count(), None, "")

    def and_then_it_ends(user, permission):
        asked(user, permission)
        ended(officer)

    monkeypatch.setattr(access, "require", and_then_it_ends)
    told = {"ticket": ticket, "by": officer, "actor": actor.staff(officer.pk), "at": clock.now()}
    acts = {
        "note": lambda: conversation.note(text="A note.", **told),
        "take": lambda: conversation.take(**told),
        "cause": lambda: triage.say_cause(cause="product_fault", **told),
    }
    with pytest.raises(NotAllowed):
        acts[act]()
    ticket.refresh_from_db()
    assert (ticket.entries.count(), ticket.assigned_to, ticket.root_cause) == before


def test_a_login_that_was_deactivated_since_it_was_loaded_does_nothing(officer):
    type(officer).objects.filter(pk=officer.pk).update(is_active=False)
    with pytest.raises(NotAllowed), access.acting(officer, "grievances.ticket:answer"):
        pytest.fail("a deactivated login acts")


@several_writers
@pytest.mark.django_db(transaction=True)
def test_an_act_waits_for_the_end_of_the_role_that_it_rests_on():
    ours()
    officer, admin = StaffFactory(roles=["grievance_officer"]), StaffFactory(roles=["administrator"])
    ticket = a_ticket()
    before = ticket.entries.count()

    def act():
        with pytest.raises(NotAllowed):
            conversation.note(ticket=ticket, text="A note.", by=officer, actor=actor.staff(officer.pk), at=clock.now())

    while_in_flight(lambda: staff.deactivate(user=officer, actor=actor.staff(admin.pk), now=clock.now()), act)
    assert ticket.entries.count() == before


def side_by_side(holds_first, asks_then, *, other):
    """One transaction locks something, and asks for more once the other act has begun. Both get through."""
    is_held = threading.Event()

    def one():
        with transaction.atomic():
            holds_first()
            is_held.set()
            time.sleep(0.5)
            asks_then()

    def two():
        is_held.wait(timeout=10)
        other()

    with ThreadPoolExecutor(max_workers=2) as pool:
        for done in [pool.submit(closing, one), pool.submit(closing, two)]:
            done.result()


@several_writers
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["case", "ticket"])
def test_a_deactivation_beside_an_act_on_what_the_login_had_taken_ends_in_no_deadlock(kind, monkeypatch):
    monkeypatch.setattr(advisory_locks, "TRIES", 1)  # doing it again would hide one
    ours()
    reviewer, admin = StaffFactory(roles=["kyc_maker"]), StaffFactory(roles=["administrator"])
    later = clock.now() + timedelta(hours=1)
    if kind == "case":
        rows = Case.objects.filter(customer=firm())
        rows.update(locked_by=reviewer, locked_until=later)
    else:
        rows = Ticket.objects.filter(pk=a_ticket().pk)
        rows.update(assigned_to=reviewer, locked_by=reviewer, locked_until=later)
    side_by_side(
        lambda: rows.update(locked_until=later),
        lambda: advisory_locks.share(advisory_locks.of_login(reviewer.pk)),
        other=lambda: staff.deactivate(user=reviewer, actor=actor.staff(admin.pk), now=clock.now()),
    )
    row = rows.get()
    assert row.locked_by is None
    assert getattr(row, "assigned_to", None) is None


def test_what_a_deactivated_login_had_taken_is_free_at_once(officer):
    case = Case.objects.get(customer=firm())
    Case.objects.update(locked_by=officer, locked_until=clock.now() + timedelta(hours=1))
    case_locks.CLAIMS.login_left(user_id=officer.pk, at=clock.now())
    case.refresh_from_db()
    assert case.locked_by is None


@several_writers
@pytest.mark.django_db(transaction=True)
def test_a_start_that_is_put_right_beside_a_report_ends_in_no_deadlock():
    ours()
    law_is_loaded()
    by = as_actor(StaffFactory(roles=["data_protection_officer"]))
    incident = opened_incident(by, regimes=["EU"])
    counts = Clock.objects.filter(owner__startswith=incident.about).order_by("pk").first()
    at = counts.started_at - timedelta(hours=1)
    side_by_side(
        lambda: Incident.objects.select_for_update().get(pk=incident.pk),
        lambda: deadlines.stop(owner=counts.owner, at=clock.now(), actor=by),
        other=lambda: deadline_corrections.correct_start(
            owner=counts.owner, kind=counts.kind, started_at=at, reason_code="earlier", actor=by
        ),
    )
    assert incidents.duty_of(counts.owner) is not None
    assert Clock.objects.filter(owner=counts.owner).latest("pk").started_at == at
