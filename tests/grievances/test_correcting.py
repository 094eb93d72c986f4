"""A correction that two people agreed to: the name here, old and new in the log, and an instruction to who was told."""

from unittest.mock import patch

import pytest

from consent.base.selectors import contact_rulebook
from grievances.base.request_choices import Capacity, Outcome, RequestState, Right
from grievances.models import RequestProposal
from grievances.requests.services import corrections, data_copies, request_decisions
from portal.kernel.audit import services as audit
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor, clock
from portal.kernel.core.errors import Refused
from portal.kernel.law.models import Clock
from portal.kernel.people.models import Principal, User
from portal.kernel.people.services import subjects
from portal.kernel.registers.models import Instruction
from tests.consent.factories import person, published_notice, said
from tests.grievances.requests import shown
from tests.people.factories import ContactPointFactory, PrincipalFactory, StaffFactory
from tests.registers.factories import registered_recipient

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("house")]


def propose(request, officer: User, outcome: Outcome = Outcome.GRANT, **given: str) -> RequestProposal:
    return request_decisions.propose(
        request=request,
        outcome=outcome,
        **given,
        words_to_person="Your name is corrected.",
        actor=actor.staff(officer.pk),
        at=clock.now(),
    )


def agree(made: RequestProposal) -> None:
    second = StaffFactory(roles=["data_protection_officer"])
    request_decisions.answer(proposal=made, approve=True, actor=actor.staff(second.pk), at=clock.now())


def decide(request, officer: User, outcome: Outcome = Outcome.GRANT, **given: str) -> None:
    agree(propose(request, officer, outcome, **given))


def test_a_name_is_corrected_when_two_people_agree_and_the_log_says_so(officer: User) -> None:
    principal = PrincipalFactory(full_name="Asha Roa")
    ContactPointFactory(kind="email", address="asha@example.in", principal=principal)
    request = shown(right=Right.CORRECTION, field="name", should_be="Asha Rao")
    decide(request, officer)
    principal.refresh_from_db()
    request.refresh_from_db()
    assert principal.full_name == "Asha Rao"
    assert request.state == RequestState.GRANTED
    event = AuditEvent.objects.get(kind=str(AuditKind.PEOPLE_PRINCIPAL_CHANGED))
    assert event.facts == {"fields": "full_name"}
    kept = audit.personal_of(event)["values"]
    assert kept["full_name"] == {"old": "Asha Roa", "new": "Asha Rao"}


@pytest.mark.parametrize(
    ("field", "should_be", "stands"),
    [("zone", "Europe/Paris", "Europe/Paris"), ("language", "hi", "hi"), ("language", "Hindi", "hi")],
)
def test_a_language_and_a_zone_are_written(officer: User, field: str, should_be: str, stands: str) -> None:
    principal = PrincipalFactory(language="en", zone="Asia/Kolkata")
    ContactPointFactory(kind="email", address="asha@example.in", principal=principal)
    decide(shown(right=Right.CORRECTION, field=field, should_be=should_be), officer)
    principal.refresh_from_db()
    assert getattr(principal, field) == stands


@pytest.mark.parametrize(
    ("field", "should_be", "code"),
    [
        ("zone", "Mars/Base", "ZONE"),
        ("language", "Klingon", "LANGUAGE"),
        ("email", "other@example.in", "NOT_CONFIRMED"),
        ("email", "nowhere", "EMAIL_FORMAT"),
        ("phone", "+919999900388", "NOT_CONFIRMED"),
    ],
)
def test_nobody_is_told_that_a_correction_is_done_which_cannot_be_written(
    officer: User, field: str, should_be: str, code: str
) -> None:
    """The first person is told why, and a proposal from before this was checked is refused to the second."""
    contact = ContactPointFactory(kind="email", address="asha@example.in")
    request = shown(right=Right.CORRECTION, field=field, should_be=should_be)
    with pytest.raises(Refused) as refused:
        decide(request, officer)
    assert refused.value.code == code
    with patch.object(corrections, "require_writable"):
        made = propose(request, officer)
    with pytest.raises(Refused) as refused:
        agree(made)
    assert refused.value.code == code
    request.refresh_from_db()
    assert request.state == RequestState.SHOWN
    assert [point.address for point in contact.principal.contact_points.all()] == ["asha@example.in"]


def test_a_correction_of_an_address_is_granted_once_the_person_has_confirmed_it(officer: User) -> None:
    contact = ContactPointFactory(kind="email", address="asha@example.in")
    request = shown(right=Right.CORRECTION, field="email", should_be="Other@example.in")
    ContactPointFactory(kind="email", address="other@example.in", principal=contact.principal, verified_at=clock.now())
    decide(request, officer)
    request.refresh_from_db()
    assert request.state == RequestState.GRANTED


@pytest.mark.parametrize(("written", "stands"), [("", "Asha Roa"), ("Asha R.", "Asha R.")])
def test_of_a_correction_granted_in_part_only_what_two_people_read_is_written(
    officer: User, written: str, stands: str
) -> None:
    principal = PrincipalFactory(full_name="Asha Roa")
    ContactPointFactory(kind="email", address="asha@example.in", principal=principal)
    request = shown(right=Right.CORRECTION, field="name", should_be="Dr Asha Rao", at=clock.now())
    decide(request, officer, Outcome.PARTLY, written=written)
    principal.refresh_from_db()
    assert principal.full_name == stands


@pytest.fixture
def both() -> tuple[Principal, Principal]:
    """Two records of one person, as two people agreed; the person writes from the address of the first."""
    old, new = (PrincipalFactory(full_name="Asha Roa", language="en", zone="Asia/Kolkata") for _record in range(2))
    ContactPointFactory(kind="email", address="asha@example.in", principal=old)
    agreed = {"actor": actor.SYSTEM, "now": clock.now()}
    subjects.join(old_ref=old.subject.ref, new_ref=new.subject.ref, **agreed)
    return old, new


@pytest.mark.parametrize(
    ("field", "should_be", "column"),
    [("name", "Asha Rao", "full_name"), ("language", "hi", "language"), ("zone", "Europe/Paris", "zone")],
)
def test_where_two_records_were_merged_both_are_corrected(
    officer: User, both: tuple[Principal, Principal], field: str, should_be: str, column: str
) -> None:
    request = shown(right=Right.CORRECTION, field=field, should_be=should_be)
    decide(request, officer)
    for record in both:
        record.refresh_from_db()
        assert getattr(record, column) == should_be
    assert AuditEvent.objects.filter(kind=str(AuditKind.PEOPLE_PRINCIPAL_CHANGED)).count() == 2


@pytest.mark.parametrize("capacity", [Capacity.SELF, Capacity.CHILD])
def test_two_records_that_were_merged_are_one_person_at_the_address_that_both_confirmed(
    both: tuple[Principal, Principal], capacity: Capacity
) -> None:
    ContactPointFactory(kind="email", address="asha@example.in", principal=both[1])
    meant = {} if capacity == Capacity.SELF else {"person_name": "Asha Rao", "person_address": "asha@example.in"}
    request = shown(right=Right.ACCESS, capacity=capacity, **meant)
    assert {record.subject.ref for record in both} <= data_copies.data_refs(request)


def test_where_two_records_were_merged_nothing_is_granted_that_neither_can_hold(
    officer: User, both: tuple[Principal, Principal]
) -> None:
    for field, should_be, code in (("zone", "Mars/Base", "ZONE"), ("email", "new@example.in", "NOT_CONFIRMED")):
        with pytest.raises(Refused) as refused:
            propose(shown(right=Right.CORRECTION, field=field, should_be=should_be), officer)
        assert refused.value.code == code
    assert not RequestProposal.objects.exists()


@pytest.mark.parametrize("holder", [0, 1])
def test_where_two_records_were_merged_an_address_is_confirmed_that_stands_in_either(
    officer: User, both: tuple[Principal, Principal], holder: int
) -> None:
    request = shown(right=Right.CORRECTION, field="email", should_be="new@example.in")
    ContactPointFactory(kind="email", address="new@example.in", principal=both[holder], verified_at=clock.now())
    decide(request, officer)
    request.refresh_from_db()
    assert request.state == RequestState.GRANTED


def test_everybody_who_was_told_is_instructed_to_correct_too(officer: User) -> None:
    contact_rulebook.forget()
    published_notice()
    asha = person()
    registered_recipient()
    said(asha, "given", purpose="marketing", channel="sms")
    request = shown(right=Right.CORRECTION, field="name", should_be="Asha Rao", principal=asha)
    decide(request, officer)
    (instruction,) = Instruction.objects.filter(kind="correct")
    assert instruction.about == f"because:{request.ticket.reference}"
    assert Clock.objects.filter(owner=instruction.owner, stopped_at=None).exists()


def test_who_cannot_be_told_by_machine_becomes_a_task_for_people(officer: User) -> None:
    contact_rulebook.forget()
    published_notice()
    asha = person()
    registered_recipient()
    said(asha, "given", purpose="marketing", channel="sms")
    request = shown(right=Right.CORRECTION, field="name", should_be="Asha Rao", principal=asha)
    asha.contact_points.all().delete()
    decide(request, officer)
    (task,) = Instruction.objects.filter(kind="correct")
    assert task.telling is None
    assert Clock.objects.filter(owner=task.owner, stopped_at=None).exists()
