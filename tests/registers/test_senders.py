"""Headers, templates and links in the books: two people, one fiduciary at a time, ended and not deleted."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from portal.audit.models import AuditEvent
from portal.core import addresses, clock
from portal.core.actor import SYSTEM, staff
from portal.core.errors import IllegalMove, LostRace, NotAllowed, PortalError, Refused
from portal.law.models import LegalRule
from portal.people.states import Answer
from portal.registers.models import ContentTemplate, LastInbound, ListedTarget, Sender
from portal.registers.selectors import senders as book
from portal.registers.services import entries, senders, templates
from portal.registers.states import TemplateState
from tests.law.factories import LegalRuleFactory
from tests.people.factories import CustomerFactory, CustomerUserFactory, FiduciaryFactory, StaffFactory
from tests.registers.factories import (
    agreed_template,
    consent_template,
    entity_of,
    listed_target,
    own,
    proposed_sender,
    proposed_template,
    registered_sender,
    since,
    two_people,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def kinds_of_variables():
    """The law on templates, and nothing remembered of another test."""
    book.forget()
    LegalRuleFactory(key="IN-TRAI-TPL-KINDS", kind="field_list", amount=None, unit="none", values=["numeric", "url"])
    LegalRuleFactory(key="WA-POLICY", kind="window", amount=24, unit="hour", counting="elapsed")


@pytest.fixture
def people():
    return two_people()


def code_of(refused) -> str:
    return refused.value.code


def test_a_header_is_nobodys_until_a_second_person_agrees(people):
    maker, checker = people
    sender = proposed_sender(maker, "AD-ONESTU-T")
    assert sender.value == "ONESTU"
    assert book.owner_of(channel="sms", sender="ONESTU", at=clock.now()) is None
    with pytest.raises(NotAllowed, match="Somebody else"):
        entries.answer(sender, approve=True, reason="", actor=maker, now=clock.now())
    entries.answer(sender, approve=True, reason="", actor=checker, now=clock.now())
    assert book.owner_of(channel="sms", sender="VM-ONESTU-S", at=clock.now()) == own()


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
    assert book.owner_of(channel=channel, sender=written, at=clock.now()) == own()
    assert book.owner_of(channel="email", sender=written, at=clock.now()) is None


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
    acme = FiduciaryFactory()
    second = proposed_sender(maker, "ONESTU", fiduciary=acme, starts_at=clock.now())
    with pytest.raises(Refused) as refused:
        entries.answer(second, approve=True, reason="", actor=checker, now=clock.now())
    assert code_of(refused) == "ENTRY_TAKEN"
    entries.end(first, actor=maker, now=second.starts_at)
    entries.answer(second, approve=True, reason="", actor=checker, now=clock.now())
    assert book.owner_of(channel="sms", sender="ONESTU", at=second.starts_at - timedelta(hours=1)) == own()
    assert book.owner_of(channel="sms", sender="ONESTU", at=clock.now()) == acme


def test_the_same_digits_are_no_header_of_one_and_short_code_of_another(people):
    maker, checker = people
    registered_sender("56767", kind="short_code")
    header = proposed_sender(maker, "56767", fiduciary=FiduciaryFactory())
    with pytest.raises(Refused):
        entries.answer(header, approve=True, reason="", actor=checker, now=clock.now())


def test_the_database_itself_keeps_a_sender_for_one_fiduciary(people):
    sender = registered_sender("ONESTU")
    other = proposed_sender(people[0], "ONESTU", fiduciary=FiduciaryFactory())
    with pytest.raises(IntegrityError), transaction.atomic():
        Sender.objects.filter(pk=other.pk).update(
            answer=Answer.APPROVED, checked_by=sender.checked_by, checked_at=clock.now()
        )


def test_an_entry_ends_once_and_only_after_a_yes(people):
    maker, _checker = people
    waiting = proposed_sender(maker, "ONESTX")
    with pytest.raises(IllegalMove):
        entries.end(waiting, actor=maker, now=clock.now())
    sender = registered_sender("ONESTU")
    with pytest.raises(NotAllowed):
        entries.end(sender, actor=staff(CustomerUserFactory().pk), now=clock.now())
    entries.end(sender, actor=maker, now=clock.now())
    with pytest.raises(IllegalMove):
        entries.end(sender, actor=maker, now=clock.now())
    assert Sender.objects.filter(pk=sender.pk, ended_by__isnull=False).exists()


def test_an_entry_ended_before_its_start_never_holds(people):
    later = clock.now() + timedelta(days=2)
    sender = registered_sender("ONESTU", starts_at=later)
    entries.end(sender, actor=people[0], now=clock.now())
    assert book.owner_of(channel="sms", sender="ONESTU", at=later + timedelta(days=1)) is None


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
            fiduciary=own(), kind=kind, value=value, starts_at=since(), actor=people[0], now=clock.now()
        )


def test_a_link_listed_for_one_fiduciary_is_not_listed_for_another():
    listed_target("https://onesetu.example")
    assert book.targets(fiduciary=own(), at=clock.now())[0] == ["https://onesetu.example"]
    assert book.targets(fiduciary=FiduciaryFactory(), at=clock.now()) == ([], [])


def test_a_template_with_an_error_is_seen_and_never_agreed_to(people):
    maker, checker = people
    sender = registered_sender("ONESTU")
    template = proposed_template(maker, senders=[sender], text="Onesetu: pay at https://evil.example.")
    assert [find.code for find in templates.findings_of(template)] == ["LINK_NOT_LISTED"]
    with pytest.raises(Refused) as refused:
        templates.answer(template=template, approve=True, actor=checker, now=clock.now())
    assert code_of(refused) == "TEMPLATE_HAS_ERRORS"
    templates.answer(template=template, approve=False, reason="List the link.", actor=checker, now=clock.now())
    assert template.answer == Answer.REFUSED


def test_a_link_that_was_struck_off_meanwhile_stops_the_yes(people):
    maker, checker = people
    target = listed_target("https://onesetu.example")
    template = proposed_template(
        maker, senders=[registered_sender("ONESTU")], text="Onesetu: pay at https://onesetu.example."
    )
    assert template.findings == []
    entries.end(target, actor=maker, now=clock.now())
    with pytest.raises(Refused):
        templates.answer(template=template, approve=True, actor=checker, now=clock.now())


def test_a_warning_needs_a_reason_that_both_people_are_bound_to(people):
    maker, checker = people
    asked = {"senders": [registered_sender("ONESTU")], "text": "Onesetu: the return is free of charge."}
    with pytest.raises(Refused) as refused:
        proposed_template(maker, **asked)
    assert code_of(refused) == "WHY_MISSING"
    template = proposed_template(maker, **asked, why="Says what a return costs.")
    ContentTemplate.objects.filter(pk=template.pk).update(why="")
    template.refresh_from_db()
    with pytest.raises(Refused) as refused:
        templates.answer(template=template, approve=True, actor=checker, now=clock.now())
    assert code_of(refused) == "SHOWN_CHANGED"


def test_the_second_person_is_bound_to_the_text(people):
    maker, checker = people
    template = proposed_template(maker, senders=[registered_sender("ONESTU")])
    ContentTemplate.objects.filter(pk=template.pk).update(text="Onesetu: another text.")
    template.refresh_from_db()
    with pytest.raises(Refused) as refused:
        templates.answer(template=template, approve=True, actor=checker, now=clock.now())
    assert code_of(refused) == "SHOWN_CHANGED"


def test_the_second_person_is_bound_to_the_senders(people):
    maker, checker = people
    template = proposed_template(maker, senders=[registered_sender("ONESTU")])
    template.senders.add(registered_sender("ONESTX"))
    with pytest.raises(Refused) as refused:
        templates.answer(template=template, approve=True, actor=checker, now=clock.now())
    assert code_of(refused) == "SHOWN_CHANGED"


def test_who_proposed_a_template_cannot_agree_to_its_category(people):
    template = proposed_template(people[0], senders=[registered_sender("ONESTU")])
    with pytest.raises(NotAllowed):
        templates.answer(template=template, approve=True, actor=people[0], now=clock.now())


@pytest.mark.parametrize("fiduciary", ["own", "another"])
def test_a_template_is_sent_from_the_fiduciarys_own_senders_of_its_channel(people, fiduciary):
    acme = FiduciaryFactory()
    changes = {"kind": "whatsapp_number", "value": "9876543210"} if fiduciary == "own" else {"fiduciary": acme}
    with pytest.raises(Refused) as refused:
        proposed_template(people[0], senders=[registered_sender(**changes)])
    assert code_of(refused) == "SENDER_NOT_OWN"


def test_an_operators_id_has_one_text_whatever_the_language(people):
    maker, checker = people
    sender = registered_sender("ONESTU")
    agreed_template(senders=[sender])
    again = proposed_template(maker, senders=[sender], language="hi")
    with pytest.raises(Refused) as refused:
        templates.answer(template=again, approve=True, actor=checker, now=clock.now())
    assert code_of(refused) == "ENTRY_TAKEN"


def whatsapp_template(**changes):
    number = registered_sender("9876543210", kind="whatsapp_number")
    return agreed_template(channel="whatsapp", template_id="order_sent", senders=[number], **changes)


def test_a_whatsapp_template_is_usable_while_the_platform_approves_it(people):
    template = whatsapp_template(text="Onesetu: order {{1}} is sent.")
    asked = {"fiduciary": own().pk, "channel": "whatsapp", "template": "order_sent"}

    def refusal() -> str:
        return book.sending(**asked, at=clock.now()).refusal

    said = {}
    for state in ("submitted", "approved", "paused", "approved", "disabled"):
        templates.move_to(template=template, state=state, actor=people[0], now=clock.now())
        said[state] = refusal()
    assert said == {
        "submitted": "TEMPLATE_NOT_APPROVED",
        "approved": "",
        "paused": "TEMPLATE_NOT_APPROVED",
        "disabled": "TEMPLATE_NOT_APPROVED",
    }
    assert AuditEvent.objects.filter(kind="registers.template.moved").count() == 5
    with pytest.raises(IllegalMove):
        templates.move_to(template=template, state="approved", actor=people[0], now=clock.now())


def test_a_template_that_nobody_agreed_to_is_not_moved(people):
    number = registered_sender("9876543210", kind="whatsapp_number")
    template = proposed_template(people[0], channel="whatsapp", senders=[number])
    assert template.state == TemplateState.DRAFT
    with pytest.raises(IllegalMove):
        templates.move_to(template=template, state="submitted", actor=people[0], now=clock.now())


def test_a_consent_template_carries_the_fields_of_the_register(people):
    maker, checker = people
    template = consent_template(maker, short_code=registered_sender("56767", kind="short_code"))
    entries.answer(template, approve=True, reason="", actor=checker, now=clock.now())
    assert (template.answer, template.brand, template.short_code.value) == ("approved", "Onesetu", "56767")


def test_a_consent_template_needs_its_own_short_code_and_a_way_back(people):
    code = registered_sender("56767", kind="short_code")
    with pytest.raises(Refused) as refused:
        consent_template(people[0], short_code=code, revocation_text="Ask us.")
    assert code_of(refused) == "REVOCATION_MISSING"
    for wrong in (
        registered_sender("ONESTU"),
        registered_sender("56768", kind="short_code", fiduciary=FiduciaryFactory()),
    ):
        with pytest.raises(Refused) as refused:
            consent_template(people[0], short_code=wrong)
        assert code_of(refused) == "SENDER_NOT_OWN"


KEY = addresses.address_key("+919876543210")


def test_free_text_is_for_a_day_after_the_persons_last_message():
    wrote = clock.now()
    senders.note_inbound(fiduciary=own(), address_key=KEY, channel="whatsapp", at=wrote)
    assert book.may_send_free_text(KEY, wrote + timedelta(hours=23, minutes=59))
    assert not book.may_send_free_text(KEY, wrote + timedelta(hours=24))
    assert not book.may_send_free_text(KEY, wrote - timedelta(seconds=1))
    assert not book.may_send_free_text(KEY, wrote, fiduciary=FiduciaryFactory().code)
    assert not book.may_send_free_text(addresses.address_key("+919876543211"), wrote)


def test_a_message_that_arrives_late_does_not_move_the_window_back():
    wrote = clock.now()
    for at in (wrote, wrote - timedelta(hours=5)):
        senders.note_inbound(fiduciary=own(), address_key=KEY, channel="whatsapp", at=at)
    assert LastInbound.objects.get().last_at == wrote


def test_without_the_rule_there_is_no_free_text():
    senders.note_inbound(fiduciary=own(), address_key=KEY, channel="whatsapp", at=clock.now())
    LegalRule.objects.filter(key="WA-POLICY").delete()
    assert not book.may_send_free_text(KEY, clock.now())


def test_the_time_of_a_message_is_kept_no_longer_than_it_opens_a_window():
    now = clock.now()
    senders.note_inbound(fiduciary=own(), address_key=KEY, channel="whatsapp", at=now - timedelta(hours=23))
    assert senders.forget_inbound(now=now) == 0
    assert senders.forget_inbound(now=now + timedelta(hours=1)) == 1


def test_an_entity_links_the_customer_whose_members_see_the_senders(people):
    customer = CustomerFactory()
    acme = FiduciaryFactory()
    entity = entity_of(acme, customer=customer)
    member = CustomerUserFactory(member_of=customer)
    assert list(book.fiduciaries_of(member, at=clock.now())) == [acme]
    assert not book.fiduciaries_of(CustomerUserFactory(member_of=CustomerFactory()), at=clock.now()).exists()
    assert not book.fiduciaries_of(StaffFactory(roles=["administrator"]), at=clock.now()).exists()
    entries.end(entity, actor=people[0], now=clock.now())
    assert not book.fiduciaries_of(member, at=clock.now()).exists()


@pytest.mark.parametrize(
    ("changes", "code"), [({"entity_id": "PE-1"}, "ENTITY_ID_FORMAT"), ({"individual": True}, "NOT_AN_ORGANISATION")]
)
def test_an_entity_needs_an_id_of_digits_and_an_organisation(people, changes, code):
    customer = CustomerFactory(kind="individual") if changes.pop("individual", False) else None
    with pytest.raises(Refused) as refused:
        senders.propose_entity(
            **{"entity_id": "1101234567890123456", "customer": customer, "fiduciary": own(), **changes},
            starts_at=since(), actor=people[0], now=clock.now(),
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
    entries.end(template, actor=people[0], now=clock.now())
    listed_target("https://onesetu.example")
    kinds = list(AuditEvent.objects.filter(kind__startswith="registers.").values_list("kind", flat=True))
    assert {f"registers.template.{step}" for step in ("proposed", "answered", "ended")} <= set(kinds)
    assert kinds.count("registers.sender.answered") == 2
    assert template.text not in str(list(AuditEvent.objects.values()))
    assert ListedTarget.objects.count() == 1


def test_of_two_who_agree_at_the_same_moment_one_is_told(people, monkeypatch):
    maker, checker = people
    registered_sender("ONESTU")
    other = proposed_sender(maker, "ONESTU", fiduciary=FiduciaryFactory())
    monkeypatch.setattr(entries, "require_free", lambda entry: None)  # both looked before either wrote
    with pytest.raises(LostRace):
        entries.answer(other, approve=True, reason="", actor=checker, now=clock.now())
    other.refresh_from_db()
    assert other.answer == Answer.PENDING
