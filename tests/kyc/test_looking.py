"""Whoever answers a grievance opens the document that it is about: through the ticket, with a reason, and told."""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from grievances.models import Ticket
from grievances.tickets.services import appeals, conversation, resolutions
from kyc.models import Document
from kyc.review.services.grievance_access import open_for_grievance
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor, clock
from portal.kernel.core.errors import NotAllowed, Refused
from portal.kernel.people.models import Fiduciary, User
from tests.grievances.factories import STRANGER, ticket
from tests.kyc.factories import answered, checked, proposed, uploaded
from tests.people.factories import StaffFactory
from tests.signin.people_who_sign_in import customer_client, staff_client

pytestmark = pytest.mark.usefixtures("same_process")
REJECTED = {"outcome": "reject", "reason_code": "altered", "message": "The card was changed.", "note": "See the edge."}


@pytest.fixture
def officer(house: None) -> User:
    Fiduciary.objects.get_or_create(
        code="onesetu", defaults={"name": "Onesetu", "is_self": True, "created_at": clock.now()}
    )
    return StaffFactory(roles=["grievance_officer"])


@pytest.fixture
def rejected(individual, asha, maker, checker, officer) -> Document:
    return answered(proposed(checked(individual), maker, **REJECTED), checker).document


def about(document: Document, **changes: Any) -> Ticket:
    """As the button on the page of the document begins it."""
    words = f"About my document {document.reference} (PAN card): it is not changed."
    return ticket(kind="kyc", what_happened=words, at=clock.now() - timedelta(minutes=5), **changes)


def opened(document: Document, grievance: Ticket, by: User) -> Document:
    return open_for_grievance(document.reference, ticket=grievance.reference, actor=actor.staff(by.pk))


def test_the_officer_goes_from_the_grievance_to_the_document_and_the_customer_reads_of_it(rejected, officer, asha):
    grievance = about(rejected)
    desk = staff_client(officer)
    page = reverse("admin:grievances_ticket_change", args=[grievance.pk])
    desk.post(page, {"open_record": "1", "purpose": "grievance", "ticket": grievance.reference})
    url = reverse("admin:kyc_document_for_grievance")
    link = f"{url}?document={rejected.reference}&amp;ticket={grievance.reference}"
    assert link in desk.get(page).text
    asked = desk.get(link.replace("&amp;", "&")).text
    assert f'value="{rejected.reference}"' in asked
    look = reverse("admin:kyc_document_look", args=[rejected.pk])
    assert desk.get(look).status_code == 404
    given = {"document": rejected.reference, "ticket": grievance.reference}
    shown = desk.post(url, given, follow=True)
    assert shown.redirect_chain[0][0] == look
    assert "The card was changed." in shown.text
    assert "See the edge." not in shown.text
    picture = desk.get(reverse("admin:kyc_document_look_page", args=[rejected.pk, 1]))
    assert picture.content.startswith(b"\x89PNG")
    event = AuditEvent.objects.get(kind="admin.record.opened", about=f"kyc.document:{rejected.reference}")
    assert (event.facts["purpose"], event.facts["ticket"]) == ("grievance", grievance.reference)
    looks = customer_client(asha).get(f"/privacy/kyc/{rejected.case.customer.reference}/looks/").text
    assert "The grievance officer" in looks
    assert "To answer a grievance" in looks


@pytest.mark.parametrize("written", [("-", " "), ("-", ""), ("-", "\u2013")])
def test_a_reference_counts_as_people_write_it(rejected, officer, written):
    words = f"my pan card {rejected.reference.lower().replace(*written)} is not changed"
    grievance = ticket(kind="kyc", what_happened=words, at=clock.now() - timedelta(minutes=5))
    assert opened(rejected, grievance, officer) == rejected


def test_a_document_that_the_person_did_not_name_stays_closed(rejected, officer):
    other = ticket(kind="kyc", at=clock.now() - timedelta(minutes=5))
    conversation.reply(
        ticket=other,
        text=f"Is it about {rejected.reference}?",
        by=officer,
        actor=actor.staff(officer.pk),
        at=clock.now(),
    )
    with pytest.raises(Refused) as refused:
        opened(rejected, other, officer)
    assert refused.value.code == "NOT_NAMED"
    assert not AuditEvent.objects.filter(
        about=f"kyc.document:{rejected.reference}", kind="admin.record.opened"
    ).exists()
    answer = staff_client(officer).post(
        reverse("admin:kyc_document_for_grievance"), {"document": rejected.reference, "ticket": other.reference}
    )
    assert (answer.status_code, rejected.reference in answer.text) == (422, True)


def test_a_file_that_was_only_uploaded_is_nobodys_to_open(individual, officer):
    document = uploaded(individual)
    with pytest.raises(Refused):
        opened(document, about(document), officer)


def test_whom_an_appeal_keeps_out_does_not_open_it_and_another_officer_does(rejected, officer):
    grievance = about(rejected)
    common: dict[str, Any] = {"ticket": grievance, "at": clock.now()}
    resolutions.propose(**common, text="It stays.", by=officer, actor=actor.staff(officer.pk))
    appeals.appeal(**common, why="You did not look.", actor=STRANGER)
    with pytest.raises(Refused):
        opened(rejected, grievance, officer)
    assert opened(rejected, grievance, StaffFactory(roles=["grievance_officer"])) == rejected


def test_a_closed_grievance_and_another_role_open_nothing(rejected, officer, maker):
    grievance = about(rejected)
    for role in ("support", "kyc_maker", "auditor"):
        with pytest.raises(NotAllowed):
            opened(rejected, grievance, StaffFactory(roles=[role]))
    Ticket.objects.filter(pk=grievance.pk).update(state="closed", closed_at=clock.now(), closed_because="settled")
    with pytest.raises(Refused):
        opened(rejected, grievance, officer)
