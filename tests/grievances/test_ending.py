"""Erasing at a person's wish: what no law keeps goes when two people agree; the letter says what stays and why."""

from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from grievances.models import RequestProposal, RightsRequest
from grievances.request_states import Outcome, RequestState, Right
from grievances.services import deciding, ending
from portal.core import actor, clock, hooks
from portal.core.erasing import Kept, Record
from portal.core.errors import Refused
from portal.people.models import ContactPoint, Principal, User
from portal.people.selectors import refs_of
from portal.retention.models import Hold, RetentionRule
from tests.grievances.factories import RECEIVED, ticket
from tests.grievances.requests import shown
from tests.law.factories import ProfileFactory
from tests.people.factories import ContactPointFactory, PrincipalFactory, StaffFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("house")]

INVOICED = datetime.fromisoformat("2026-05-02T06:30:00+00:00")


class Invoices:
    """A room that keeps invoices, which GST law has kept (CGST s.36)."""

    name = "tests.invoices"
    label = "Invoices"
    retention_class = "test_invoices"
    covers: tuple[str, ...] = ()

    def __init__(self, subject_ref: UUID) -> None:
        self.subject_ref = subject_ref
        self.erased: list[UUID] = []

    def kept(self, *, before: datetime) -> list[Kept]:
        return []

    def records(self, *, subject_refs: Any) -> list[Record]:
        return [Record(self.subject_ref, INVOICED, about="tests.invoice:1")] if self.subject_ref in subject_refs else []

    def erase(self, *, subject_ref: UUID, before: datetime | None) -> int:
        if before is not None and before <= INVOICED:
            return 0
        self.erased.append(subject_ref)
        return 1


@pytest.fixture
def asha(house: None) -> Principal:
    """Nobody asks us to keep her account: we are no cloud provider and no intermediary."""
    ProfileFactory(cloud_provider="no", intermediary="no")
    principal = PrincipalFactory(full_name="Asha Rao")
    ContactPointFactory(kind="email", address="asha@example.in", principal=principal)
    return principal


@pytest.fixture
def invoices(asha: Principal, monkeypatch: pytest.MonkeyPatch) -> Invoices:
    room = Invoices(asha.subject.ref)
    monkeypatch.setattr(hooks, "erasers", [*hooks.erasers, room])
    RetentionRule.objects.create(
        retention_class=room.retention_class,
        version=1,
        name="Invoices",
        counts_from="The day of the invoice",
        house_rule="retention.grievance",
        legal_rules=["IN-GST"],
        effective_from=INVOICED.date(),
        source="test",
        sha256="0" * 64,
        recorded_at=RECEIVED,
    )
    return room


@pytest.fixture
def second(house: None) -> User:
    return StaffFactory(roles=["data_protection_officer"])


def propose(request: RightsRequest, officer: User, outcome: str) -> RequestProposal:
    return deciding.propose(
        request=request,
        outcome=outcome,
        words_to_person="We have looked at everything.",
        actor=actor.staff(officer.pk),
        at=clock.now(),
    )


def test_a_part_kept_by_gst_law_stays_and_the_letter_says_so(
    asha: Principal, invoices: Invoices, officer: User, second: User
) -> None:
    request = shown(right=Right.ERASURE)
    with pytest.raises(Refused) as refused:
        propose(request, officer, Outcome.GRANT)
    assert refused.value.code == "PART"
    made = propose(request, officer, Outcome.PARTLY)
    letter = deciding.letter_text(made)
    assert "Invoices: we keep this" in letter
    assert "s.36" in letter
    assert "We erase:" in letter
    deciding.answer(proposal=made, approve=True, actor=actor.staff(second.pk), at=clock.now())
    request.refresh_from_db()
    assert request.state == RequestState.PARTLY
    assert invoices.erased == []
    assert {contact.address for contact in ContactPoint.objects.filter(principal=asha)} == {""}
    asha.refresh_from_db()
    assert asha.full_name == ""
    assert deciding.letter_text(made) == letter


def test_where_nothing_is_kept_all_goes(asha: Principal, officer: User, second: User) -> None:
    request = shown(right=Right.ERASURE)
    made = propose(request, officer, Outcome.GRANT)
    deciding.answer(proposal=made, approve=True, actor=actor.staff(second.pk), at=clock.now())
    asha.refresh_from_db()
    assert asha.full_name == ""
    assert asha.subject.ref in refs_of(request.ticket.subject_ref)


def test_a_hold_after_the_proposal_stops_it(asha: Principal, officer: User, second: User) -> None:
    request = shown(right=Right.ERASURE)
    made = propose(request, officer, Outcome.GRANT)
    Hold.objects.create(
        subject_ref=asha.subject.ref, retention_class="", why="Order of a court.", placed_by=officer, placed_at=RECEIVED
    )
    with pytest.raises(Refused):
        deciding.answer(proposal=made, approve=True, actor=actor.staff(second.pk), at=clock.now())
    asha.refresh_from_db()
    assert asha.full_name == "Asha Rao"


def test_an_open_grievance_keeps_everything(asha: Principal, officer: User) -> None:
    ticket(principal=asha)
    assert ending.is_partial(ending.plan(shown(right=Right.ERASURE), at=RECEIVED))
