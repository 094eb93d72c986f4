import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.safestring import SafeString

from portal.fronts.workplace.templatetags import lists
from portal.kernel.core import clock, date_format
from portal.kernel.core.admin.opening_view import Nothing
from portal.kernel.core.ids import new_reference
from portal.kernel.law.models import LegalRule
from portal.kernel.people.models import Absence
from portal.kernel.retention.models import ErasureRun
from tests.jobs.factories import JobFactory
from tests.people.factories import StaffFactory
from tests.shipped import rules_of_law


def test_a_cell_says_its_column_and_a_name_cannot_break_out():
    headers = [{"text": 'a "b" <c>'}, {"text": "x", "class_attrib": ' class="action-checkbox-column"'}]
    cells = [SafeString('<td class="y">1</td>'), SafeString("<td>2</td>")]
    shown = lists.laid_out([cells], headers)
    assert shown.rows[0].cells == ['<td data-label="A &quot;b&quot; &lt;c&gt;" class="y">1</td>', "<td>2</td>"]
    assert not shown.has_times


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
def test_a_list_says_once_in_which_zone_its_times_are(staff):
    """Each time of each row had "IST" behind it, on a line of its own."""
    JobFactory(finished_at=clock.now(), state="done", total=0)
    page = staff("auditor").get("/admin/jobs/job/").text
    assert page.count("IST") == page.count("Times in IST") == 1


@pytest.mark.django_db
def test_a_list_without_times_names_no_zone(staff):
    StaffFactory()
    page = staff("administrator").get("/admin/people/role/?all=1").text
    assert "result_list" in page
    assert "Times in IST" not in page


def test_a_longer_text_of_a_cell_is_whole_in_its_title():
    long = "A firm I do not know says that it has my number"
    shown = lists.laid_out([[SafeString(f'<td class="field-gist">{long}</td>')]], [{"text": "gist"}])
    (cell,) = shown.rows[0].cells
    assert cell == f'<td data-label="Gist" title="{long}" class="field-gist"><span class="cut">{long}</span></td>'


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
    assert "Show all" not in client.get("/admin/people/user/?all=1").text
    for narrowed in ("", "?q=staff", "?is_active__exact=1", "?pk__in=1,2"):
        assert '<a href="?all=1">Show all</a>' in client.get(f"/admin/people/user/{narrowed}").text
    assert '<a href="?">Show all</a>' in client.get("/admin/people/absence/?pk__in=1,2").text


@pytest.mark.django_db
def test_a_list_names_the_filters_that_narrow_it(staff):
    client = staff("administrator")
    page = client.get("/admin/people/user/?is_active__exact=0").text
    assert '<span class="tag">Active: No</span>' in page
    assert '<details class="filters">' in page
    assert "Filtered:" not in client.get("/admin/people/user/?all=1").text


@pytest.mark.django_db
def test_a_list_opens_with_the_filters_of_its_work_and_leads_past_them(staff):
    client = staff("administrator")
    gone = StaffFactory(full_name="Gone Long Ago", is_active=False)
    opened = client.get("/admin/people/user/").text
    assert gone.full_name not in opened
    assert '<span class="tag">Active: Yes</span>' in opened
    assert '<a href="?all=1">All</a>' in opened
    assert 'name="is_active__exact"' not in opened  # a search looks among all
    assert 'name="is_active__exact"' in client.get("/admin/people/user/?is_active__exact=0").text
    assert gone.full_name in client.get("/admin/people/user/?all=1").text
    assert gone.full_name in client.get("/admin/people/user/?q=Gone").text


@pytest.mark.django_db
def test_what_is_done_with_all_rows_of_an_opened_list_is_done_with_those_shown(staff):
    client = staff("administrator", "data_protection_officer")
    StaffFactory(is_active=False)
    chosen = {"action": "export-chosen", "select_across": "1", "_selected_action": [client.member.pk], "index": "0"}
    assert client.post("/admin/people/user/", chosen).context["count"] == 1


@pytest.mark.django_db
def test_a_login_that_reads_some_days_sees_its_lists_whole(staff):
    ended = JobFactory(state="done", total=0)
    assert ended.reference in staff("auditor").get("/admin/jobs/job/").text
    assert ended.reference not in staff("administrator").get("/admin/jobs/job/").text


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("listed", "role", "words", "way"),
    [
        ("kyc/secondlook", "kyc_checker", "were drawn for a QA review would be here", "/admin/kyc/draw/"),
        ("consent/suppression", "support", "No one has opted out yet", "/admin/consent/suppression/add/"),
        ("consent/inboundmessage", "support", "no rule understood would be here", "?all=1"),
        ("jobs/job", "administrator", "Jobs that run or failed would be here", "?all=1"),
        ("retention/erasurerun", "data_protection_officer", "older ones that are not done, would be here", "?all=1"),
    ],
)
def test_an_empty_list_says_what_would_be_there_why_not_and_what_to_do(staff, listed, role, words, way):
    """It said "There is nothing here yet", whatever the list."""
    client = staff(role)
    page = client.get(f"/admin/{listed}/").text
    assert words in page
    assert f'{way}">' in page
    scoped = staff("auditor").get(f"/admin/{listed}/").text
    assert words not in scoped  # of their days alone it need not be so
    searched = client.get(f"/admin/{listed}/?q=OS-CR-7K4M-9QX2-C3TN").text
    assert words not in searched
    assert "No row fits this search" in searched


@pytest.mark.django_db
def test_an_empty_list_leads_nobody_to_what_is_not_open_to_them(staff):
    request = staff("support").get("/admin/").wsgi_request
    assert Nothing("", "Stop", "consent.Suppression", adds=True).url(request) == "/admin/consent/suppression/add/"
    assert Nothing("", "Invite", "people.User", adds=True).url(request) == ""
    assert Nothing("", "Events", "audit.AuditEvent").url(request) == ""


@pytest.mark.django_db
def test_an_order_keeps_a_list_as_it_opened(staff):
    page = staff("administrator").get("/admin/people/user/?is_active__exact=1&o=1").text
    assert 'name="is_active__exact"' not in page
    assert 'name="o" value="1"' in page


@pytest.mark.django_db
def test_a_search_within_the_opened_list_says_that_it_found_nothing(staff):
    page = staff("administrator").get("/admin/jobs/job/?open=yes&q=OS-JB-7K4M-9QXN").text
    assert "No row fits this search" in page
    assert "There is none now" not in page


@pytest.mark.django_db
def test_go_to_finds_a_form_by_what_is_done_there(staff):
    """ "stop" found nothing that stops anything."""
    page = staff("support").post("/admin/go/", {"find": "stop"}).text
    assert 'href="/admin/consent/suppression/add/"' in page


@pytest.mark.django_db
def test_a_run_that_waits_is_listed_whatever_its_age(staff):
    def run(state):
        return ErasureRun.objects.create(
            reference=new_reference("EC"), state=state, started_by="system", planned_at=clock.now() - timedelta(days=40)
        )

    waits, ended = run("planned"), run("done")
    page = staff("data_protection_officer").get("/admin/retention/erasurerun/").text
    assert waits.reference in page
    assert ended.reference not in page


@pytest.mark.django_db
def test_roles_and_absences_of_staff_cost_the_same_for_many_as_for_few(staff):
    client = staff("administrator")

    def page():
        with CaptureQueriesContext(connection) as seen:
            text = client.get("/admin/people/user/").text
        return len(seen), text

    page()
    few, _text = page()
    away = StaffFactory.create_batch(6, roles=["support"])[0]
    today = clock.day(clock.now())
    Absence.objects.create(
        user=away, deputy=client.member, starts_on=today, ends_on=today, noted_by=client.member, noted_at=clock.now()
    )
    many, text = page()
    assert many == few
    assert text.count('class="field-roles">Support<') == 6
    assert text.count(f'class="field-absent">{date_format.day(today)}<') == 1


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
        ("retention_booksrow", "0 register entries"),
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
