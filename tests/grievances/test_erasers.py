"""Erasing leaves the steps and takes every word, address and key."""

from datetime import timedelta

import pytest

from grievances.base.choices import ClosedBecause, TicketState
from grievances.data_copy_sections import GrievanceSection
from grievances.erasure import GrievanceTexts, open_disputes
from grievances.models import EntryText, TicketContact, TicketDraft
from grievances.tickets.services import conversation, drafts, resolutions, thread_access
from portal.kernel.core import actor
from portal.kernel.ledger import services as ledger
from portal.kernel.vault.models import SubjectKey
from tests.grievances.factories import RECEIVED, STRANGER, ticket

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("house")]
CLOSED = RECEIVED + timedelta(days=3)


def test_a_period_counts_from_the_day_of_closing() -> None:
    found = ticket()
    eraser = GrievanceTexts()
    assert list(eraser.kept(before=CLOSED + timedelta(days=999))) == []
    resolutions.withdraw(ticket=found, actor=STRANGER, at=CLOSED)
    assert list(eraser.kept(before=CLOSED)) == []
    assert [kept.subject_ref for kept in eraser.kept(before=CLOSED + timedelta(seconds=1))] == [found.subject_ref]


def test_erasing_takes_the_words_and_leaves_the_steps() -> None:
    found = ticket()
    resolutions.withdraw(ticket=found, actor=STRANGER, at=CLOSED)
    steps = found.entries.count()
    eraser = GrievanceTexts()
    assert eraser.erase(subject_ref=found.subject_ref, before=CLOSED + timedelta(days=1)) == 1
    assert not EntryText.objects.exists()
    assert not TicketContact.objects.exists()
    assert found.entries.count() == steps
    assert all(not line.texts for line in thread_access.thread(found, internal=True))
    assert eraser.erase(subject_ref=found.subject_ref, before=None) == 0


def test_erasing_an_open_grievance_closes_it_and_freezes_its_clocks() -> None:
    found, other = ticket(), ticket(email="ravi@example.in")
    GrievanceTexts().erase(subject_ref=found.subject_ref, before=None)
    found.refresh_from_db()
    assert (found.state, found.closed_because) == (TicketState.CLOSED, ClosedBecause.ERASED)
    assert found.due_at is None
    assert thread_access.thread(other, internal=False)[0].texts


@pytest.mark.django_db(transaction=True)
def test_the_key_ends_with_the_commit_and_the_ledger_still_holds(house) -> None:
    found = ticket()
    GrievanceTexts().erase(subject_ref=found.subject_ref, before=None)
    assert not SubjectKey.objects.filter(subject_ref=found.subject_ref, retention_class="grievance").exists()
    ledger.seal_now()
    assert ledger.verify().ok


def test_a_draft_ends_with_its_subject() -> None:
    draft, _secret = drafts.start(at=RECEIVED)
    assert GrievanceTexts().erase(subject_ref=draft.subject_ref, before=None) == 1
    assert not TicketDraft.objects.exists()


def test_the_bundle_of_a_person_holds_their_thread_and_no_internal_note(officer) -> None:
    found = ticket(what_happened="The parrot said Amsterdam.")
    conversation.note(ticket=found, text="Secret note.", by=officer, actor=actor.staff(officer.pk), at=CLOSED)
    bundle = str(GrievanceSection().collect(subject_refs=[found.subject_ref]))
    assert "parrot" in bundle
    assert "Secret note." not in bundle


def test_a_grievance_is_a_dispute_until_it_is_closed() -> None:
    found, other = ticket(), ticket(email="ravi@example.in")
    assert open_disputes(subject_refs=[found.subject_ref]) == [(found.subject_ref, found.reference)]
    assert [each.began_at for each in GrievanceTexts().records(subject_refs=[found.subject_ref])] == [None]
    resolutions.withdraw(ticket=found, actor=STRANGER, at=CLOSED)
    assert open_disputes(subject_refs=[found.subject_ref, other.subject_ref]) == [(other.subject_ref, other.reference)]
    (record,) = GrievanceTexts().records(subject_refs=[found.subject_ref])
    assert (record.about, record.began_at) == (found.about, CLOSED)
