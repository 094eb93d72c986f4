"""Invoices, payouts, licences and filings by financial year: kept to the day of the law page's examples."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor
from portal.kernel.core.errors import IllegalMove, NotAllowed, Refused
from portal.kernel.retention import financial_record_rules
from portal.kernel.retention.models import BooksRow
from portal.kernel.retention.services import financial_records
from tests.people.factories import StaffFactory
from tests.shipped import every_rule
from tests.signin.people_who_sign_in import staff_client

pytestmark = pytest.mark.django_db
NOW = datetime(2027, 6, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _shipped() -> None:
    every_rule()


def row(kind: str = "invoice", **changes) -> BooksRow:
    values = {"financial_year": 2026, "system": "the accounts", "annual_return_due_on": date(2027, 12, 31)}
    officer = actor.staff(StaffFactory(roles=["data_protection_officer"]).pk)
    return financial_records.note(kind=kind, **{**values, **changes}, actor=officer, now=NOW)


def test_the_books_of_2026_are_kept_through_the_day_of_the_companies_act() -> None:
    found = financial_record_rules.verdict_of(row(), now=NOW)
    assert found is not None
    assert (found.winner.key, found.kept_through) == ("IN-CO", date(2035, 3, 31))
    assert {one.key: one.on for one in found.keeps}["IN-GST"] == date(2033, 12, 31)


def test_an_extended_return_keeps_invoices_for_longer_by_the_gst_law() -> None:
    found = financial_record_rules.verdict_of(row(annual_return_due_on=date(2030, 12, 31)), now=NOW)
    assert found is not None
    assert (found.winner.key, found.kept_through) == ("IN-GST", date(2036, 12, 31))


@pytest.mark.parametrize("kind", ["invoice", "payout", "licence", "filing"])
def test_every_kind_has_its_rule(kind: str) -> None:
    found = financial_record_rules.verdict_of(row(kind), now=NOW)
    assert found is not None
    assert found.winner.citation == "Companies Act, s.128(5)"
    assert row(kind, financial_year=2025).years == "2025-26"


def test_what_a_rule_keeps_is_not_noted_as_destroyed_and_what_none_keeps_is_once() -> None:
    held = row()
    officer = actor.staff(StaffFactory(roles=["data_protection_officer"]).pk)
    with pytest.raises(Refused, match="retains these still"):
        financial_records.note_destroyed(row=held, certificate="C-1", actor=officer, now=NOW)
    later = datetime(2040, 1, 1, tzinfo=UTC)
    with pytest.raises(NotAllowed):
        financial_records.note_destroyed(row=held, certificate="C-1", actor=actor.staff(StaffFactory().pk), now=later)
    financial_records.note_destroyed(row=held, certificate="C-1", actor=officer, now=later)
    assert (held.destroyed_on, held.certificate) == (date(2040, 1, 1), "C-1")
    with pytest.raises(IllegalMove):
        financial_records.note_destroyed(row=held, certificate="C-2", actor=officer, now=later)
    assert AuditEvent.objects.filter(kind="retention.books.destroyed").count() == 1


def test_the_same_is_noted_once() -> None:
    row()
    with pytest.raises(Refused, match="noted already"):
        row()


def test_a_list_looks_its_rules_up_once_for_all_rows(django_assert_max_num_queries: Any) -> None:
    browser = staff_client(StaffFactory(roles=["data_protection_officer"]))
    url = reverse("admin:retention_booksrow_changelist")
    row()
    browser.get(url)  # what is looked up once for a session
    with CaptureQueriesContext(connection) as few:
        assert "Companies Act, s.128(5)" in browser.get(url).text
    for year in range(2020, 2026):
        row(financial_year=year)
    with django_assert_max_num_queries(len(few)):
        page = browser.get(url).text
    assert page.count("field-kept_by") == 7
