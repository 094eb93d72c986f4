"""Somebody known as a child by a word: what it does to the case of theirs, to our promise and to the queue."""

from datetime import timedelta

import pytest
import time_machine

from kyc.cases.selectors import sender_state, to_review
from kyc.models import Case, Document
from kyc.outcomes.services.case_status import settle, settle_changed
from kyc.review.services import kyc_renewals
from kyc.review.services.document_uploads import open_case
from portal.kernel.core import clock
from portal.kernel.core.errors import Refused
from portal.kernel.law.models import Clock
from portal.kernel.law.services import deadline_sweep
from portal.kernel.outbox.models import Message
from portal.kernel.people.models import Protection
from portal.kernel.people.services import guardianships, subjects
from tests.kyc.factories import CUSTOMER, checked, paper, party_of, proposed, rest_approved
from tests.people.factories import PrincipalFactory

pytestmark = pytest.mark.usefixtures("same_process")


def says_child(person) -> None:
    guardianships.protect(
        subject_ref=person.subject.ref, kind="child", ground="declared", actor=CUSTOMER, now=clock.now()
    )


def answers_alone(person) -> None:
    guardianships.end_all(subject_ref=person.subject.ref, actor=CUSTOMER, now=clock.now())


def promise(case) -> Clock:
    return Clock.objects.get(owner=case.owner)


def is_verified(customer) -> bool:
    return sender_state(subject_ref=customer.subject.ref, on=clock.day(clock.now())).is_verified


def test_no_approval_outlives_the_note_that_the_customer_is_under_18(individual, asha):
    rest_approved(individual, but=())
    settle(individual.kyc, actor=CUSTOMER, now=clock.now())
    assert is_verified(individual)
    says_child(asha.principal)
    assert Case.objects.get().state == "in_review"
    assert not is_verified(individual)
    assert not Clock.objects.exclude(state="stopped").exists()  # nobody may decide: nothing is promised
    answers_alone(asha.principal)
    assert Case.objects.get().state == "approved"
    assert is_verified(individual)


def test_what_is_being_renewed_is_worth_nothing_while_its_customer_is_known_as_under_18(individual, asha):
    case = open_case(customer=individual, actor=CUSTOMER, now=clock.now())
    Case.objects.update(rekyc_on=clock.day(clock.now()) + timedelta(days=30), verified_at=clock.now())
    case.refresh_from_db()
    kyc_renewals.something_changed(case, "signatory_changed", actor=CUSTOMER, now=clock.now())
    assert is_verified(individual)
    says_child(asha.principal)
    assert not is_verified(individual)


def test_our_promise_stands_still_while_nobody_may_decide(individual, asha, maker):
    rest_approved(individual)
    case = checked(individual).case
    before = promise(case)
    says_child(asha.principal)
    assert (before.state, promise(case).state) == ("running", "paused")
    later = clock.now() + timedelta(days=30)
    deadline_sweep.sweep(now=later)
    assert not Message.objects.filter(kind="kyc.staff_late").exists()
    with time_machine.travel(later):
        answers_alone(asha.principal)
    after = promise(case)
    assert after.state == "running"
    assert after.due_at - before.due_at >= timedelta(days=29), "the days of the pause are given back"


def test_our_promise_runs_on_from_the_day_on_which_the_child_comes_of_age(individual, asha):
    rest_approved(individual)
    case = checked(individual).case
    says_child(asha.principal)
    Protection.objects.update(adult_on=clock.day(clock.now()) + timedelta(days=10))
    for days, state in ((9, "paused"), (10, "running")):
        settle_changed(now=clock.now() + timedelta(days=days))
        assert promise(case).state == state


def test_our_promise_to_an_organisation_stands_still_while_the_paper_of_a_child_is_with_us(organisation):
    party = party_of(organisation)
    rest_approved(organisation, but=())
    settle(party.case, actor=CUSTOMER, now=clock.now())
    says_child(party.principal)
    assert Case.objects.get().state == "approved"  # nothing of the child is with us
    Document.objects.filter(party=party).update(state="checked")
    settle(party.case, actor=CUSTOMER, now=clock.now())
    assert not Clock.objects.exclude(state="stopped").exists()
    answers_alone(party.principal)
    assert promise(party.case).state == "running"


def test_the_queue_knows_a_child_under_every_reference_that_was_joined_to_theirs(individual, asha, organisation, maker):
    own, party = checked(individual), party_of(organisation)
    childs = paper(party.case, "passport", party=party, state="checked")
    assert set(to_review(at=clock.now())) == {own, childs}
    for person in (asha.principal, party.principal):
        noted, between = PrincipalFactory(), PrincipalFactory()
        for old, new in ((noted, between), (between, person)):
            subjects.join(old_ref=old.subject.ref, new_ref=new.subject.ref, actor=CUSTOMER, now=clock.now())
        says_child(noted)
    assert not to_review(at=clock.now()).exists()
    for document in (own, childs):
        with pytest.raises(Refused, match="under 18"):
            proposed(document, maker)
