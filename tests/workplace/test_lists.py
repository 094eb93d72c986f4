import re

import pytest
from django.urls import reverse
from django.utils.safestring import SafeString

from portal.fronts.selfservice.templatetags.form_tags import labelled
from portal.fronts.workplace.templatetags import lists
from portal.kernel.law.models import LegalRule
from tests.people.factories import StaffFactory
from tests.shipped import rules_of_law


def test_a_cell_says_its_column_and_a_name_cannot_break_out():
    headers = [{"text": 'a "b" <c>'}, {"text": "x", "class_attrib": ' class="action-checkbox-column"'}]
    cells = [SafeString('<td class="y">1</td>'), SafeString("<td>2</td>")]
    assert list(labelled(cells, headers)) == [
        '<td data-label="A &quot;b&quot; &lt;c&gt;" class="y">1</td>',
        "<td>2</td>",
    ]


@pytest.mark.django_db
def test_a_list_of_the_admin_is_readable_as_cards(staff):
    StaffFactory()
    page = staff("administrator").get("/admin/people/user/").text
    assert 'aria-label="Select this object for an action - ' in page
    assert not re.search(r"\blogin \d", page)
    assert 'data-label="' in page
    assert "<style" not in page


@pytest.mark.django_db
def test_times_have_the_day_first_and_24_hours(staff):
    page = staff("auditor").get("/admin/audit/auditevent/").text
    assert "a.m." not in page
    assert "p.m." not in page


@pytest.mark.django_db
def test_rules_are_listed_and_opened_in_words(staff):
    rules_of_law()
    client = staff("auditor")
    listed = client.get("/admin/law/legalrule/?q=CA-12M").text
    assert "Do not ask again after an opt-out" in listed
    assert "12 months" in listed
    assert "from 1 Jan 2020" in listed
    opened = client.get(f"/admin/law/legalrule/{LegalRule.objects.get(key='CA-ACK').pk}/change/").text
    assert "10 working days" in opened
    assert not [code for code in ("business_day", "calendar_day", ">field_list<") if code in listed + opened]


@pytest.mark.django_db
def test_a_whole_list_offers_no_more_and_a_narrowed_one_does(staff):
    """The link led from a list of everything to the same list."""
    client = staff("administrator")
    assert "Show all" not in client.get("/admin/people/user/").text
    for narrowed in ("?q=staff", "?is_active__exact=1", "?pk__in=1,2"):
        assert '<a href="?">Show all</a>' in client.get(f"/admin/people/user/{narrowed}").text


@pytest.mark.django_db
def test_a_list_names_the_filters_that_narrow_it(staff):
    client = staff("administrator")
    page = client.get("/admin/people/user/?is_active__exact=0").text
    assert '<span class="tag">Active: No</span>' in page
    assert '<details class="filters">' in page
    assert "Filtered:" not in client.get("/admin/people/user/").text


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("book", "counted"),
    [
        ("jobs_listexport", "0 exports"),
        ("jobs_listimport", "0 imports"),
        ("consent_consentevent", "0 consent events"),
        ("consent_preferencechange", "0 changes of what is blocked"),
        ("registers_contentaccess", "0 accesses to contents"),
        ("registers_companydetails", "0 versions of the company details"),
        ("retention_booksrow", "0 entries of the books"),
        ("grievances_ticket", "0 grievances"),
    ],
)
def test_a_count_names_rows_and_not_the_book(staff, book, counted):
    """It said "3 register of exports"."""
    page = staff("data_protection_officer", "auditor", "administrator").get(reverse(f"admin:{book}_changelist"))
    assert counted in " ".join(page.text.split())


def test_a_count_that_stopped_says_so():
    class Opts:
        verbose_name, verbose_name_plural, model = "event", "events", object

    class Listed:
        opts, result_count = Opts, 10_001

    assert lists.rows_in_words(Listed) == "More than 10,000 events"
    assert lists.results(Listed) == "More than 10,000 results"
    Listed.result_count = 1
    assert (lists.rows_in_words(Listed), lists.results(Listed)) == ("1 event", "1 result")
