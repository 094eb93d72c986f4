"""A yes by key press keeps the prompt that was played and the call."""

import hashlib
from datetime import timedelta

import pytest

from consent.collection.services import call_consents
from consent.models import ConsentEvent, ConsentEvidence, ShownText
from portal.kernel.core import actor, clock
from portal.kernel.core.errors import Refused
from portal.kernel.ledger.services import payload_of
from tests.consent.factories import ASHA_PHONE, person, published_notice, said

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("law")]
PROMPT = "Onesetu यहाँ है। ऑफ़र के लिए 1 दबाएँ।"


@pytest.fixture
def asha(law):
    published_notice()
    return person()


def press(who, **changes):
    from consent.models import NoticeText

    usual = {
        "number": ASHA_PHONE, "purpose": "marketing", "channel": "sms", "key": "1", "prompt": PROMPT, "language": "hi",
        "notice": NoticeText.objects.first(), "call_reference": "CALL-2026-0001",
        "occurred_at": clock.now() - timedelta(minutes=1), "actor": actor.system("ivr"),
    }  # fmt: skip
    return call_consents.answered_by_key(subject_ref=who.subject.ref, **{**usual, **changes})


def test_the_prompt_as_played_and_the_call_are_kept_and_the_leaf_names_their_hashes(asha):
    event = press(asha)
    assert (event.answer, event.way, event.channel) == ("given", "voice", "sms")
    pieces = {row.kind: row for row in ConsentEvidence.objects.filter(event=event)}
    played = ShownText.objects.get(sha256=pieces["prompt"].sha256)
    assert played.text == f"{PROMPT}\n[1]"
    assert played.language == "hi"
    assert pieces["call"].reference == "CALL-2026-0001"
    in_leaf = {item["type"]: item["sha256"] for item in payload_of(event.entry)["evidence"]}
    assert in_leaf["prompt"] == hashlib.sha256(f"{PROMPT}\n[1]".encode()).hexdigest()
    assert in_leaf["call"] == hashlib.sha256(b"CALL-2026-0001").hexdigest()


def test_the_same_call_reported_again_records_nothing_more(asha):
    assert press(asha) == press(asha)
    assert ConsentEvent.objects.count() == 1
    assert press(asha, purpose="product_updates") != press(asha)


def test_another_persons_call_with_the_same_prompt_keeps_the_words_once(asha):
    press(asha)
    press(person(email=None, phone="+919811112222"), number="+919811112222", call_reference="CALL-2026-0002")
    assert ShownText.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"prompt": "  "}, "PROMPT_MISSING"),
        ({"key": "yes"}, "NO_KEY"),
        ({"call_reference": ASHA_PHONE}, "CALL_REFERENCE"),
        ({"call_reference": ASHA_PHONE[1:]}, "CALL_REFERENCE"),
        ({"number": "12"}, "PHONE_FORMAT"),
    ],
)
def test_without_a_prompt_a_key_or_a_call_there_is_no_yes(asha, changes, code):
    with pytest.raises(Refused) as refusal:
        press(asha, **changes)
    assert refusal.value.code == code
    assert not ConsentEvent.objects.exists()
    assert not ShownText.objects.exists()


def test_no_other_door_lets_a_key_press_in_without_them(asha):
    with pytest.raises(Refused) as refusal:
        said(asha, "given", way="voice")
    assert refusal.value.code == "PROMPT_MISSING"
    assert said(asha, "withdrawn", way="voice").answer == "withdrawn"


def test_a_second_number_in_the_same_call_has_a_yes_of_its_own(asha):
    other = person(email=None, phone="+919811112222")
    first, second = press(asha), press(other, number="+919811112222")
    assert (second.subject_ref, ConsentEvent.objects.count()) == (other.subject.ref, 2)
    assert press(other, number="+919811112222") == second != first
