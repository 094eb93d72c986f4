"""Texts that may be sent: agreed to by two people, who are bound to what they saw."""

import pytest

from portal.audit.models import AuditEvent
from portal.core import clock
from portal.core.errors import IllegalMove, NotAllowed, Refused
from portal.people.states import Answer
from portal.registers.models import ContentTemplate
from portal.registers.selectors import senders as book
from portal.registers.services import entries, templates
from portal.registers.states import TemplateState
from tests.people.factories import FiduciaryFactory
from tests.registers.factories import (
    agreed_template,
    consent_template,
    listed_target,
    own,
    proposed_template,
    registered_sender,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("kinds_of_variables")]


def code_of(refused) -> str:
    return refused.value.code


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
