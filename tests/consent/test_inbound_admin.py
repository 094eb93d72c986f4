"""The book of what people wrote back: found by a posted number, opened with a purpose, and the way to what it changed."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.urls import reverse

from consent.collection.services import inbound_replies
from consent.collection.services.inbound_replies import Inbound
from consent.models import InboundMessage
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import clock
from portal.kernel.law.choices import Channel
from tests.consent.factories import ASHA_PHONE, law_is_loaded, person, published_notice, said
from tests.people.factories import StaffFactory
from tests.signin.people_who_sign_in import staff_client

pytestmark = pytest.mark.django_db
LIST = "admin:consent_inboundmessage_changelist"
STRANGER = "+919811112222"


@pytest.fixture(autouse=True)
def _law(db):
    law_is_loaded()
    published_notice()


@pytest.fixture
def support():
    return staff_client(StaffFactory(roles=["support"]))


def wrote(text: str, number: str = STRANGER, **changes: Any) -> InboundMessage:
    inbound_replies.take([Inbound(str(uuid4()), Channel.SMS, number, "ONESTU", text, **changes)])
    return InboundMessage.objects.latest("pk")


def opened(client: Any, row: InboundMessage) -> str:
    url = reverse("admin:consent_inboundmessage_change", args=[row.pk])
    assert "Why do you open this record?" in client.get(url).text
    return client.post(url, {"open_record": "1", "purpose": "audit", "ticket": "yearly audit"}, follow=True).text


def test_a_posted_number_finds_what_was_written_from_it_and_stands_in_no_address(support):
    mine, other = wrote("STOP"), wrote("STOP", "+919811113333")
    answer = support.post(reverse(LIST), {"find": "98111 12222"}, follow=True)
    assert mine.receipt.reference in answer.text
    assert other.receipt.reference not in answer.text
    assert all(STRANGER[-4:] not in url for url, _status in answer.redirect_chain)
    page = support.get(reverse(LIST), {"all": "1"}).text
    assert mine.receipt.reference in page
    assert STRANGER[-10:] not in page


def test_a_receipt_or_a_grievance_finds_it_too(support):
    stop = wrote("STOP")
    complaint = wrote("You promised me a refund in May and nobody has answered me since then")
    assert complaint.grievance
    for term, found, other in (
        (stop.receipt.reference, stop, complaint),
        (complaint.grievance, complaint, stop),
    ):
        page = support.post(reverse(LIST), {"find": term}, follow=True).text
        assert reverse("admin:consent_inboundmessage_change", args=[found.pk]) in page
        assert reverse("admin:consent_inboundmessage_change", args=[other.pk]) not in page


def test_what_was_written_last_stands_first_however_late_the_gateway_told_it(support):
    first = wrote("STOP", "+919811113334")
    late = wrote("STOP", "+919811113335", said_at=clock.now() - timedelta(minutes=3))
    shown = support.get(reverse(LIST), {"all": "1"}).context["cl"].result_list
    assert [row.pk for row in shown] == [first.pk, late.pk]


def test_opening_one_asks_why_is_audited_and_shows_the_number_masked(support):
    row = wrote("STOP")
    page = opened(support, row)
    assert STRANGER[-10:] not in page
    assert "••" in page
    event = AuditEvent.objects.get(kind=AuditKind.ADMIN_RECORD_OPENED)
    assert (event.subject_ref, event.about) == (row.receipt.subject_ref, f"consent.inboundmessage:{row.pk}")


def test_it_leads_to_what_it_changed(support):
    stranger = wrote("STOP")
    page = opened(support, stranger)
    suppressed = f"{reverse('admin:consent_suppression_changelist')}?q={stranger.receipt.reference}"
    assert f'href="{suppressed}"' in page
    assert "Answers:" not in page
    assert stranger.receipt.reference in support.get(suppressed).text

    said(person(), "given")
    known = wrote("STOP", ASHA_PHONE)
    answers = f"{reverse('admin:consent_consentevent_changelist')}?q={known.receipt.reference}"
    assert f'href="{answers}"' in opened(support, known)

    complaint = wrote("You promised me a refund in May and nobody has answered me since then")
    tickets = f"{reverse('admin:grievances_ticket_changelist')}?q={complaint.grievance}"
    assert f'href="{tickets}"' in opened(support, complaint)
    assert complaint.grievance in support.get(tickets).text


def test_what_changed_nothing_leads_nowhere(support):
    row = wrote("hello")
    assert (row.receipt, row.grievance) == (None, "")
    page = opened(support, row)
    assert 'href="/admin/consent/' not in page[page.index("What it changed") :][:300]


def test_nobody_adds_changes_or_deletes_one_and_other_roles_see_none(support):
    row = wrote("STOP")
    assert support.get(reverse("admin:consent_inboundmessage_add")).status_code == 403
    assert support.post(reverse("admin:consent_inboundmessage_delete", args=[row.pk])).status_code == 403
    maker = staff_client(StaffFactory(roles=["kyc_maker"]))
    assert maker.get(reverse(LIST)).status_code == 403
