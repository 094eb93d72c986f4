"""A client's system tells of its recipients' answers: with proof, once, for its own fiduciary."""

from datetime import timedelta

import pytest
import time_machine
from django.core.cache import cache

from consent.base.choices import Way
from consent.base.selectors import contact_rulebook
from consent.decisions.services.contact_decisions import may_contact
from consent.models import ConsentEvent, ConsentState, ShownText, TakenRequest
from consent.records.services.addresses import Address
from consent.suppressions.services import suppressions
from consent.suppressions.services.withdrawals import stop_all_promotional, withdraw
from portal.kernel.core import actor, addresses, clock
from portal.kernel.people.models import Fiduciary
from portal.kernel.people.services import guardianships
from tests.api.asking import post
from tests.consent.conftest import law  # noqa: F401 - a fixture
from tests.consent.factories import ASHA, ASHA_PHONE, person, published_notice, said
from tests.consent.worlds import at_hour
from tests.people.factories import ContactPointFactory, FiduciaryFactory, issued_api_key

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("law")]
PROOF = [{"type": "web_form", "sha256": "ab" * 32}]
PLACE = {"address": "98765 43210", "purpose": "marketing", "channel": "sms"}
GIVEN = {**PLACE, "evidence": PROOF}
FIND = {"kind": "phone", "address": ASHA_PHONE}


@pytest.fixture(autouse=True)
def read_afresh():
    contact_rulebook.forget()
    cache.clear()


@pytest.fixture
def acme(law):  # noqa: F811
    return FiduciaryFactory(code="acme-bank")


@pytest.fixture
def key(acme):
    return issued_api_key(acme, scopes=["consents:read", "consents:write"])


def may(fiduciary="acme-bank", address=ASHA_PHONE):
    return may_contact(address=address, purpose="marketing", channel="sms", at=at_hour(12), fiduciary=fiduciary).reason


def test_a_yes_with_its_proof_counts_for_that_fiduciary_and_is_read_back(key):
    answer = post("consents", GIVEN, key=key).json()
    assert [event["answer"] for event in answer["events"]] == ["given"]
    assert (may(), may("onesetu")) == ("ALLOWED_BY_CONSENT", "NO_CONSENT")
    found = post("consents/find", FIND, key=key).json()
    assert (found["fiduciary"], len(found["consents"])) == ("acme-bank", 1)
    state = found["consents"][0]
    assert (state["answer"], state["is_confirmed"], state["entry"]) == ("given", True, answer["events"][0]["entry"])
    event = ConsentEvent.objects.get()
    assert (event.way, event.actor_kind, event.receipt.reference) == ("api", "interface", state["receipt"])


def test_a_yes_for_what_needs_none_is_refused(key):
    refused = post("consents", {**GIVEN, "purpose": "billing"}, key=key)
    assert (refused.status_code, refused.json()["code"]) == (422, "CONSENT_NOT_NEEDED")
    assert not ConsentEvent.objects.exists()


def test_a_yes_by_a_clock_a_little_ahead_of_ours_was_said_now(key):
    ahead = (clock.now() + timedelta(minutes=2)).isoformat()
    assert post("consents", {**GIVEN, "occurred_at": ahead}, key=key).status_code == 200
    assert ConsentEvent.objects.get().occurred_at <= clock.now()


def test_a_yes_without_proof_is_refused(key):
    assert post("consents", PLACE, key=key).status_code == 422
    assert post("consents", {**GIVEN, "evidence": []}, key=key).status_code == 422
    assert not ConsentEvent.objects.exists()


def test_a_withdrawal_stops_that_fiduciary_and_no_other(key):
    published_notice()
    said(person(), "given")
    post("consents", GIVEN, key=key)
    answer = post("consents/withdraw", PLACE, key=key).json()
    assert [event["answer"] for event in answer["events"]] == ["withdrawn"]
    assert (may(), may("onesetu")) == ("CONSENT_WITHDRAWN", "ALLOWED_BY_CONSENT")
    assert post("consents/withdraw", PLACE, key=key).json()["events"] == []


def test_a_withdrawal_counts_while_redis_is_away(key, request, settings):
    settings.API_REQUESTS_PER_MINUTE = 10  # below a hundred the shared counter is asked each time
    post("consents", GIVEN, key=key)
    request.getfixturevalue("cache_is_away")
    assert post("consents/withdraw", PLACE, key=key).status_code == 200
    assert may() == "CONSENT_WITHDRAWN"


def test_a_withdrawal_of_a_stranger_is_kept_too(key):
    post("consents/withdraw", {**PLACE, "address": "+919811112222"}, key=key)
    assert may(address="+919811112222") == "CONSENT_DENIED"


def test_the_same_request_key_does_it_once_and_another_body_is_refused(key):
    first = post("consents", GIVEN, key=key, **{"Idempotency-Key": "a-1"})
    second = post("consents", GIVEN, key=key, **{"Idempotency-Key": "a-1"})
    assert (first.json()["replayed"], second.json()["replayed"]) == (False, True)
    assert first.json()["events"] == second.json()["events"]
    assert ConsentEvent.objects.count() == 1
    other = post("consents/withdraw", PLACE, key=key, **{"Idempotency-Key": "a-1"})
    assert (other.status_code, other.json()["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert may() == "ALLOWED_BY_CONSENT"


def test_a_refused_request_leaves_its_key_free_and_another_system_has_keys_of_its_own(key, acme):
    wrong = post("consents", {**GIVEN, "channel": "push"}, key=key, **{"Idempotency-Key": "a-1"})
    assert wrong.status_code == 422
    assert not TakenRequest.objects.exists()
    assert post("consents", GIVEN, key=key, **{"Idempotency-Key": "a-1"}).status_code == 200
    another = issued_api_key(acme, scopes=["consents:write"])
    assert not post("consents", GIVEN, key=another, **{"Idempotency-Key": "a-1"}).json()["replayed"]


@pytest.mark.parametrize(("path", "scope"), [("consents", "consents:read"), ("consents/find", "consents:write")])
def test_reading_and_writing_are_two_scopes(acme, path, scope):
    assert post(path, {**GIVEN, **FIND}, key=issued_api_key(acme, scopes=[scope])).status_code == 403


def test_the_answers_of_another_fiduciary_are_not_shown(key):
    published_notice()
    said(person(), "given")
    assert post("consents/find", FIND, key=key).json()["consents"] == []


def test_a_withdrawal_is_answered_for_the_address_that_was_named_and_for_no_other_of_the_person(key):
    asha = person()
    other = ContactPointFactory(principal=asha, kind="phone", address="+919800000002")
    said_at = [event["channel"] for event in post("consents/withdraw", PLACE, key=key).json()["events"]]
    assert said_at == ["sms"]
    assert ConsentState.objects.get(address_key=other.address_key, channel="sms").answer == "denied"
    assert may(address=other.address) == "NO_CONSENT"


def test_after_a_stop_nothing_is_read_back_at_an_address_that_the_client_never_used(key):
    person()
    stopped = post("stops", FIND, key=key).json()
    found = post("consents/find", FIND, key=key).json()["consents"]
    assert {state["receipt"] for state in found} == {stopped["receipt"]}
    assert post("consents/find", {"kind": "email", "address": ASHA}, key=key).json()["consents"] == []


def test_a_yes_after_which_the_shared_number_was_stopped_is_read_back_as_withdrawn(key):
    person(), person(email="brother@acme.example")
    post("consents", GIVEN, key=key)
    receipt = post("stops", FIND, key=key).json()["receipt"]
    assert may() == "SUPPRESSED"
    (state,) = post("consents/find", FIND, key=key).json()["consents"]
    assert (state["answer"], state["receipt"], state["ends_at"]) == ("withdrawn", receipt, None)
    with time_machine.travel(clock.now() + timedelta(days=91)):
        post("consents", GIVEN, key=key)
        (state,) = post("consents/find", FIND, key=key).json()["consents"]
    assert state["answer"] == "given"


@pytest.mark.parametrize(("no", "asked"), [("consents/withdraw", PLACE), ("stops", FIND)])
def test_no_program_takes_a_no_back_before_anybody_may_ask_again(key, no, asked):
    post("consents", GIVEN, key=key)
    post(no, asked, key=key)
    refused = post("consents", GIVEN, key=key)
    assert (refused.status_code, refused.json()["code"]) == (422, "TOO_SOON_AFTER_NO")
    assert may() in {"CONSENT_WITHDRAWN", "SUPPRESSED"}
    earlier = (clock.now() - timedelta(days=100)).isoformat()
    assert post("consents", {**GIVEN, "occurred_at": earlier}, key=key).status_code == 422
    with time_machine.travel(clock.now() + timedelta(days=91)):
        assert post("consents", GIVEN, key=key).status_code == 200


def test_a_program_is_heard_again_once_the_person_themselves_said_yes_after_the_stop(key):
    asha = person()
    post("consents", {**GIVEN, "occurred_at": (clock.now() - timedelta(days=9)).isoformat()}, key=key)
    suppressions.alone(
        subject_ref=asha.subject.ref, fiduciary=Fiduciary.objects.get(code="acme-bank"), way=Way.SMS,
        places=[Address("phone", tuple(addresses.address_keys(ASHA_PHONE)))],
        occurred_at=clock.now() - timedelta(days=8), actor=actor.SYSTEM,
    )  # fmt: skip
    assert post("consents", GIVEN, key=key).json()["code"] == "TOO_SOON_AFTER_NO"
    published_notice()
    said(asha, "given", fiduciary="acme-bank", occurred_at=clock.now() - timedelta(days=7))
    assert post("consents", GIVEN, key=key).status_code == 200


def test_a_stop_at_a_number_that_nobody_knew_is_not_taken_back_by_a_program_either(key):
    stranger = {"kind": "phone", "address": "+919811122299"}
    post("stops", stranger, key=key)
    refused = post("consents", {**GIVEN, "address": stranger["address"]}, key=key)
    assert refused.json()["code"] == "TOO_SOON_AFTER_NO"
    assert may(address=stranger["address"]) == "SUPPRESSED"


def test_an_address_that_is_none_is_refused_without_being_repeated(key):
    answer = post("consents/find", {"kind": "phone", "address": "4711-0815"}, key=key)
    assert answer.status_code == 422
    assert "4711" not in answer.content.decode()


PRESSED = {
    "number": "98765 43210", "purpose": "marketing", "channel": "sms", "key": "1", "prompt": "For offers press 1.",
    "language": "en", "call_reference": "CALL-8F2A",
}  # fmt: skip


def test_a_key_press_is_told_with_its_prompt_and_counts_once_for_a_call(key):
    first = post("consents/by-key", PRESSED, key=key).json()
    assert post("consents/by-key", PRESSED, key=key).json()["events"] == first["events"]
    assert (may(), may("onesetu")) == ("ALLOWED_BY_CONSENT", "NO_CONSENT")
    event = ConsentEvent.objects.get()
    assert {piece.kind for piece in event.evidence.all()} == {"prompt", "call"}
    assert ShownText.objects.get().text == "For offers press 1.\n[1]"


def test_a_prompt_is_kept_without_the_marks_that_would_turn_its_words(key):
    post("consents/by-key", {**PRESSED, "prompt": "For offers \u202epress 1.\x00 हाँ के\u200dलिए"}, key=key)
    assert ShownText.objects.get().text == "For offers press 1. हाँ के\u200dलिए\n[1]"
    nothing = post("consents/by-key", {**PRESSED, "prompt": "\u202e", "call_reference": "CALL-8F2B"}, key=key)
    assert nothing.status_code == 422


def test_for_our_own_purposes_the_notice_in_force_belongs_to_it():
    asha, own = person(), Fiduciary.objects.get(code="onesetu")
    key = issued_api_key(own, scopes=["consents:write"])
    assert post("consents/by-key", PRESSED, key=key).json()["code"] == "NOTICE_MISSING"
    notice = published_notice()
    post("consents/by-key", PRESSED, key=key)
    event = ConsentEvent.objects.get()
    assert (event.way, event.subject_ref, event.notice_version) == ("voice", asha.subject.ref, notice)


@pytest.mark.parametrize("whose", ["acme-bank", "onesetu"])
@pytest.mark.parametrize("no", ["stop", "withdrawal"])
def test_no_key_press_takes_a_no_back_before_anybody_may_ask_again_whoevers_telephone_it_was(acme, whose, no):
    published_notice()
    asha = person()
    key = issued_api_key(Fiduciary.objects.get(code=whose), scopes=["consents:write"])
    pressed = post("consents/by-key", PRESSED, key=key).json()["events"]
    act = {"subject_ref": asha.subject.ref, "fiduciary": whose, "actor": actor.SYSTEM}
    if no == "stop":
        stop_all_promotional(**act)
    else:
        withdraw(purpose="marketing", channel="sms", way=Way.PAGE, **act)
    assert post("consents/by-key", PRESSED, key=key).json()["events"] == pressed  # told again: the first call still
    other = {**PRESSED, "call_reference": "CALL-8F2B"}
    refused = post("consents/by-key", other, key=key)
    assert (refused.status_code, refused.json()["code"]) == (422, "TOO_SOON_AFTER_NO")
    assert may(whose) in {"CONSENT_WITHDRAWN", "SUPPRESSED"}
    with time_machine.travel(clock.now() + timedelta(days=91)):
        assert post("consents/by-key", other, key=key).status_code == 200


def test_a_key_press_that_our_telephone_told_of_lets_no_program_in_after_the_stop():
    published_notice()
    asha, own = person(), Fiduciary.objects.get(code="onesetu")
    suppressions.alone(
        subject_ref=asha.subject.ref, fiduciary=own, way=Way.SMS, actor=actor.SYSTEM,
        places=[Address("phone", tuple(addresses.address_keys(ASHA_PHONE)))],
        occurred_at=clock.now() - timedelta(days=8),
    )  # fmt: skip
    evidence = [{"type": kind, "sha256": "ab" * 32} for kind in ("prompt", "call")]
    said(asha, "given", way=Way.VOICE, evidence=evidence, occurred_at=clock.now() - timedelta(days=7))
    key = issued_api_key(own, scopes=["consents:write"])
    assert post("consents", GIVEN, key=key).json()["code"] == "TOO_SOON_AFTER_NO"


@pytest.mark.parametrize(
    "changes",
    [{"key": "11"}, {"prompt": ""}, {"call_reference": ASHA_PHONE}, {"number": "12"}, {"language": "Klingon"}],
)
def test_what_is_no_key_press_is_refused_and_leaves_nothing(key, changes):
    assert post("consents/by-key", {**PRESSED, **changes}, key=key).status_code in {409, 422}
    assert not ConsentEvent.objects.exists()


def test_evidence_that_calls_itself_a_guardians_opens_no_door_for_a_child(key):
    asha = person()
    guardianships.protect(
        subject_ref=asha.subject.ref, kind="child", ground="declared", actor=actor.SYSTEM, now=clock.now()
    )
    forged = {**PLACE, "purpose": "product_updates", "evidence": [{"type": "guardian", "sha256": "ab" * 32}]}
    assert post("consents", forged, key=key).json()["code"] == "HELD_FOR_GUARDIAN"
    assert not ConsentEvent.objects.exists()
