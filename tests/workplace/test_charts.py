import re
from datetime import UTC, datetime, timedelta

import pytest
from django.core.cache import cache
from django.urls import reverse
from django.utils.html import escape

from kyc.models import Case
from portal.fronts.workplace import charts, pages, svg_charts
from portal.kernel.core import clock
from tests.consent.factories import law_is_loaded, person, published_notice, said
from tests.grievances.factories import ticket
from tests.kyc.factories import checked
from tests.people.factories import CustomerFactory
from tests.shipped import every_rule

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def counted_anew():
    cache.clear()


@pytest.fixture
def life(db):
    """One open grievance of yesterday, one consent given and one withdrawn by SMS."""
    every_rule()
    law_is_loaded()
    published_notice()
    asha = person()
    said(asha, "given")
    said(asha, "withdrawn")
    ticket(at=clock.now() - timedelta(days=1))


def shown(answer):
    return {chart.kind.code: chart for chart, _picture, _key in answer.context["charts"]}


def numbers(chart):
    return {row.label: row.values for row in chart.rows}


def test_each_bar_leads_to_a_list_of_exactly_the_rows_that_it_counts(staff, life):
    """Every chart of every role, every bar that is not nothing."""
    checked(CustomerFactory(kind="individual"), number="ABCPR1234Z")
    followed = 0
    for role in pages.FIRST_PAGES:
        client = staff(role)
        page = client.get("/admin/")
        for chart in shown(page).values():
            for row in chart.rows:
                for value, query in zip(row.values, row.queries, strict=True):
                    listed = client.get(f"{chart.url}?{query}")
                    assert listed.context["cl"].result_count == value, (role, chart.kind.code, row.label)
                    followed += bool(value)
                    assert not value or escape(f"{chart.url}?{query}") in page.text
    assert followed >= 5


def test_a_chart_says_its_numbers_in_a_picture_a_table_and_a_file(staff, life):
    client = staff("data_protection_officer", "grievance_officer")
    page = client.get("/admin/")
    grievances, opt_outs = shown(page)["grievances"], shown(page)["opt-outs"]
    assert len(grievances.rows) == 10
    assert sum(row.values[0] for row in grievances.rows) == 1
    assert numbers(opt_outs)["SMS"] == (1,)
    assert '<svg class="chart" role="group"' in page.text
    assert "Received: 1, Closed: 0." in page.text
    assert not re.search(r"<svg[^>]*style=|<script(?![^>]*src)|style=\"", page.text)
    lines = client.get(reverse("admin:chart-file", args=["opt-outs"])).getvalue().decode().split("\r\n")
    assert lines[0] == "Channel,Withdrawn"
    assert "SMS,1" in lines


def test_a_case_that_waits_for_both_sides_is_not_said_to_wait_for_the_customer_alone(staff, life):
    """As many papers as the queue beside it says wait for us, although the customer has not sent everything."""
    document = checked(CustomerFactory(kind="individual"), number="ABCPR1234Z")
    case = document.case
    Case.objects.filter(pk=case.pk).update(state="open")
    client = staff("kyc_maker")
    rows = numbers(shown(client.get("/admin/"))["kyc"])
    assert (rows["Waiting for the customer"], rows["Waiting for the customer and for us"]) == ((0,), (1,))
    listed = reverse("admin:kyc_case_changelist")
    assert "Waiting for the customer and for us" in client.get(listed).text
    type(document).objects.filter(pk=document.pk).update(state="approved")
    cache.clear()
    rows = numbers(shown(client.get("/admin/"))["kyc"])
    assert (rows["Waiting for the customer"], rows["Waiting for the customer and for us"]) == ((1,), (0,))
    assert client.get(listed).text.count("Waiting for the customer and for us") == 1, "the filter alone names it"


def test_each_role_sees_the_charts_of_the_lists_it_may_see(staff, life):
    support = staff("support")
    assert set(shown(support.get("/admin/"))) == set()
    assert set(shown(staff("kyc_maker").get("/admin/"))) == {"kyc"}
    assert set(shown(staff("grievance_officer").get("/admin/"))) == {"grievances", "requests"}
    assert support.get(reverse("admin:chart-file", args=["on-time"])).status_code == 404
    assert support.get(reverse("admin:chart-file", args=["nothing"])).status_code == 404


def test_a_picture_weighs_less_than_eleven_kilobytes_when_every_bar_is_a_link():
    kind = charts.KINDS[0]
    now = datetime(2026, 11, 30, tzinfo=UTC)
    days = charts._days_before(now, charts.FEW_DAYS)
    queries = [(charts._on_day("received_at", on), charts._on_day("closed_at", on)) for on in days]
    rows = [
        charts.Row(f"{on:%d %b}", (on.day * 7, on.day * 11), asked) for on, asked in zip(days, queries, strict=True)
    ]
    assert len(svg_charts.draw(charts.Chart(kind, rows, "now"))) < 11_000


def test_a_count_is_good_for_some_minutes_and_says_of_when_it_is(staff, life):
    client = staff("grievance_officer")
    client.get("/admin/")
    ticket(at=clock.now(), email="ravi@example.in")
    again = client.get("/admin/")
    assert sum(row.values[0] for row in shown(again)["grievances"].rows) == 1
    assert "Counted " in again.text


def test_the_months_go_back_over_the_turn_of_the_year():
    months = charts._months_before(datetime(2027, 2, 3, tzinfo=UTC))
    assert [str(month) for month in months] == [
        "2026-09-01", "2026-10-01", "2026-11-01", "2026-12-01", "2027-01-01", "2027-02-01",
    ]  # fmt: skip
