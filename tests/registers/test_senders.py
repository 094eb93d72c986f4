"""Headers, numbers, links and entities in the books: two people, one fiduciary at a time, ended and not deleted."""

from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import clock
from portal.kernel.core.actor import SYSTEM, staff
from portal.kernel.core.errors import IllegalMove, LostRace, NotAllowed, PortalError, Refused
from portal.kernel.people.choices import Answer
from portal.kernel.registers.models import ListedTarget, Sender
from portal.kernel.registers.senders.selectors import senders as sender_selectors
from portal.kernel.registers.senders.services import sender_entries, senders
from tests.law.factories import LegalRuleFactory
from tests.people.factories import CustomerFactory, CustomerUserFactory, FiduciaryFactory, StaffFactory
from tests.registers.factories import (
    agreed_template,
    entity_of,
    listed_target,
    own,
    proposed_sender,
    registered_sender,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("kinds_of_variables")]


def code_of(refused) -> str:
    return refused.value.code


def test_a_header_is_nobodys_until_a_second_person_agrees(people):
    maker, checker = people
    sender = proposed_sender(maker, "AD-ONESTU-T")
    assert sender.value == "ONESTU"
    assert sender_selectors.owner_of(channel="sms", sender="ONESTU", at=clock.now()) is None
    with pytest.raises(NotAllowed, match="Another person must"):
        sender_entries.answer(sender, approve=True, reason="", actor=maker, now=clock.now())
    sender_entries.answer(sender, approve=True, reason="", actor=checker, now=clock.now())
    assert sender_selectors.owner_of(channel="sms", sender="VM-ONESTU-S", at=clock.now()) == own()


@pytest.mark.parametrize(
    ("kind", "written", "kept", "channel"),
    [
        ("sms_header", "vm-onestu", "ONESTU", "sms"),
        ("short_code", "५६७६७", "56767", "sms"),
        ("whatsapp_number", "98765 43210", "+919876543210", "whatsapp"),
        ("rcs_agent", "Onesetu_Agent", "onesetu_agent", "rcs"),
        ("voice_number", "1600 123-456", "1600123456", "voice"),
    ],
)
def test_a_sender_is_found_however_it_is_written(kind, written, kept, channel):
    sender = registered_sender(written, kind=kind)
    assert sender.value == kept
    assert sender_selectors.owner_of(channel=channel, sender=written, at=clock.now()) == own()
    assert sender_selectors.owner_of(channel="email", sender=written, at=clock.now()) is None


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"value": "VM-ONESTU-G"}, "GOVERNMENT_HEADER"),
        ({"value": "VM-ONESTU-P"}, "HEADER_CATEGORY"),
        ({"value": "Ö"}, "SENDER_FORMAT"),
        ({"value": "12", "kind": "whatsapp_number"}, "SENDER_FORMAT"),
        ({"carries": []}, "CATEGORY_MISSING"),
        ({"carries": ["anything"]}, "CATEGORY_MISSING"),
        ({"records_calls": True, "announcement": "This call is recorded."}, "RECORDING_WITHOUT_ANNOUNCEMENT"),
        ({"kind": "voice_number", "value": "1600123456", "records_calls": True}, "RECORDING_WITHOUT_ANNOUNCEMENT"),
    ],
)
def test_what_cannot_be_a_sender_is_refused_with_what_to_do(people, changes, code):
    with pytest.raises(Refused) as refused:
        proposed_sender(people[0], **{"value": "ONESTU", **changes})
    assert code_of(refused) == code


def test_a_voice_number_of_another_series_is_refused(people):
    LegalRuleFactory(
        key="IN-TRAI-SERIES", kind="field_list", amount=None, unit="none", values=["140: promotional voice"]
    )
    with pytest.raises(Refused) as refused:
        proposed_sender(people[0], "1401234567", kind="voice_number", carries=["service"])
    assert code_of(refused) == "SERIES"


def test_a_sender_belongs_to_one_fiduciary_and_to_another_once_it_was_ended(people):
    maker, checker = people
    first = registered_sender("ONESTU")
    acme, now = FiduciaryFactory(), clock.now()
    with pytest.raises(Refused) as refused:
        proposed_sender(maker, "ONESTU", fiduciary=acme, starts_at=now)
    assert code_of(refused) == "ENTRY_TAKEN"
    sender_entries.end(first, actor=maker, now=now)
    second = proposed_sender(maker, "ONESTU", fiduciary=acme, starts_at=now)
    sender_entries.answer(second, approve=True, reason="", actor=checker, now=clock.now())
    assert sender_selectors.owner_of(channel="sms", sender="ONESTU", at=second.starts_at - timedelta(hours=1)) == own()
    assert sender_selectors.owner_of(channel="sms", sender="ONESTU", at=clock.now()) == acme


def midnight(days):
    day = clock.day(clock.now()) + timedelta(days=days)
    return datetime(day.year, day.month, day.day, tzinfo=clock.IST)


@pytest.mark.parametrize("days", [-2500, -1])
def test_nothing_is_entered_as_if_it_had_held_before_today(people, days):
    with pytest.raises(Refused) as refused:
        proposed_sender(people[0], "ONESTU", starts_at=midnight(days))
    assert code_of(refused) == "DAY_PASSED"
    assert set(refused.value.fields) == {"starts_at"}
    assert not Sender.objects.exists()


@pytest.mark.parametrize(("days", "waits"), [(0, 0), (0, 3), (1, 3), (9, 3)])
def test_an_entry_holds_from_its_day_and_never_before_somebody_agreed(people, days, waits):
    maker, checker = people
    sender = proposed_sender(maker, "ONESTU", starts_at=midnight(days))
    agreed = clock.now() + timedelta(days=waits)
    sender_entries.answer(sender, approve=True, reason="", actor=checker, now=agreed)
    sender.refresh_from_db()
    assert sender.starts_at == max(midnight(days), agreed)
    before = sender.starts_at - timedelta(seconds=1)
    assert sender_selectors.owner_of(channel="sms", sender="ONESTU", at=before) is None
    assert sender_selectors.owner_of(channel="sms", sender="ONESTU", at=sender.starts_at) == own()


def test_the_same_digits_are_no_header_of_one_and_short_code_of_another(people):
    registered_sender("56767", kind="short_code")
    with pytest.raises(Refused) as refused:
        proposed_sender(people[0], "56767", fiduciary=FiduciaryFactory())
    assert code_of(refused) == "ENTRY_TAKEN"


@pytest.mark.parametrize("is_agreed", [True, False])
@pytest.mark.parametrize("what", ["sender", "entity", "link"])
def test_a_double_is_refused_when_it_is_proposed_and_not_only_when_somebody_is_to_agree(people, what, is_agreed):
    maker, checker = people
    common = {"fiduciary": own(), "starts_at": clock.now(), "actor": maker, "now": clock.now()}

    def proposed():
        if what == "entity":
            return senders.propose_entity(**common, entity_id="1101234567890")
        if what == "link":
            return senders.propose_target(**common, kind="link", value="https://onesetu.example/")
        return proposed_sender(maker)

    first = proposed()
    if is_agreed:
        sender_entries.answer(first, approve=True, reason="", actor=checker, now=clock.now())
    count = AuditEvent.objects.count()
    with pytest.raises(Refused) as refused:
        proposed()
    assert code_of(refused) == ("ENTRY_TAKEN" if is_agreed else "ENTRY_WAITING")
    assert set(refused.value.fields) == {"entity_id" if what == "entity" else "value"}
    assert (type(first).objects.count(), AuditEvent.objects.count()) == (1, count)
    if not is_agreed:  # a refused proposal is in nobody's way
        sender_entries.answer(first, approve=False, reason="Another one.", actor=checker, now=clock.now())
        proposed()


@pytest.fixture
def unseen(monkeypatch):
    """Proposes what another person proposes in the same instant: neither sees the other's."""

    def proposing(*args, **kwargs):
        with monkeypatch.context() as patch:
            patch.setattr(sender_entries, "require_new", lambda entry: None)
            return proposed_sender(*args, **kwargs)

    return proposing


def test_of_two_proposed_in_the_same_instant_one_may_be_agreed_to(people, unseen):
    maker, checker = people
    registered_sender("ONESTU")
    second = unseen(maker, "ONESTU", fiduciary=FiduciaryFactory())
    with pytest.raises(Refused) as refused:
        sender_entries.answer(second, approve=True, reason="", actor=checker, now=clock.now())
    assert code_of(refused) == "ENTRY_TAKEN"


def test_the_database_itself_keeps_a_sender_for_one_fiduciary(people, unseen):
    sender = registered_sender("ONESTU")
    other = unseen(people[0], "ONESTU", fiduciary=FiduciaryFactory())
    with pytest.raises(IntegrityError), transaction.atomic():
        Sender.objects.filter(pk=other.pk).update(
            answer=Answer.APPROVED, checked_by=sender.checked_by, checked_at=clock.now()
        )


def test_an_entry_ends_once_and_only_after_a_yes(people):
    maker, _checker = people
    waiting = proposed_sender(maker, "ONESTX")
    with pytest.raises(IllegalMove):
        sender_entries.end(waiting, actor=maker, now=clock.now())
    sender = registered_sender("ONESTU")
    with pytest.raises(NotAllowed):
        sender_entries.end(sender, actor=staff(CustomerUserFactory().pk), now=clock.now())
    sender_entries.end(sender, actor=maker, now=clock.now())
    with pytest.raises(IllegalMove):
        sender_entries.end(sender, actor=maker, now=clock.now())
    assert Sender.objects.filter(pk=sender.pk, ended_by__isnull=False).exists()


def test_an_entry_ended_before_its_start_never_holds(people):
    later = clock.now() + timedelta(days=2)
    sender = registered_sender("ONESTU", starts_at=later)
    sender_entries.end(sender, actor=people[0], now=clock.now())
    assert sender_selectors.owner_of(channel="sms", sender="ONESTU", at=later + timedelta(days=1)) is None


@pytest.mark.parametrize(
    ("kind", "value", "kept"),
    [
        ("link", "https://Onesetu.example/pay", "https://onesetu.example/pay"),
        ("number", "1800 123 4567", "18001234567"),
    ],
)
def test_a_listed_target_is_kept_in_its_normal_form(kind, value, kept):
    assert listed_target(value, kind=kind).value == kept


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("link", "http://onesetu.example"),
        ("link", "https://localhost"),
        ("link", "https://a@onesetu.example"),
        ("link", "https://onesetu.example/?next=x"),
        ("link", "https://onesetu.example:port/"),
        ("link", "javascript:alert(1)"),
        ("number", "12"),
        ("number", "call me"),
    ],
)
def test_what_is_no_link_and_no_number_is_refused(people, kind, value):
    with pytest.raises(Refused):
        senders.propose_target(
            fiduciary=own(), kind=kind, value=value, starts_at=clock.now(), actor=people[0], now=clock.now()
        )


def test_a_link_listed_for_one_fiduciary_is_not_listed_for_another():
    listed_target("https://onesetu.example")
    assert sender_selectors.targets(fiduciary=own(), at=clock.now())[0] == ["https://onesetu.example"]
    assert sender_selectors.targets(fiduciary=FiduciaryFactory(), at=clock.now()) == ([], [])


def test_an_entity_links_the_customer_whose_members_see_the_senders(people):
    customer = CustomerFactory()
    acme = FiduciaryFactory()
    entity = entity_of(acme, customer=customer)
    member = CustomerUserFactory(member_of=customer)
    assert list(sender_selectors.fiduciaries_of(member, at=clock.now())) == [acme]
    assert not sender_selectors.fiduciaries_of(
        CustomerUserFactory(member_of=CustomerFactory()), at=clock.now()
    ).exists()
    assert not sender_selectors.fiduciaries_of(StaffFactory(roles=["administrator"]), at=clock.now()).exists()
    sender_entries.end(entity, actor=people[0], now=clock.now())
    assert not sender_selectors.fiduciaries_of(member, at=clock.now()).exists()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"entity_id": "PE-1"}, "ENTITY_ID_FORMAT"),
        ({"individual": True}, "NOT_AN_ORGANISATION"),
        ({"advertises": ["cars"]}, "CATEGORY_UNKNOWN"),
    ],
)
def test_an_entity_needs_an_id_of_digits_and_an_organisation(people, changes, code):
    customer = CustomerFactory(kind="individual") if changes.pop("individual", False) else None
    with pytest.raises(Refused) as refused:
        senders.propose_entity(
            **{"entity_id": "1101234567890123456", "customer": customer, "fiduciary": own(), **changes},
            starts_at=clock.now(), actor=people[0], now=clock.now(),
        )  # fmt: skip
    assert code_of(refused) == code


@pytest.mark.parametrize("role", ["support", "auditor"])
def test_a_role_without_the_act_proposes_nothing(role):
    with pytest.raises(NotAllowed):
        proposed_sender(staff(StaffFactory(roles=[role]).pk))


def test_no_task_and_no_customer_registers_a_sender():
    for actor in (SYSTEM, staff(CustomerUserFactory().pk)):
        with pytest.raises(PortalError):
            proposed_sender(actor)
    assert not Sender.objects.exists()


def test_each_step_is_an_audit_event_without_the_words(people):
    template = agreed_template(senders=[registered_sender("ONESTU")])
    sender_entries.end(template, actor=people[0], now=clock.now())
    listed_target("https://onesetu.example")
    kinds = list(AuditEvent.objects.filter(kind__startswith="registers.").values_list("kind", flat=True))
    assert {f"registers.template.{step}" for step in ("proposed", "answered", "ended")} <= set(kinds)
    assert kinds.count("registers.sender.answered") == 2
    assert template.text not in str(list(AuditEvent.objects.values()))
    assert ListedTarget.objects.count() == 1


def test_of_two_who_agree_at_the_same_moment_one_is_told(people, monkeypatch, unseen):
    maker, checker = people
    registered_sender("ONESTU")
    other = unseen(maker, "ONESTU", fiduciary=FiduciaryFactory())
    monkeypatch.setattr(
        sender_entries, "require_free", lambda entry, **_begins: None
    )  # both looked before either wrote
    with pytest.raises(LostRace):
        sender_entries.answer(other, approve=True, reason="", actor=checker, now=clock.now())
    other.refresh_from_db()
    assert other.answer == Answer.PENDING
