"""What is overdue in the books becomes a task of its owner, once, and ends with its cause."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import clock, http_client
from portal.kernel.outbox.models import Message
from portal.kernel.people.models import User
from portal.kernel.registers.entries.services import links, register_entries, register_tasks
from portal.kernel.registers.models import (
    AccessReview,
    AuditFinding,
    BookTask,
    Contract,
    CountryRule,
    ExternalLink,
    Measure,
    RecipientCheck,
    Transfer,
)
from portal.kernel.registers.senders.services import sender_entries
from tests.consent.factories import law_is_loaded
from tests.registers.entered import agreed
from tests.registers.factories import papers_for, registered_recipient, today, two_people

pytestmark = pytest.mark.django_db


#: A quarter is 90 to 92 days: on this day the next review of access comes later than 90 days from now.
TODAY = datetime(2026, 7, 15, 6, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def law() -> Iterator[None]:
    with time_machine.travel(TODAY):
        law_is_loaded()
        yield


def due(*, days=0):
    now = clock.now() + timedelta(days=days)
    return {(duty.book.partition(".")[2], duty.what) for duty in register_tasks.duties(now=now)} - {
        ("accessreview", "access_review")
    }


def test_a_row_is_due_on_its_day_of_review_and_no_more_once_somebody_looked():
    rule = agreed(CountryRule)
    assert due(days=89) == set()
    assert due(days=90) == {("countryrule", "review")}
    register_entries.review(rule, next_on=today() + timedelta(days=365), actor=two_people()[0], now=clock.now())
    assert due(days=90) == set()


def test_a_paper_warns_before_its_last_day_and_after_it_says_that_nothing_goes():
    papers_for("host-one", country="SG", valid_until=today() + timedelta(days=40))
    Transfer.objects.update(valid_until=today() + timedelta(days=50))
    RecipientCheck.objects.all().delete()
    assert due() == set()
    assert due(days=10) == {("contract", "paper_ends")}
    assert due(days=41) == {("contract", "paper_ended"), ("transfer", "paper_ends")}


def test_a_recipient_whose_papers_end_is_named_itself():
    registered_recipient()
    assert due() == set()
    Contract.objects.update(answer="refused")
    assert due() == {("recipient", "papers_lack")}


def test_findings_evidence_and_dead_links_are_found():
    agreed(AuditFinding)
    agreed(Measure, evidence_on=clock.day(TODAY) - timedelta(days=360))
    agreed(ExternalLink)
    ExternalLink.objects.update(dead_since=clock.now())
    assert due(days=20) == {("auditfinding", "finding"), ("measure", "evidence"), ("externallink", "link_dead")}


def test_a_row_whose_owner_has_left_asks_for_another():
    rule = agreed(CountryRule)
    User.objects.filter(pk=rule.owner_id).update(is_active=False)
    assert due() == {("countryrule", "owner_left")}


def test_role_access_is_due_each_quarter():
    def asked(days=0):
        now = clock.now() + timedelta(days=days)
        return [duty.what for duty in register_tasks.duties(now=now) if duty.book == "registers.accessreview"]

    assert asked() == ["access_review"]
    agreed(AccessReview)
    assert asked(days=60) == []
    assert "access_review" in asked(days=93)


def test_a_review_of_one_role_is_no_review_of_the_others():
    def asked(days):
        now = clock.now() + timedelta(days=days)
        return "access_review" in [duty.what for duty in register_tasks.duties(now=now)]

    agreed(AccessReview, roles=["administrator"])
    assert asked(days=0), "the data protection officer's role is held, and nobody looked at it"
    agreed(AccessReview, code="all")
    assert not asked(days=60)


def test_a_review_whose_owner_wrote_the_row_is_asked_of_the_others():
    rule = agreed(CountryRule)
    agreed(AccessReview)
    CountryRule.objects.update(owner=rule.made_by)
    register_tasks.look(now=clock.now() + timedelta(days=90))
    letters = Message.objects.filter(kind="registers.book_tasks")
    told = set(letters.values_list("subject_ref", flat=True))
    assert rule.made_by.subject.ref not in told
    assert rule.checked_by.subject.ref in told


def test_a_task_is_opened_once_told_to_its_owner_once_a_day_and_closed_by_itself():
    rule = agreed(CountryRule, says="allowed")
    agreed(AccessReview)
    later = clock.now() + timedelta(days=90)
    found = register_tasks.look(now=later)
    task = BookTask.objects.get(book="registers.countryrule")
    assert (task.what, task.owner, task.due_on, found.opened >= 1) == ("review", rule.owner, rule.review_on, True)
    assert register_tasks.look(now=later).opened == 0
    letter = Message.objects.get(kind="registers.book_tasks", subject_ref=rule.owner.subject.ref)
    assert letter.channel == "email"
    sender_entries.end(rule, actor=two_people()[0], now=clock.now())
    assert register_tasks.look(now=later).closed == 1
    task.refresh_from_db()
    assert task.closed_at == later
    kinds = AuditEvent.objects.filter(about=f"registers.countryrule:{rule.pk}").values_list("kind", flat=True)
    assert {"registers.task.opened", "registers.task.closed"} <= set(kinds)


@pytest.mark.parametrize(
    ("outcome", "said", "is_dead"),
    [
        (http_client.Answer(200, {}, b""), "HTTP_200", False),
        (http_client.Answer(302, {}, b""), "HTTP_302", False),
        (http_client.Answer(403, {}, b""), "HTTP_403", False),
        (http_client.Answer(404, {}, b""), "HTTP_404", True),
        (http_client.Answer(500, {}, b""), "HTTP_500", True),
        (http_client.Unreachable("NO_SUCH_NAME"), "NO_SUCH_NAME", True),
        (http_client.BrokenOff("TOO_SLOW"), "TOO_SLOW", True),
    ],
)
def test_a_dead_link_is_found_and_one_that_lives_again_is_forgiven(monkeypatch, outcome, said, is_dead):
    link = agreed(ExternalLink)
    asked = []

    def request(method, url, **how):
        asked.append((method, url))
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    monkeypatch.setattr(http_client, "request", request)
    assert links.try_all(now=clock.now()) == int(is_dead)
    link.refresh_from_db()
    assert (link.answered, link.dead_since is not None) == (said, is_dead)
    assert asked == [("GET", link.url)]
    monkeypatch.setattr(http_client, "request", lambda *given, **how: http_client.Answer(200, {}, b""))
    assert links.try_all(now=clock.now()) == 0
    link.refresh_from_db()
    assert link.dead_since is None
