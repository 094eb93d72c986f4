"""Texts that may be sent: agreed to by two people, who are bound to what they saw."""

import pytest

from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import clock
from portal.kernel.core.errors import IllegalMove, NotAllowed, Refused
from portal.kernel.registers.base.choices import TemplateState
from portal.kernel.registers.models import ContentTemplate
from portal.kernel.registers.senders.selectors import senders
from portal.kernel.registers.senders.services import message_templates, sender_entries
from tests.people.factories import FiduciaryFactory
from tests.registers.factories import (
    agreed_template,
    consent_template,
    listed_target,
    own,
    proposed_sender,
    proposed_template,
    registered_sender,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("kinds_of_variables")]


def code_of(refused) -> str:
    return refused.value.code


@pytest.mark.parametrize("sender", ["none", "not agreed to", "somebody else's"])
def test_everything_that_is_wrong_with_a_template_is_said_at_once_beside_its_field(people, sender):
    senders = []
    if sender != "none":
        whose = FiduciaryFactory() if sender == "somebody else's" else own()
        senders = [proposed_sender(people[0], fiduciary=whose)]
    asked = {"senders": senders, "template_id": "none", "text": "Pay {#var#} at https://evil.example, free of charge."}
    with pytest.raises(Refused) as refused:
        proposed_template(people[0], **asked)
    assert {field: len(said) for field, said in refused.value.fields.items()} == {
        "template_id": 1,
        "sent_from": 1,
        "brand": 1,
        "text": 2,
        "why": 1,
    }
    assert not ContentTemplate.objects.exists()


@pytest.mark.parametrize(
    ("channel", "template_id", "is_fit"),
    [
        ("sms", "1107160000000000001", True),
        ("sms", "order_sent", False),
        ("voice", "११०७", False),
        ("sms", "", False),
        ("whatsapp", "order_sent", True),
        ("whatsapp", "order sent", False),
    ],
)
def test_an_id_looks_as_its_channel_gives_it(people, channel, template_id, is_fit):
    kind, value = ("whatsapp_number", "9876543210") if channel == "whatsapp" else ("sms_header", "ONESTU")
    senders = [registered_sender(value, kind=kind)] if channel != "voice" else []
    asked = {"channel": channel, "template_id": template_id, "senders": senders}
    if is_fit:
        assert proposed_template(people[0], **asked).pk
        return
    with pytest.raises(Refused) as refused:
        proposed_template(people[0], **asked)
    assert "template_id" in refused.value.fields


def test_a_link_that_was_struck_off_meanwhile_stops_the_yes(people):
    maker, checker = people
    target = listed_target("https://onesetu.example")
    template = proposed_template(
        maker, senders=[registered_sender("ONESTU")], text="Onesetu: pay at https://onesetu.example."
    )
    assert template.findings == []
    sender_entries.end(target, actor=maker, now=clock.now())
    with pytest.raises(Refused):
        message_templates.answer(template=template, approve=True, actor=checker, now=clock.now())


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
        message_templates.answer(template=template, approve=True, actor=checker, now=clock.now())
    assert code_of(refused) == "SHOWN_CHANGED"


def test_the_second_person_is_bound_to_the_text(people):
    maker, checker = people
    template = proposed_template(maker, senders=[registered_sender("ONESTU")])
    ContentTemplate.objects.filter(pk=template.pk).update(text="Onesetu: another text.")
    template.refresh_from_db()
    with pytest.raises(Refused) as refused:
        message_templates.answer(template=template, approve=True, actor=checker, now=clock.now())
    assert code_of(refused) == "SHOWN_CHANGED"


def test_the_second_person_is_bound_to_the_senders(people):
    maker, checker = people
    template = proposed_template(maker, senders=[registered_sender("ONESTU")])
    template.senders.add(registered_sender("ONESTX"))
    with pytest.raises(Refused) as refused:
        message_templates.answer(template=template, approve=True, actor=checker, now=clock.now())
    assert code_of(refused) == "SHOWN_CHANGED"


def test_who_proposed_a_template_cannot_agree_to_its_category(people):
    template = proposed_template(people[0], senders=[registered_sender("ONESTU")])
    with pytest.raises(NotAllowed):
        message_templates.answer(template=template, approve=True, actor=people[0], now=clock.now())


@pytest.mark.parametrize("fiduciary", ["own", "another"])
def test_a_template_is_sent_from_the_fiduciarys_own_senders_of_its_channel(people, fiduciary):
    acme = FiduciaryFactory()
    changes = {"kind": "whatsapp_number", "value": "9876543210"} if fiduciary == "own" else {"fiduciary": acme}
    with pytest.raises(Refused) as refused:
        proposed_template(people[0], senders=[registered_sender(**changes)])
    assert code_of(refused) == "SENDER_NOT_OWN"


def test_an_operators_id_has_one_text_whatever_the_language(people):
    maker, _checker = people
    sender = registered_sender("ONESTU")
    agreed_template(senders=[sender])
    with pytest.raises(Refused) as refused:
        proposed_template(maker, senders=[sender], language="hi")
    assert code_of(refused) == "ENTRY_TAKEN"
    assert list(refused.value.fields) == ["template_id"]
    proposed_template(maker, senders=[sender], template_id="1107160000000000002")
    with pytest.raises(Refused) as refused:
        proposed_template(maker, senders=[sender], template_id="1107160000000000002")
    assert code_of(refused) == "ENTRY_WAITING"


def whatsapp_template(**changes):
    number = registered_sender("9876543210", kind="whatsapp_number")
    return agreed_template(channel="whatsapp", template_id="order_sent", senders=[number], **changes)


def test_a_whatsapp_template_is_usable_while_the_platform_approves_it(people):
    template = whatsapp_template(text="Onesetu: order {{1}} is sent.")
    asked = {"fiduciary": own().pk, "channel": "whatsapp", "template": "order_sent"}

    def refusal() -> str:
        return senders.sending(**asked, at=clock.now()).refusal

    said = {}
    for state in ("submitted", "approved", "paused", "approved", "disabled"):
        message_templates.move_to(template=template, state=state, actor=people[0], now=clock.now())
        said[state] = refusal()
    assert said == {
        "submitted": "TEMPLATE_NOT_APPROVED",
        "approved": "",
        "paused": "TEMPLATE_NOT_APPROVED",
        "disabled": "TEMPLATE_NOT_APPROVED",
    }
    assert AuditEvent.objects.filter(kind="registers.template.moved").count() == 5
    with pytest.raises(IllegalMove):
        message_templates.move_to(template=template, state="approved", actor=people[0], now=clock.now())


def test_a_template_that_nobody_agreed_to_is_not_moved(people):
    number = registered_sender("9876543210", kind="whatsapp_number")
    template = proposed_template(people[0], channel="whatsapp", senders=[number])
    assert template.state == TemplateState.DRAFT
    with pytest.raises(IllegalMove):
        message_templates.move_to(template=template, state="submitted", actor=people[0], now=clock.now())


def test_a_consent_template_carries_the_fields_of_the_register(people):
    maker, checker = people
    template = consent_template(maker, short_code=registered_sender("56767", kind="short_code"))
    sender_entries.answer(template, approve=True, reason="", actor=checker, now=clock.now())
    assert (template.answer, template.brand, template.short_code.value) == ("approved", "Onesetu", "56767")


def test_a_consent_template_needs_its_own_short_code_and_a_way_back(people):
    code = registered_sender("56767", kind="short_code")
    with pytest.raises(Refused) as refused:
        consent_template(people[0], short_code=code, revocation_text="Ask us.")
    assert code_of(refused) == "REVOCATION_MISSING"
    with pytest.raises(Refused) as refused:
        consent_template(
            people[0], short_code=registered_sender("ONESTV"), template_id="x", scope=" ", revocation_text=" "
        )
    assert set(refused.value.fields) == {"template_id", "short_code", "scope", "revocation_text"}
    for wrong in (
        registered_sender("ONESTU"),
        registered_sender("56768", kind="short_code", fiduciary=FiduciaryFactory()),
    ):
        with pytest.raises(Refused) as refused:
            consent_template(people[0], short_code=wrong)
        assert code_of(refused) == "SENDER_NOT_OWN"
