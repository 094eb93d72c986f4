"""What stays of erased people: at least five share each combination of kept columns, and the measure says how many."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.kernel.core import clock
from portal.kernel.people.models import Principal, Subject
from portal.kernel.retention.k_anonymity import Row, coarsened, k_of, says_something
from portal.kernel.retention.services import anonymisation
from tests.law.factories import HouseRuleFactory
from tests.people.factories import PrincipalFactory

years, languages = st.integers(2020, 2023), st.sampled_from(["en", "hi", "mr"])
people = st.lists(st.tuples(years, languages), max_size=30)


def ladder(year: int, language: str) -> list[Row]:
    return [(year, language), (year, None)]


@given(people, people, st.integers(2, 6))
def test_every_group_that_says_anything_has_at_least_k(first: list, later: list, k: int) -> None:
    known: Counter[Row] = Counter()
    for arrivals in (first, later):
        chosen = coarsened({place: ladder(*one) for place, one in enumerate(arrivals)}, known, k=k)
        assert set(chosen) == set(range(len(arrivals)))
        for place, row in chosen.items():
            assert row in (*ladder(*arrivals[place]), (None, None))
        known.update(chosen.values())
        assert all(count >= k for row, count in known.items() if says_something(row))
        assert (k_of(known) or k) >= k


@given(people, st.integers(2, 6))
def test_nothing_is_made_coarser_than_it_has_to_be(arrivals: list, k: int) -> None:
    chosen = coarsened({place: ladder(*one) for place, one in enumerate(arrivals)}, Counter(), k=k)
    groups = Counter(arrivals)
    assert all(chosen[place] == one for place, one in enumerate(arrivals) if groups[one] >= k)


@pytest.mark.django_db
def test_erased_persons_keep_a_year_and_a_language_that_five_share(django_assert_max_num_queries: Any) -> None:
    at = datetime(2024, 5, 17, 9, 30, tzinfo=UTC)
    for language in ["en"] * 5 + ["hi"] * 2 + ["mr"]:
        PrincipalFactory(language=language, created_at=at)
    stays = PrincipalFactory(language="hi", created_at=at)
    Subject.objects.exclude(pk=stays.subject_id).update(erased_at=clock.now())
    with django_assert_max_num_queries(7):
        measure = anonymisation.persons(now=clock.now())
    assert (measure["rows"], measure["k"], measure["emptied"]) == (8, 5, 3)
    kept = Counter(Principal.objects.exclude(pk=stays.pk).values_list("created_at", "language"))
    assert kept == {(datetime(2024, 1, 1, tzinfo=UTC), "en"): 5, (anonymisation.NO_YEAR, ""): 3}
    stays.refresh_from_db()
    assert stays.created_at == at
    assert anonymisation.persons(now=clock.now() + timedelta(days=1)) == measure


@pytest.mark.django_db
def test_how_many_share_what_stays_is_a_dated_rule() -> None:
    HouseRuleFactory(key="retention.anonymity", amount=2, unit="none", counting="none", kind="threshold")
    for language in ["hi"] * 2 + ["mr"]:
        PrincipalFactory(language=language, created_at=datetime(2024, 5, 17, tzinfo=UTC))
    Subject.objects.update(erased_at=clock.now())
    measure = anonymisation.persons(now=clock.now())
    assert (measure["k_at_least"], measure["k"], measure["emptied"]) == (2, 2, 1)
