"""The staff's pages about senders and templates."""

import pytest
from django.contrib.admin import site
from django.urls import reverse
from django.utils.html import escape

from portal.kernel.core.admin.actions import actions_of
from portal.kernel.core.errors import Refused
from portal.kernel.people.admin.create_view import add_refusal
from portal.kernel.people.choices import Answer
from portal.kernel.registers.models import (
    ConsentManager,
    ConsentTemplate,
    ContentTemplate,
    ListedTarget,
    Recipient,
    Sender,
    SendingEntity,
)
from portal.kernel.registers.recipients.forms import RecipientForm
from portal.kernel.registers.senders.selectors import senders
from portal.kernel.registers.senders.services import message_templates
from tests.law.factories import HouseRuleFactory, LegalRuleFactory
from tests.people.factories import CustomerFactory, StaffFactory
from tests.registers.factories import own, proposed_template, registered_sender, two_people
from tests.signin.people_who_sign_in import staff_client

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def law():
    senders.forget()
    LegalRuleFactory(key="IN-TRAI-TPL-KINDS", kind="field_list", amount=None, unit="none", values=["numeric"])
    HouseRuleFactory(key="registers.affected_sends", kind="window", amount=7, unit="calendar_day")


@pytest.fixture
def maker():
    return staff_client(StaffFactory(roles=["administrator"]))


@pytest.fixture
def checker():
    return staff_client(StaffFactory(roles=["data_protection_officer"]))


def page(model, name, *args) -> str:
    return reverse(f"admin:registers_{model._meta.model_name}_{name}", args=args)


def add(client, model, **entered):
    return client.post(page(model, "add"), {"fiduciary": own().pk, **entered})


def act(client, row, name, **entered):
    return client.post(page(type(row), "do_one", row.pk, name), {"answer": "1", **entered})


@pytest.mark.parametrize(
    ("model", "entered"),
    [
        (SendingEntity, {"entity_id": "1101234567890123456", "advertises": ["food", "finance"]}),
        (Sender, {"kind": "sms_header", "value": "ad-onestu-s", "carries": ["service"]}),
        (ListedTarget, {"kind": "link", "value": "https://onesetu.example"}),
    ],
)
def test_an_entry_is_proposed_answered_and_ended_through_the_pages(maker, checker, model, entered):
    assert add(maker, model, **entered).status_code == 302
    row = model.objects.get()
    assert row.answer == Answer.PENDING
    for shown in (page(model, "change", row.pk), page(model, "changelist")):
        assert "Not yet: from its approval on." in checker.get(shown).text, "a proposal holds from no day yet"
    act(checker, row, "approve")
    row.refresh_from_db()
    assert row.answer == Answer.APPROVED
    assert "Not yet:" not in checker.get(page(model, "change", row.pk)).text
    assert str(row.starts_at.year) in checker.get(page(model, "change", row.pk)).text
    act(maker, row, "end-entry")
    row.refresh_from_db()
    assert row.ends_at is not None


def test_a_first_day_that_has_passed_is_refused_beside_its_field(maker):
    entered = {"kind": "sms_header", "value": "ONESTU", "carries": ["service"], "starts_at": "2020-01-01"}
    answer = add(maker, Sender, **entered)
    assert answer.status_code == 422
    assert "Choose today or a later day" in str(answer.context["form"].errors["starts_at"])
    assert not Sender.objects.exists()


@pytest.mark.parametrize(
    ("model", "roles"),
    [
        (Sender, ("sender:propose", "sender:end")),
        (ContentTemplate, ("template:propose", "template:end")),
        (ConsentTemplate, ("template:propose", "template:end")),
        (Recipient, ("recipient:propose", "recipient:end")),
        (ConsentManager, ("manager:propose", "manager:end")),
    ],
)
def test_in_every_book_who_proposes_may_answer_and_ending_is_a_right_of_its_own_and_says_what_it_does(model, roles):
    may = {action.name: action for action in actions_of(site._registry[model])}
    propose, end = (f"registers.{role}" for role in roles)
    assert may["approve"].permission == may["refuse"].permission == propose
    assert may["end-entry"].permission == end
    assert may["end-entry"].description


def test_the_page_of_an_act_says_what_it_concerns_and_what_came_of_it(maker, checker):
    for value in ("https://onesetu.example", "https://help.onesetu.example"):
        add(maker, ListedTarget, kind="link", value=value)
    chosen = {"_selected_action": list(ListedTarget.objects.values_list("pk", flat=True))}
    asked = checker.post(page(ListedTarget, "do", "approve"), chosen).text
    assert "This concerns 2 allowed links and numbers" in asked
    assert (
        "Done for 2 of 2 allowed links and numbers."
        in checker.post(page(ListedTarget, "do", "approve"), {**chosen, "answer": "1"}).text
    )


def test_what_a_fiduciary_advertises_is_entered_in_the_order_of_the_law_and_shown(maker):
    add(maker, SendingEntity, entity_id="1101234567890123456", advertises=["food", "finance"])
    row = SendingEntity.objects.get()
    assert row.advertises == ["finance", "food"]
    assert "Banking, insurance and finance, Food and drink" in maker.get(page(SendingEntity, "change", row.pk)).text
    assert add(maker, SendingEntity, entity_id="1101234567890123457", advertises=["cars"]).status_code == 422


def test_a_customer_is_linked_by_its_reference(maker):
    customer = CustomerFactory()
    individual = CustomerFactory(kind="individual")
    for wrong in ("nobody", individual.reference):
        answer = add(maker, SendingEntity, entity_id="1101234567890123456", customer=wrong)
        assert answer.status_code == 422
        assert "no organisation with this reference" in answer.text
    add(maker, SendingEntity, entity_id="1101234567890123456", customer=customer.reference)
    assert SendingEntity.objects.get().customer == customer


def test_a_refusal_of_the_service_keeps_what_was_entered(maker):
    answer = add(maker, Sender, kind="sms_header", value="VM-ONESTU-G", carries=["service"])
    assert answer.status_code == 422
    assert "belongs to the government" in answer.text
    assert "VM-ONESTU-G" in answer.text


TEMPLATE = {
    "channel": "sms",
    "template_id": "1107",
    "category": "transactional",
    "language": "en",
    "sent_from": "VM-ONESTU",
}


def test_a_template_is_proposed_with_its_senders_and_agreed_to(maker, checker):
    header = registered_sender("ONESTU")
    assert add(maker, ContentTemplate, **TEMPLATE, text="Onesetu code {#numeric#}").status_code == 302
    template = ContentTemplate.objects.get()
    assert list(template.senders.all()) == [header]
    shown = checker.get(page(ContentTemplate, "change", template.pk)).text
    assert "The check found nothing." in shown
    assert "What the second person reviews" in shown
    asked = checker.get(page(ContentTemplate, "do_one", template.pk, "approve")).text
    assert escape(template.text) in asked
    assert template.get_category_display() in asked
    act(checker, template, "approve")
    template.refresh_from_db()
    assert template.answer == Answer.APPROVED


def test_of_a_proposal_of_old_the_finds_stand_beside_the_text_and_nobody_is_offered_to_agree(checker, monkeypatch):
    monkeypatch.setattr(message_templates, "_require_fit", lambda *_given, not_own: None)
    template = proposed_template(
        two_people()[0], senders=[registered_sender("ONESTU")], text="Onesetu: <b>50% off</b> code {#var#}"
    )
    shown = checker.get(page(ContentTemplate, "change", template.pk)).text
    assert "<mark>% off<sup>" in shown
    assert "&lt;b&gt;50" in shown
    assert "<mark>{#var#}<sup>" in shown
    assert "characters 15 to 19" in shown
    assert "PROMOTIONAL_WORD" in shown
    approve = page(ContentTemplate, "do_one", template.pk, "approve")
    assert approve not in shown
    assert "It has errors" in checker.post(approve, {"answer": "1"}).text
    template.refresh_from_db()
    assert template.answer == Answer.PENDING
    act(checker, template, "refuse", reason="Take the offer out.")
    template.refresh_from_db()
    assert template.answer == Answer.REFUSED


def test_every_find_is_said_at_once_beside_its_field_with_everything_that_was_entered(maker):
    registered_sender("ONESTU")
    answer = add(maker, ContentTemplate, **TEMPLATE, text="Code {#var#}, free of charge.")
    assert answer.status_code == 422
    errors = answer.context["form"].errors
    assert set(errors) >= {"text", "brand", "why"}
    assert "This variable does not say what it will contain" in errors["text"][0]
    assert 'href="#id_brand"' in answer.text
    assert "Code {#var#}, free of charge." in answer.text


def test_a_webhook_address_without_https_is_said_beside_its_field(maker):
    refused = Refused("x", code="WEBHOOK_ADDRESS", fields={"url": ["Enter it with https://"]})
    form = RecipientForm({})
    form.is_valid()
    add_refusal(form, refused)
    assert form.errors["url"][-1] == "Enter it with https://"
    assert not form.non_field_errors()


def test_a_warning_asks_for_its_reason_on_the_form(maker):
    registered_sender("ONESTU")
    text = {"text": "Onesetu: the return is free of charge."}
    answer = add(maker, ContentTemplate, **TEMPLATE, **text)
    assert answer.status_code == 422
    assert "This may be promotion" in answer.text
    assert "free of charge" in answer.text
    assert add(maker, ContentTemplate, **TEMPLATE, **text, why="It names a price.").status_code == 302


def test_an_unknown_sender_is_named_on_the_form(maker):
    answer = add(maker, ContentTemplate, **TEMPLATE, text="Onesetu code {#numeric#}")
    assert answer.status_code == 422
    assert "VM-ONESTU is no sender of this fiduciary on this channel." in answer.text


def test_the_platforms_word_is_recorded_and_an_impossible_one_refused(maker, checker):
    registered_sender("9876543210", kind="whatsapp_number")
    add(
        maker, ContentTemplate, **{**TEMPLATE, "channel": "whatsapp", "sent_from": "98765 43210"},
        text="Onesetu: order {{1}} is sent.",
    )  # fmt: skip
    template = ContentTemplate.objects.get()
    act(checker, template, "approve")
    assert "cannot become" in act(maker, template, "record-state", state="paused").text
    act(maker, template, "record-state", state="submitted")
    act(maker, template, "record-state", state="approved")
    template.refresh_from_db()
    assert template.state == "approved"


def test_a_consent_template_is_proposed_through_its_page(maker, checker):
    entered = {
        "template_id": "1307", "short_code": "56767", "language": "en", "scope": "Offers by SMS.",
        "revocation_text": "Reply STOP.",
    }  # fmt: skip
    assert "no such short code" in add(maker, ConsentTemplate, **entered).text
    registered_sender("56767", kind="short_code")
    assert add(maker, ConsentTemplate, **entered).status_code == 302
    template = ConsentTemplate.objects.get()
    act(checker, template, "approve")
    template.refresh_from_db()
    assert template.answer == Answer.APPROVED


def test_the_auditor_and_support_read_and_change_nothing():
    sender = registered_sender("ONESTU")
    for role in ("auditor", "support"):
        client = staff_client(StaffFactory(roles=[role]))
        assert client.get(page(Sender, "changelist")).status_code == 200
        assert client.get(page(Sender, "change", sender.pk)).status_code == 200
        assert client.get(page(Sender, "add")).status_code == 403
        assert act(client, sender, "end-entry").status_code == 403
