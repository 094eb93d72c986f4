"""The log of Californian requests and its figures: from the rows of requests, with nobody's name."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from grievances.base.request_choices import Outcome, RefusalGround, RequestState, Right
from grievances.models import RightsRequest
from grievances.requests import ccpa_request_log
from grievances.requests.services import request_decisions
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor
from portal.kernel.law.models import Clock
from portal.kernel.people.models import Principal
from portal.kernel.people.services.people import note_regime
from tests.grievances.factories import RECEIVED, STRANGER
from tests.grievances.requests import shown
from tests.people.factories import ContactPointFactory, PrincipalFactory, StaffFactory
from tests.signin.people_who_sign_in import staff_client

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("house")]

PERIOD = {"first_day": date(2026, 11, 1), "last_day": date(2026, 11, 30)}


def californian() -> Principal:
    principal = PrincipalFactory()
    note_regime(principal=principal, regime="US-CA", ground="declared", actor=STRANGER, now=RECEIVED)
    return principal


def denied(request: RightsRequest, *, days: int) -> None:
    """Refused by two officers so many days later."""
    at = RECEIVED + timedelta(days=days)
    maker, checker = (StaffFactory(roles=["grievance_officer"]) for _each in range(2))
    made = request_decisions.propose(
        request=request,
        outcome=Outcome.REFUSE,
        ground=RefusalGround.OTHERS,
        words_to_person="It stands as you had it.",
        actor=actor.staff(maker.pk),
        at=at,
    )
    request_decisions.answer(proposal=made, approve=True, late_because="volume", actor=actor.staff(checker.pk), at=at)


def test_the_figures_count_what_was_asked_under_californias_law_and_how_it_was_answered() -> None:
    denied(shown(principal=californian(), right=Right.OBJECTION), days=2)
    denied(shown(principal=californian(), right=Right.OBJECTION), days=5)
    shown(principal=californian(), right=Right.OBJECTION)
    shown(principal=PrincipalFactory(), right=Right.OBJECTION)  # of India: not in this log
    [found] = ccpa_request_log.figures(ccpa_request_log.entries(**PERIOD))
    assert (found.received, found.denied, found.complied, found.open) == (3, 2, 0, 1)
    assert (found.median_days, found.mean_days) == (3.5, 3.5)
    assert not ccpa_request_log.entries(first_day=date(2026, 12, 1), last_day=date(2026, 12, 31))


def test_a_stranger_who_turns_out_to_be_a_californian_stands_in_the_log_from_the_receipt_on() -> None:
    who = californian()
    Principal.objects.filter(pk=who.pk).update(zone="America/Los_Angeles")
    ContactPointFactory(principal=who, address="asha@example.in", verified_at=RECEIVED)
    request = shown(right=Right.OBJECTION)
    assert list(ccpa_request_log.entries(**PERIOD)) == [request]
    clocks = Clock.objects.filter(legal_rule__jurisdiction="US-CA").order_by("rule_key")
    assert [(one.rule_key, one.started_at, one.stopped_at) for one in clocks] == [
        ("CA-ACK", RECEIVED, RECEIVED),
        ("CA-RESP", RECEIVED, None),
    ]
    assert request.ticket.zone == "America/Los_Angeles"


def test_a_joined_request_is_answered_with_the_one_that_takes_it_in() -> None:
    who = californian()
    first = shown(principal=who, right=Right.OBJECTION)
    again = shown(principal=who, right=Right.OBJECTION, at=RECEIVED + timedelta(hours=1))
    assert again.state == RequestState.JOINED
    denied(first, days=1)
    rows = list(ccpa_request_log.entries(**PERIOD))
    assert [ccpa_request_log.nature_of_answer(row) for row in rows] == ["Refused", "Refused"]
    assert {ccpa_request_log.ground(row) for row in rows} == {"It would show the data of others"}
    assert {ccpa_request_log.days_to_answer(row) for row in rows} == {1}


def test_an_auditor_reads_the_page_and_takes_the_log_away_with_a_trace() -> None:
    denied(shown(principal=californian(), right=Right.OBJECTION), days=2)
    auditor = staff_client(StaffFactory(roles=["auditor"]))
    page = reverse("admin:grievances_rightsrequest_log")
    answer = auditor.get(page, {name: day.isoformat() for name, day in PERIOD.items()})
    assert "1 request in this period" in answer.text
    taken = auditor.post(page, {**{name: day.isoformat() for name, day in PERIOD.items()}, "what": "log"})
    [head, row, *_end] = taken.content.decode("utf-8-sig").splitlines()
    assert head.startswith("reference,received,nature,manner,answered,nature_of_answer,ground_of_denial")
    assert ",Refused,It would show the data of others,2" in row
    assert AuditEvent.objects.filter(about="export.list:grievances.request_log").exists()
    support = staff_client(StaffFactory(roles=["support"]))
    assert support.get(page).status_code == 200
    assert support.post(page, {"first_day": "2026-11-01", "last_day": "2026-11-30", "what": "log"}).status_code == 403
