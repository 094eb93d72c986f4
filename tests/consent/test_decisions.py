"""The decision on real rows: one statement, the strictest reading, an answer that can be proved."""

import json
import uuid
from datetime import datetime, time, timedelta

import pytest
import rfc8785
import time_machine
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from consent.base.choices import Pace, Way
from consent.base.rules.contact import Reason
from consent.base.selectors import contact_rulebook
from consent.decisions.services import decision_signatures
from consent.decisions.services.contact_decisions import may_contact, may_process
from consent.models import ConsentState
from consent.notices.services import acknowledgements
from consent.preferences.services import preferences
from consent.preferences.services.preferences import WishList
from portal.kernel.core import actor, answers, clock
from portal.kernel.law.models import Purpose
from portal.kernel.outbox.models import Message
from portal.kernel.people.models import Protection
from portal.kernel.people.services import contacts, subjects
from portal.kernel.registers.models import SenderDefect
from portal.kernel.registers.senders.services import sender_entries, sender_issues
from portal.kernel.registers.tasks import note_defect
from tests.consent.factories import ASHA, ASHA_PHONE, PROCESSING, person, published_notice, said
from tests.people.factories import ContactPointFactory, FiduciaryFactory, StaffFactory, SubjectFactory
from tests.registers.factories import agreed_template, registered_sender

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("law")]
NOW = datetime(2027, 2, 3, 12, tzinfo=clock.IST)
NOON = NOW + timedelta(days=1)


@pytest.fixture(autouse=True)
def noon():
    """The day of a run must not matter, nor whether it passes midnight in India meanwhile."""
    with time_machine.travel(NOW):
        yield


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


BILL = {"purpose": "account_service"}


def test_a_header_is_recognised_with_its_prefix_and_suffix_and_without(asha):
    registered_sender("ONESTU", carries=["service", "transactional"])
    for header in ("AD-ONESTU-T", "onestu-t", "ONESTU", "VM-ONESTU"):
        assert ask(**BILL, header=header).reason is Reason.ALLOWED_ESSENTIAL


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("AD-NOBODY-T", Reason.UNKNOWN_HEADER),
        ("AD-ONESTU-P", Reason.HEADER_CATEGORY),
        ("AD-ONESTU-X", Reason.HEADER_CATEGORY),
        ("AD-ACMEBK-T", Reason.HEADER_OF_ANOTHER),
    ],
)
def test_a_header_that_is_not_registered_so_for_the_fiduciary_stops_even_what_is_owed(asha, header, reason):
    registered_sender("ONESTU")
    registered_sender("ACMEBK", fiduciary=FiduciaryFactory(code="acme-bank"))
    decision = ask(**BILL, header=header)
    assert decision.reason is reason
    assert not decision.allowed
    assert decision.sentence.startswith("No")


def test_a_template_must_be_agreed_to_belong_to_the_fiduciary_and_to_the_header(asha):
    header, other = registered_sender("ONESTU"), registered_sender("ONESTX")
    agreed_template(template_id="1107", senders=[header])
    acme = FiduciaryFactory(code="acme-bank", name="Acme Bank")
    agreed_template(
        template_id="1108", fiduciary=acme, senders=[registered_sender("ACMEBK", fiduciary=acme)], brand="Onesetu"
    )
    assert ask(**BILL, header="ONESTU-T", template="1107").allowed
    assert ask(**BILL, header=other.value, template="1107").reason is Reason.TEMPLATE_NOT_FOR_HEADER
    assert ask(**BILL, template="whatever").reason is Reason.TEMPLATE_NOT_APPROVED
    assert ask(**BILL, template="1108").reason is Reason.TEMPLATE_OF_ANOTHER


def test_what_has_ended_stops_at_once(asha):
    header = registered_sender("ONESTU")
    template = agreed_template(template_id="1107", senders=[header])
    assert ask(**BILL, header="ONESTU", template="1107").allowed
    administrator = actor.staff(StaffFactory(roles=["administrator"]).pk)
    sender_entries.end(template, actor=administrator, now=clock.now())
    assert ask(**BILL, header="ONESTU", template="1107").reason is Reason.TEMPLATE_ENDED
    sender_entries.end(header, actor=administrator, now=clock.now())
    assert ask(**BILL, header="ONESTU").reason is Reason.HEADER_ENDED


@pytest.fixture
def told(monkeypatch):
    """Defects are recorded at once, by the task itself."""
    monkeypatch.setattr(sender_issues, "enqueue", lambda name, *args: note_defect(*args))


def test_a_bill_under_a_promotional_header_is_promotion_and_a_defect(asha, told):
    header = registered_sender("567890", carries=["promotional"])
    for _time in range(2):
        assert ask(**BILL, header="AD-567890-P").reason is Reason.NO_CONSENT
    defect = SenderDefect.objects.get()
    assert (defect.purpose, defect.sender, defect.template, defect.category) == (
        "account_service",
        header,
        None,
        "promotional",
    )
    sender_issues.forget()
    ask(**BILL, header="AD-567890-P")
    assert SenderDefect.objects.count() == 1


@pytest.mark.parametrize(
    ("sent_as", "reason"),
    [
        ({"header": "ONESTU"}, "HEADER_CATEGORY"),
        ({"header": "AD-ONESTU-S"}, "HEADER_CATEGORY"),
        ({"header": "AD-ONESTU-P"}, "HEADER_CATEGORY"),
        ({"template": "1107"}, "TEMPLATE_CATEGORY"),
        ({"header": "ONESTU", "template": "1107"}, "TEMPLATE_CATEGORY"),
        ({"header": "567890", "template": "1107"}, "TEMPLATE_NOT_FOR_HEADER"),
    ],
)
def test_promotion_from_a_header_or_in_a_template_that_is_not_registered_for_it_is_refused(asha, told, sent_as, reason):
    said(asha, "given")
    registered_sender("567890", carries=["promotional"])
    agreed_template(template_id="1107", senders=[registered_sender("ONESTU", carries=["service", "transactional"])])
    decision = ask(**sent_as)
    assert (decision.allowed, decision.reason) == (False, reason)
    assert ask(header="567890").allowed


def test_promotion_under_a_bills_template_is_a_defect(asha, told):
    said(asha, "given")
    agreed_template(template_id="1107", senders=[registered_sender("ONESTU")])
    ask(header="ONESTU", template="1107")
    assert SenderDefect.objects.get().category == "promotional"


def test_what_agrees_is_no_defect(asha, told):
    said(asha, "given")
    promotional = registered_sender("567890", carries=["promotional"])
    agreed_template(
        template_id="1109", category="promotional", senders=[promotional], text="Onesetu: 20% off. Reply STOP to stop."
    )
    assert ask(header="AD-567890-P", template="1109").allowed
    assert ask(purpose="policy_and_security", header=registered_sender("ONESTU").value).allowed
    assert not SenderDefect.objects.exists()


def test_header_and_template_cost_no_statement_once_they_were_read(asha, django_assert_num_queries):
    agreed_template(template_id="1107", senders=[registered_sender("ONESTU")])
    asked = {**BILL, "header": "AD-ONESTU-T", "template": "1107"}
    assert ask(**asked).allowed
    with django_assert_num_queries(0):
        assert ask(**asked).allowed


def test_a_yes_counts_from_the_confirmation_of_the_address_on(asha):
    contact = ContactPointFactory(principal=asha, kind="phone", address="+919800000001", verified_at=None)
    said(asha, "given", address="+919800000001")
    assert ask(address="+919800000001").reason is Reason.ADDRESS_UNVERIFIED
    contacts.verify(contact=contact, actor=actor.SYSTEM)
    assert ask(address="+919800000001").allowed


def test_a_confirmation_that_ended_with_the_address_does_not_count_when_it_is_added_again(asha):
    address = {"principal": asha, "kind": "phone", "address": "+919800000001"}
    ContactPointFactory(**address, left_at=clock.now() - timedelta(days=2))
    ContactPointFactory(**address, verified_at=None)
    said(asha, "given", address="+919800000001")
    assert ask(address="+919800000001").reason is Reason.ADDRESS_UNVERIFIED


def test_a_yes_ends_without_anybody_recording_the_end(asha):
    event = said(asha, "given")
    assert ask(at=datetime.combine(event.expires_at.date() + timedelta(days=2), time(12), tzinfo=clock.IST)).reason is (
        Reason.CONSENT_EXPIRED
    )


def wish(asha, **wishes):
    preferences.change(subject_ref=asha.subject.ref, wishes=WishList(**wishes), actor=actor.SYSTEM)


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
    from portal.kernel.core import addresses

    ConsentState.objects.filter(pk=other.pk).update(address_key=addresses.address_key(ASHA_PHONE))
    assert ask().reason is Reason.CONSENT_WITHDRAWN


def test_the_wish_of_a_holder_under_another_lookup_key_counts(asha, settings, django_assert_num_queries):
    said(asha, "given")
    settings.LOOKUP_KEYS_OLD = [settings.LOOKUP_KEY]
    settings.LOOKUP_KEY = "another lookup key of more than thirty-two characters"
    ask()
    with django_assert_num_queries(0):  # alone at the number: as quick as with one key
        assert ask().allowed
    ravi = person(email="ravi@acme.example")
    wish(ravi, paused_until=NOON + timedelta(days=3))
    assert ask().reason is Reason.PAUSED


def test_the_dashboard_and_push_are_asked_by_subject(asha):
    said(asha, "given", channel="dashboard")
    assert ask(channel="dashboard", address="", subject_ref=asha.subject.ref, at=NOON.replace(hour=23)).allowed
    assert not ask(channel="dashboard", address="", subject_ref=uuid.uuid4()).allowed


def test_the_outbox_asks_this_gate(asha):
    said(asha, "given", channel="email")
    gate = {"address": ASHA, "purpose": "marketing", "channel": "email", "at": NOON, "fiduciary": "onesetu"}
    assert answers.send_gate.ask(**gate).allowed
    said(asha, "withdrawn", channel="email", occurred_at=clock.now())
    assert not answers.send_gate.ask(**gate).allowed


def test_a_signed_answer_can_be_proved_and_one_changed_word_breaks_it(asha):
    said(asha, "given")
    key = Ed25519PublicKey.from_public_bytes(decision_signatures.public_key())
    decision = ask(sign=True)
    key.verify(bytes.fromhex(decision.signature), decision_signatures.signed_text(decision))
    with pytest.raises(InvalidSignature):
        key.verify(
            bytes.fromhex(decision.signature), decision_signatures.signed_text(decision).replace(b"true", b"null")
        )
    assert ASHA_PHONE[-10:].encode() not in decision_signatures.signed_text(decision)
    assert ask().signature is None


@pytest.mark.parametrize("purpose", ["marketing", "account_service", "no_such", "naïve “purpose”"])
def test_what_is_signed_is_canonical_json(asha, purpose):
    signed = decision_signatures.signed_text(ask(purpose=purpose))
    assert signed == rfc8785.dumps(json.loads(signed))


def test_an_answer_takes_one_statement_once_the_rules_are_read(asha, django_assert_num_queries):
    said(asha, "given")
    ask()
    with django_assert_num_queries(0):  # the one statement goes to the driver itself
        assert ask().allowed


@pytest.mark.parametrize("purpose", PROCESSING)
def test_processing_that_is_no_message_needs_a_yes_of_its_own(asha, purpose):
    def ask_all():
        return {each: may_process(subject=asha.subject.ref, purpose=each, at=NOON) for each in PROCESSING}

    assert {answer.reason for answer in ask_all().values()} == {Reason.NO_CONSENT}
    said(asha, "given", channel="none", purpose=purpose)
    assert [each for each, answer in ask_all().items() if answer.allowed] == [purpose]
    said(asha, "withdrawn", channel="none", purpose=purpose, occurred_at=clock.now())
    assert ask_all()[purpose].reason is Reason.CONSENT_WITHDRAWN


@pytest.mark.parametrize(
    ("purpose", "is_allowed"), [("ai_tools", False), ("analytics", False), ("call_recording", True)]
)
def test_what_follows_a_person_is_never_done_to_a_child_whatever_was_said(asha, purpose, is_allowed):
    said(asha, "given", channel="none", purpose=purpose)
    Protection.objects.create(subject_ref=asha.subject.ref, kind="child", ground="declared", noted_at=clock.now())
    assert may_process(subject=asha.subject.ref, purpose=purpose, at=NOON).allowed is is_allowed


@pytest.mark.parametrize("purpose", ["marketing", "billing"])
def test_a_purpose_of_messages_is_no_processing_even_after_a_yes(asha, purpose):
    said(asha, "given")
    answer = may_process(subject=asha.subject.ref, purpose=purpose, at=NOON)
    assert answer.reason is Reason.IS_A_MESSAGE
    assert "messages" in answer.sentence


def test_a_use_for_a_company_that_we_do_not_know_is_refused_as_such(asha):
    answer = may_process(subject=asha.subject.ref, purpose="fraud_prevention", fiduciary="nobody", at=NOON)
    assert (answer.allowed, answer.reason) == (False, Reason.NO_SUCH_FIDUCIARY)


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


PAUSE = {"paused_until": NOON + timedelta(days=3)}
QUIET = {"quiet_from": time(11), "quiet_until": time(13)}
QUIET_FOR_SERVICE = {**QUIET, "quiet_for_service": True}
TWO = {"pace": Pace.TWO_A_WEEK}


@pytest.fixture
def unasked(asha):
    """A service purpose on another ground than consent: messages for it go to addresses about which nobody said a word."""
    Purpose.objects.filter(code="product_updates").update(bases={"IN": "contract", "EU": "contract"})
    contact_rulebook.forget()
    return asha


def sent(subject_ref, count):
    for number in range(count):
        Message.objects.create(
            reference=f"OS-MS-{number}", kind="x.y", subject_ref=subject_ref, fiduciary="onesetu", channel="sms",
            language="en", purpose="product_updates", category="service", about=f"x:{number}", template_sha256="",
            template_language="en", state="sent", message_id=f"<{number}>", attempts_allowed=1,
            created_at=NOON, sent_at=NOON - timedelta(days=1),
        )  # fmt: skip


@pytest.mark.parametrize("has_state", [False, True])
@pytest.mark.parametrize(
    ("wishes", "service", "promotion"),
    [
        ({}, None, None),
        (PAUSE, Reason.PAUSED, Reason.PAUSED),
        (QUIET, None, Reason.QUIET_HOURS),
        (QUIET_FOR_SERVICE, Reason.QUIET_HOURS, Reason.QUIET_HOURS),
        (TWO, Reason.TOO_OFTEN, Reason.TOO_OFTEN),
    ],
)
def test_wishes_count_with_and_without_an_answer_for_the_address(unasked, has_state, wishes, service, promotion):
    if wishes:
        wish(unasked, **wishes)
    sent(unasked.subject.ref, 2)
    if has_state:
        said(unasked, "given", purpose="product_updates")
    said(unasked, "given")
    for_service, for_promotion = ask(purpose="product_updates"), ask()
    assert for_service.reason is (service or Reason.ALLOWED_NO_OBJECTION)
    assert for_promotion.reason is (promotion or Reason.ALLOWED_BY_CONSENT)
    for owed in ("account_service", "policy_and_security"):
        assert ask(purpose=owed).reason is Reason.ALLOWED_ESSENTIAL


def test_the_wish_of_everybody_at_an_address_counts(unasked):
    said(unasked, "given")
    brother = person(email="brother@acme.example")
    assert ask().allowed
    assert ask(purpose="product_updates").allowed
    wish(brother, **PAUSE)
    assert ask().reason is Reason.PAUSED
    assert ask(purpose="product_updates").reason is Reason.PAUSED
    assert ask(address=ASHA, channel="email", purpose="product_updates").allowed


def test_a_wish_without_an_address_is_asked_by_subject(unasked):
    wish(unasked, **PAUSE)
    on_dashboard = {"address": "", "channel": "dashboard", "purpose": "product_updates"}
    assert ask(**on_dashboard, subject_ref=unasked.subject.ref).reason is Reason.PAUSED
    gone = {"address": "+919811112222", "purpose": "product_updates"}
    assert ask(**gone).allowed
    assert ask(**gone, subject_ref=unasked.subject.ref).reason is Reason.PAUSED


def test_no_answer_about_an_address_of_several_lasts_longer_than_the_shortest_wish(unasked):
    said(unasked, "given")
    wish(person(email="brother@acme.example"), paused_until=NOON - timedelta(hours=1))
    wish(unasked, quiet_from=time(20), quiet_until=time(10))
    assert ask().valid_until == NOON.replace(hour=20)


@pytest.fixture
def earlier(asha):
    """A reference under which the person was known before it was joined to hers."""
    old = SubjectFactory(kind="principal")
    subjects.join(old_ref=old.ref, new_ref=asha.subject.ref, actor=actor.SYSTEM, now=clock.now())
    return old.ref


def test_a_no_under_an_earlier_reference_counts_for_processing(asha, earlier):
    under = {"subject_ref": earlier, "channel": "none"}
    said(asha, "denied", purpose="analytics", **under)
    said(asha, "denied", purpose="kyc_verification", **under)
    for purpose in ("analytics", "kyc_verification"):
        assert may_process(subject=asha.subject.ref, purpose=purpose, at=NOON).reason is Reason.CONSENT_DENIED
        assert may_process(subject=earlier, purpose=purpose, at=NOON).reason is Reason.CONSENT_DENIED


def test_of_words_under_several_references_the_latest_counts(asha, earlier):
    hour = timedelta(hours=1)
    said(asha, "denied", purpose="analytics", channel="none", subject_ref=earlier, occurred_at=clock.now() - 2 * hour)
    said(asha, "given", purpose="analytics", channel="none", occurred_at=clock.now() - hour)
    assert may_process(subject=earlier, purpose="analytics", at=NOON).allowed
    said(asha, "withdrawn", purpose="analytics", channel="none", subject_ref=earlier)
    assert may_process(subject=asha.subject.ref, purpose="analytics", at=NOON).reason is Reason.CONSENT_WITHDRAWN


def test_push_and_dashboard_hear_what_was_said_under_an_earlier_reference(asha, earlier):
    asked = {"address": "", "channel": "push", "subject_ref": asha.subject.ref}
    said(asha, "given", channel="push", subject_ref=earlier, occurred_at=clock.now() - timedelta(hours=1))
    assert ask(**asked).allowed
    said(asha, "withdrawn", channel="push")
    assert ask(**asked).reason is Reason.CONSENT_WITHDRAWN
    assert ask(**{**asked, "subject_ref": earlier}).reason is Reason.CONSENT_WITHDRAWN


def test_wishes_pace_and_confirmation_hold_under_every_reference(asha, earlier):
    said(asha, "given", subject_ref=earlier)
    assert ask().allowed, "the address is confirmed under the later reference"
    wish(asha, **TWO)
    sent(earlier, 2)
    assert ask().reason is Reason.TOO_OFTEN
    wish(asha, **PAUSE)
    assert ask().reason is Reason.PAUSED
    assert preferences.wishes_of(earlier).paused_until == PAUSE["paused_until"]


def test_a_text_seen_under_an_earlier_reference_was_seen(asha, earlier):
    text = published_notice(code="policy", asks=()).binding
    acknowledgements.acknowledge(subject_ref=earlier, text=text, actor=actor.SYSTEM)
    assert acknowledgements.has_seen(asha.subject.ref, text)


def test_text_outside_a_template_may_not_go_by_sms_although_the_person_said_yes(asha):
    said(asha, "given")
    decision = ask(free_text=True)
    assert (decision.allowed, decision.reason) == (False, Reason.TEMPLATE_NEEDED)


def test_a_template_is_left_open_only_where_the_text_was_not_said_to_be_in_none(asha):
    said(asha, "given", channel="whatsapp")
    assert ask(channel="whatsapp").unchecked == ("header", "template")
    assert ask(channel="whatsapp", free_text=True).unchecked == ("header",)


def test_what_needs_no_consent_is_allowed_and_signed_only_where_that_is_asked_for(asha):
    asked = {"subject": asha.subject.ref, "purpose": "fraud_prevention", "at": NOON}
    plain, signed = may_process(**asked), may_process(**asked, sign=True)
    assert (plain.allowed, plain.reason, plain.seal) == (True, Reason.ALLOWED_OTHER_BASIS, None)
    assert signed.seal is not None


def test_a_decision_shows_no_key_of_an_address_where_it_is_printed(asha):
    decision = ask()
    assert decision.about[1] not in repr(decision)
