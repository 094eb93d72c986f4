"""A hold and the end of what it would keep, at the same time: one of them waits, and none stands over what is gone."""

from uuid import UUID

import pytest
from django.db import connection

from kyc.base.choices import DocumentState
from kyc.models import DeletionRequest, Document
from kyc.outcomes.services import deletion_requests
from kyc.outcomes.services.deletion_requests import ask_to_delete
from kyc.review.services import deletion_decisions
from portal.kernel.core import advisory_locks, clock
from portal.kernel.core.errors import Refused
from portal.kernel.registers.orders.services import authority_orders
from portal.kernel.retention import retention_decisions
from portal.kernel.retention.models import Hold
from portal.kernel.retention.services import holds
from tests.consent.test_turns import while_in_flight
from tests.kyc.factories import CUSTOMER, NOW, uploaded
from tests.kyc.test_deleting import acting, asked, officer, second  # noqa: F401 - fixtures
from tests.registers.factories import order_about

pytestmark = pytest.mark.usefixtures("same_process")
at_once = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite lets in one writer at a time")


def place(subject_ref: UUID, person) -> Hold:
    return holds.place(
        subject_ref=subject_ref,
        retention_class="",
        order_reference="CS 1/2026",
        why="A suit.",
        actor=acting(person),
    )


def proposed(asked: DeletionRequest, officer):  # noqa: F811
    return deletion_decisions.propose(asked, why="No law keeps it.", actor=acting(officer), now=clock.now())


@pytest.fixture
def turns_taken(monkeypatch):
    taken: list[set[str]] = []
    monkeypatch.setattr(advisory_locks, "take", lambda *names: taken.append(set(names)))
    return taken


def test_a_hold_and_the_end_of_a_document_meet_in_one_turn(asked, asha, officer, second, turns_taken):  # noqa: F811
    """On every database: the names that both take have one in common, also where the hold names another of the person's."""
    made = proposed(asked, officer)
    turns_taken.clear()
    deletion_decisions.answer(made, approve=True, actor=acting(second), now=clock.now())
    destroying = set().union(*turns_taken)
    for ref in (asked.document.subject_ref, asha.principal.subject.ref):
        turns_taken.clear()
        place(ref, officer)
        assert destroying & set().union(*turns_taken) == {f"keeping:{ref}"}


@pytest.mark.parametrize(
    "end", [deletion_requests.let_go, deletion_requests.keep_nothing, deletion_requests.end_upload]
)
def test_a_file_that_nobody_decided_about_ends_in_the_turn_of_its_subject(individual, end, turns_taken):
    document = uploaded(individual)
    turns_taken.clear()
    given = {"actor": CUSTOMER} | ({"now": NOW} if end is deletion_requests.let_go else {})
    end(document, **given)
    assert f"keeping:{document.subject_ref}" in set().union(*turns_taken)


def test_an_order_is_entered_in_the_turns_of_those_it_names_and_of_their_owners(asked, asha, officer, turns_taken):  # noqa: F811
    order = order_about(asked.document.subject_ref)
    authority_orders.receive(
        kind=order.kind,
        authority=order.authority,
        officer_name=order.officer_name,
        verified_how=order.verified_how,
        power=order.power,
        order_number="Cr. 9/2026",
        paper_sha256=order.paper_sha256,
        asked=order.asked,
        asked_categories=order.asked_categories,
        subject_refs=[asked.document.subject_ref],
        received_at=clock.now(),
        actor=acting(officer),
        now=clock.now(),
    )
    both = {f"keeping:{ref}" for ref in (asked.document.subject_ref, asha.principal.subject.ref)}
    assert both <= set().union(*turns_taken)


@at_once
@pytest.mark.django_db(transaction=True)
class TestAtTheSameTime:
    def test_what_is_held_at_that_moment_is_not_destroyed(self, asked, officer, second):  # noqa: F811
        made = proposed(asked, officer)
        with pytest.raises(Refused) as refusal:
            while_in_flight(
                lambda: place(asked.document.subject_ref, officer),
                lambda: deletion_decisions.answer(made, approve=True, actor=acting(second), now=clock.now()),
            )
        assert refusal.value.code == "KEPT"
        assert Document.objects.get(pk=asked.document_id).state != DocumentState.DESTROYED

    def test_a_hold_on_the_owner_counts_as_well(self, asked, asha, officer, second):  # noqa: F811
        made = proposed(asked, officer)
        with pytest.raises(Refused) as refusal:
            while_in_flight(
                lambda: place(asha.principal.subject.ref, officer),
                lambda: deletion_decisions.answer(made, approve=True, actor=acting(second), now=clock.now()),
            )
        assert refusal.value.code == "KEPT"

    def test_who_places_a_hold_sees_what_is_gone(self, asked, officer, second):  # noqa: F811
        """The hold waits for the end of the destruction: its person reads that there is nothing left to hold."""
        made = proposed(asked, officer)

        def held() -> tuple[Hold, str]:
            hold = place(asked.document.subject_ref, officer)
            return hold, Document.objects.get(pk=asked.document_id).state

        hold, state = while_in_flight(
            lambda: deletion_decisions.answer(made, approve=True, actor=acting(second), now=clock.now()), held
        )
        assert state == DocumentState.DESTROYED
        assert hold.placed_at > Document.objects.get(pk=asked.document_id).erased_at

    def test_a_file_that_was_never_sent_stays_too(self, individual, officer):  # noqa: F811
        document = uploaded(individual)
        while_in_flight(
            lambda: place(document.subject_ref, officer),
            lambda: ask_to_delete(document, actor=CUSTOMER, now=clock.now()),
        )
        removed = Document.objects.get(pk=document.pk)
        assert (removed.state, removed.quarantined.shredded_at) == (DocumentState.REMOVED, None)
        assert not DeletionRequest.objects.filter(document=document).exists()

    def test_what_waited_for_a_released_hold_asks_again_in_its_turn(self, individual, officer):  # noqa: F811
        document = uploaded(individual)
        Document.objects.filter(pk=document.pk).update(state=DocumentState.REPLACED, sent_at=NOW)
        while_in_flight(
            lambda: place(document.subject_ref, officer), lambda: deletion_requests.end_what_was_held(now=clock.now())
        )
        document.refresh_from_db()
        assert document.quarantined.shredded_at is None


def test_the_turn_is_of_everybody_whose_hold_concerns_the_subject(asked, asha, turns_taken):  # noqa: F811
    retention_decisions.take_turn(asked.document.subject_ref)
    assert turns_taken[-1] >= {f"keeping:{ref}" for ref in (asked.document.subject_ref, asha.principal.subject.ref)}
