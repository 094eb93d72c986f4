"""Random lives of answers: what is kept equals what is rebuilt, and the past equals a naive replay."""

from datetime import timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from consent.base.choices import Answer, Way
from consent.base.rules.status_fold import standing
from consent.collection.services import consent_expiry
from consent.models import ConsentState
from consent.records.selectors import history
from consent.records.services.addresses import address_of
from consent.records.services.consent_events import Choice, record_all
from consent.records.services.projection import rebuild as rebuild_consent_state
from portal.kernel.core import actor, clock
from tests.consent.factories import person, published_notice

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("law")]
HOUR = timedelta(hours=1)
YES = ("given", "renewed")
LONG_AGO = timedelta(days=30)
NUMBERS = count(10_000_000)

#: (hour, who, answer, hours that a yes holds); None for who is the sweep that ends what is over.
STEPS = st.lists(
    st.tuples(
        st.integers(0, 60),
        st.sampled_from([0, 1, None]),
        st.sampled_from(["given", "denied", "withdrawn", "renewed"]),
        st.integers(1, 20),
    ),
    min_size=1,
    max_size=10,
)


def naive(said, hour):
    """What one person had answered by an hour: the last word said by then, a no before a yes of the same hour."""
    by_then = [(at, word not in YES, place, word, ends) for place, (at, word, ends) in enumerate(said) if at <= hour]
    if not by_then:
        return None
    _at, _no, _place, word, ends = max(by_then)
    return "expired" if word in YES and ends <= hour else word


@settings(
    max_examples=12,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # shrinking replays the database for minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=STEPS, asked_at=st.integers(0, 80))
def test_given_denied_withdrawn_renewed_and_lapsed_in_any_order(steps, asked_at):
    text = published_notice().binding
    number = f"+9198{next(NUMBERS):08d}"  # the examples share one database
    people, start = [person(email=None, phone=number) for _each in range(2)], clock.now() - LONG_AGO
    lives = [[], []]
    for hour, who, answer, holds in sorted(steps, key=lambda step: step[0]):
        at = start + hour * HOUR
        if who is None:
            consent_expiry.end_what_is_over(now=at)
            continue
        ref = people[who].subject.ref
        place = address_of(subject_ref=ref, channel="sms", kind="phone", text=number)
        is_yes = answer in YES
        choice = Choice(
            place, "marketing", "sms", Answer(answer), text if is_yes else None,
            ends_at=at + (holds + 0.5) * HOUR if is_yes else None,
        )  # fmt: skip
        record_all(
            subject_ref=ref, fiduciary="onesetu", choices=[choice], way=Way.PAGE, occurred_at=at,
            actor=actor.SYSTEM, now=clock.now(),
        )  # fmt: skip
        lives[who].append((hour, answer, hour + holds + 0.5))

    assert rebuild_consent_state(actor=actor.SYSTEM).mended == 0
    at = start + asked_at * HOUR
    for who, life in zip(people, lives, strict=True):
        found = history.consents_as_of(who.subject.ref, at)
        assert len(found) <= 1
        word = standing(found[0].answer, found[0].expires_at, at=at) if found else None
        assert word == naive(life, asked_at)

    # Two people may have said yes at one address: when one has ended, the other's turn comes in the next sweep.
    while consent_expiry.end_what_is_over(now=start + 200 * HOUR).ended:
        pass
    words = {naive(life, 200) for life in lives if life}
    kept = ConsentState.objects.filter(subject_ref__in=[who.subject.ref for who in people]).first()
    assert kept is None if not words else kept.answer in ({"denied", "withdrawn"} & words or {"expired"})
    assert rebuild_consent_state(actor=actor.SYSTEM).mended == 0
