"""No disclosure, transfer or recipient goes through without its papers, by any door."""

from datetime import timedelta

import pytest
from django.contrib import admin
from django.urls import get_resolver, reverse

from portal.fronts.api import v1
from portal.kernel.core import clock
from portal.kernel.core.errors import Refused
from portal.kernel.law.models import Clock
from portal.kernel.registers.models import Contract, DatedEntry, Recipient, Telling
from portal.kernel.registers.recipients.selectors import recipients
from portal.kernel.registers.recipients.services import staff_instructions
from portal.kernel.registers.senders.services import sender_entries
from tests.consent.factories import law_is_loaded, person, published_notice, said
from tests.people.factories import StaffFactory
from tests.registers.factories import (
    own,
    papers_for,
    proposed_recipient,
    registered_recipient,
    service_in_the_book,
    today,
    two_people,
)
from tests.signin.people_who_sign_in import staff_client

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def law() -> None:
    law_is_loaded()
    published_notice()


def refusal(recipient, *, approve=True):
    with pytest.raises(Refused) as refused:
        sender_entries.answer(recipient, approve=approve, reason="No.", actor=two_people()[1], now=clock.now())
    return refused.value.code


def test_by_the_service_nobody_becomes_a_recipient_without_papers():
    maker, checker = two_people()
    recipient = proposed_recipient(maker, country="SG")
    assert refusal(recipient) == "NO_CONTRACT"
    papers_for("dialer-one", country="US")
    assert refusal(recipient) == "NO_TRANSFER"
    assert recipients.recipients_of(own(), at=clock.now()) == []
    sender_entries.answer(recipient, approve=False, reason="Papers are missing.", actor=checker, now=clock.now())
    papers_for("dialer-two", country="SG")
    agreed = proposed_recipient(maker, "dialer-two", country="SG")
    sender_entries.answer(agreed, approve=True, reason="", actor=checker, now=clock.now())
    assert [each.code for each in recipients.recipients_of(own(), at=clock.now())] == ["dialer-two"]


def test_by_the_admin_a_recipient_without_papers_is_not_approved_and_the_page_says_what_lacks():
    recipient = proposed_recipient(two_people()[0])
    checker = staff_client(StaffFactory(roles=["data_protection_officer"]))
    page = reverse("admin:registers_recipient_do_one", args=[recipient.pk, "approve"])
    assert "No contract with it was agreed to." in checker.post(page, {"answer": "1"}).text
    recipient.refresh_from_db()
    assert recipient.answer == "pending"
    papers_for("dialer-one")
    checker.post(page, {"answer": "1"})
    recipient.refresh_from_db()
    assert recipient.answer == "approved"


def test_no_page_of_the_admin_changes_or_imports_a_row_of_the_books():
    """An import would be a door past the second person; a change past the text both saw."""
    books = [page for model, page in admin.site._registry.items() if issubclass(model, DatedEntry)]
    assert len(books) > 15
    assert [page for page in books if page.change_permission is not None] == []
    assert [page for page in books if hasattr(page, "import_action") or hasattr(page, "process_import")] == []
    names = {name for name in get_resolver().reverse_dict if isinstance(name, str)}
    assert not [name for name in names if "registers" in name and "import" in name]


def test_no_address_of_the_interface_makes_a_recipient_a_paper_or_a_disclosure():
    """What it has about recipients is their own: acknowledging, and reporting what they sent."""
    paths = {path for path, _view in v1.api.get_openapi_schema()["paths"].items()}
    named = {
        path for path in paths if any(word in path for word in ("recipient", "disclosure", "transfer", "contract"))
    }
    assert named
    assert all("/recipients/{code}/" in path for path in named)


def told(code="dialer-one"):
    return [telling.kind for telling in Telling.objects.filter(recipient_code=code).order_by("pk")]


def test_a_recipient_whose_contract_ended_hears_of_no_yes_and_of_every_no():
    who = person()
    registered_recipient()
    said(who, "given", purpose="marketing", channel="sms")
    assert len(told()) == 1
    Contract.objects.update(valid_until=today() - timedelta(days=1))
    said(who, "withdrawn", purpose="marketing", channel="sms")
    assert len(told()) == 2
    said(who, "given", purpose="marketing", channel="whatsapp")
    assert len(told()) == 2


def test_a_service_is_told_by_people_and_never_by_a_webhook():
    who = person()
    service_in_the_book("penny-drop")
    said(who, "given", purpose="marketing", channel="sms")
    assert told("penny-drop") == []
    task = staff_instructions.by_staff(
        recipient=Recipient.objects.get(),
        do="correct",
        subject_ref=who.subject.ref,
        because="OS-GR-7K4M-9QX2",
        actor=two_people()[1],
        now=clock.now(),
    )
    assert task.telling is None
    assert Clock.objects.get(owner=task.owner).state == "running"
    assert told("penny-drop") == []


def test_only_a_service_goes_without_a_webhook_and_two_of_them_do_not_meet():
    maker, checker = two_people()
    for code in ("bank-one", "bank-two"):
        papers_for(code)
        service = proposed_recipient(maker, code, kind="service", channels=[], url="")
        sender_entries.answer(service, approve=True, reason="", actor=checker, now=clock.now())
        assert (service.channels, service.url) == (["none"], "")
    with pytest.raises(Refused) as refused:
        proposed_recipient(maker, "dialer-one", url="")
    assert refused.value.code == "WEBHOOK_ADDRESS"
