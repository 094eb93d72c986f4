"""Two people, always."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from portal.kernel.core import clock
from portal.kernel.core.actor import SYSTEM, staff
from portal.kernel.core.errors import IllegalMove, LostRace, NotAllowed, Refused
from portal.kernel.people.choices import Answer
from portal.kernel.people.models import FourEyesRule, MfaReset, RoleGrant
from portal.kernel.people.services import maker_checker
from tests.people.factories import CustomerUserFactory, StaffFactory

pytestmark = pytest.mark.django_db
ACT = "people.mfa.reset"
SHOWN = {"user": 7, "why": "lost the telephone"}


@pytest.fixture
def maker():
    return StaffFactory(roles=["administrator"])


@pytest.fixture
def checker():
    return StaffFactory(roles=["data_protection_officer"])


def propose(maker, **fields):
    return maker_checker.propose(
        MfaReset,
        **{
            "act": ACT,
            "maker": maker,
            "shown": SHOWN,
            "now": clock.now(),
            "user": StaffFactory(),
            "why": "x",
            **fields,
        },
    )


def answer(proposal, checker, **changes):
    given = {"checker": checker, "approve": True, "shown": SHOWN, "now": clock.now(), **changes}
    maker_checker.answer(proposal, **given)


def test_a_second_person_approves_and_the_row_says_who_and_when(maker, checker):
    proposal = propose(maker)
    answer(proposal, checker)
    assert (proposal.answer, proposal.checked_by, proposal.made_by) == (Answer.APPROVED, checker, maker)
    assert proposal.checked_at is not None


def test_the_maker_cannot_answer_however_many_roles_they_hold():
    both = StaffFactory(roles=["administrator", "data_protection_officer"])
    proposal = propose(both)
    with pytest.raises(NotAllowed, match="Another person must"):
        answer(proposal, both)
    proposal.refresh_from_db()
    assert proposal.answer == Answer.PENDING


def test_the_database_refuses_one_person_for_both_halves_too(maker):
    proposal = propose(maker)
    with pytest.raises(IntegrityError), transaction.atomic():
        MfaReset.objects.filter(pk=proposal.pk).update(answer=Answer.APPROVED, checked_by=maker, checked_at=clock.now())


def test_an_answer_without_a_person_is_refused_by_the_database(maker):
    proposal = propose(maker)
    with pytest.raises(IntegrityError), transaction.atomic():
        MfaReset.objects.filter(pk=proposal.pk).update(answer=Answer.APPROVED)


@pytest.mark.parametrize("role", ["support", "kyc_maker", "kyc_checker", "grievance_officer"])
def test_a_role_that_the_table_does_not_name_can_do_neither_half(role, maker):
    with pytest.raises(NotAllowed):
        propose(StaffFactory(roles=[role]))
    with pytest.raises(NotAllowed):
        answer(propose(maker), StaffFactory(roles=[role]))


WITH_A_NUMBER = ["No: Aadhaar 2341 2341 2346, PAN ABCPE1234F differ", "PAN abcpe1234f", "A/c 918273645546372"]


@pytest.mark.parametrize("words", WITH_A_NUMBER)
def test_neither_half_may_write_a_number_that_would_stand_in_the_clear(words, maker, checker):
    with pytest.raises(Refused, match="last four digits"):
        propose(maker, why=words)
    assert not MfaReset.objects.exists()
    proposal = propose(maker)
    for approve in (True, False):
        with pytest.raises(Refused, match="last four digits"):
            answer(proposal, checker, approve=approve, reason=words)
    proposal.refresh_from_db()
    assert (proposal.answer, proposal.reason) == (Answer.PENDING, "")


def test_an_act_without_a_row_in_the_table_cannot_be_done(maker):
    FourEyesRule.objects.filter(act=ACT).delete()
    with pytest.raises(NotAllowed):
        propose(maker)


def test_a_role_that_has_ended_answers_nothing(maker, checker):
    proposal = propose(maker)
    RoleGrant.objects.filter(user=checker).update(
        starts_at=clock.now() - timedelta(days=2), ends_at=clock.now() - timedelta(days=1)
    )
    with pytest.raises(NotAllowed):
        answer(proposal, checker)


def test_a_role_that_has_not_begun_answers_nothing(maker, checker):
    proposal = propose(maker)
    RoleGrant.objects.filter(user=checker).update(starts_at=clock.now() + timedelta(days=1))
    with pytest.raises(NotAllowed):
        answer(proposal, checker)


def test_a_deactivated_login_proposes_nothing(maker):
    type(maker).objects.filter(pk=maker.pk).update(is_active=False)
    with pytest.raises(NotAllowed):
        propose(maker)


def test_the_answer_is_bound_to_what_was_shown(maker, checker):
    proposal = propose(maker)
    with pytest.raises(Refused) as refused:
        answer(proposal, checker, shown={**SHOWN, "user": 8})
    assert refused.value.code == "SHOWN_CHANGED"


def test_a_no_makes_room_for_a_new_proposal_even_when_what_was_shown_has_changed(maker, checker):
    proposal = propose(maker)
    answer(proposal, checker, approve=False, shown={**SHOWN, "user": 8}, reason="It has changed.")
    assert proposal.answer == Answer.REFUSED


def test_a_refusal_needs_a_reason(maker, checker):
    proposal = propose(maker)
    with pytest.raises(Refused, match="Say why"):
        answer(proposal, checker, approve=False, reason="  ")
    answer(proposal, checker, approve=False, reason="Call her first.")
    assert (proposal.answer, proposal.reason) == (Answer.REFUSED, "Call her first.")


def test_a_second_answer_is_refused(maker, checker):
    proposal = propose(maker)
    answer(proposal, checker)
    with pytest.raises(IllegalMove):
        answer(proposal, checker)


def test_a_second_click_says_that_the_first_answer_counts(maker, checker):
    proposal = propose(maker)
    stale = MfaReset.objects.get(pk=proposal.pk)
    answer(proposal, checker)
    with pytest.raises(LostRace, match="your first decision counts"):
        answer(stale, checker)
    stale = MfaReset.objects.get(pk=proposal.pk)
    stale.answer = Answer.PENDING
    with pytest.raises(LostRace, match="Someone else"):
        answer(stale, StaffFactory(roles=["administrator"]))


def test_the_slower_of_two_answers_loses_and_changes_nothing(maker, checker):
    proposal = propose(maker)
    stale = MfaReset.objects.get(pk=proposal.pk)
    answer(proposal, checker)
    with pytest.raises(LostRace):
        answer(stale, StaffFactory(roles=["administrator"]), approve=False, reason="no")
    proposal.refresh_from_db()
    assert (proposal.answer, proposal.checked_by) == (Answer.APPROVED, checker)


def test_neither_a_task_nor_a_customer_is_a_person_of_staff(maker):
    with pytest.raises(NotAllowed):
        maker_checker.person_of(SYSTEM)
    with pytest.raises(NotAllowed):
        maker_checker.person_of(staff(CustomerUserFactory().pk))
    assert maker_checker.person_of(staff(maker.pk)) == maker


def test_the_digest_of_a_mapping_does_not_depend_on_the_order_of_its_keys():
    assert maker_checker.shown_digest({"a": 1, "b": 2}) == maker_checker.shown_digest({"b": 2, "a": 1})
    assert maker_checker.shown_digest("text") == maker_checker.shown_digest(b"text")
