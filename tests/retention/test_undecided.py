"""A question of the profile that decides whether a law keeps something: open, it keeps and is never called a duty."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime

import pytest
from django.core.checks import Error
from django.core.checks.registry import registry
from django.test import Client
from django.urls import reverse
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from portal.fronts.workplace.health import checks
from portal.fronts.workplace.health.result import Health
from portal.kernel.core import records
from portal.kernel.law.models import OrganisationProfile
from portal.kernel.outbox.models import Message
from portal.kernel.registers.entries.services import register_tasks
from portal.kernel.registers.models import BookTask
from portal.kernel.retention import retention_decisions, selectors, system_checks
from portal.kernel.retention.models import RetentionRule
from portal.kernel.retention.rules import Facts, Period, Says, Term, Why, verdict
from tests.law.factories import ProfileFactory, PurposeFactory
from tests.people.factories import PrincipalFactory, StaffFactory
from tests.retention.factories import Shelf, house_rule, legal_rule, only_eraser, retention_rule
from tests.shipped import every_role
from tests.signin.people_who_sign_in import staff_client
from tests.workplace.today import by_label

NOON = datetime(2026, 11, 24, 6, 30, tzinfo=UTC)
OWN = Term("own", Why.PROMISE, period=Period(1, "month"))
WISH = Term("", Why.WISH)
days = st.dates(date(2020, 1, 1), date(2030, 12, 31))
lengths = st.builds(Period, st.integers(1, 80), st.sampled_from(["calendar_day", "month"]))


@given(days, lengths, days)
def test_an_open_question_keeps_exactly_what_the_law_behind_it_might(began: date, period: Period, today: date) -> None:
    facts = Facts(began, asked_on=began)
    by_law, by_doubt = (
        verdict(facts, (OWN, WISH, Term("LAW", why, "Act", period)), today=today) for why in (Why.LAW, Why.UNDECIDED)
    )
    assert (by_doubt.is_kept, by_doubt.erase_on) == (by_law.is_kept, by_law.erase_on)
    assert not by_doubt.is_kept or by_doubt.winner.why is Why.UNDECIDED


@given(days, lengths, lengths)
def test_a_law_that_binds_us_and_lasts_longer_is_named_before_the_doubt(began: date, one: Period, two: Period) -> None:
    terms = (OWN, WISH, Term("LAW", Why.LAW, "Act", one), Term("DOUBT", Why.UNDECIDED, "Other Act", two))
    found = verdict(Facts(began, asked_on=began), terms, today=began)
    longest = max(found.keeps, key=lambda each: (each.on or date.max, each.why is Why.LAW))
    assert found.winner.says is Says.KEEP
    assert found.winner.why is longest.why


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    house_rule("tests.period", 1, "month")
    house_rule("retention.profile_decision", 5, "calendar_day")
    legal_rule("CLOUD-5Y", 5, "year", law="Cloud Directions", provision="(v)", switch="cloud_provider", confidence="R")
    found = Shelf()
    with only_eraser(found):
        yield found


@pytest.fixture
def asha(shelf: Shelf) -> Iterator[object]:
    retention_rule("CLOUD-5Y")
    ref = PrincipalFactory().subject.ref
    shelf.shelved[ref] = [NOON]
    return ref


@pytest.fixture
def staff_of() -> Callable[[str], Client]:
    every_role()
    return lambda role: staff_client(StaffFactory(roles=[role]))


pytestmark = pytest.mark.django_db


def test_the_person_reads_kept_until_decided_and_who_decides_by_when(asha) -> None:
    every_role()
    reply_on = date(2026, 12, 24)
    (found,) = retention_decisions.keep_or_erase(asha, now=NOON, asked_at=NOON, reply_on=reply_on)
    assert found.verdict.winner.why is Why.UNDECIDED
    assert "kept until decided" in found.sentence
    assert "Cloud Directions, (v)" in found.sentence
    assert "administrator" in found.sentence
    assert "Data Protection Officer" in found.sentence
    assert "19 December 2026" in found.sentence
    assert "require" not in found.sentence
    assert "If so, we keep this until 24 November 2031. If not, we will erase this." in found.sentence
    english = found.sentence
    for language in ("hi", "mr"):
        with translation.override(language):
            (other,) = retention_decisions.keep_or_erase(asha, now=NOON, asked_at=NOON, reply_on=reply_on)
            assert other.sentence != english
            assert "administrator" not in other.sentence
            assert "kept until decided" not in other.sentence


def test_what_keeps_it_after_the_decision_is_named_before_it(shelf: Shelf) -> None:
    """Two open questions and a law that binds us: all three are named, each with its last day."""
    legal_rule(
        "REGISTRATION",
        180,
        "calendar_day",
        law="IT Rules",
        provision="r.3(1)(h)",
        switch="intermediary",
        confidence="M",
    )
    legal_rule("TELECOM-2Y", 2, "year", law="Telecom Act", provision="s.4", switch="telecom_entity", confidence="R")
    ProfileFactory(intermediary="yes", cloud_provider="undecided", telecom_entity="undecided")
    retention_rule("CLOUD-5Y", "REGISTRATION", "TELECOM-2Y")
    ref = PrincipalFactory().subject.ref
    shelf.shelved[ref] = [NOON]
    (found,) = retention_decisions.keep_or_erase(ref, now=NOON, asked_at=NOON, reply_on=date(2026, 12, 24))
    assert "whether these apply to us: Cloud Directions, (v); Telecom Act, s.4." in found.sentence
    assert "If so, we keep this until 24 November 2031." in found.sentence
    assert "If not, it is kept for this: IT Rules, r.3(1)(h) (until 23 May 2027). Then we will erase it." in (
        found.sentence
    )
    assert "We have not checked the official text and dates yet: IT Rules, r.3(1)(h)." in found.sentence
    assert "we will erase this" not in found.sentence


@given(st.dates(date(2026, 11, 24), date(2027, 3, 1)))
def test_the_day_of_the_decision_lies_before_the_reply(reply_on: date) -> None:
    asked_on = date(2026, 11, 23)
    assert asked_on <= retention_decisions.day_of_decision(asked_on, reply_on, days=5) < reply_on


def test_a_decision_that_is_late_is_called_late(asha) -> None:
    late = datetime(2026, 12, 22, 6, 30, tzinfo=UTC)
    (found,) = retention_decisions.keep_or_erase(asha, now=late, asked_at=NOON, reply_on=date(2026, 12, 24))
    assert "is late" in found.sentence


@pytest.mark.parametrize(("answer", "is_kept"), [("yes", True), ("no", False)])
def test_the_decision_ends_the_doubt(asha, answer: str, is_kept: bool) -> None:
    ProfileFactory(cloud_provider=answer)
    (found,) = retention_decisions.keep_or_erase(asha, now=NOON, asked_at=NOON)
    assert found.verdict.is_kept is is_kept
    assert "decided" not in found.sentence
    assert ("requires it" in found.sentence) is is_kept


def test_only_questions_on_which_a_rule_in_force_depends_are_open(asha) -> None:
    assert selectors.open_questions(on=date(2026, 11, 24)) == {"cloud_provider": ["CLOUD-5Y"]}
    ProfileFactory(cloud_provider="no")
    assert selectors.open_questions(on=date(2026, 11, 24)) == {}


def test_a_profile_with_an_open_question_cannot_go_live(asha) -> None:
    (found,) = system_checks.the_profile_is_decided(None)
    assert isinstance(found, Error)
    assert (found.id, "cloud" in found.msg) == ("retention.E004", True)
    asked = registry.get_checks(include_deployment_checks=True)
    assert system_checks.the_profile_is_decided in asked
    (shown,) = checks.profile(NOON)
    assert (shown.name, shown.state) == ("profile", Health.BAD)
    others = len(OrganisationProfile.SWITCHES) - 1
    assert f"{others} more questions of the profile are open; no rule to keep depends on them." in shown.says
    ProfileFactory(cloud_provider="yes")
    assert system_checks.the_profile_is_decided(None) == []
    assert [each.state for each in checks.profile(NOON)] == [Health.WELL]


def test_every_open_question_is_named_alike_on_today_the_proposals_the_system_page_and_in_the_tasks(
    asha, staff_of
) -> None:
    legal_rule("ECOMM-3Y", 3, "year", switch="third_schedule_class", confidence="R")
    legal_rule("TEL-2Y", 2, "year", switch="telecom_entity", confidence="R")
    RetentionRule.objects.update(legal_rules=["CLOUD-5Y", "ECOMM-3Y", "TEL-2Y"])
    names = {"telecom_entity", "cloud_provider", "third_schedule_class"}
    words = [str(OrganisationProfile._meta.get_field(name).verbose_name) for name in OrganisationProfile.SWITCHES]
    words = [one for one, name in zip(words, OrganisationProfile.SWITCHES, strict=True) if name in names]
    (shown,) = checks.profile(NOON)
    assert shown.label == records.list_name(OrganisationProfile), "one name on every page"
    assert f"Not decided: {'; '.join(words)}." in shown.says
    for role in ("administrator", "data_protection_officer"):
        browser = staff_of(role)
        figure = by_label(browser.get("/admin/"))["Company profile"]
        assert (figure.number, figure.words, figure.tone) == ("3", "questions to decide", "err")
        page = browser.get(figure.url)
        assert list(page.context["questions"]) == words
        assert "Questions of the company profile to decide" in page.text
        assert reverse("admin:workplace_profileproposal_add") in page.text
    assert "Company profile" not in by_label(staff_of("support").get("/admin/"))
    assert not staff_of("kyc_checker").get(figure.url).context["questions"]
    PurposeFactory(code="account_service")
    register_tasks.look(now=NOON)
    tasks = BookTask.objects.filter(what="profile")
    assert sorted(tasks.values_list("code", flat=True)) == sorted(words)
    assert {task.get_what_display() for task in tasks} == {"Decide an open question of the company profile"}
    assert Message.objects.filter(kind="registers.book_tasks").exists()
    ProfileFactory(**dict.fromkeys(names, "no"))
    register_tasks.look(now=NOON)
    assert not BookTask.objects.filter(what="profile", closed_at=None).exists()


def test_an_open_question_is_a_task_of_the_two_who_decide_until_it_is_decided(asha) -> None:
    every_role()
    PurposeFactory(code="account_service")
    two = {StaffFactory(roles=[role]).pk for role in ("administrator", "data_protection_officer")}
    StaffFactory(roles=["support"])
    register_tasks.look(now=NOON)
    task = BookTask.objects.get(what="profile")
    assert (task.book, task.closed_at) == ("law.organisationprofile", None)
    told = Message.objects.filter(kind="registers.book_tasks")
    assert len(told) == len(two)
    ProfileFactory(cloud_provider="no")
    register_tasks.look(now=NOON)
    task.refresh_from_db()
    assert task.closed_at == NOON
