import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from portal.workplace import navigation
from tests.people.factories import CustomerUserFactory, StaffFactory

pytestmark = pytest.mark.django_db


def labels(answer):
    return {str(entry.label) for group in answer.context["navigation"] for entry in group.entries}


def test_nobody_enters_without_the_second_factor():
    client = Client()
    client.force_login(StaffFactory(roles=["administrator"]), backend="django.contrib.auth.backends.ModelBackend")
    answer = client.get("/admin/")
    assert answer.status_code == 302
    assert client.get(answer.url).url == reverse("signin:second-factor")


def test_a_customer_does_not_enter():
    client = Client()
    client.force_login(CustomerUserFactory(), backend="portal.signin.backends.CustomerBackend")
    assert client.get("/admin/").status_code == 404


def test_the_menu_shows_what_the_role_may_see_and_nothing_else(staff):
    auditor = labels(staff("auditor").get("/admin/"))
    assert {"Audit events", "Legal rules", "State of the ledger"} <= auditor
    assert "Audit events" not in labels(staff("support").get("/admin/"))


def test_every_list_of_the_site_can_be_reached_from_the_menu(staff):
    client = staff("administrator", "data_protection_officer")
    answer = client.get("/admin/")
    linked = {entry.url for group in answer.context["navigation"] for entry in group.entries}
    listed = {model["admin_url"] for app in answer.context["available_apps"] for model in app["models"]}
    assert listed <= linked


def test_a_list_that_the_menu_does_not_name_stands_in_the_group_of_its_app():
    meta = SimpleNamespace(label="kyc.NewThing", app_label="kyc")
    listed = {"model": SimpleNamespace(_meta=meta), "name": "things", "admin_url": "/admin/kyc/newthing/"}
    groups = navigation.menu([listed], {}, path="/")
    assert [str(group.name) for group in groups] == ["KYC"]


def test_a_member_without_a_role_sees_the_first_page_and_no_list(staff):
    answer = staff().get("/admin/")
    assert answer.status_code == 200
    assert answer.context["navigation"] == []


def test_the_pages_of_staff_stay_english_whatever_the_browser_asks_for(staff):
    page = staff("auditor").get("/admin/", headers={"accept-language": "hi"}).text
    assert '<html lang="en"' in page
    assert '<html lang="hi"' in Client(headers={"accept-language": "hi"}).get("/privacy/").text


def test_no_form_of_staff_posts_to_a_mark_that_would_stay_in_the_address_after_it_succeeded():
    """The list of what is wrong takes the focus by itself: ``autofocus`` holds where the address names no mark."""
    root = Path(settings.BASE_DIR) / "templates"
    pages = [
        page for room in ("account", "admin", "evidence", "mfa", "workplace") for page in root.glob(f"{room}/**/*.html")
    ]
    assert pages
    assert [page.name for page in pages if re.search(r'action="[^"]*#', page.read_text(encoding="utf-8"))] == []
    assert "autofocus" in (root / "admin/includes/summary.html").read_text(encoding="utf-8")


def test_on_a_telephone_each_cell_of_a_table_says_its_column():
    """A table of cards hides its heading there: a cell without a name would be a bare value."""
    root = Path(settings.BASE_DIR) / "templates"
    bare = [
        f"{page.relative_to(root)}: {cell}"
        for page in root.glob("**/*.html")
        for table in re.findall(
            r'<table[^>]*class="[^"]*\bcards\b.*?</table>', page.read_text(encoding="utf-8"), re.DOTALL
        )
        for cell in re.findall(r"<td\b[^>]*>", table)
        if not re.search(r"data-label=|colspan=", cell)
    ]
    assert bare == []


def test_an_auditor_begins_at_what_an_auditor_does_and_every_page_of_theirs_is_in_the_menu(house, staff):
    client = staff("auditor")
    page = client.get("/admin/").text
    main = page[page.index("<main") :]
    for name in ("controls", "requests", "samples", "packs", "promises", "reports"):
        assert f'<a href="{reverse(f"evidence:{name}")}">' in main[: main.index("All lists")]
    for name in ("packs", "controls"):
        here = re.findall(r'<a href="([^"]+)" aria-current="page"', client.get(reverse(f"evidence:{name}")).text)
        assert set(here) == {reverse(f"evidence:{name}")}
