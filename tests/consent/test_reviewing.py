"""A policy wants to be looked at once a year: changed, or found to hold still."""

from datetime import timedelta

import pytest

from consent.models import NoticeReview
from consent.notices.services import policy_reviews, publication
from portal.kernel.core import actor, clock
from portal.kernel.core.errors import Refused
from portal.kernel.law.models import Clock
from portal.kernel.law.services import deadline_sweep
from portal.kernel.outbox.models import Message
from tests.consent.factories import law_is_loaded
from tests.consent.test_publishing import CLEAN, draft
from tests.people.factories import StaffFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def version(db):
    law_is_loaded()
    maker = actor.staff(StaffFactory(roles=["data_protection_officer"]).pk)
    checker = actor.staff(StaffFactory(roles=["administrator"]).pk)
    today = clock.day(clock.now())
    version = draft(CLEAN, on=today)
    publication.answer(proposal=publication.propose(version=version, actor=maker), approve=True, actor=checker)
    version.refresh_from_db()
    return version


def running():
    return list(Clock.objects.filter(owner="consent.notice:privacy-policy").exclude(state="stopped"))


def test_publishing_starts_the_years_of_the_house_and_of_california(version):
    clocks = running()
    assert {clock_row.rule_key for clock_row in clocks} == {"notices.review", "CA-POLICY"}
    assert all(364 <= (c.due_at - version.published_at).days <= 366 for c in clocks)


def test_staff_are_told_before_the_year_is_over_and_when_it_is(version):
    deadline_sweep.sweep(now=version.published_at + timedelta(days=200))
    assert not Message.objects.filter(kind__startswith="consent.staff_review").exists()
    deadline_sweep.sweep(now=version.published_at + timedelta(days=300))
    assert Message.objects.filter(kind="consent.staff_review_due").count() == 2
    deadline_sweep.sweep(now=version.published_at + timedelta(days=370))
    assert Message.objects.filter(kind="consent.staff_review_late").count() == 2


def test_a_review_without_a_change_starts_the_year_anew(version):
    officer = actor.staff(StaffFactory(roles=["data_protection_officer"]).pk)
    before = min(c.due_at for c in running())
    policy_reviews.record_review(version=version, actor=officer, now=clock.now() + timedelta(days=100))
    assert NoticeReview.objects.get().reviewed_by == officer.ref
    assert len(running()) == 2
    assert min(c.due_at for c in running()) > before + timedelta(days=90)


def test_a_draft_is_not_reviewed(version):
    with pytest.raises(Refused) as refusal:
        policy_reviews.record_review(version=draft(CLEAN + "\n5. More\n\nx\n"), actor=actor.SYSTEM)
    assert refusal.value.code == "NOT_IN_FORCE"
