"""Decisions over the interface: for the key's fiduciary alone, in words a program and a person understand, written down."""

import hashlib
import json
from datetime import timedelta
from uuid import UUID

import pytest
import time_machine
from django.core.cache import cache

from consent.base.rules.contact import Reason
from consent.base.selectors import contact_rulebook
from consent.decisions.services import decision_log
from consent.models import AnswerSet, GivenAnswer
from consent.records.selectors.undos import tolerance
from portal.fronts.api import keys
from portal.fronts.api.decisions import MOST
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import addresses, clock
from portal.kernel.people.models import Fiduciary
from portal.kernel.registers.senders.services import senders
from tests.api.asking import get, post
from tests.consent.conftest import law  # noqa: F401 - a fixture
from tests.consent.factories import ASHA_PHONE, person, published_notice, said
from tests.consent.worlds import at_hour
from tests.people.factories import FiduciaryFactory, issued_api_key
from tests.registers.factories import own, registered_sender

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("law")]
NOON = at_hour(12).isoformat()
QUESTION = {"address": ASHA_PHONE, "purpose": "marketing", "channel": "sms", "at": NOON}
BATCH = {"purpose": "marketing", "channel": "sms", "at": NOON}


@pytest.fixture(autouse=True)
def read_afresh():
    contact_rulebook.forget()
    cache.clear()


@pytest.fixture
def asha(law):  # noqa: F811
    published_notice()
    return person()


@pytest.fixture
def key(law):  # noqa: F811
    return issued_api_key(Fiduciary.objects.get(code="onesetu"))


def test_a_yes_is_allowed_with_its_entry_and_a_withdrawal_counts_at_once(asha, key):
    event = said(asha, "given")
    answer = post("decisions", QUESTION, key=key).json()
    assert (answer["allowed"], answer["reason"], answer["entry"]) == (
        True,
        "ALLOWED_BY_CONSENT",
        str(event.entry.event_id),
    )
    assert (answer["fiduciary"], answer["valid_until"]) == ("onesetu", clock.stamp(at_hour(21)))
    said(asha, "withdrawn", occurred_at=clock.now())
    assert post("decisions", QUESTION, key=key).json()["reason"] == "CONSENT_WITHDRAWN"


def test_a_key_speaks_for_its_own_fiduciary_only(asha, key):
    said(asha, "given")
    other = issued_api_key(FiduciaryFactory(code="acme-bank"))
    answer = post("decisions", QUESTION, key=other).json()
    assert (answer["fiduciary"], answer["reason"]) == ("acme-bank", "NO_CONSENT")
    named = {**BATCH, "addresses": [ASHA_PHONE], "fiduciary": "onesetu"}
    assert post("decisions/batch", named, key=other).json()["code"] == "MALFORMED"
    batch = post("decisions/batch", {**BATCH, "addresses": [ASHA_PHONE]}, key=other).json()
    assert (batch["fiduciary"], batch["by_reason"]) == ("acme-bank", {"NO_CONSENT": 1})


def test_text_outside_a_template_goes_on_whatsapp_only_soon_after_the_person_wrote(asha, key):
    said(asha, "given", channel="whatsapp")
    question = {**QUESTION, "channel": "whatsapp", "free_text": True}
    assert post("decisions", question, key=key).json()["reason"] == "TEMPLATE_NEEDED"
    wrote = at_hour(12) - timedelta(hours=23)
    senders.note_inbound(fiduciary=own(), address_key=addresses.address_key(ASHA_PHONE), channel="whatsapp", at=wrote)
    assert post("decisions", question, key=key).json()["reason"] == "ALLOWED_BY_CONSENT"
    assert post("decisions", {**question, "free_text": False}, key=key).json()["allowed"]
    later = {**question, "at": (wrote + timedelta(hours=24)).isoformat()}
    assert post("decisions", later, key=key).json()["reason"] == "TEMPLATE_NEEDED"


def test_free_text_is_refused_by_the_operators_channels_whatever_the_person_said(asha, key):
    said(asha, "given")
    said(asha, "given", channel="voice")
    for channel in ("sms", "voice"):
        question = {**QUESTION, "channel": channel}
        assert post("decisions", question, key=key).json()["allowed"]
        assert post("decisions", {**question, "free_text": True}, key=key).json()["reason"] == "TEMPLATE_NEEDED"


def test_free_text_changes_nothing_by_rcs_and_allows_nothing_by_itself(asha, key):
    question = {**QUESTION, "channel": "rcs", "free_text": True}
    assert post("decisions", question, key=key).json()["reason"] == "NO_CONSENT"
    said(asha, "given", channel="rcs")
    assert post("decisions", question, key=key).json()["allowed"]


def test_an_answer_names_what_it_does_not_cover(asha, key):
    said(asha, "given")
    registered_sender("567890", carries=["promotional"])
    assert post("decisions", QUESTION, key=key).json()["unchecked"] == ["header", "template"]
    with time_machine.travel(at_hour(12)):
        named = post("decisions", {**QUESTION, "header": "AD-567890-P", "sign": True}, key=key).json()
    assert (named["allowed"], named["unchecked"], len(named["registers"])) == (True, ["template"], 1)
    assert json.loads(named["signed"])["unchecked"] == ["template"]
    batch = post("decisions/batch", {**BATCH, "addresses": [ASHA_PHONE]}, key=key).json()
    assert batch["unchecked"] == ["header", "template"]
    mail = {**QUESTION, "channel": "email", "address": "asha@acme.example"}
    assert post("decisions", mail, key=key).json()["unchecked"] == []


@pytest.mark.parametrize("path", ["decisions", "decisions/batch", "process"])
def test_the_log_of_answers_keeps_no_mark_that_would_turn_its_words(key, path):
    body = (
        {**BATCH, "addresses": [ASHA_PHONE]}
        if path.endswith("batch")
        else {**QUESTION, "kind": "phone"}
        if path == "process"
        else QUESTION
    )
    asked = {name: value for name, value in body.items() if path != "process" or name != "channel"}
    assert post(path, {**asked, "purpose": "market\u202eing"}, key=key).status_code == 200
    decision_log.flush()
    kept = [
        *GivenAnswer.objects.values_list("purpose", flat=True),
        *AnswerSet.objects.values_list("purpose", flat=True),
    ]
    assert "marketing" in kept
    assert not any("\u202e" in purpose for purpose in kept)


@pytest.mark.parametrize("path", ["decisions", "decisions/batch", "process"])
def test_a_key_without_the_scope_and_a_stranger_are_refused(law, path):  # noqa: F811
    reader = issued_api_key(FiduciaryFactory(), scopes=["consents:read"])
    assert (post(path, {}, key=reader).status_code, post(path, {}).status_code) == (403, 401)
    assert post(path, {}, key=reader).json()["code"] == "SCOPE_MISSING"
    assert not GivenAnswer.objects.exists()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"address": "9" * 300}, "address"),
        ({"at": "2026-11-25T14:30"}, "at"),
        ({"channel": "sms" * 10}, "channel"),
        ({"purpose": None}, "purpose"),
    ],
)
def test_what_cannot_be_read_is_named_by_its_field_and_never_repeated(key, changes, field):
    answer = post("decisions", {**QUESTION, **changes}, key=key)
    assert (answer.status_code, answer.json()["code"]) == (422, "MALFORMED")
    assert answer.json()["errors"][0]["field"].endswith(field)
    assert "9999" not in answer.content.decode()


def test_the_past_is_not_asked_about(key):
    answer = post("decisions", {**QUESTION, "at": (clock.now() - timedelta(hours=1)).isoformat()}, key=key)
    assert (answer.status_code, answer.json()["code"]) == (422, "AT_IN_PAST")


@pytest.mark.parametrize(
    ("path", "question"),
    [
        ("decisions", QUESTION),
        ("process", {"purpose": "analytics", "kind": "phone", "address": ASHA_PHONE}),
    ],
)
def test_no_permission_is_signed_ahead_of_a_withdrawal(asha, key, path, question):
    said(asha, "given")
    now = at_hour(12)
    with time_machine.travel(now, tick=False):
        for ahead in (timedelta(hours=1), timedelta(days=300)):
            asked = {**question, "at": (now + ahead).isoformat()}
            answer = post(path, {**asked, "sign": True}, key=key)
            assert (answer.status_code, answer.json()["code"]) == (422, "SIGNED_AHEAD")
            assert "leave out `at`" in answer.json()["detail"]
            assert post(path, asked, key=key).json()["signature"] is None
        for about in ({"at": (now + tolerance(at=now)).isoformat()}, {"at": None}):
            assert post(path, {**question, **about, "sign": True}, key=key).json()["signature"]
    assert GivenAnswer.objects.count() == 4, "a refused question is not answered"


def test_every_single_answer_is_a_row_without_the_address(asha, key):
    said(asha, "given")
    post("decisions", QUESTION, key=key)
    post("decisions", {**QUESTION, "address": "12"}, key=key)
    first, second = GivenAnswer.objects.order_by("pk")
    assert (first.allowed, first.reason, first.asked_by.partition(":")[0]) == (True, "ALLOWED_BY_CONSENT", "interface")
    assert (second.reason, bytes(second.address_key)) == ("NO_SUCH_ADDRESS", bytes(33))
    assert ASHA_PHONE[-10:] not in str(list(GivenAnswer.objects.values()))


def test_a_minute_of_answers_is_one_leaf_and_a_changed_row_shows(asha, key):
    for _time in range(3):
        post("decisions", QUESTION, key=key)
    before = AuditEvent.objects.count()
    assert decision_log.sum_up(now=clock.now()) == 0, "the minute is not over"
    later = clock.now() + timedelta(minutes=4)
    assert decision_log.sum_up(now=later) in {1, 2}
    assert decision_log.sum_up(now=later) == 0
    sets = AnswerSet.objects.all()
    assert AuditEvent.objects.count() - before == len(sets)
    assert sum(kept.total for kept in sets) == 3
    assert all(decision_log.is_as_sealed(kept) for kept in sets)
    kept = sets[0]
    event = AuditEvent.objects.get(entry=kept.entry)
    assert event.facts["answers_sha256"] == kept.answers_sha256
    GivenAnswer.objects.bulk_create(
        [GivenAnswer(**{**GivenAnswer.objects.filter(minute=kept.for_time).values().first(), "id": None})]
    )
    assert not decision_log.is_as_sealed(kept)


def test_a_batch_is_answered_in_its_order_and_is_one_row_and_one_leaf(asha, key):
    said(asha, "given")
    before = AuditEvent.objects.count()
    answer = post("decisions/batch", {**BATCH, "addresses": ["12", ASHA_PHONE, "98111 12222"]}, key=key).json()
    assert [one["reason"] for one in answer["decisions"]] == ["NO_SUCH_ADDRESS", "ALLOWED_BY_CONSENT", "NO_CONSENT"]
    assert (answer["total"], answer["allowed"], answer["blocked"], answer["invalid"]) == (3, 1, 1, 1)
    kept = AnswerSet.objects.get()
    assert kept.reference == answer["reference"]
    assert AuditEvent.objects.count() - before == 1
    assert kept.entry.event_id == UUID(str(AuditEvent.objects.latest("pk").entry.event_id))
    assert decision_log.is_as_sealed(kept)
    assert len(bytes(kept.answers)) == 3 * 34


@pytest.mark.parametrize("addresses", [[], ["9"] * (MOST + 1), "98"])
def test_a_batch_has_one_to_ten_thousand_addresses(key, addresses):
    assert post("decisions/batch", {**BATCH, "addresses": addresses}, key=key).status_code == 422
    assert not AnswerSet.objects.exists()


@pytest.mark.parametrize(("addresses", "requests"), [(1, 1), (99, 1), (100, 1), (101, 2), (200, 2), (201, 3)])
def test_a_batch_counts_as_one_request_for_each_hundred_addresses(key, monkeypatch, addresses, requests):
    counted = []
    monkeypatch.setattr(keys, "count", lambda _holder, requests=1: counted.append(requests))
    post("decisions/batch", {**BATCH, "addresses": [ASHA_PHONE] * addresses}, key=key)
    assert sum(counted) == requests


def test_a_large_batch_counts_as_several_requests(key, settings):
    settings.API_REQUESTS_PER_MINUTE = 30
    addresses = [f"+91980{place:07d}" for place in range(2_000)]
    codes = [post("decisions/batch", {**BATCH, "addresses": addresses}, key=key).status_code for _ in range(4)]
    assert codes[0] == 200
    assert 429 in codes


def test_recording_a_call_needs_a_yes_of_everybody_at_the_number(asha, key):
    call = {"purpose": "call_recording", "kind": "phone", "address": ASHA_PHONE}
    assert post("process", call, key=key).json()["reason"] == "NO_CONSENT"
    said(asha, "given", channel="none", purpose="call_recording")
    assert post("process", call, key=key).json()["allowed"]
    assert post("process", {"purpose": "call_recording", "subject": str(asha.subject.ref)}, key=key).json()["allowed"]
    person(email="brother@acme.example")
    assert not post("process", call, key=key).json()["allowed"]
    assert GivenAnswer.objects.count() == 4


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ({"purpose": "no_such", "kind": "phone", "address": ASHA_PHONE}, Reason.NO_SUCH_PURPOSE),
        ({"purpose": "analytics", "kind": "phone", "address": "+919811112222"}, Reason.NO_CONSENT),
        ({"purpose": "analytics", "kind": "email", "address": "nobody"}, Reason.NO_SUCH_ADDRESS),
        ({"purpose": "marketing", "kind": "phone", "address": ASHA_PHONE}, Reason.IS_A_MESSAGE),
        ({"purpose": "marketing", "kind": "phone", "address": "+919811112222"}, Reason.IS_A_MESSAGE),
    ],
)
def test_unknown_is_no(asha, key, asked, reason):
    assert post("process", asked, key=key).json()["reason"] == reason


def test_nobody_named_is_said(key):
    assert post("process", {"purpose": "analytics"}, key=key).json()["code"] == "NOBODY_NAMED"


def test_a_key_is_read_as_described(key):
    assert get("key", key=key).status_code == 200


def test_a_batch_of_one_number_is_proved_with_its_salt_and_not_found_by_guessing(asha, key):
    salts = []
    for _time in range(2):
        answer = post("decisions/batch", {**BATCH, "addresses": [ASHA_PHONE]}, key=key).json()
        salts.append(answer["salt"])
        event = AuditEvent.objects.latest("pk")
        assert event.facts["asked_sha256"] == hashlib.sha256((answer["salt"] + ASHA_PHONE).encode()).hexdigest()
        assert answer["salt"] not in str(event.facts)
    assert salts[0] != salts[1]
