"""Telling what one blocks: a receipt, a leaf, and every form of the gate says no from then on, whatever was agreed to."""

import io
import json
from datetime import timedelta

import pytest

from consent.base.selectors import contact_rulebook
from consent.collection.services import dnd_preferences
from consent.decisions.selectors import point_in_time
from consent.decisions.services import list_scrub
from consent.decisions.services.bulk_decisions import Question, decide_all
from consent.decisions.services.contact_decisions import may_contact, may_process
from consent.models import ConsentReceipt, Preference, PreferenceChange
from consent.preferences.services import preferences
from consent.preferences.services.preferences import Blocked, WishList
from consent.records.services import receipts
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor, clock
from portal.kernel.core.errors import LostRace, Refused
from portal.kernel.law.choices import DayType, PreferenceCategory
from portal.kernel.law.models import LegalRule
from portal.kernel.people.models import Fiduciary
from portal.kernel.people.services import subjects
from tests.consent.factories import ASHA, ASHA_PHONE, person, published_notice, said
from tests.consent.worlds import at_hour, block
from tests.people.factories import ContactPointFactory, FiduciaryFactory, PrincipalFactory, SubjectFactory
from tests.registers.factories import entity_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("law")]


@pytest.fixture
def asha(law):
    published_notice()
    asha = person()
    for channel in ("sms", "voice", "whatsapp", "email"):
        said(asha, "given", channel=channel)
    return asha


def reasons(channel="sms", hour=12, purpose="marketing", fiduciary="onesetu"):
    """One answer each of the single question, the batch and the scrub; they have to be the same."""
    at, address = at_hour(hour), ASHA if channel == "email" else ASHA_PHONE
    question = Question(purpose, channel, at, fiduciary=fiduciary)
    alone = may_contact(address=address, purpose=purpose, channel=channel, at=at, fiduciary=fiduciary)
    (together,) = decide_all(question, [address])
    out = b"".join(list_scrub.Scrub(question).lines(io.BytesIO(address.encode()))).decode()
    found = {str(alone.reason), str(together.reason), out.split(",")[-1].strip()}
    assert len(found) == 1
    assert alone.valid_until == together.valid_until
    return found.pop()


@pytest.mark.parametrize(
    ("lists", "sms", "voice"),
    [
        ({"categories": ["finance"]}, "DND_BLOCKED", "DND_BLOCKED"),
        ({"modes": ["voice"]}, "ALLOWED_BY_CONSENT", "DND_BLOCKED"),
        ({"bands": ["12:00-14:00"]}, "DND_HOURS", "DND_HOURS"),
        ({"bands": ["14:00-16:00"]}, "ALLOWED_BY_CONSENT", "ALLOWED_BY_CONSENT"),
        ({"days": DayType.values}, "DND_HOURS", "DND_HOURS"),
    ],
)
def test_each_form_of_the_gate_says_no_though_the_person_agreed(asha, lists, sms, voice):
    assert reasons() == "ALLOWED_BY_CONSENT"
    assert block(asha.subject.ref, **lists)
    assert (reasons("sms"), reasons("voice")) == (sms, voice)
    assert reasons("email") == "ALLOWED_BY_CONSENT"
    assert reasons(purpose="account_service") == "ALLOWED_ESSENTIAL"
    assert may_contact(address=ASHA_PHONE, purpose="marketing", channel="sms", at=at_hour(12)).retry_at == (
        at_hour(14) if "bands" in lists and sms == "DND_HOURS" else at_hour(21) if "days" in lists else None
    )
    said(asha, "given", occurred_at=clock.now())
    assert reasons() == sms
    block(asha.subject.ref)
    assert reasons() == "ALLOWED_BY_CONSENT"


@pytest.mark.parametrize(
    ("advertises", "blocked", "reason"),
    [
        (["communication"], "food", "ALLOWED_BY_CONSENT"),
        (["communication"], "communication", "DND_BLOCKED"),
        (["communication", "food"], "food", "DND_BLOCKED"),
        ([], "food", "DND_BLOCKED"),
    ],
)
def test_what_two_people_entered_says_what_a_sender_s_messages_are_about(asha, advertises, blocked, reason):
    entity_of(Fiduciary.objects.get(code="onesetu"), advertises=advertises)
    contact_rulebook.forget()
    block(asha.subject.ref, categories=[blocked])
    assert reasons() == reason
    found = {then.channel: str(then.verdict.reason) for then in point_in_time.of_person(asha.subject.ref, at_hour(12))}
    assert found["sms"] == reason


def test_it_holds_for_every_fiduciary_and_for_whoever_holds_the_number(asha):
    FiduciaryFactory(code="acme-bank")
    said(asha, "given", fiduciary="acme-bank")
    brother = PrincipalFactory()
    ContactPointFactory(principal=brother, kind="phone", address=ASHA_PHONE)
    block(brother.subject.ref, modes=["sms"])
    assert reasons() == reasons(fiduciary="acme-bank") == "DND_BLOCKED"


def test_one_act_is_a_receipt_a_fact_a_row_and_one_leaf_with_codes_only(asha):
    before = AuditEvent.objects.count()
    receipt = block(asha.subject.ref, days=["sun", "mon"], categories=["health", "finance"])
    row, change = Preference.objects.get(), PreferenceChange.objects.get()
    assert (row.blocked_categories, row.blocked_days) == ("finance health", "mon sun")
    assert (change.receipt, change.blocked_days) == (receipt, "mon sun")
    event = AuditEvent.objects.latest("pk")
    assert AuditEvent.objects.count() - before == 1
    assert event.entry == change.entry
    assert event.facts == {
        "reference": receipt.reference, "way": "page", "categories": "finance health", "modes": None, "bands": None,
        "days": "mon sun",
    }  # fmt: skip
    assert ASHA_PHONE not in json.dumps(event.facts)
    assert not receipts.is_sealed(receipt)


def test_the_same_list_again_writes_nothing(asha):
    block(asha.subject.ref, modes=["sms"])
    assert block(asha.subject.ref, modes=["sms"]) is None
    assert (PreferenceChange.objects.count(), ConsentReceipt.objects.filter(events=None).count()) == (1, 1)


def test_wishes_and_blocks_leave_each_other_as_they_are_under_every_reference(asha):
    old = SubjectFactory(kind="ticket")
    block(old.ref, modes=["sms"])
    subjects.join(old_ref=old.ref, new_ref=asha.subject.ref, actor=actor.SYSTEM, now=clock.now())
    preferences.change(subject_ref=asha.subject.ref, wishes=WishList(pace="two_a_week"), actor=actor.SYSTEM)
    assert dnd_preferences.blocked_of(asha.subject.ref) == Blocked(blocked_modes="sms")
    block(asha.subject.ref, modes=["sms", "rcs"])
    assert preferences.wishes_of(asha.subject.ref).pace == "two_a_week"
    assert reasons() == "DND_BLOCKED"


def test_a_list_that_changed_meanwhile_is_not_overwritten(asha):
    seen = dnd_preferences.blocked_of(asha.subject.ref)
    block(asha.subject.ref, modes=["sms"])
    with pytest.raises(LostRace):
        dnd_preferences.block(
            subject_ref=asha.subject.ref, lists={"days": ["sun"]}, way="page", actor=actor.SYSTEM, seen=seen
        )
    assert dnd_preferences.blocked_of(asha.subject.ref) == Blocked(blocked_modes="sms")


@pytest.mark.parametrize("lists", [{"modes": ["pigeon"]}, {"bands": ["10:00-11:00"]}, {"categories": ["cars"]}])
def test_a_code_that_is_not_offered_is_refused_and_nothing_is_kept(asha, lists):
    with pytest.raises(Refused) as refusal:
        block(asha.subject.ref, **lists)
    assert refusal.value.code == "NOT_OFFERED"
    assert not Preference.objects.exists()


def test_a_band_of_an_older_rule_stays_blocked_and_may_be_lifted(asha):
    block(asha.subject.ref, bands=["12:00-14:00"])
    LegalRule.objects.filter(key="IN-TRAI-PREF-BANDS").update(values=["00:00-12:00", "12:00-24:00"])
    now = dnd_preferences.blocked_of(asha.subject.ref)
    assert "12:00-14:00" in dnd_preferences.offered(at=clock.now(), now_blocked=now).bands
    assert block(asha.subject.ref, bands=["12:00-14:00", "00:00-12:00"])
    assert reasons() == "DND_HOURS"
    assert block(asha.subject.ref)


def test_the_codes_are_those_of_the_rules(law):
    assert len(PreferenceCategory.values) == LegalRule.objects.get(key="IN-TRAI-PREF").amount == 8
    assert LegalRule.objects.get(key="IN-TRAI-PREF-DAYS").values == DayType.values
    unconfirmed = LegalRule.objects.filter(key__startswith="IN-TRAI-PREF-", confidence="M")
    assert {rule.key.rpartition("-")[2] for rule in unconfirmed} == {"MODES", "BANDS", "DAYS"}


def test_the_past_knows_what_was_blocked_then(asha):
    told_at = clock.now() + timedelta(hours=1)
    dnd_preferences.block(
        subject_ref=asha.subject.ref, lists={"modes": ["sms"]}, way="page", actor=actor.SYSTEM, now=told_at
    )

    def is_blocked(at):
        found = {then.channel: str(then.verdict.reason) for then in point_in_time.of_person(asha.subject.ref, at)}
        return found["sms"] == "DND_BLOCKED"

    assert [is_blocked(told_at - timedelta(seconds=1)), is_blocked(told_at)] == [False, True]


def test_processing_that_is_no_message_is_not_asked_about_it(asha):
    said(asha, "given", channel="none", purpose="call_recording")
    block(asha.subject.ref, modes=["voice", "sms"], categories=["finance"])
    assert may_process(subject=asha.subject.ref, purpose="call_recording", at=at_hour(12)).allowed
