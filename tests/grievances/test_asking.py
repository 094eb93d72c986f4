"""Asking for something about one's data: ticket, request, clocks and code in one transaction; joined, never refused."""

from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest

from consent.base.selectors import contact_rulebook
from consent.decisions.services.contact_decisions import may_process
from grievances.base import selectors
from grievances.base.choices import ClosedBecause, EntryKind, TicketState
from grievances.base.request_choices import Capacity, Finding, JoinedBecause, Proof, RequestState, Right
from grievances.models import ProofPaper, RightsRequest, Ticket
from grievances.requests.services import identity_verification, request_intake, text_erasure
from grievances.tickets import grievance_status
from grievances.tickets.services import deadlines, resolutions, thread_access
from grievances.tickets.services.conversation import Upload
from portal.kernel.core import actor, answers, clock
from portal.kernel.core.errors import NotAllowed, Refused
from portal.kernel.law.models import Clock
from portal.kernel.outbox.models import Message
from portal.kernel.people.models import Principal, User
from portal.kernel.people.selectors import refs_of
from portal.kernel.people.services.people import note_regime
from portal.kernel.vault.services import files as vault
from portal.kernel.vault.services.keys import Shredded
from tests.consent.factories import person, published_notice, said
from tests.grievances.factories import RECEIVED, STRANGER
from tests.grievances.pictures import png
from tests.grievances.requests import asked, code_for, looked_at, shown
from tests.people.factories import ContactPointFactory, PrincipalFactory, StaffFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("house")]


def running(ticket: Ticket) -> set[str]:
    return set(Clock.objects.filter(owner=selectors.answer_owner(ticket)).values_list("rule_key", flat=True))


def test_a_request_is_a_ticket_with_the_clocks_of_requests() -> None:
    found = asked().request
    assert running(found.ticket) == {"IN-SPDI-GRV", "requests.answer"}
    assert found.ticket.due_at is not None
    assert "request" in grievance_status.sentence_for_person(found.ticket, now=RECEIVED)
    assert Message.objects.filter(kind="grievances.request_acknowledged").count() == 1


def test_an_opt_out_has_time_for_the_answer_and_none_before_it_holds() -> None:
    request = shown(right=Right.OPT_OUT)
    assert running(request.ticket) == {"requests.answer"}
    held = Clock.objects.get(owner=deadlines.effect_owner(request.ticket))
    assert (held.rule_key, held.started_at, held.stopped_at) == ("consent.stop_delay", RECEIVED, RECEIVED)
    assert grievance_status.standing_of(request.ticket, now=RECEIVED + timedelta(days=2)).situation != "late"


def test_a_californian_is_told_within_ten_business_days_that_the_request_arrived() -> None:
    principal = PrincipalFactory()
    note_regime(principal=principal, regime="US-CA", ground="declared", actor=STRANGER, now=RECEIVED)
    found = asked(principal=principal).request
    assert {"CA-RESP"} <= running(found.ticket)
    acknowledged = Clock.objects.get(owner=selectors.acknowledge_owner(found.ticket), rule_key="CA-ACK")
    assert acknowledged.stopped_at == RECEIVED


def test_sending_twice_makes_one_request() -> None:
    first = asked()
    draft = first.request.ticket.draft
    again = request_intake.send(draft=draft, principal=None, actor=STRANGER, at=RECEIVED)
    assert not again.is_new
    assert again.request == first.request
    assert RightsRequest.objects.count() == 1


def test_a_stranger_shows_by_a_code_that_the_address_is_theirs() -> None:
    result = asked()
    assert result.needs_code
    assert result.request.state == RequestState.ASKED
    goes_on, secret = identity_verification.enter_code(
        request=result.request, typed=code_for(result.request), actor=STRANGER, at=RECEIVED
    )
    assert goes_on.state == RequestState.SHOWN
    assert goes_on.proof == Proof.CODE
    assert selectors.ticket_for_view(secret, goes_on.ticket.reference, now=RECEIVED) == goes_on.ticket


def test_a_wrong_code_shows_nothing_and_counts() -> None:
    request = asked().request
    right = code_for(request)
    wrong = f"{(int(right) + 1) % 10**6:06d}"
    for _attempt in range(5):
        with pytest.raises(Refused):
            identity_verification.enter_code(request=request, typed=wrong, actor=STRANGER, at=RECEIVED)
    with pytest.raises(Refused):
        identity_verification.enter_code(request=request, typed=right, actor=STRANGER, at=RECEIVED)
    request.refresh_from_db()
    assert request.state == RequestState.ASKED


def test_a_stranger_at_the_address_of_one_person_here_is_that_person() -> None:
    contact = ContactPointFactory(kind="email", address="asha@example.in")
    request = shown()
    assert contact.principal.subject.ref in refs_of(request.ticket.subject_ref)


def test_an_address_that_two_people_share_joins_the_request_to_neither() -> None:
    for _person in range(2):
        ContactPointFactory(kind="email", address="asha@example.in")
    own = shown().ticket.subject_ref
    assert refs_of(own) == {own}


@pytest.mark.parametrize("right", [Right.ACCESS, Right.ERASURE, Right.WITHDRAWAL, Right.OPT_OUT])
def test_the_same_wish_of_two_people_at_one_address_is_two_wishes(right: Right) -> None:
    both = [ContactPointFactory(kind="email", address="asha@example.in").principal for _person in range(2)]
    found = [
        shown(principal=who, right=right, at=RECEIVED + timedelta(hours=number)) for number, who in enumerate(both)
    ]
    assert [(one.state, one.joined_to) for one in found] == [(RequestState.SHOWN, None)] * 2
    again = shown(principal=both[1], right=right, at=RECEIVED + timedelta(hours=3))
    assert again.joined_to == found[1]


def test_the_same_wish_of_a_stranger_who_may_be_either_of_two_joins_neither() -> None:
    who = ContactPointFactory(kind="email", address="asha@example.in").principal
    first = shown(principal=who, right=Right.ACCESS)
    ContactPointFactory(kind="email", address="asha@example.in")
    stranger = shown(right=Right.ACCESS, at=RECEIVED + timedelta(hours=1))
    assert (stranger.state, stranger.joined_to) == (RequestState.SHOWN, None)
    later = shown(principal=who, right=Right.ACCESS, at=RECEIVED + timedelta(hours=2))
    assert later.joined_to == first


def test_an_address_that_somebody_only_claimed_makes_nobody_that_person() -> None:
    ContactPointFactory(kind="email", address="asha@example.in", verified_at=None)
    own = shown().ticket.subject_ref
    assert refs_of(own) == {own}


def test_the_code_of_a_signed_in_person_goes_to_an_address_that_their_account_had_confirmed() -> None:
    contact = ContactPointFactory(kind="email", address="asha@example.in", verified_at=RECEIVED - timedelta(days=9))
    ContactPointFactory(principal=contact.principal, address="new@example.in", verified_at=RECEIVED + timedelta(days=1))
    request = asked(principal=contact.principal, email="new@example.in").request
    assert identity_verification.reached_at(request) == ("email", "asha@example.in")
    identity_verification.enter_code(request=request, typed=code_for(request), actor=STRANGER, at=RECEIVED)
    request.refresh_from_db()
    assert request.state == RequestState.SHOWN
    assert not request.ticket.contacts.filter(verified_at__isnull=False).exists()


def test_a_signed_in_person_needs_no_code_for_what_carries_little_risk() -> None:
    result = asked(principal=PrincipalFactory(), right=Right.OBJECTION)
    assert not result.needs_code
    assert result.request.state == RequestState.SHOWN
    assert result.request.proof == Proof.SESSION
    assert not Message.objects.filter(kind="grievances.request_code").exists()


def test_the_same_again_is_answered_with_the_first_and_the_person_is_told() -> None:
    first = shown()
    again = shown(at=RECEIVED + timedelta(hours=1))
    assert again.state == RequestState.JOINED
    assert again.joined_to == first
    assert again.joined_because == JoinedBecause.SAME
    assert again.ticket.state == TicketState.CLOSED
    assert again.ticket.closed_because == ClosedBecause.JOINED
    told = [line for line in thread_access.thread(first.ticket, internal=False) if line.entry.kind == EntryKind.JOINED]
    assert again.ticket.reference in told[0].texts["text"]
    assert Message.objects.filter(kind="grievances.request_replied").count() == 1
    assert "Nothing is refused" in grievance_status.sentence_for_person(again.ticket, now=RECEIVED)
    with pytest.raises(Refused):
        resolutions.reopen(ticket=again.ticket, why="Once more.", actor=STRANGER, at=RECEIVED)


def test_nobody_joins_a_request_whose_address_was_not_shown() -> None:
    asked()
    assert shown(at=RECEIVED + timedelta(hours=1)).state == RequestState.SHOWN


def test_a_flood_becomes_one_ticket_and_nothing_is_refused() -> None:
    rights = [Right.ACCESS, Right.ERASURE, Right.OBJECTION, Right.RECIPIENTS, Right.RESTRICTION, Right.OPT_OUT]
    principal = PrincipalFactory()
    found = [
        asked(principal=principal, right=right, at=RECEIVED + timedelta(minutes=number)).request
        for number, right in enumerate(rights)
    ]
    for request in found[:2]:
        identity_verification.enter_code(request=request, typed=code_for(request), actor=STRANGER, at=RECEIVED)
    late = asked(principal=principal, right=Right.LIMIT, at=RECEIVED + timedelta(minutes=9)).request
    late.refresh_from_db()
    assert late.state == RequestState.JOINED
    assert late.joined_because == JoinedBecause.MANY
    assert late.joined_to is not None
    assert late.joined_to.ticket.state == TicketState.RECEIVED


def test_a_correction_an_erasure_or_a_copy_asked_in_a_flood_is_not_lost_in_another_request() -> None:
    principal = PrincipalFactory(full_name="Asha Roa")
    rights = [Right.OBJECTION, Right.RESTRICTION, Right.OPT_OUT, Right.LIMIT, Right.WITHDRAWAL]
    for number, right in enumerate(rights):
        shown(principal=principal, right=right, at=RECEIVED + timedelta(minutes=number))
    at = RECEIVED + timedelta(minutes=9)
    for right in (Right.CORRECTION, Right.COMPLETION, Right.ERASURE, Right.ACCESS):
        late = shown(principal=principal, right=right, field="name", should_be="Asha Rao", at=at)
        assert (right, late.state, late.joined_to) == (right, RequestState.SHOWN, None)


def test_a_correction_of_another_detail_is_not_the_same_wish_and_the_same_one_again_is() -> None:
    first = shown(right=Right.CORRECTION, field="name", should_be="Asha Rao")
    other = shown(right=Right.CORRECTION, field="name", should_be="Asha rao", at=RECEIVED + timedelta(minutes=1))
    again = shown(right=Right.CORRECTION, field="name", should_be="Asha  Rao", at=RECEIVED + timedelta(minutes=2))
    assert (other.state, again.state, again.joined_to) == (RequestState.SHOWN, RequestState.JOINED, first)


def test_codes_that_ran_out_do_not_refuse_a_request() -> None:
    results = [asked(right=right, should_be="Asha Rao") for right in list(Right)[:7]]
    assert len({result.request.pk for result in results}) == 7


def for_a_child() -> RightsRequest:
    return shown(capacity=Capacity.CHILD, person_name="Little One")


def paper(request: RightsRequest) -> ProofPaper:
    return identity_verification.add_paper(
        request=request, upload=Upload(BytesIO(png()), "birth.png"), actor=STRANGER, at=RECEIVED
    )


def test_for_somebody_else_a_paper_is_looked_at_and_destroyed_with_the_date(officer: User) -> None:
    request = for_a_child()
    assert request.state == RequestState.ASKED
    kept = paper(request)
    looked_at(kept, officer)
    kept.refresh_from_db()
    request.refresh_from_db()
    assert kept.destroyed_at == RECEIVED
    with pytest.raises(Shredded):
        vault.open_stream(kept.file, actor=STRANGER, reason="test")
    assert request.state == RequestState.SHOWN
    assert request.proof == Proof.PAPERS


def test_a_paper_that_is_not_enough_is_destroyed_too_and_another_is_asked_for(officer: User) -> None:
    request = for_a_child()
    kept = paper(request)
    looked_at(kept, officer, finding=Finding.NOT_ENOUGH)
    request.refresh_from_db()
    kept.refresh_from_db()
    assert kept.destroyed_at is not None
    assert request.state == RequestState.ASKED
    assert request.ticket.state == TicketState.WITH_YOU
    with pytest.raises(Refused):
        identity_verification.check_paper(
            paper=kept, finding=Finding.PROVES, by=officer, actor=actor.staff(officer.pk), at=RECEIVED
        )


def test_nobody_says_what_a_paper_shows_that_they_have_not_opened(officer: User) -> None:
    kept = paper(for_a_child())
    another = StaffFactory(roles=["grievance_officer"])
    identity_verification.open_paper(paper=kept, by=another, actor=actor.staff(another.pk)).close()
    with pytest.raises(Refused, match="Open the document first") as refused:
        identity_verification.check_paper(
            paper=kept, finding=Finding.PROVES, by=officer, actor=actor.staff(officer.pk), at=RECEIVED
        )
    assert refused.value.code == "NOT_OPENED"
    kept.refresh_from_db()
    assert kept.destroyed_at is None
    looked_at(kept, officer)


def test_support_may_not_look_at_papers(supporter: User) -> None:
    kept = paper(for_a_child())
    with pytest.raises(NotAllowed):
        identity_verification.check_paper(
            paper=kept, finding=Finding.PROVES, by=supporter, actor=actor.staff(supporter.pk), at=RECEIVED
        )


def test_the_wishes_of_a_stranger_for_a_child_join_nobody_they_know() -> None:
    contact = ContactPointFactory(kind="email", address="asha@example.in")
    assert contact.principal.subject.ref not in refs_of(for_a_child().ticket.subject_ref)


def test_a_number_that_no_code_reaches_is_called_back(officer: User) -> None:
    request = asked(email="", phone="+919876543210").request
    identity_verification.called_back(request=request, by=officer, actor=actor.staff(officer.pk), at=RECEIVED)
    request.refresh_from_db()
    assert request.state == RequestState.SHOWN
    assert request.proof == Proof.CALL


def test_what_was_asked_ends_with_the_ticket() -> None:
    request = for_a_child()
    kept = paper(request)
    assert thread_access.details_of(request) == {"person_name": "Little One"}
    text_erasure.erase(ticket=request.ticket)
    request.refresh_from_db()
    assert thread_access.details_of(request) == {}
    with pytest.raises(Shredded):
        vault.open_stream(kept.file, actor=STRANGER, reason="test")


def test_the_clock_starts_when_the_request_arrives_not_when_it_is_proved() -> None:
    late = datetime(2026, 11, 26, 6, 30, tzinfo=UTC)
    request = asked().request
    before = request.ticket.due_at
    with pytest.raises(Refused):
        identity_verification.enter_code(request=request, typed=code_for(request), actor=STRANGER, at=late)
    identity_verification.send_code(request=request, at=late)
    identity_verification.enter_code(request=request, typed=code_for(request), actor=STRANGER, at=late)
    request.ticket.refresh_from_db()
    assert request.ticket.due_at == before


def opted_out(**answers: str) -> tuple[Principal, RightsRequest]:
    """Somebody we know, who asked us at their number not to share their data; nothing was proved yet."""
    contact_rulebook.forget()
    published_notice()
    asha = person(email="asha@example.in", phone="+919876543210")
    said(asha, "given", purpose="analytics", channel="none")
    return asha, asked(right=Right.OPT_OUT, at=clock.now(), **answers).request


def is_allowed(asha: Principal) -> bool:
    return may_process(subject=asha.subject.ref, purpose="analytics", at=clock.now()).allowed


def test_an_opt_out_holds_as_soon_as_the_number_was_called_back(officer: User) -> None:
    asha, request = opted_out(email="", phone="+919876543210")
    assert is_allowed(asha)
    identity_verification.called_back(request=request, by=officer, actor=actor.staff(officer.pk), at=clock.now())
    assert not is_allowed(asha)


def test_an_opt_out_holds_as_soon_as_the_code_was_typed() -> None:
    asha, request = opted_out()
    identity_verification.enter_code(request=request, typed=code_for(request), actor=STRANGER, at=clock.now())
    assert not is_allowed(asha)


def test_what_shows_an_address_and_the_opt_out_are_one(officer: User, monkeypatch: pytest.MonkeyPatch) -> None:
    _asha, request = opted_out(email="", phone="+919876543210")

    def broken(*args: object, **kwargs: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(answers.opted_out, "ask", broken)
    with pytest.raises(ZeroDivisionError):
        identity_verification.called_back(request=request, by=officer, actor=actor.staff(officer.pk), at=clock.now())
    request.refresh_from_db()
    assert (request.address_shown_at, request.state) == (None, RequestState.ASKED)
