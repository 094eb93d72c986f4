"""The projection equals the fold of the events, whatever happened to it."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consent.base.choices import Answer
from consent.collection.services import consent_expiry
from consent.models import ConsentState
from consent.records.selectors import history
from consent.records.services.projection import rebuild as rebuild_consent_state
from portal.kernel.core import actor, clock
from portal.kernel.people.services import subjects
from tests.consent.factories import person, published_notice, said

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("law")]


@pytest.fixture
def asha(law):
    published_notice()
    return person()


def states():
    return list(
        ConsentState.objects.order_by("purpose", "channel").values_list("purpose", "channel", "answer", "event")
    )


def rebuild():
    return rebuild_consent_state(actor=actor.SYSTEM)


def test_a_whole_projection_needs_no_mending(asha):
    said(asha, "given")
    said(asha, "withdrawn", channel="email")
    before = states()
    done = rebuild()
    assert (done.checked, done.mended, done.removed) == (2, 0, 0)
    assert states() == before


def test_states_that_were_lost_or_changed_by_hand_come_back(asha):
    said(asha, "given")
    said(asha, "withdrawn", channel="email")
    before = states()
    ConsentState.objects.filter(channel="email").update(answer="given")
    ConsentState.objects.filter(channel="sms").delete()
    assert rebuild().mended == 2
    assert states() == before
    assert rebuild().mended == 0


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.booleans(), st.sampled_from(Answer.values), st.integers(1, 9)),
        min_size=1,
        max_size=6,
    )
)
def test_what_is_kept_as_events_come_equals_what_is_rebuilt(asha, said_by):
    ravi = person(email=None)
    for is_asha, answer, minutes in said_by:
        said(asha if is_asha else ravi, answer, occurred_at=clock.now() - timedelta(minutes=minutes))
    assert rebuild().mended == 0


def test_a_person_known_by_two_references_can_change_their_own_no(asha):
    same = person(email=None)
    said(same, "withdrawn")
    subjects.join(old_ref=same.subject.ref, new_ref=asha.subject.ref, actor=actor.SYSTEM, now=clock.now())
    said(asha, "given", occurred_at=clock.now())
    assert ConsentState.objects.get().answer == "given"


def test_the_past_is_answered_as_it_was(asha):
    now = clock.now()
    yes = said(asha, "given", occurred_at=now - timedelta(days=3))
    no = said(asha, "withdrawn", occurred_at=now - timedelta(days=1))
    subject = asha.subject.ref
    assert history.consents_as_of(subject, now - timedelta(days=5)) == []
    assert history.consents_as_of(subject, now - timedelta(days=2)) == [yes]
    assert history.consents_as_of(subject, now) == [no]


def test_a_yes_whose_time_is_over_is_recorded_as_ended_once(asha):
    event = said(asha, "given")
    later = event.expires_at + timedelta(minutes=1)
    assert consent_expiry.end_what_is_over(now=event.expires_at - timedelta(minutes=1)).ended == 0
    assert consent_expiry.end_what_is_over(now=later).ended == 1
    assert consent_expiry.end_what_is_over(now=later).ended == 0
    assert ConsentState.objects.get().answer == "expired"


def test_a_state_that_was_planted_for_another_address_is_removed(asha):
    said(asha, "given")
    planted = ConsentState.objects.get()
    planted.pk, planted.address_key = None, bytes([1]) * 33
    planted.save()
    assert rebuild().removed == 1
    assert ConsentState.objects.count() == 1
