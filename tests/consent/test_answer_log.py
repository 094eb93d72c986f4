"""Answers that the database does not take now are kept for later, in portions."""

import pytest
from django.db import DatabaseError, InterfaceError

from consent.base.selectors import contact_rulebook
from consent.decisions.services import decision_log
from consent.decisions.services.contact_decisions import may_contact
from consent.models import GivenAnswer
from portal.kernel.core import clock
from tests.consent.factories import ASHA_PHONE
from tests.people.factories import FiduciaryFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("law")]


@pytest.fixture
def held(settings, monkeypatch):
    """Three answers that no thread writes."""
    settings.DECISION_LOG_SECONDS = 60
    monkeypatch.setattr(decision_log, "_start", lambda: None)
    rows = []
    monkeypatch.setattr(decision_log, "_held", rows)
    now = clock.now()
    for channel in ("sms", "voice", "rcs"):
        decision = may_contact(address=ASHA_PHONE, purpose="marketing", channel=channel, at=now)
        decision_log.note(decision, asked_by="test", now=now)
    return rows


@pytest.mark.parametrize("fault", [DatabaseError, InterfaceError])
def test_what_the_database_does_not_take_stays_for_the_next_time(held, monkeypatch, fault):
    def broken(rows):
        raise fault

    with monkeypatch.context() as patch:
        patch.setattr(decision_log, "_write", broken)
        assert decision_log.flush() == 0
    assert len(held) == 3
    assert decision_log.flush() == GivenAnswer.objects.count() == 3
    assert held == []


def test_what_was_written_before_the_fault_is_not_written_again(held, monkeypatch):
    whole, calls = decision_log._write, []

    def once(rows):
        calls.append(len(rows))
        if len(calls) == 2:
            raise DatabaseError
        whole(rows)

    monkeypatch.setattr(decision_log, "AT_ONCE", 2)
    monkeypatch.setattr(decision_log, "_write", once)
    assert decision_log.flush() == 2
    assert decision_log.flush() == 1
    assert GivenAnswer.objects.count() == 3
    assert sorted(GivenAnswer.objects.values_list("channel", flat=True)) == ["rcs", "sms", "voice"]


def test_any_other_fault_loses_nothing_either(held, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(decision_log, "_write", lambda rows: 1 / 0)
        assert decision_log.flush() == 0
    assert decision_log.flush() == 3


def test_a_code_that_nobody_has_reads_the_rules_anew_not_once(law, monkeypatch):
    now = clock.now()
    kept = contact_rulebook.rulebook(now)
    monkeypatch.setattr(contact_rulebook, "_load", lambda on: None)
    assert contact_rulebook.rulebook(now, purpose="nothing", fiduciary="nobody") is kept
    FiduciaryFactory(code="new")
    assert contact_rulebook.rulebook(now, fiduciary="new") is None
    contact_rulebook.forget()
