"""Menus, tabs and the directory: what each role has in view, and that nothing is out of reach."""

import re
import tomllib
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib import admin
from django.urls import reverse

from portal.fronts.workplace import navigation, pages
from portal.kernel.core import ports, records
from portal.kernel.core.records import Place, Record, Shown
from portal.kernel.people.models import FourEyesModel, Role
from tests.grievances.factories import ticket
from tests.people.factories import CustomerFactory

ROLES = (
    "administrator",
    "auditor",
    "data_protection_officer",
    "grievance_officer",
    "kyc_checker",
    "kyc_maker",
    "support",
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("house")]
#: The roles of every installation.
SHIPPED = Path(settings.BASE_DIR) / "portal/kernel/people/data/roles.toml"
LISTED = [model for model in admin.site._registry if model in records.declared()]


def menu(client, address="/admin/"):
    return client.get(address).context["navigation"].menu


def directory(client):
    return {spot.url: spot for _page, spots in client.get(reverse("admin:go")).context["groups"] for spot in spots}


@pytest.mark.one_stack
@pytest.mark.parametrize("role", ROLES)
def test_a_menu_has_few_entries_and_each_leads_to_a_page_that_opens(staff, role):
    client = staff(role)
    entries = menu(client)
    assert 6 <= len(entries) <= 8
    for entry in entries:
        here = client.get(entry.url)
        assert here.status_code == 200
        shown = here.context["navigation"].menu
        assert [one.label for one in shown if one.is_open or one.is_here] == [entry.label]
        assert len(shown) + sum(len(one.parts) for one in shown) <= 12


@pytest.mark.one_stack
@pytest.mark.parametrize("role", ROLES)
def test_each_page_of_a_menu_has_at_most_seven_tabs_and_says_which_one_is_open(staff, role):
    client = staff(role)
    led_to = set()
    for entry in menu(client)[1:]:
        answer = client.get(entry.url)
        shown = answer.context["navigation"]
        assert len(shown.first_tabs) + bool(shown.more_tabs) <= navigation.MOST_TABS
        assert sum(one.is_here for one in shown.tabs) == 1
        if len(shown.tabs) > 1:
            bar = re.search(r'<nav class="tabs".*?</nav>', answer.text, re.DOTALL)
            assert bar is not None
            assert bar[0].count('aria-current="page"') == 1
        led_to |= {tab.url for tab in shown.tabs} | {part.url for one in shown.menu for part in one.parts}
    # Up to fifty lists, two seconds on a quiet machine: in each run, since a new list changes the menu. What pages without a
    # list show is asked elsewhere.
    for url in led_to - {reverse(page.url_name) for page in ports.staff_pages}:
        assert client.get(url).status_code == 200, url


def test_there_is_a_menu_for_each_role():
    assert set(pages.MENUS) == set(ROLES) == set(tomllib.loads(SHIPPED.read_text())["roles"])
    for entries in pages.MENUS.values():
        assert len(entries) < navigation.MOST_ENTRIES
        assert all(len(entry.parts) <= navigation.MOST_PARTS for entry in entries)


def test_several_roles_have_the_union_and_no_page_twice(staff):
    both = staff("grievance_officer", "support")
    labels = [str(one.label) for one in menu(both)]
    assert len(labels) == len(set(labels)) <= navigation.MOST_ENTRIES
    assert {"Grievances", "Rights requests", "Incidents"} <= set(labels)
    everything = staff(*(role for role in ROLES if role != "auditor"))
    assert len(menu(everything)) == navigation.MOST_ENTRIES


def test_every_registered_list_has_a_place_on_a_page_that_has_a_name():
    assert records.check() == pages.check() == []
    assert set(admin.site._registry) == set(LISTED)


def test_a_list_without_a_place_or_on_a_page_without_a_name_is_refused(monkeypatch):
    bare, lost = LISTED[:2]
    known = dict(records.declared())
    monkeypatch.setattr(
        records, "declared", lambda: known | {bare: Record(), lost: Record(place=Place.entry("nowhere"))}
    )
    found = [(one.id, one.msg) for one in pages.check()]
    assert [code for code, _words in found] == ["workplace.E001", "workplace.E001"]
    assert bare._meta.label in found[1][1]
    assert lost._meta.label in found[0][1]


def test_only_what_two_people_answer_has_its_place_in_approvals():
    placed = ((model, record.place) for model, record in records.declared().items() if record.place)
    approvals = [model for model, place in placed if place.shown is Shown.APPROVAL]
    assert approvals
    assert [model for model in approvals if not issubclass(model, FourEyesModel)] == []


@pytest.mark.parametrize("role", ROLES)
def test_the_directory_has_every_list_that_the_login_may_view_and_no_other(staff, role):
    client = staff(role)
    answer = client.get(reverse("admin:go"))
    listed = {one["admin_url"] for app in answer.context["available_apps"] for one in app["models"]}
    beside = {reverse(page.url_name) for page in ports.staff_pages if role in holders(page.permission)}
    assert set(directory(client)) == listed | beside
    for url in listed:
        assert f'href="{url}"' in answer.text


def holders(permission):
    return set(Role.objects.filter(permissions__code=permission).values_list("code", flat=True))


def test_the_directory_says_the_earlier_name_of_a_list(staff):
    client = staff("data_protection_officer")
    spot = directory(client)[reverse("admin:kyc_likeness_changelist")]
    assert (str(spot.label), spot.renamed) == ("Sanctions matches", "Likenesses to sanctions lists")
    assert "earlier name: Likenesses to sanctions lists" in client.get(reverse("admin:go")).text


def test_the_number_of_an_entry_is_that_of_the_queue_it_opens(staff):
    client = staff("grievance_officer")
    for _number in range(3):
        ticket()
    unassigned = reverse("admin:grievances_ticket_changelist") + "?queue=unassigned"
    answer = client.get(unassigned)
    tabs = {str(one.label): one for one in answer.context["navigation"].tabs}
    assert (tabs["Unassigned"].number, tabs["Unassigned"].is_here) == ("3", True)
    assert answer.context["cl"].result_count == 3
    [entry] = [one for one in answer.context["navigation"].menu if one.is_open]
    assert (entry.url, entry.number) == (tabs["Mine"].url, tabs["Mine"].number)


def test_who_does_not_work_on_a_queue_has_the_list_alone(staff):
    tabs = staff("support").get(reverse("admin:grievances_ticket_changelist")).context["navigation"].tabs
    assert [str(one.label) for one in tabs] == ["Grievances"]
    auditor = staff("auditor").get(reverse("admin:grievances_ticket_changelist")).context["navigation"]
    assert all(one.number == "" for one in (*auditor.menu, *auditor.tabs))


def test_a_record_opens_the_entry_of_its_list_and_shows_no_tabs_of_lists(staff):
    client = staff("support")
    customer = CustomerFactory()
    shown = client.get(reverse("admin:people_customer_change", args=[customer.pk])).context["navigation"]
    assert [str(one.label) for one in shown.menu if one.is_open] == ["People"]
    assert shown.tabs == []


def test_a_list_that_is_a_view_is_offered_beside_its_main_list(staff):
    client = staff("data_protection_officer")
    shown = client.get(reverse("admin:consent_consentstate_changelist")).context["navigation"]
    assert [str(one.label) for one in shown.views if one.is_here] == ["Current consents"]
    assert "Pending guardian consents" in {str(one.label) for one in shown.views}
    assert [str(one.label) for one in shown.tabs if one.is_here] == ["Consent events"]


def test_a_tab_that_does_not_fit_is_under_more_which_says_so(staff):
    client = staff("data_protection_officer")
    answer = client.get(reverse("admin:registers_dpia_changelist"))
    assert str(answer.context["navigation"].is_more_here) == "DPIAs"
    assert "More: DPIAs" in answer.text


def test_a_member_without_a_role_sees_the_first_page_and_no_list(staff):
    answer = staff().get("/admin/")
    assert answer.status_code == 200
    assert answer.context["navigation"].menu == []
    assert "No list is open to you." in staff().get(reverse("admin:go")).text


def test_the_menu_costs_a_page_one_question_about_roles_and_one_about_queues(staff, rf, django_assert_num_queries):
    client = staff("grievance_officer")
    answer = client.get("/admin/")
    models = [one for app in answer.context["available_apps"] for one in app["models"]]
    request = rf.get("/admin/")
    request.user = client.member
    navigation.Navigation(request, models)
    client.member.__dict__.pop("_roles_held", None)
    with django_assert_num_queries(2):
        assert navigation.Navigation(request, models).menu
