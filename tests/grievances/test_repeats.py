"""Repeated requests: rows of the rulebook per law say what is recent; a lawful repeat is refused by nobody."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine

from grievances.base.request_choices import Outcome, RefusalGround, Right
from grievances.models import RequestProposal, RightsRequest
from grievances.requests.services import repeats, request_decisions
from portal.kernel.core import actor, clock
from portal.kernel.core.errors import Refused
from portal.kernel.law.models import LegalRule
from portal.kernel.people.models import Principal
from portal.kernel.people.services.people import note_regime
from tests.grievances.factories import RECEIVED, STRANGER
from tests.grievances.requests import shown
from tests.law.factories import ProfileFactory
from tests.people.factories import PrincipalFactory, StaffFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("house")]
KEYS = ("CA-REPEAT", "EU-12-REPEAT", "IN-DPDP-REPEAT")


def person_under(regime: str = "") -> Principal:
    found = PrincipalFactory()
    if regime:
        note_regime(principal=found, regime=regime, ground="declared", actor=STRANGER, now=RECEIVED)
    return found


def answered(principal: Principal, *, right: str = Right.ACCESS, at: datetime = RECEIVED) -> RightsRequest:
    found = shown(principal=principal, right=right)
    RightsRequest.objects.filter(pk=found.pk).update(decided_at=at, state="granted")
    return found


def confirm(key: str) -> None:
    """As counsel does: a later version of the row that says so."""
    row = LegalRule.objects.get(key=key)
    row.pk, row._state.adding, row.version, row.confidence, row.date_confidence = None, True, row.version + 1, "R", ""
    row.effective_from = row.effective_from or date(2020, 1, 1)
    row.save()


def test_each_law_has_a_dated_row_and_none_is_decided_by_us() -> None:
    rows = {rule.key: rule for rule in LegalRule.objects.filter(key__in=KEYS)}
    assert set(rows) == set(KEYS) == set(repeats.LIMITS)
    assert not any(rule.is_confirmed for rule in rows.values())
    assert {key: rule.amount for key, rule in rows.items() if rule.amount} == {"CA-REPEAT": 12}
    assert rows["IN-DPDP-REPEAT"].effective_from == date(2027, 5, 13)


@pytest.mark.parametrize(
    ("regime", "right", "days"),
    [
        ("", Right.ACCESS, 30),
        ("EU", Right.ACCESS, 30),
        ("US-CA", Right.ACCESS, 365),
        ("US-CA", Right.ERASURE, 30),
    ],
)
def test_the_offer_reads_the_time_of_the_law_that_protects_the_person(regime: str, right: str, days: int) -> None:
    principal = person_under(regime)
    first = answered(principal, right=right)
    for later, is_offered in ((days - 1, True), (days + 1, False)):
        found = repeats.earlier_request(principal=principal, right=right, at=RECEIVED + timedelta(days=later))
        assert (found == first) is is_offered


def test_a_business_that_californias_law_does_not_bind_reads_its_own_time() -> None:
    ProfileFactory(ccpa_business="no")
    principal = person_under("US-CA")
    answered(principal)
    assert repeats.earlier_request(principal=principal, right=Right.ACCESS, at=RECEIVED + timedelta(days=60)) is None


def code_of_refusal(request: RightsRequest) -> str:
    """Why an officer may not propose to refuse it as a repeat; empty where they may."""
    try:
        propose_refusal(request)
    except Refused as refusal:
        return str(refusal.code)
    return ""


def propose_refusal(request: RightsRequest) -> None:
    request_decisions.propose(
        request=request,
        outcome=Outcome.REFUSE,
        ground=RefusalGround.REPEATED,
        words_to_person="It stands as you had it.",
        actor=actor.staff(StaffFactory(roles=["grievance_officer"]).pk),
        at=clock.now(),
    )


@pytest.fixture
def today() -> object:
    with time_machine.travel(datetime(2026, 11, 24, 6, 30, tzinfo=UTC), tick=True):
        yield


@pytest.mark.usefixtures("today")
@pytest.mark.parametrize("regime", ["", "EU", "US-CA"])
def test_while_its_row_is_unconfirmed_nobody_refuses_a_repeat(regime: str) -> None:
    principal = person_under(regime)
    answered(principal, right=Right.OBJECTION)
    assert code_of_refusal(shown(principal=principal, right=Right.OBJECTION)) == "NO_LIMIT"


@pytest.mark.usefixtures("today")
@pytest.mark.parametrize("regime", ["", "EU"])
def test_a_law_that_names_no_number_refuses_no_repeat_when_it_is_confirmed(regime: str) -> None:
    for key in ("EU-12-REPEAT", "IN-DPDP-REPEAT"):
        confirm(key)
    principal = person_under(regime)
    codes = []
    for _each in range(3):
        asked = shown(principal=principal, right=Right.OBJECTION)
        codes.append(code_of_refusal(asked))
        RightsRequest.objects.filter(pk=asked.pk).update(decided_at=RECEIVED, state="granted")
    assert codes == ["NO_LIMIT"] * 3


@pytest.mark.usefixtures("today")
def test_of_several_requests_only_the_later_one_repeats_and_only_what_was_granted() -> None:
    confirm("CA-REPEAT")
    principal = person_under("US-CA")
    first, *later = (shown(principal=principal, right=Right.RECIPIENTS) for _each in range(3))
    answered = {"decided_at": RECEIVED, "state": "granted", "joined_to": None, "joined_because": ""}
    RightsRequest.objects.filter(pk__in=[each.pk for each in later]).update(**answered)
    assert code_of_refusal(first) == "NO_LIMIT"
    another = person_under("US-CA")
    for _each in range(2):
        not_proved = shown(principal=another, right=Right.RECIPIENTS)
        RightsRequest.objects.filter(pk=not_proved.pk).update(decided_at=RECEIVED, state="refused")
    assert code_of_refusal(shown(principal=another, right=Right.RECIPIENTS)) == "NO_LIMIT"


@pytest.mark.usefixtures("today")
def test_the_letter_about_a_repeat_names_the_days_of_the_last_one() -> None:
    confirm("CA-REPEAT")
    californian = person_under("US-CA")
    for _each in range(2):
        answered(californian, right=Right.RECIPIENTS, at=RECEIVED + timedelta(days=2))
    asked = shown(principal=californian, right=Right.RECIPIENTS)
    propose_refusal(asked)
    letter = request_decisions.letter_text(RequestProposal.objects.get(request=asked))
    days = {"asked": "Tuesday 24 November 2026", "answered": "Thursday 26 November 2026"}
    assert "You asked for the same on {asked}, and we answered on {answered}.".format(**days) in letter
    assert "short time" not in letter


@pytest.mark.usefixtures("today")
def test_a_row_with_a_number_refuses_nothing_below_it() -> None:
    confirm("CA-REPEAT")
    californian = person_under("US-CA")
    codes = []
    for _each in range(3):
        asked = shown(principal=californian, right=Right.RECIPIENTS)
        codes.append(code_of_refusal(asked))
        RightsRequest.objects.filter(pk=asked.pk).update(decided_at=RECEIVED, state="granted")
    assert codes == ["NO_LIMIT", "NO_LIMIT", ""]


@pytest.mark.usefixtures("today")
def test_an_erasure_is_refused_because_of_a_claim_only_where_two_people_named_one() -> None:
    with pytest.raises(Refused) as refusal:
        request_decisions.propose(
            request=shown(principal=person_under(), right=Right.ERASURE),
            outcome=Outcome.REFUSE,
            ground=RefusalGround.CLAIM,
            words_to_person="We need it.",
            actor=actor.staff(StaffFactory(roles=["grievance_officer"]).pk),
            at=clock.now(),
        )
    assert refusal.value.code == "NO_CLAIM"
