"""What was in force in a period, against plain counting over short stretches of time and over days."""

from datetime import date, datetime, timedelta
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consent.base.choices import NoticeKind, VersionState
from consent.models import Notice, NoticeVersion
from portal.kernel.core import clock
from portal.kernel.law.models import LegalRule
from portal.kernel.people.choices import Answer
from portal.kernel.people.models import Fiduciary, RoleGrant
from portal.kernel.registers.base.choices import OfficerKind
from portal.kernel.registers.base.selectors.current_entries import current_officer
from portal.kernel.registers.models import Contract, Officer
from tests.evidence.lives import a_world_of_its_own
from tests.people.factories import FiduciaryFactory, StaffFactory, shipped_role

pytestmark = pytest.mark.django_db

MARCH = datetime(2026, 3, 1, tzinfo=clock.IST)
QUARTER = timedelta(hours=6)
DAYS = 12
#: Every instant of these tests is a quarter of a day in India, so that counting over quarters is exact.
quarters = st.integers(0, 4 * DAYS).map(lambda number: MARCH + number * QUARTER)
days = st.integers(-1, DAYS).map(lambda number: clock.day(MARCH) + timedelta(days=number))
#: As many examples as the run tries of a law with a database: 10 in the quick one, 100 in the full one.
examples = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


@st.composite
def periods(draw):
    """Whole days, or up to a moment of the last of them."""
    first = draw(st.integers(0, DAYS - 1))
    last = draw(st.integers(first, DAYS - 1))
    cut = draw(st.sampled_from([0, 0, 0, 1, 2, 3]))
    return MARCH + timedelta(days=first), MARCH + timedelta(days=last + 1) - cut * QUARTER


@st.composite
def stays(draw):
    """From when, until when (not included), and perhaps a last day; it may end as it begins, or before."""
    since = draw(quarters)
    until = draw(st.none() | st.integers(0, 20).map(lambda number: since + number * QUARTER))
    return since, until, draw(st.none() | days)


def slots(start, end):
    return [start + number * QUARTER for number in range(int((end - start) / QUARTER))]


def marks(model, start, end):
    """By row the marks that the declaration gives it."""
    declared = model.register_days
    rows = declared.in_period(model._default_manager.all(), start, end)
    return {row.pk: {name for name in declared.names if getattr(row, f"period_{name}")} for row in rows}


def proposal(staff, at, answer=Answer.APPROVED):
    maker, checker = staff
    answered = {} if answer == Answer.PENDING else {"checked_by": checker, "checked_at": at + 2 * QUARTER}
    return {"act": "test", "made_by": maker, "made_at": at, "shown_sha256": "0" * 64, "answer": answer, **answered}


@examples
@given(st.lists(st.tuples(stays(), quarters, st.sampled_from(Answer.values)), min_size=1, max_size=6), periods())
def test_an_entry_with_instants_and_a_last_day_is_in_force_by_overlap(given_rows, period):
    start, end = period
    with a_world_of_its_own():
        staff, whose = (StaffFactory(), StaffFactory()), FiduciaryFactory()
        expected = {}
        for number, ((since, until, last), made, answer) in enumerate(given_rows):
            row = Contract.objects.create(
                **proposal(staff, made, answer),
                fiduciary=whose,
                code=f"c{number}",
                name="x",
                owner=staff[0],
                recipient_code="r",
                kind="processing",
                signed_on=date(2026, 1, 1),
                review_on=date(2027, 1, 1),
                starts_at=since,
                ends_at=until,
                ended_by=staff[0] if until else None,
                valid_until=last,
            )
            is_agreed = answer == Answer.APPROVED
            expected[row.pk] = {
                name
                for name, is_so in {
                    "entered": start <= made < end,
                    "changed": answer != Answer.PENDING and start <= made + 2 * QUARTER < end,
                    "in_force": is_agreed
                    and any(
                        since <= at and (until is None or at < until) and (last is None or clock.day(at) <= last)
                        for at in slots(start, end)
                    ),
                    "ended": is_agreed
                    and (
                        (until is not None and start <= until < end)
                        or (last is not None and clock.day(start) <= last and midnight_after(last) <= end)
                    ),
                }.items()
                if is_so
            }
        assert marks(Contract, start, end) == {pk: names for pk, names in expected.items() if names}


def midnight_after(day):
    return datetime(day.year, day.month, day.day, tzinfo=clock.IST) + timedelta(days=1)


@examples
@given(st.lists(stays(), min_size=1, max_size=8), periods())
def test_a_role_is_in_force_by_overlap(given_rows, period):
    start, end = period
    with a_world_of_its_own():
        RoleGrant.objects.all().delete()
        user, role = StaffFactory(), shipped_role("support")
        expected = set()
        for since, ends, _last in given_rows:
            until = ends if ends is None or ends > since else since + QUARTER
            row = RoleGrant.objects.create(user=user, role=role, starts_at=since, ends_at=until, granted_at=since)
            if any(since <= at and (until is None or at < until) for at in slots(start, end)):
                expected.add(row.pk)
        assert {pk for pk, said in marks(RoleGrant, start, end).items() if "in_force" in said} == expected


def inside(start, end):
    """The days of which the period holds some."""
    return sorted({clock.day(at) for at in slots(start, end)})


def over(start, end):
    """Those of them that are over at its end."""
    return {day for day in inside(start, end) if midnight_after(day) <= end}


def ended_of(held_on, start, end):
    """The rows whose last day in a row of days lies in the period and is over."""
    return {pk for day in over(start, end) for pk in held_on(day) - held_on(day + timedelta(days=1))}


@examples
@given(st.lists(st.tuples(st.sampled_from(OfficerKind.values), days, quarters), min_size=1, max_size=7), periods())
def test_an_officer_is_in_force_until_the_next_one_begins(given_rows, period):
    start, end = period
    with a_world_of_its_own():
        staff = (StaffFactory(), StaffFactory())
        for kind, since, made in given_rows:
            Officer.objects.create(
                **proposal(staff, made),
                kind=kind,
                full_name="Asha",
                email="a@x.example",
                phone="+911",
                effective_from=since,
            )

        @cache
        def held_on(day):
            found = set()
            for kind in OfficerKind.values:
                rows = [row for row in Officer.objects.all() if row.kind == kind and row.effective_from <= day]
                if rows:
                    found.add(max(rows, key=lambda row: (row.effective_from, row.checked_at, row.pk)).pk)
            return found

        said = marks(Officer, start, end)
        held = {pk for day in inside(start, end) for pk in held_on(day)}
        assert {pk for pk, names in said.items() if "in_force" in names} == held
        assert {pk for pk, names in said.items() if "ended" in names} == ended_of(held_on, start, end)
        for day in inside(start, end)[:1]:
            assert {row.pk for kind in OfficerKind.values if (row := current_officer(kind, on=day))} == held_on(day)


@examples
@given(
    st.lists(st.tuples(st.sampled_from("AB"), st.none() | days, st.none() | days), min_size=1, max_size=7), periods()
)
def test_a_rule_is_in_force_where_no_higher_version_holds(given_rows, period):
    start, end = period
    with a_world_of_its_own():
        LegalRule.objects.all().delete()
        for number, (key, one, other) in enumerate(given_rows, 1):
            since, last = sorted((one, other)) if one is not None and other is not None else (one, other)
            LegalRule.objects.create(
                key=key, version=number, effective_from=since, effective_to=last, recorded_at=MARCH, sha256=str(number)
            )

        @cache
        def held_on(day):
            return set(LegalRule.objects.in_force(day).values_list("pk", flat=True))

        said = marks(LegalRule, start, end)
        held = {pk for day in inside(start, end) for pk in held_on(day)}
        assert {pk for pk, names in said.items() if "in_force" in names} == held
        assert {pk for pk, names in said.items() if "ended" in names} == ended_of(held_on, start, end)


@examples
@given(st.lists(st.tuples(st.sampled_from("AB"), days, st.booleans()), min_size=1, max_size=7), periods())
def test_a_text_is_in_force_until_the_next_published_one_begins(given_rows, period):
    start, end = period
    with a_world_of_its_own():
        notices = {
            code: Notice.objects.create(code=f"n-{code}", kind=NoticeKind.CONSENT_NOTICE, title=code) for code in "AB"
        }
        for number, (code, since, is_published) in enumerate(given_rows, 1):
            state = VersionState.PUBLISHED if is_published else VersionState.DRAFT
            published = MARCH if is_published else None
            NoticeVersion.objects.create(
                notice=notices[code],
                number=number,
                state=state,
                effective_on=since,
                drafted_at=MARCH,
                published_at=published,
            )
        rows = list(NoticeVersion.objects.filter(state=VersionState.PUBLISHED))

        @cache
        def held_on(day):
            found = set()
            for notice in notices.values():
                begun = [row for row in rows if row.notice_id == notice.pk and row.effective_on <= day]
                if begun:
                    found.add(max(begun, key=lambda row: (row.effective_on, row.number)).pk)
            return found

        said = marks(NoticeVersion, start, end)
        assert {pk for pk, names in said.items() if "in_force" in names} == {
            pk for day in inside(start, end) for pk in held_on(day)
        }


def contract(since, until=None, last=None, **more):
    staff = (StaffFactory(), StaffFactory())
    return Contract.objects.create(
        **proposal(staff, MARCH - timedelta(days=300)),
        fiduciary=Fiduciary.objects.first() or FiduciaryFactory(),
        code=f"c{Contract.objects.count()}",
        name="x",
        owner=staff[0],
        recipient_code="r",
        kind="processing",
        signed_on=date(2026, 1, 1),
        review_on=date(2027, 1, 1),
        starts_at=since,
        ends_at=until,
        ended_by=staff[0] if until else None,
        valid_until=last,
    )


TENTH = datetime(2026, 3, 10, tzinfo=clock.IST)
ELEVENTH = TENTH + timedelta(days=1)
TICK = timedelta(milliseconds=1)


@pytest.mark.parametrize(
    ("since", "until", "last", "said"),
    [
        # Midnight in India, not in UTC: the day begins at 18:30 of the day before.
        (ELEVENTH - TICK, None, None, {"in_force"}),
        (ELEVENTH, None, None, None),
        (TENTH - timedelta(days=9), TENTH, None, {"ended"}),
        (TENTH - timedelta(days=9), TENTH + TICK, None, {"in_force", "ended"}),
        (TENTH - timedelta(days=9), ELEVENTH, None, {"in_force"}),
        (TENTH - timedelta(days=9), TENTH - TICK, None, None),
        # Ended as it began: it was never in force.
        (TENTH, TENTH, None, {"ended"}),
        (TENTH + TICK, TENTH + TICK, None, {"ended"}),
        (TENTH, TENTH + TICK, None, {"in_force", "ended"}),
        # The last day is included.
        (TENTH - timedelta(days=9), None, date(2026, 3, 10), {"in_force", "ended"}),
        (TENTH - timedelta(days=9), None, date(2026, 3, 9), None),
        (TENTH - timedelta(days=9), None, date(2026, 3, 11), {"in_force"}),
    ],
)
def test_the_edges_of_a_day_in_india(since, until, last, said):
    row = contract(since, until, last)
    assert marks(Contract, TENTH, ELEVENTH) == ({row.pk: said} if said else {})
