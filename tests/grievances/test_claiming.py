"""Claims of nominees: promotion waits from the papers on, two people agree, the person can object, then the nominee may act."""

import io
import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from consent.base.selectors import contact_rulebook
from consent.collection.services.incapacity_effects import WITHOUT_END
from consent.decisions.services.contact_decisions import may_contact
from consent.models import ConsentEvent, ConsentState
from consent.preferences.services import preferences
from grievances.base.request_choices import Capacity, Outcome, RefusalGround, RequestState, Right
from grievances.models import Nominee, NomineeStanding, ProofPaper, RightsRequest
from grievances.nominees.choices import StandingState
from grievances.nominees.services import nominations, nominee_claims
from grievances.requests.services import data_copies, identity_verification, request_decisions
from grievances.tickets.services import resolutions, thread_access
from grievances.tickets.services.conversation import Upload
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor
from portal.kernel.core.errors import NotAllowed, Refused
from portal.kernel.outbox.choices import LEFT, MessageState
from portal.kernel.outbox.models import Message
from portal.kernel.outbox.services import message_content
from portal.kernel.people.choices import CustomerState, RestState
from portal.kernel.people.data_copy_sections import PeopleSection
from portal.kernel.people.models import Principal, Rest, User
from tests.consent.factories import law_is_loaded, published_notice, said
from tests.grievances.factories import RECEIVED, STRANGER
from tests.grievances.nominees import nominee
from tests.grievances.pictures import png
from tests.grievances.requests import looked_at, shown
from tests.people.factories import (
    ContactPointFactory,
    CustomerFactory,
    CustomerUserFactory,
    PrincipalFactory,
    StaffFactory,
)
from tests.signin.people_who_sign_in import customer_client

pytestmark = [pytest.mark.django_db(databases=["default", "keys"]), pytest.mark.usefixtures("house")]
ASHA, RAVI = "asha@example.in", "ravi@example.in"
WAITED = timedelta(days=14)
CLAIM = "/privacy/nominee/claim/"
FORM = {
    "capacity": "nominee",
    "cause": "death",
    "person_name": "Asha Rao",
    "person_address": ASHA,
    "words": "",
    "email": RAVI,
    "phone": "",
    "language": "en",
}


@pytest.fixture
def login(house: None) -> User:
    cache.clear()
    contact_rulebook.forget()
    law_is_loaded()
    published_notice()
    found: User = CustomerUserFactory(email=ASHA, member_of=CustomerFactory(kind="individual"))
    return found


@pytest.fixture
def asha(login: User) -> Principal:
    assert login.principal is not None
    said(login.principal, "given", address_kind="email", address=ASHA, channel="email")
    return login.principal


@pytest.fixture
def ravi(asha: Principal) -> Nominee:
    return nominee(asha, at=RECEIVED, rights=["access", "withdrawal"])


def claimed(*, at: datetime = RECEIVED, with_paper: bool = True, **changes: str) -> RightsRequest:
    """A claim whose address was shown and whose paper waits, as the tasks leave it."""
    given = {
        "right": Right.CLAIM,
        "capacity": Capacity.NOMINEE,
        "cause": "death",
        "person_name": "Asha Rao",
        "person_address": ASHA,
        "email": RAVI,
        **changes,
    }
    request = shown(at=at, **given)
    if with_paper:
        identity_verification.add_paper(
            request=request, upload=Upload(io.BytesIO(png()), "paper.png"), actor=STRANGER, at=at
        )
    nominee_claims.settle(request.pk, now=at)
    request.refresh_from_db()
    return request


def proved(request: RightsRequest, officer: User, *, at: datetime = RECEIVED) -> RightsRequest:
    paper = ProofPaper.objects.get(request=request, finding="")
    looked_at(paper, officer, at=at)
    request.refresh_from_db()
    return request


def answered(request: RightsRequest, officer: User, outcome: str = Outcome.GRANT, ground: str = "", **more: Any) -> str:
    at = more.get("at", RECEIVED)
    maker, checker = actor.staff(officer.pk), actor.staff(StaffFactory(roles=["data_protection_officer"]).pk)
    proposal = request_decisions.propose(
        request=request,
        outcome=outcome,
        ground=ground,
        words_to_person="We are sorry for your loss.",
        actor=maker,
        at=at,
    )
    request_decisions.answer(proposal=proposal, approve=True, actor=checker, at=at)
    request.refresh_from_db()
    return request_decisions.letter_text(proposal)


def granted(officer: User, **changes: str) -> NomineeStanding:
    request = proved(claimed(**changes), officer)
    answered(request, officer)
    return NomineeStanding.objects.get(request=request, ended_at=None)


def notices_are(state: MessageState) -> None:
    """What became of the letters to the person."""
    sent_at = RECEIVED if state in LEFT else None
    Message.objects.filter(kind__startswith="grievances.claim_notice").update(state=state, sent_at=sent_at)


def begun(officer: User, **changes: str) -> NomineeStanding:
    standing = granted(officer, **changes)
    notices_are(MessageState.SENT)
    nominee_claims.settle_all(now=RECEIVED + WAITED)
    standing.refresh_from_db()
    return standing


def promotion(at: datetime = RECEIVED) -> str:
    noon = at.replace(hour=6, minute=30)
    return may_contact(address=ASHA, purpose="marketing", channel="email", at=noon).reason


def test_from_a_paper_on_nothing_promotional_is_sent_and_a_refusal_gives_it_back(asha, ravi, officer) -> None:
    assert promotion() == "ALLOWED_BY_CONSENT"
    request = claimed(with_paper=False)
    assert promotion() == "ALLOWED_BY_CONSENT", "whoever sends words alone stops nobody's messages"
    request = claimed()
    assert promotion() == "PAUSED"
    assert may_contact(address=ASHA, purpose="account_service", channel="email", at=RECEIVED).allowed
    assert request.state == RequestState.ASKED
    letter = answered(request, officer, Outcome.REFUSE, RefusalGround.NOT_NOMINEE)
    assert promotion() == "ALLOWED_BY_CONSENT"
    assert "Everyone gets this same answer" in letter
    assert "sorry for your loss" not in letter, "an officer's own words could tell whom we know"
    assert "appeal to another officer" in letter
    assert "Data Protection Board" in letter or "another officer" in letter


def test_of_several_people_with_the_address_nobody_is_sent_promotion_until_it_is_clear(asha, officer) -> None:
    other = PrincipalFactory(email=ASHA)
    request = claimed(capacity=Capacity.RELATIVE, email="sister@example.in")
    held = set(Rest.objects.values_list("subject_ref", flat=True))
    assert held == {asha.subject.ref, other.subject.ref}
    with pytest.raises(Refused) as refused:
        answered(proved(request, officer), officer)
    assert refused.value.code == "WHOSE"
    answered(request, officer, Outcome.REFUSE, RefusalGround.NOT_NOMINEE)
    assert not Rest.objects.filter(lifted_at=None).exists()


def test_the_copy_of_ones_data_says_what_was_reported(asha, ravi) -> None:
    claimed()
    (record,) = PeopleSection().collect(subject_refs=[asha.subject.ref])
    assert [(one["what"], one["until"]) for one in record["reported_not_to_act"]] == [("The person died", None)]


def test_a_pause_that_the_person_had_set_holds_again_afterwards(asha, ravi, officer) -> None:
    until = RECEIVED + timedelta(days=30)
    wishes = preferences.WishList(paused_until=until)
    preferences.change(subject_ref=asha.subject.ref, wishes=wishes, actor=actor.SYSTEM, now=RECEIVED)
    request = claimed()
    assert preferences.wishes_of(asha.subject.ref).paused_until == WITHOUT_END
    answered(request, officer, Outcome.REFUSE, RefusalGround.NOT_NOMINEE)
    assert preferences.wishes_of(asha.subject.ref).paused_until == until


def test_whoever_is_here_all_the_same_can_save_their_wishes_while_the_pause_lasts(asha, ravi, login) -> None:
    claimed()
    browser = customer_client(login)
    form = browser.get("/privacy/preferences/when/").context["form"]
    shown_as = form["paused_until"].value().strftime("%d-%m-%Y")
    answer = browser.post(
        "/privacy/preferences/when/",
        {"pace": "two_a_week", "paused_until": shown_as, "language": "en"},
    )
    assert answer.status_code == 302, "the page takes the day that it shows"
    wishes = preferences.wishes_of(asha.subject.ref)
    assert (wishes.pace, wishes.paused_until) == ("two_a_week", WITHOUT_END), "and the pause still ends with the report"


def test_two_people_agree_the_person_is_written_to_and_the_standing_waits(asha, ravi, officer) -> None:
    standing = granted(officer)
    assert (standing.state, standing.nominee, standing.begins_at) == ("cooling", ravi, RECEIVED + WAITED)
    notice = Message.objects.get(kind="grievances.claim_notice")
    assert "I am here" in message_content.text_of(notice).body
    text = " ".join(
        line.texts.get("text", "") for line in thread_access.thread(standing.request.ticket, internal=False)
    )
    assert "See the data and get a copy" in text
    assert "Have the data erased" not in text, "only what was named"
    assert not ProofPaper.objects.exclude(destroyed_at__isnull=False).exists(), "papers end when they were looked at"
    assert ConsentState.objects.get(channel="email", purpose="marketing").answer == "given", (
        "nothing ends before the day"
    )
    nominee_claims.settle_all(now=RECEIVED + WAITED - timedelta(minutes=1))
    standing.refresh_from_db()
    assert standing.state == StandingState.COOLING


def test_a_confirmed_number_hears_of_it_by_sms_and_so_does_a_nominee_with_a_number_alone(
    asha, ravi, officer, settings
) -> None:
    settings.OUTBOX_CHANNELS = {
        **settings.OUTBOX_CHANNELS,
        "sms": "portal.kernel.outbox.channels.gateway.GatewayChannel",
    }
    ContactPointFactory(principal=asha, kind="phone", address="+919876543210", verified_at=RECEIVED)
    ContactPointFactory(principal=asha, kind="phone", address="+919876543211", verified_at=None)
    mira = nominations.name(
        principal=asha,
        named=nominations.Named(full_name="Mira", relation="friend", rights=["access"], phone="+919876543212"),
        actor=STRANGER,
        at=RECEIVED,
    )
    granted(officer)
    notice = Message.objects.get(kind="grievances.claim_notice_short")
    assert (notice.channel, "I am here" in message_content.text_of(notice).body) == ("sms", True)
    notices_are(MessageState.DELIVERED)
    nominee_claims.settle_all(now=RECEIVED + WAITED)
    called = Message.objects.get(kind="grievances.nominee_called_short")
    assert mira.reference in message_content.text_of(called).body


def test_after_the_wait_a_death_puts_the_account_to_rest_and_ends_every_yes(asha, ravi, officer, login) -> None:
    mira = nominee(asha, at=RECEIVED, email="mira@example.in")
    standing = begun(officer)
    assert standing.state == StandingState.IN_FORCE
    login.refresh_from_db()
    assert not login.is_active
    assert asha.memberships.get().customer.state == CustomerState.CLOSED
    assert ConsentEvent.objects.latest("pk").way == "rested"
    assert promotion(RECEIVED + WAITED) in {"CONSENT_EXPIRED", "NO_CONSENT"}
    assert Rest.objects.get().state == RestState.RESTING
    called = Message.objects.get(kind="grievances.nominee_called")
    assert mira.reference in message_content.text_of(called).body
    assert "Asha" not in message_content.text_of(called).body


@pytest.mark.parametrize("became", [MessageState.DEAD, MessageState.UNDELIVERED, MessageState.DUE])
def test_where_no_letter_reached_the_person_officers_are_asked_and_the_wait_lasts_twice_as_long(
    asha, ravi, officer, became
) -> None:
    standing = granted(officer)
    notices_are(became)
    for wait in (WAITED, 2 * WAITED - timedelta(minutes=1)):
        nominee_claims.settle_all(now=RECEIVED + wait)
        standing.refresh_from_db()
        assert standing.state == StandingState.COOLING
    thread = thread_access.thread(standing.request.ticket, internal=True)
    asked = [line for line in thread if "another way" in line.texts.get("text", "")]
    assert [line.entry.visibility for line in asked] == ["internal"], "asked once, and the claimant reads nothing of it"
    nominee_claims.settle_all(now=RECEIVED + 2 * WAITED)
    standing.refresh_from_db()
    assert standing.state == StandingState.IN_FORCE


def test_an_incapacity_rests_nothing_and_the_nominee_may_act_all_the_same(asha, ravi, officer, login) -> None:
    standing = begun(officer, cause="incapacity")
    login.refresh_from_db()
    assert standing.state == StandingState.IN_FORCE
    assert login.is_active
    assert promotion(RECEIVED + WAITED) == "PAUSED"


def test_the_nominee_asks_with_a_code_alone_for_what_was_named_and_nothing_else(asha, ravi, officer) -> None:
    begun(officer)
    at = RECEIVED + WAITED
    named = {"capacity": Capacity.NOMINEE, "person_name": "Asha", "person_address": ASHA, "email": RAVI}
    access = shown(at=at, right=Right.ACCESS, **named)
    assert (access.state, access.proof) == (RequestState.SHOWN, "papers")
    assert asha.subject.ref in data_copies.data_refs(access)
    erasure = shown(at=at, right=Right.ERASURE, **named)
    assert erasure.state == RequestState.ASKED
    with pytest.raises(Refused) as refused:
        answered(erasure, officer, Outcome.GRANT, at=at)
    assert refused.value.code == "NOT_SHOWN"
    letter = answered(erasure, officer, Outcome.REFUSE, RefusalGround.NOT_NAMED, at=at)
    assert "did not name this" in letter
    stranger = shown(at=at, right=Right.ACCESS, **{**named, "email": "eve@example.in"})
    assert stranger.state == RequestState.ASKED
    with pytest.raises(Refused) as refused:
        answered(stranger, officer, Outcome.REFUSE, RefusalGround.NOT_NAMED, at=at)
    assert refused.value.code == "GROUND", "that would say that there is a nomination"


def test_a_request_that_waited_for_the_claim_goes_on_when_it_holds(asha, ravi, officer) -> None:
    waiting = shown(right=Right.ACCESS, capacity=Capacity.NOMINEE, person_name="Asha", person_address=ASHA, email=RAVI)
    assert waiting.state == RequestState.ASKED
    begun(officer)
    waiting.refresh_from_db()
    assert waiting.state == RequestState.SHOWN


def test_a_nominee_withdraws_every_consent_of_somebody_who_can_no_longer_act(asha, ravi, officer) -> None:
    begun(officer, cause="incapacity")
    at = RECEIVED + WAITED
    request = shown(
        at=at, right=Right.WITHDRAWAL, capacity=Capacity.NOMINEE, person_name="A", person_address=ASHA, email=RAVI
    )
    answered(request, officer, at=at)
    last = ConsentEvent.objects.filter(subject_ref=asha.subject.ref).latest("pk")
    assert (last.answer, last.way) == ("withdrawn", "nominee")


def test_the_person_ends_a_claim_with_one_press_and_gets_everything_back(asha, ravi, officer, login) -> None:
    standing = granted(officer)
    browser = customer_client(login)
    page = browser.get("/privacy/nominee/").text
    assert "I am here: this is wrong" in page
    ended = browser.post("/privacy/nominee/here/", follow=True).text
    assert "No one acts in your place" in ended
    standing.refresh_from_db()
    assert (standing.state, standing.ended_because) == ("ended", "person")
    assert promotion() == "ALLOWED_BY_CONSENT"
    assert Message.objects.filter(kind="grievances.request_replied").exists(), "who claimed is told that it ended"
    assert "There is no claim about you" in browser.post("/privacy/nominee/here/", follow=True).text
    nominee_claims.settle_all(now=RECEIVED + WAITED)
    login.refresh_from_db()
    assert login.is_active


def test_an_officer_alone_ends_a_standing_that_was_a_mistake_and_the_account_opens(asha, ravi, officer, login) -> None:
    standing = begun(officer)
    who = {"by": officer, "actor": actor.staff(officer.pk), "at": RECEIVED + WAITED}
    with pytest.raises(Refused):
        nominee_claims.end_by_staff(standing=standing, why=" ", **who)
    support = StaffFactory(roles=["support"])
    with pytest.raises(NotAllowed):
        nominee_claims.end_by_staff(standing=standing, why="She called.", **{**who, "by": support})
    nominee_claims.end_by_staff(standing=standing, why="She called.", **who)
    login.refresh_from_db()
    assert login.is_active
    assert asha.memberships.get().customer.state == CustomerState.ACTIVE
    assert ConsentState.objects.get(channel="email", purpose="marketing").answer == "expired", "she is asked anew"
    with pytest.raises(Refused):
        nominee_claims.end_by_staff(standing=standing, why="Again.", **who)


def test_ending_the_nomination_ends_the_claim_before_it_begins(asha, ravi, officer) -> None:
    standing = granted(officer)
    nominations.end(principal=asha, nominee=ravi, actor=actor.customer(7), at=RECEIVED)
    nominee_claims.settle_all(now=RECEIVED + WAITED)
    standing.refresh_from_db()
    assert (standing.state, standing.ended_because) == ("ended", "nomination")
    assert not Rest.objects.filter(lifted_at=None).exists()


def test_whoever_can_act_again_ends_the_nomination_and_gets_their_messages_back(asha, ravi, officer) -> None:
    standing = begun(officer, cause="incapacity")
    nominations.end(principal=asha, nominee=ravi, actor=actor.customer(7), at=RECEIVED + WAITED)
    nominee_claims.settle_all(now=RECEIVED + WAITED)
    standing.refresh_from_db()
    assert (standing.state, standing.ended_because) == ("ended", "nomination")
    assert promotion(RECEIVED + WAITED) == "ALLOWED_BY_CONSENT"


def test_erasing_who_died_opens_no_account_again(asha, ravi, officer, login) -> None:
    begun(officer)
    nominations.end(principal=asha, nominee=ravi, actor=actor.SYSTEM, at=RECEIVED + WAITED)
    nominee_claims.settle_all(now=RECEIVED + WAITED)
    login.refresh_from_db()
    assert not login.is_active
    assert asha.memberships.get().customer.state == CustomerState.CLOSED


def test_who_was_named_by_nobody_is_not_granted_and_a_relative_gets_no_right(asha, officer) -> None:
    request = proved(claimed(), officer)
    with pytest.raises(Refused) as refused:
        answered(request, officer)
    assert refused.value.code == "NOT_NAMED"
    with pytest.raises(Refused) as refused:
        answered(request, officer, Outcome.REFUSE, RefusalGround.NOT_PROVED)
    assert refused.value.code == "GROUND", "one refusal, the same for everybody"
    report = proved(claimed(capacity=Capacity.RELATIVE, email="sister@example.in"), officer)
    letter = answered(report, officer)
    assert "the account is paused" in letter
    standing = NomineeStanding.objects.get(request=report)
    assert standing.nominee is None
    notices_are(MessageState.SENT)
    nominee_claims.settle_all(now=RECEIVED + WAITED)
    assert Rest.objects.get(because=report.ticket.about).state == RestState.RESTING


def test_a_report_about_an_address_of_nobody_is_answered_like_any_other(asha, officer) -> None:
    request = proved(claimed(person_address="nobody@example.in", capacity=Capacity.RELATIVE), officer)
    with pytest.raises(Refused) as refused:
        answered(request, officer)
    assert refused.value.code == "WHOSE"
    assert not Rest.objects.exists()


def test_opening_the_claim_again_and_refusing_it_ends_what_it_led_to(asha, ravi, officer) -> None:
    standing = granted(officer)
    request = standing.request
    resolutions.decline(ticket=request.ticket, why="Look again.", actor=STRANGER, at=RECEIVED)
    request.refresh_from_db()
    assert request.state == RequestState.SHOWN
    answered(request, officer, Outcome.REFUSE, RefusalGround.NOT_NOMINEE)
    standing.refresh_from_db()
    assert standing.state == StandingState.ENDED
    assert promotion() == "ALLOWED_BY_CONSENT"


def test_taking_a_claim_back_gives_back_what_it_held(asha, ravi) -> None:
    request = claimed()
    assert promotion() == "PAUSED"
    resolutions.withdraw(ticket=request.ticket, actor=STRANGER, at=RECEIVED)
    nominee_claims.settle_all(now=RECEIVED)
    assert promotion() == "ALLOWED_BY_CONSENT"


def test_every_step_is_an_event_that_says_nothing_of_what_happened_to_whom(asha, ravi, officer) -> None:
    begun(officer)
    kinds = ("grievances.standing.granted", "grievances.standing.begun", "people.rest.noted", "people.rest.begun")
    for kind in kinds:
        event = AuditEvent.objects.get(kind=kind)
        assert "death" not in str(event.facts)
        assert event.subject_ref == asha.subject.ref


def test_the_pages_say_the_same_with_the_same_work_whether_we_know_the_person(asha, ravi) -> None:
    said_of, work = [], []
    Client().post(CLAIM, {**FORM, "person_address": "warm@example.in"})
    for address in (ASHA, "nobody@example.in"):
        browser = Client()
        with CaptureQueriesContext(connection) as asked:
            answer = browser.post(CLAIM, {**FORM, "person_address": address})
        assert answer.status_code == 302
        request = RightsRequest.objects.latest("pk")
        path = f"/privacy/requests/{request.ticket.reference}/"
        code = re.search(
            r"\b\d{6}\b",
            message_content.text_of(Message.objects.filter(kind="grievances.request_code").latest("pk")).body,
        )
        with CaptureQueriesContext(connection) as typed:
            browser.post(f"{path}sent/", {"code": code.group()})
        paper = SimpleUploadedFile("paper.png", png(), content_type="image/png")
        with CaptureQueriesContext(connection) as sent:
            browser.post(f"{path}papers/", {"file": paper})
        work.append((len(asked), len(typed), len(sent)))
        page = browser.get(f"{path}papers/").text + browser.get(f"/privacy/track/{request.ticket.reference}/").text
        page = re.sub(r'(?:value|datetime)="[^"]+"|once=[\w-]+|[0-9a-f]{64}', "", page)
        said_of.append(page.replace(request.ticket.reference, "REFERENCE"))
    assert work[0] == work[1]
    assert said_of[0] == said_of[1]


def test_the_form_asks_for_what_it_needs_and_sends_a_relative_of_the_living_elsewhere(house) -> None:
    cache.clear()
    browser = Client()
    empty = browser.post(CLAIM, {})
    assert empty.status_code == 422
    assert "Choose what happened" in empty.text
    wrong = browser.post(CLAIM, {**FORM, "capacity": "relative", "cause": "incapacity"})
    assert "only a nominee or a lawful guardian" in wrong.text
    assert not RightsRequest.objects.exists()
    assert "claim" not in dict(browser.get("/privacy/requests/new/").context["form"].fields["right"].choices)
