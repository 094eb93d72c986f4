"""Erasing at a person's wish: what no law keeps goes when two people agree; the letter says what stays and why."""

import io
import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.urls import reverse
from django.utils.formats import date_format

from grievances.base import selectors
from grievances.base.request_choices import BundleState, Capacity, Outcome, RequestState, Right
from grievances.models import Bundle, RequestProposal, RightsRequest, Ticket
from grievances.requests.services import erasure_requests, identity_verification, request_decisions
from grievances.tickets.services import conversation, resolutions
from portal.kernel.core import actor, clock, ports
from portal.kernel.core.erasure_api import Kept, Record
from portal.kernel.core.errors import Refused
from portal.kernel.core.ids import new_reference
from portal.kernel.law.models import OrganisationProfile
from portal.kernel.outbox.models import Message
from portal.kernel.outbox.services.message_content import text_of
from portal.kernel.people.erasure import Accounts
from portal.kernel.people.models import ContactPoint, Principal, User
from portal.kernel.people.selectors import refs_of
from portal.kernel.registers.base.choices import FactKind
from portal.kernel.registers.entries.services import register_tasks
from portal.kernel.registers.models import BookTask, Disclosure, Instruction
from portal.kernel.registers.recipients.selectors.recipients import instructions_because_of
from portal.kernel.registers.recipients.services import instruction_status, staff_instructions
from portal.kernel.retention.choices import Cause, RunState
from portal.kernel.retention.models import ErasureRun, Hold, RetentionRule
from portal.kernel.retention.services import certificates, nightly_run, plan_approvals
from tests.grievances.factories import RECEIVED, ticket
from tests.grievances.pictures import png
from tests.grievances.requests import looked_at, shown
from tests.law.factories import ProfileFactory
from tests.outbox.factories import AddressFaultFactory
from tests.people.factories import ContactPointFactory, PrincipalFactory, StaffFactory
from tests.registers.factories import order_about, registered_recipient, service_in_the_book
from tests.retention.factories import hold
from tests.signin.people_who_sign_in import staff_client

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
    monkeypatch.setattr(ports, "erasers", [*ports.erasers, room])
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
    return request_decisions.propose(
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
    letter = request_decisions.letter_text(made)
    assert "Invoices: we keep this" in letter
    assert "s.36" in letter
    assert "We erase:" in letter
    run = answered(made, second)
    assert (run.state, run.cause, run.kept_by_law) == (RunState.DONE, Cause.REQUEST, 1)
    assert run.certificate["approval"]["decision"] == f"grievances.requestproposal:{made.pk}"
    request.refresh_from_db()
    assert request.state == RequestState.PARTLY
    assert invoices.erased == []
    assert {contact.address for contact in ContactPoint.objects.filter(principal=asha)} == {""}
    asha.refresh_from_db()
    assert asha.full_name == ""
    assert request_decisions.letter_text(made) == letter


def answered(made: RequestProposal, second: User) -> ErasureRun:
    """Approved by the second person, and carried out by a worker."""
    request_decisions.answer(proposal=made, approve=True, actor=actor.staff(second.pk), at=clock.now())
    nightly_run.carry_on(now=clock.now(), actor=actor.system("tests"))
    return ErasureRun.objects.get(because=made.request.ticket.reference)


def test_where_nothing_is_kept_all_goes(asha: Principal, officer: User, second: User) -> None:
    request = shown(right=Right.ERASURE)
    run = answered(propose(request, officer, Outcome.GRANT), second)
    asha.refresh_from_db()
    assert (run.kept_by_law, asha.full_name) == (0, "")
    assert asha.subject.ref in refs_of(request.ticket.subject_ref)


def test_while_a_question_of_the_profile_is_open_nothing_behind_it_goes_and_the_letter_never_says_required(
    asha: Principal, officer: User, second: User
) -> None:
    OrganisationProfile.objects.all().delete()
    request = shown(right=Right.ERASURE)
    register_tasks.look(now=clock.now())
    task = BookTask.objects.get(code=request.ticket.reference)
    assert request.ticket.received_at.date() <= task.due_on < selectors.reply_on(request.ticket)
    made = propose(request, officer, Outcome.PARTLY)
    letter = request_decisions.letter_text(made)
    assert "Names, addresses and logins: kept until decided." in letter
    assert date_format(task.due_on, "j F Y") in letter
    assert "CERT-In Directions 2022, (v) requires" not in letter
    answered(made, second)
    asha.refresh_from_db()
    assert asha.full_name == "Asha Rao"
    ProfileFactory(cloud_provider="no", intermediary="no")
    register_tasks.look(now=clock.now())
    task.refresh_from_db()
    assert task.closed_at is not None
    tomorrow = clock.now() + timedelta(days=1)
    (again,) = nightly_run.pass_over(now=tomorrow, actor=actor.system("tests")).again
    assert again.because == request.ticket.reference


def told_of(who: Principal, code: str) -> None:
    """Somebody outside who got the address for a check."""
    Disclosure.objects.create(
        reference=new_reference("DI"),
        recipient_code=code,
        subject_ref=who.subject.ref,
        fields=["email"],
        purpose="kyc_verification",
        basis="consent",
        about="kyc.check:1",
        disclosed_at=clock.now(),
    )


def test_recipients_are_instructed_also_where_only_a_part_goes_and_confirm_on_the_request(
    asha: Principal, invoices: Invoices, officer: User, second: User
) -> None:
    OrganisationProfile.objects.all().delete()
    recipient = registered_recipient("dialer-one")
    service_in_the_book("penny-drop")
    for code in ("dialer-one", "penny-drop"):
        told_of(asha, code)
    AddressFaultFactory(subject_ref=asha.subject.ref)
    request = shown(right=Right.ERASURE)
    run = answered(propose(request, officer, Outcome.PARTLY), second)
    asha.refresh_from_db()
    assert asha.full_name == "Asha Rao", "the account is kept until decided"
    given = {each.recipient.code: each for each in instructions_because_of(request.ticket.reference)}
    assert {code: (each.kind, each.telling is None) for code, each in given.items()} == {
        "dialer-one": ("erase", False),
        "penny-drop": ("erase", True),
    }
    word = json.loads(text_of(given["dialer-one"].telling.message).body)
    assert [known["value"] for known in word["data"]["address"]["known_by"]] == ["asha@example.in"]
    for each in given.values():
        instruction_status.note(each, FactKind.ACTED, happened_at=None, actor=actor.SYSTEM, now=clock.now())
    assert certificates.confirmations(run) == {"told": 2, "acknowledged": 2, "acted": 2}
    staff = staff_client(officer)
    record = reverse("admin:grievances_rightsrequest_change", args=[request.pk])
    staff.post(record, {"open_record": "1", "purpose": "rights_request", "ticket": request.ticket.reference})
    page = staff.get(record).content.decode()
    assert f"{recipient.name}</a>: done" in page

    ProfileFactory(cloud_provider="no", intermediary="no")
    Accounts().erase(subject_ref=asha.subject.ref, before=None)
    assert Instruction.objects.count() == 2, "who was told nothing since is not instructed again"


def test_who_was_told_again_after_a_part_went_is_instructed_again_with_the_rest(
    asha: Principal, invoices: Invoices, officer: User, second: User
) -> None:
    OrganisationProfile.objects.all().delete()
    service_in_the_book("penny-drop")
    told_of(asha, "penny-drop")
    AddressFaultFactory(subject_ref=asha.subject.ref)
    answered(propose(shown(right=Right.ERASURE), officer, Outcome.PARTLY), second)
    told_of(asha, "penny-drop")
    Accounts().erase(subject_ref=asha.subject.ref, before=None)
    assert Instruction.objects.count() == 2


def test_who_got_data_again_is_instructed_again_because_of_the_same_case(asha: Principal) -> None:
    service_in_the_book("penny-drop")
    told_of(asha, "penny-drop")
    refs = {asha.subject.ref}
    first = staff_instructions.erase_because_of("OS-GR-1", refs=refs, at=clock.now())
    assert staff_instructions.erase_because_of("OS-GR-1", refs=refs, at=clock.now()) == []
    told_of(asha, "penny-drop")
    (second,) = staff_instructions.erase_because_of("OS-GR-1", refs=refs, at=clock.now())
    assert second.pk not in {each.pk for each in first}
    assert Instruction.objects.count() == 2


def test_where_nothing_goes_no_recipient_is_instructed(asha: Principal, officer: User, second: User) -> None:
    service_in_the_book("penny-drop")
    told_of(asha, "penny-drop")
    hold(asha.subject.ref)
    answered(propose(shown(right=Right.ERASURE), officer, Outcome.GRANT), second)
    assert not Instruction.objects.exists()


def test_a_hold_after_the_proposal_stops_it(asha: Principal, officer: User, second: User) -> None:
    request = shown(right=Right.ERASURE)
    made = propose(request, officer, Outcome.GRANT)
    Hold.objects.create(
        subject_ref=asha.subject.ref, retention_class="", why="Order of a court.", placed_by=officer, placed_at=RECEIVED
    )
    with pytest.raises(Refused):
        request_decisions.answer(proposal=made, approve=True, actor=actor.staff(second.pk), at=clock.now())
    asha.refresh_from_db()
    assert asha.full_name == "Asha Rao"


def test_an_open_grievance_keeps_everything(asha: Principal, officer: User) -> None:
    ticket(principal=asha)
    assert erasure_requests.is_partial(erasure_requests.plan(shown(right=Right.ERASURE), at=RECEIVED))


def test_the_letter_of_who_has_a_silent_order_is_that_of_who_has_a_hold(
    asha: Principal, invoices: Invoices, officer: User
) -> None:
    request = shown(right=Right.ERASURE)
    order = order_about(asha.subject.ref)
    with_an_order = request_decisions.letter_text(propose(request, officer, Outcome.PARTLY))
    RequestProposal.objects.all().delete()
    order.delete()
    hold(asha.subject.ref)
    assert request_decisions.letter_text(propose(request, officer, Outcome.PARTLY)) == with_an_order
    assert "s.36" in with_an_order
    assert not [word for word in ("complaint", "matter", "authority") if word in with_an_order]


def test_a_silent_order_before_the_worker_comes_keeps_all_and_does_not_show(
    asha: Principal, officer: User, second: User
) -> None:
    request = shown(right=Right.ERASURE)
    made = propose(request, officer, Outcome.GRANT)
    request_decisions.answer(proposal=made, approve=True, actor=actor.staff(second.pk), at=clock.now())
    before = list(request.ticket.entries.values_list("pk", flat=True))
    order_about(asha.subject.ref)
    nightly_run.carry_on(now=clock.now(), actor=actor.system("tests"))
    run = ErasureRun.objects.get(because=request.ticket.reference)
    assert (run.erased, run.held > 0, run.disputed) == (0, True, 0)
    assert list(request.ticket.entries.values_list("pk", flat=True)) == before, "no message of it"
    assert "A duty of law or a legal claim may keep single items" in request_decisions.letter_text(made)


def test_a_hold_before_the_worker_comes_keeps_all_until_two_people_end_it(
    asha: Principal, officer: User, second: User
) -> None:
    request = shown(right=Right.ERASURE)
    made = propose(request, officer, Outcome.GRANT)
    request_decisions.answer(proposal=made, approve=True, actor=actor.staff(second.pk), at=clock.now())
    placed = Hold.objects.create(
        subject_ref=asha.subject.ref, retention_class="", why="Order of a court.", placed_by=officer, placed_at=RECEIVED
    )
    nightly_run.carry_on(now=clock.now(), actor=actor.system("tests"))
    run = ErasureRun.objects.get(because=request.ticket.reference)
    asha.refresh_from_db()
    assert (run.erased, run.held > 0, asha.full_name) == (0, True, "Asha Rao")
    assert not Message.objects.filter(kind="grievances.request_replied").exists(), "as with an order"
    Hold.objects.filter(pk=placed.pk).update(released_at=clock.now())
    (again,) = nightly_run.pass_over(now=clock.now(), actor=actor.system("tests")).again
    assert (again.state, again.because) == (RunState.PLANNED, request.ticket.reference)
    approval = plan_approvals.propose(run=again, why="The suit is over.", actor=actor.staff(second.pk))
    other = StaffFactory(roles=["administrator"])
    plan_approvals.answer(approval=approval, approve=True, reason="", actor=actor.staff(other.pk), now=clock.now())
    nightly_run.carry_on(now=clock.now(), actor=actor.system("tests"))
    asha.refresh_from_db()
    assert asha.full_name == ""
    assert not Message.objects.filter(kind="grievances.request_replied").exists(), (
        "the letter called it erased: no news"
    )


def test_who_takes_the_request_back_before_the_worker_comes_keeps_everything(
    asha: Principal, officer: User, second: User
) -> None:
    request = shown(right=Right.ERASURE)
    made = propose(request, officer, Outcome.GRANT)
    request_decisions.answer(proposal=made, approve=True, actor=actor.staff(second.pk), at=clock.now())
    request.ticket.refresh_from_db()
    resolutions.withdraw(ticket=request.ticket, actor=actor.stranger(), at=clock.now())
    nightly_run.pass_over(now=clock.now(), actor=actor.system("tests"))
    asha.refresh_from_db()
    assert (ErasureRun.objects.get(because=request.ticket.reference).state, asha.full_name) == (
        RunState.STALE,
        "Asha Rao",
    )


def test_a_copy_that_holds_the_person_ends_with_them_and_others_stay(
    asha: Principal, officer: User, second: User
) -> None:
    mine, other = (shown(right=Right.ACCESS) for _each in range(2))
    for request, ref in ((mine, asha.subject.ref), (other, uuid4())):
        Bundle.objects.create(request=request, state=BundleState.RELEASED, started_at=RECEIVED, refs=[str(ref)])
        Ticket.objects.filter(pk=request.ticket_id).update(
            state="closed", closed_because="settled", closed_at=RECEIVED, turn_at=RECEIVED
        )
    run = answered(propose(shown(right=Right.ERASURE), officer, Outcome.PARTLY), second)
    assert run.certificate["copies_ended"] == 1
    assert [Bundle.objects.get(request=request).state for request in (mine, other)] == ["ended", "released"]


def test_each_of_the_two_works_the_plan_out_once(
    asha: Principal, officer: User, second: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    worked_out: list[RightsRequest] = []

    def counted(request: RightsRequest, **given: Any) -> Any:
        worked_out.append(request)
        return plan(request, **given)

    plan = erasure_requests.plan
    monkeypatch.setattr(erasure_requests, "plan", counted)
    made = propose(shown(right=Right.ERASURE), officer, Outcome.GRANT)
    assert len(worked_out) == 1
    request_decisions.answer(proposal=made, approve=True, actor=actor.staff(second.pk), at=clock.now())
    assert len(worked_out) == 2


def test_a_second_person_can_say_no_when_nobody_has_the_named_address_any_more(
    asha: Principal, officer: User, second: User
) -> None:
    request = shown(right=Right.ERASURE, capacity=Capacity.CHILD, person_name="Asha", person_address="asha@example.in")
    upload = conversation.Upload(io.BytesIO(png()), "birth.png")
    paper = identity_verification.add_paper(request=request, upload=upload, actor=actor.stranger(), at=RECEIVED)
    looked_at(paper, officer)
    request.refresh_from_db()
    made = propose(request, officer, Outcome.GRANT)
    ContactPoint.objects.filter(principal=asha).update(left_at=clock.now())
    with pytest.raises(Refused) as refused:
        request_decisions.answer(proposal=made, approve=True, actor=actor.staff(second.pk), at=clock.now())
    assert refused.value.code == "WHOSE"
    request_decisions.answer(
        proposal=made, approve=False, reason="Nobody is there.", actor=actor.staff(second.pk), at=clock.now()
    )
    made.refresh_from_db()
    assert made.answer == "refused"


def test_a_request_to_erase_leads_the_data_protection_officer_to_what_is_decided_about_each_record(
    asha: Principal, officer: User
) -> None:
    request = shown(right=Right.ERASURE, address="asha@example.in")
    record = reverse("admin:grievances_rightsrequest_change", args=[request.pk])
    way = reverse("admin:retention_retentionrule_keep-or-erase")
    reads = {}
    for role in ("data_protection_officer", "support"):
        staff = staff_client(StaffFactory(roles=[role]))
        staff.post(record, {"open_record": "1", "purpose": "rights_request", "ticket": request.ticket.reference})
        reads[role] = staff.get(record).text
    asked = f"{way}?person={request.ticket.subject_ref}&amp;case={request.ticket.reference}"
    assert f'href="{asked}"' in reads["data_protection_officer"]
    assert way not in reads["support"]
