import re
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from tests.people.factories import CustomerUserFactory, StaffFactory

pytestmark = pytest.mark.django_db


def test_nobody_enters_without_the_second_factor():
    client = Client()
    client.force_login(StaffFactory(roles=["administrator"]), backend="django.contrib.auth.backends.ModelBackend")
    answer = client.get("/admin/")
    assert answer.status_code == 302
    assert client.get(answer.url).url == reverse("signin:second-factor")


def test_a_customer_does_not_enter():
    client = Client()
    client.force_login(CustomerUserFactory(), backend="portal.fronts.signin.backends.CustomerBackend")
    assert client.get("/admin/").status_code == 404


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


def test_an_auditor_begins_at_what_an_auditor_does(house, staff):
    client = staff("auditor")
    page = client.get("/admin/").text
    main = page[page.index("<main") :]
    for name in ("controls", "requests", "samples", "packs", "promises", "reports"):
        assert f'<a href="{reverse(f"evidence:{name}")}">' in main[: main.index("All lists")]
