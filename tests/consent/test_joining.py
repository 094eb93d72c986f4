"""Joining two references brings what stands at their addresses up to date at once."""

from datetime import timedelta

import pytest

from consent.decisions.services.contact_decisions import may_contact
from consent.records.services.projection import rebuild
from portal.kernel.core import actor, clock
from portal.kernel.people.services import subjects
from tests.consent.factories import ASHA_PHONE, person, published_notice, said
from tests.consent.worlds import at_hour

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("law")]


@pytest.fixture
def twice(law):
    """One person under two references: an older no, and a yes."""
    published_notice()
    before, now = person(email="before@acme.example"), person()
    said(before, "denied", occurred_at=clock.now() - timedelta(days=1))
    said(now, "given")
    return before, now


def may() -> str:
    return may_contact(address=ASHA_PHONE, purpose="marketing", channel="sms", at=at_hour(12)).reason


def test_a_join_makes_the_latest_word_of_both_count_at_once(twice):
    before, now = twice
    assert may() == "CONSENT_DENIED"
    subjects.join(old_ref=before.subject.ref, new_ref=now.subject.ref, actor=actor.SYSTEM, now=clock.now())
    assert may() == "ALLOWED_BY_CONSENT"
    assert rebuild(actor=actor.SYSTEM).mended == 0


def test_a_third_reference_is_one_person_with_the_first_two(twice):
    before, now = twice
    third = person(email="third@acme.example")
    said(third, "withdrawn", occurred_at=clock.now() - timedelta(hours=2))
    subjects.join(old_ref=now.subject.ref, new_ref=third.subject.ref, actor=actor.SYSTEM, now=clock.now())
    assert may() == "CONSENT_DENIED"
    subjects.join(old_ref=before.subject.ref, new_ref=now.subject.ref, actor=actor.SYSTEM, now=clock.now())
    assert may() == "ALLOWED_BY_CONSENT"
    assert rebuild(actor=actor.SYSTEM).mended == 0
