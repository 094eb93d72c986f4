"""An appeal against the rejection of a document counts by whatever door it comes, once it is known whose it is."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from grievances.base.choices import Door
from grievances.mail.services import inbound_replies
from grievances.models import Ticket
from grievances.tickets.services import (
    appeals,
    assisted_intake,
    conversation,
    document_links,
    resolutions,
    thread_access,
)
from grievances.tickets.services.intake import Reach
from kyc.models import Document
from kyc.review.review_appeals import appeals_of, is_appealed
from kyc.review.services import appeal_links
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor, clock
from portal.kernel.core.errors import LostRace, NotAllowed, Refused
from portal.kernel.core.ids import new_reference
from portal.kernel.people.models import Customer, User
from tests.grievances.factories import STRANGER, story, ticket
from tests.grievances.test_admin import opened
from tests.kyc.factories import answered, checked, proposed
from tests.people.factories import CustomerFactory, CustomerUserFactory, FiduciaryFactory, StaffFactory
from tests.signin.people_who_sign_in import customer_client, staff_client

pytestmark = pytest.mark.usefixtures("same_process")
REJECT = {"outcome": "reject", "reason_code": "altered", "message": "A letter differs."}
AGAIN = {"outcome": "ask_again", "reason_code": "appeal", "message": "Send it once more."}


@pytest.fixture
def officer(house: None) -> User:
    return StaffFactory(roles=["grievance_officer"])


@pytest.fixture
def supporter(house: None) -> User:
    return StaffFactory(roles=["support"])


@pytest.fixture
def rejected(individual: Customer, asha: User, maker: User, checker: User) -> Document:
    FiduciaryFactory(code="onesetu", is_self=True)
    return answered(proposed(checked(individual), maker, **REJECT), checker).document


def told_by_telephone(document: Document, by: User, **changes: Any) -> Ticket:
    now = clock.now()
    return assisted_intake.by_staff(
        filing_key=uuid4(),
        story=story(
            kind="kyc", what_happened=f"The caller says {document.reference.lower()} is not changed.", **changes
        ),
        reach=Reach(language="en", phone="+919876543210", door=Door.PHONE),
        received_at=now,
        by=by,
        actor=actor.staff(by.pk),
        now=now,
    ).ticket


def given(by: User) -> dict[str, Any]:
    return {"by": by, "actor": actor.staff(by.pk), "at": clock.now()}


def tie(document: Document, grievance: Ticket, by: User, why: str = "I called the number of the account.") -> None:
    document_links.tie_document(ticket=grievance, document=document.reference, why=why, **given(by))


def test_an_appeal_by_telephone_counts_once_an_officer_says_how_they_know_whose_it_is(
    rejected: Document, officer: User, supporter: User, maker: User
) -> None:
    grievance = told_by_telephone(rejected, supporter)
    with pytest.raises(Refused) as refused:
        proposed(rejected, maker, **AGAIN)
    assert refused.value.code == "NO_APPEAL"
    desk = staff_client(officer)
    page = opened(desk, grievance)
    assert "The writer is not known here" in page
    act = reverse("admin:grievances_ticket_changelist") + f"{grievance.pk}/do/tie-document/"
    assert act in page
    typed = {"answer": "1", "document": rejected.reference.lower(), "why": "I called the number of the account."}
    assert desk.post(act, {**typed, "why": ""}).status_code == 422
    assert not is_appealed(rejected)
    desk.post(act, typed)
    assert proposed(rejected, maker, **AGAIN).reason_code == "appeal"
    notes = [line.texts["text"] for line in thread_access.thread(grievance, internal=True) if line.is_internal]
    assert notes == ["I called the number of the account."]
    tied = AuditEvent.objects.get(kind="grievances.document.tied")
    assert tied.facts == {"reference": grievance.reference, "document": rejected.reference}
    event = AuditEvent.objects.get(kind="kyc.document.appealed")
    assert (event.actor_ref, event.at) == (tied.actor_ref, grievance.received_at)


def test_an_appeal_that_was_sent_after_the_session_had_ended_counts_once_an_officer_ties_it(
    rejected: Document, asha: User, officer: User
) -> None:
    signed_in, step = customer_client(asha), "privacy:grievance-question"
    begun = signed_in.post(reverse("privacy:kyc-appeal", args=[rejected.reference]))
    client = Client()
    client.cookies = signed_in.cookies
    del client.cookies["sessionid"]
    client.post(begun["Location"], {"what_happened": "It is the card as it came.", "wanted": "Look again."})
    client.post(reverse(step, args=["contact"]), {"email": asha.email, "language": "en"})
    client.post(reverse("privacy:grievance-check"))
    grievance = Ticket.objects.get()
    assert (grievance.door, is_appealed(rejected)) == (Door.PAGE, False)
    tie(rejected, grievance, officer)
    assert is_appealed(rejected)


@pytest.fixture
def of_asha(rejected: Document, asha: User) -> Ticket:
    """A grievance of the customer that names no document."""
    return ticket(kind="kyc", principal=asha.principal, email=asha.email, at=clock.now())


def writes(grievance: Ticket, text: str) -> None:
    conversation.person_writes(ticket=grievance, text=text, actor=STRANGER, at=clock.now())


def mails(grievance: Ticket, text: str) -> None:
    inbound_replies.hear(ticket=grievance, text=text, actor=STRANGER, at=clock.now(), once_key=uuid4())


def declines(grievance: Ticket, text: str) -> None:
    officer = StaffFactory(roles=["grievance_officer"])
    resolutions.propose(ticket=grievance, text="It stays.", **given(officer))
    resolutions.decline(ticket=grievance, why=text, actor=STRANGER, at=clock.now())


def takes_it_to_another(grievance: Ticket, text: str) -> None:
    officer = StaffFactory(roles=["grievance_officer"])
    resolutions.propose(ticket=grievance, text="It stays.", **given(officer))
    appeals.appeal(ticket=grievance, why=text, actor=STRANGER, at=clock.now())


@pytest.mark.parametrize("says", [writes, mails, declines, takes_it_to_another])
def test_a_document_that_a_known_person_names_later_is_tied_then_and_once(
    rejected: Document, of_asha: Ticket, says: Callable[[Ticket, str], None]
) -> None:
    assert not is_appealed(rejected)
    says(of_asha, f"I mean {rejected.reference}.")
    assert is_appealed(rejected)
    writes(Ticket.objects.get(pk=of_asha.pk), f"Once more: {rejected.reference}!")
    assert [one.ticket for one in appeals_of(rejected)] == [of_asha.reference]


def test_what_a_stranger_or_staff_write_later_ties_nothing(rejected: Document, of_asha: Ticket, officer: User) -> None:
    writes(ticket(kind="kyc", at=clock.now()), f"I mean {rejected.reference}.")
    conversation.reply(ticket=of_asha, text=f"Do you mean {rejected.reference}?", **given(officer))
    assert appeals_of(rejected) == []
    with pytest.raises(Refused) as refused:
        tie(rejected, of_asha, officer)
    assert refused.value.code == "NOT_NAMED"


def test_a_document_of_somebody_else_is_not_tied_to_the_grievance_of_a_known_person(
    rejected: Document, officer: User
) -> None:
    other = CustomerUserFactory(email="uma@acme.example", member_of=CustomerFactory(kind="individual"))
    grievance = ticket(
        kind="kyc", principal=other.principal, what_happened=f"Look at {rejected.reference}", at=clock.now()
    )
    with pytest.raises(Refused) as refused:
        tie(rejected, grievance, officer)
    assert (refused.value.code, appeals_of(rejected)) == ("NOT_TIED", [])
    assert not AuditEvent.objects.filter(kind="grievances.document.tied").exists()


def test_what_was_written_before_a_rejection_is_no_word_against_it(rejected: Document, officer: User) -> None:
    before = rejected.decisions.get().checked_at - timedelta(minutes=1)
    grievance = ticket(kind="kyc", what_happened=f"Why so long with {rejected.reference}?", at=before)
    with pytest.raises(Refused) as refused:
        tie(rejected, grievance, officer)
    assert refused.value.code == "NOT_TIED"
    writes(grievance, f"{rejected.reference} is not changed.")
    tie(rejected, grievance, officer)
    assert is_appealed(rejected)


def test_a_grievance_from_before_the_rejection_is_tied_anew_by_what_its_person_writes_after_it(
    individual: Customer, asha: User, maker: User, checker: User
) -> None:
    FiduciaryFactory(code="onesetu", is_self=True)
    document = checked(individual)
    grievance = ticket(
        kind="kyc", principal=asha.principal, what_happened=f"Hurry with {document.reference}", at=clock.now()
    )
    answered(proposed(document, maker, **REJECT), checker)
    assert not is_appealed(document)
    writes(grievance, f"{document.reference} is not changed.")
    assert (is_appealed(document), len(appeals_of(document))) == (True, 2)


def test_an_officer_ties_once_with_a_reason_what_is_open_and_theirs_to_answer(
    rejected: Document, officer: User, supporter: User
) -> None:
    grievance = told_by_telephone(rejected, supporter)
    with pytest.raises(Refused) as refused:
        tie(rejected, grievance, officer, why=" ")
    assert refused.value.code == "REASON_MISSING"
    for role in ("support", "kyc_maker", "auditor"):
        with pytest.raises(NotAllowed):
            tie(rejected, grievance, StaffFactory(roles=[role]))
    assert appeals_of(rejected) == []
    tie(rejected, grievance, officer)
    with pytest.raises(Refused) as refused:
        tie(rejected, grievance, officer)
    assert (refused.value.code, len(appeals_of(rejected))) == ("NOT_TIED", 1)


def test_a_colleagues_an_answered_or_an_appealed_grievance_ties_nothing(
    rejected: Document, officer: User, supporter: User
) -> None:
    grievance, another = told_by_telephone(rejected, supporter), StaffFactory(roles=["grievance_officer"])
    Ticket.objects.filter(pk=grievance.pk).update(locked_by=another, locked_until=clock.now() + timedelta(hours=1))
    with pytest.raises(LostRace):
        tie(rejected, grievance, officer)
    Ticket.objects.filter(pk=grievance.pk).update(locked_by=None, locked_until=None)
    resolutions.propose(ticket=Ticket.objects.get(pk=grievance.pk), text="It stays.", **given(officer))
    with pytest.raises(Refused) as refused:
        tie(rejected, grievance, officer)
    assert refused.value.code == "NOT_OPEN"
    grievance.refresh_from_db()
    appeals.appeal(ticket=grievance, why="You did not look.", actor=STRANGER, at=clock.now())
    with pytest.raises(NotAllowed):
        tie(rejected, grievance, officer)
    tie(rejected, grievance, another)
    assert is_appealed(rejected)


def test_what_was_not_sent_to_us_is_not_tied(rejected: Document) -> None:
    Document.objects.filter(pk=rejected.pk).update(sent_at=None)
    said = {"ticket": new_reference("GR"), "documents": [rejected.reference], "subject_ref": None}
    assert appeal_links.note(**said, actor=STRANGER, at=clock.now()) == 0
