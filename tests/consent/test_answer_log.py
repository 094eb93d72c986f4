"""Answers that the database does not take now are kept for later, in portions."""

import pytest
from django.db import DatabaseError, InterfaceError

from consent.models import GivenAnswer
from consent.selectors import rulebook
from consent.services import answer_log
from consent.services.decisions import may_contact
from portal.core import clock
from tests.consent.factories import ASHA_PHONE
from tests.people.factories import FiduciaryFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("law")]


@pytest.fixture
def held(settings, monkeypatch):
    """Three answers that no thread writes."""
    settings.DECISION_LOG_SECONDS = 60
    monkeypatch.setattr(answer_log, "_start", lambda: None)
    rows = []
    monkeypatch.setattr(answer_log, "_held", rows)
    now = clock.now()
    for channel in ("sms", "voice", "rcs"):
        decision = may_contact(address=ASHA_PHONE, purpose="marketing", channel=channel, at=now)
        answer_log.note(decision, asked_by="test", now=now)
    return rows


@pytest.mark.parametrize("fault", [DatabaseError, InterfaceError])
def test_what_the_database_does_not_take_stays_for_the_next_time(held, monkeypatch, fault):
    def broken(rows):
        raise fault

    with monkeypatch.context() as patch:
        patch.setattr(answer_log, "_write", broken)
        assert answer_log.flush() == 0
    assert len(held) == 3
    assert answer_log.flush() == GivenAnswer.objects.count() == 3
    assert held == []


def test_what_was_written_before_the_fault_is_not_written_again(held, monkeypatch):
    whole, calls = answer_log._write, []

    def once(rows):
        calls.append(len(rows))
        if len(calls) == 2:
            raise DatabaseError
        whole(rows)

    monkeypatch.setattr(answer_log, "AT_ONCE", 2)
    monkeypatch.setattr(answer_log, "_write", once)
    assert answer_log.flush() == 2
    assert answer_log.flush() == 1
    assert GivenAnswer.objects.count() == 3
    assert sorted(GivenAnswer.objects.values_list("channel", flat=True)) == ["rcs", "sms", "voice"]


def test_any_other_fault_loses_nothing_either(held, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(answer_log, "_write", lambda rows: 1 / 0)
        assert answer_log.flush() == 0
    assert answer_log.flush() == 3


def test_a_code_that_nobody_has_reads_the_rules_anew_not_once(law, monkeypatch):
    now = clock.now()
    kept = rulebook.rulebook(now)
    monkeypatch.setattr(rulebook, "_load", lambda on: None)
    assert rulebook.rulebook(now, purpose="nothing", fiduciary="nobody") is kept
    FiduciaryFactory(code="new")
    assert rulebook.rulebook(now, fiduciary="new") is None
    rulebook.forget()
