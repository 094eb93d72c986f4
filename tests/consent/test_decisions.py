"""The decision on real rows: one statement, the strictest reading, an answer that can be proved."""

import json
import uuid
from datetime import datetime, time, timedelta

import pytest
import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from consent.models import ConsentState
from consent.rules.contact import Reason
from consent.services import decisions, may_contact, may_process, preferring
from consent.services.preferring import WishList
from consent.states import Pace, Way
from portal.core import actor, clock, hooks
from portal.outbox.models import Message
from portal.people.services import contacts
from tests.consent.factories import ASHA, ASHA_PHONE, person, published_notice, said
from tests.people.factories import ContactPointFactory, FiduciaryFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("law")]
NOON = datetime.combine(clock.now().astimezone(clock.IST).date() + timedelta(days=1), time(12), tzinfo=clock.IST)


@pytest.fixture
def asha(law):
    published_notice()
    return person()


def ask(**changes):
    usual = {"address": ASHA_PHONE, "purpose": "marketing", "channel": "sms", "at": NOON}
    return may_contact(**{**usual, **changes})


def test_silence_is_no(asha):
    assert ask().reason is Reason.NO_CONSENT
    assert not ask().allowed


def test_a_yes_allows_and_names_the_event_the_rules_and_the_hour(asha):
    event = said(asha, "given")
    decision = ask()
    assert decision.allowed
    assert decision.entry == str(event.entry.event_id)
    assert decision.rules[0].startswith("marketing@")
    assert decision.rules[1].startswith("IN-TRAI-HOURS@")
    assert decision.valid_until == NOON.replace(hour=21)
    assert "21:00" in decision.sentence


@pytest.mark.parametrize("address", ["98765 43210", "098765-43210", "+91 98765 43210", "९८७६५४३२१०"])
def test_an_address_is_recognised_however_it_is_written(asha, address):
    said(asha, "given")
    assert ask(address=address).allowed


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"purpose": "no_such"}, Reason.NO_SUCH_PURPOSE),
        ({"fiduciary": "nobody"}, Reason.NO_SUCH_FIDUCIARY),
        ({"channel": "none"}, Reason.NOT_A_MESSAGE),
        ({"channel": "pigeon"}, Reason.NOT_A_MESSAGE),
        ({"purpose": "analytics"}, Reason.NOT_A_MESSAGE),
        ({"address": "12"}, Reason.NO_SUCH_ADDRESS),
        ({"address": "", "channel": "dashboard"}, Reason.NO_SUCH_ADDRESS),
        ({"header": "VM-GOVT-G"}, Reason.GOVERNMENT_HEADER),
        ({"at": NOON.replace(hour=22)}, Reason.OUTSIDE_HOURS),
    ],
)
def test_whatever_is_unknown_or_not_permitted_is_no_with_a_reason(asha, changes, reason):
    said(asha, "given")
    decision = ask(**changes)
    assert not decision.allowed
    assert decision.reason is reason
    assert decision.sentence.startswith("No")


def test_the_yes_for_one_fiduciary_is_no_yes_for_another(asha):
    FiduciaryFactory(code="acme-bank")
    said(asha, "given")
    assert not ask(fiduciary="acme-bank").allowed


def test_what_is_owed_goes_to_anybody_at_any_hour(law):
    decision = ask(address="+919811112222", purpose="account_service", at=NOON.replace(hour=3))
    assert decision.allowed
    assert decision.reason is Reason.ALLOWED_ESSENTIAL


def test_a_promotional_header_or_an_unknown_template_makes_a_bill_promotional(asha):
    bill = {"purpose": "account_service"}
    assert ask(**bill, header="AD-ONESTU-T").allowed
    assert not ask(**bill, header="AD-ONESTU-P").allowed
    assert not ask(**bill, template="whatever").allowed


def test_a_yes_counts_from_the_confirmation_of_the_address_on(asha):
    contact = ContactPointFactory(principal=asha, kind="phone", address="+919800000001", verified_at=None)
    said(asha, "given", address="+919800000001")
    assert ask(address="+919800000001").reason is Reason.ADDRESS_UNVERIFIED
    contacts.verify(contact=contact, actor=actor.SYSTEM)
    assert ask(address="+919800000001").allowed


def test_a_yes_ends_without_anybody_recording_the_end(asha):
    event = said(asha, "given")
    assert ask(at=datetime.combine(event.expires_at.date() + timedelta(days=2), time(12), tzinfo=clock.IST)).reason is (
        Reason.CONSENT_EXPIRED
    )


def wish(asha, **wishes):
    preferring.change(subject_ref=asha.subject.ref, wishes=WishList(**wishes), actor=actor.SYSTEM)


def test_quiet_hours_and_a_pause_hold_until_they_say(asha):
    said(asha, "given")
    wish(asha, quiet_from=time(11), quiet_until=time(13))
    assert ask().reason is Reason.QUIET_HOURS
    assert ask().retry_at == NOON.replace(hour=13)
    wish(asha, paused_until=NOON + timedelta(days=3))
    assert ask().reason is Reason.PAUSED
    assert ask(purpose="account_service").allowed


def test_more_than_the_wished_pace_is_not_sent(asha):
    said(asha, "given")
    wish(asha, pace=Pace.TWO_A_WEEK)
    for number in range(2):
        assert ask().allowed
        Message.objects.create(
            reference=f"OS-MS-{number}", kind="x.y", subject_ref=asha.subject.ref, fiduciary="onesetu", channel="sms",
            language="en", purpose="marketing", category="promotional", about=f"x:{number}", template_sha256="",
            template_language="en", state="sent", message_id=f"<{number}>", attempts_allowed=1,
            created_at=NOON, sent_at=NOON - timedelta(days=1),
        )  # fmt: skip
    assert ask().reason is Reason.TOO_OFTEN
    assert ask(at=NOON + timedelta(days=8)).allowed


def test_of_rows_under_an_old_and_a_new_lookup_key_the_no_wins(asha, settings):
    said(asha, "withdrawn")
    old = settings.LOOKUP_KEY
    settings.LOOKUP_KEYS_OLD = [old]
    settings.LOOKUP_KEY = "another lookup key of more than thirty-two characters"
    ravi = person(email="ravi@acme.example", phone="+919811113333")
    state = ConsentState.objects.get()
    said(ravi, "given", address="+919811113333")
    other = ConsentState.objects.exclude(pk=state.pk).get()
    from portal.core import addresses

    ConsentState.objects.filter(pk=other.pk).update(address_key=addresses.address_key(ASHA_PHONE))
    assert ask().reason is Reason.CONSENT_WITHDRAWN


def test_the_dashboard_and_push_are_asked_by_subject(asha):
    said(asha, "given", channel="dashboard")
    assert ask(channel="dashboard", address="", subject_ref=asha.subject.ref, at=NOON.replace(hour=23)).allowed
    assert not ask(channel="dashboard", address="", subject_ref=uuid.uuid4()).allowed


def test_the_outbox_asks_this_gate(asha):
    said(asha, "given", channel="email")
    gate = {"address": ASHA, "purpose": "marketing", "channel": "email", "at": NOON, "fiduciary": "onesetu"}
    assert hooks.send_gate.ask(**gate).allowed
    said(asha, "withdrawn", channel="email", occurred_at=clock.now())
    assert not hooks.send_gate.ask(**gate).allowed


def test_a_signed_answer_can_be_proved_and_one_changed_word_breaks_it(asha):
    said(asha, "given")
    key = Ed25519PublicKey.from_public_bytes(decisions.public_key())
    decision = ask(sign=True)
    key.verify(bytes.fromhex(decision.signature), decisions.signed_text(decision))
    with pytest.raises(InvalidSignature):
        key.verify(bytes.fromhex(decision.signature), decisions.signed_text(decision).replace(b"true", b"null"))
    assert ASHA_PHONE[-10:].encode() not in decisions.signed_text(decision)
    assert ask().signature is None


@pytest.mark.parametrize("purpose", ["marketing", "account_service", "no_such", "naïve “purpose”"])
def test_what_is_signed_is_canonical_json(asha, purpose):
    signed = decisions.signed_text(ask(purpose=purpose))
    assert signed == rfc8785.dumps(json.loads(signed))


def test_an_answer_takes_one_statement_once_the_rules_are_read(asha, django_assert_num_queries):
    said(asha, "given")
    ask()
    with django_assert_num_queries(0):  # the one statement goes to the driver itself
        assert ask().allowed


def test_processing_that_is_no_message_needs_a_yes_of_its_own(asha):
    subject = asha.subject.ref
    assert may_process(subject=subject, purpose="call_recording", at=NOON).reason is Reason.NO_CONSENT
    said(asha, "given", channel="none", purpose="call_recording")
    assert may_process(subject=subject, purpose="call_recording", at=NOON).allowed
    said(asha, "withdrawn", channel="none", purpose="call_recording", occurred_at=clock.now())
    assert may_process(subject=subject, purpose="call_recording", at=NOON).reason is Reason.CONSENT_WITHDRAWN


def test_processing_on_another_ground_needs_no_consent_and_an_unknown_purpose_is_no(asha):
    subject = asha.subject.ref
    assert may_process(subject=subject, purpose="fraud_prevention", at=NOON).reason is Reason.ALLOWED_OTHER_BASIS
    assert not may_process(subject=subject, purpose="no_such", at=NOON).allowed


def test_a_yes_that_was_imported_with_its_proof_counts(asha):
    event = said(
        asha, "given", address="+919811114444", way=Way.IMPORT, notice_version=None,
        evidence=[{"type": "form", "sha256": "cd" * 32}],
    )  # fmt: skip
    assert event.address_verified
    assert ask(address="+919811114444").allowed
