"""The second person goes through what waits: one list, one page a proposal with two buttons, and the next one after each."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from portal.fronts.workplace import profile_changes
from portal.kernel.core import actor, clock
from portal.kernel.law.models import OrganisationProfile
from portal.kernel.law.selectors import profile
from portal.kernel.people.choices import Answer
from portal.kernel.people.models import ApiKey, Fiduciary
from portal.kernel.people.services import api_keys
from tests.journeys.browsing import NARROW
from tests.people.factories import FiduciaryFactory, StaffFactory
from tests.shipped import every_rule
from tests.signin.people_who_sign_in import staff_client

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


@pytest.fixture
def proposed(db):
    """Three proposals of one person: a change of the profile from tomorrow on, and two API keys."""
    every_rule()
    now = clock.now()
    Fiduciary.objects.get_or_create(code="onesetu", defaults={"name": "Onesetu", "is_self": True, "created_at": now})
    maker = StaffFactory(roles=["data_protection_officer"], full_name="Leela Menon")
    acting = actor.staff(maker.pk)
    for label in ("Shop", "App"):
        key = {"label": label, "scopes": ["decisions:ask"], "expires_at": now + timedelta(days=90)}
        api_keys.propose(fiduciary=FiduciaryFactory(name=f"Firm {label}"), **key, actor=acting, now=now)
    answers = {**dict.fromkeys(OrganisationProfile.SWITCHES, "undecided"), "intermediary": "no"}
    tomorrow = clock.day(now) + timedelta(days=1)
    profile_changes.propose_profile(answers=answers, effective_from=tomorrow, actor=acting)
    return maker


def enters(window, member):
    person = window()
    person.signs_in_with(staff_client(member))
    return person


def test_the_second_person_decides_one_proposal_after_the_other(window, proposed):
    person = enters(window, StaffFactory(roles=["administrator"]))
    page = person.page
    page.goto("/admin/")
    bar = page.locator(".staff-top").get_by_role("link", name="Approvals 3")
    bar.press("Enter")
    person.looks()
    rows = page.locator("table.approvals tbody tr")
    expect(rows).to_have_count(3)
    expect(rows.first).to_contain_text("Change the company profile")
    expect(rows.first).to_contain_text("Leela Menon")
    rows.first.get_by_role("link").press("Enter")
    person.looks()
    changes = page.get_by_role("table", name="What changes").locator("tbody tr")
    expect(changes).to_have_count(1)
    expect(changes).to_contain_text("not decided")
    for name in ("Approve", "Reject"):
        box = page.get_by_role("button", name=name).bounding_box()
        assert box["y"] + box["height"] <= 900
    page.get_by_role("button", name="Approve").press("Enter")
    expect(page.get_by_role("heading", name="Firm Shop: Shop", level=1)).to_be_visible()
    expect(page.get_by_role("status")).to_contain_text("Approved.")
    assert profile(on=clock.day(clock.now()) + timedelta(days=1)).intermediary == "no"
    expect(page.get_by_role("button", name="Approve")).to_be_hidden()
    page.get_by_text("Decide this proposal").click()
    page.get_by_label("Reason, if you reject").fill("The shop has a key already.")
    page.get_by_role("button", name="Reject").press("Enter")
    expect(page.get_by_role("heading", name="Firm App: App", level=1)).to_be_visible()
    page.set_viewport_size(dict(NARROW))
    person.looks()
    page.get_by_text("Decide this proposal").click()
    page.get_by_role("button", name="Reject").click()
    expect(page).to_have_title(re.compile("^Error: "))
    person.looks()
    page.get_by_label("Reason").fill("Nor does the app need one.")
    page.get_by_role("button", name="Refuse").click()
    expect(page.get_by_role("heading", name="Approvals", level=1)).to_be_visible()
    expect(page.get_by_text("Nothing else waits for your approval.")).to_be_visible()
    person.looks()
    assert set(ApiKey.objects.values_list("answer", flat=True)) == {Answer.REFUSED}


def test_who_proposed_sees_what_waits_and_withdraws_what_can_be_withdrawn(window, proposed):
    person = enters(window, proposed)
    page = person.page
    page.goto("/admin/approvals/")
    page.get_by_role("link", name="Mine 3").click()
    person.looks()
    expect(page.get_by_role("button", name=re.compile("^Withdraw"))).to_have_count(2)
    page.get_by_role("button", name="Withdraw Firm Shop: Shop").press("Enter")
    expect(page.get_by_role("link", name="Mine 2")).to_be_visible()
    page.set_viewport_size(dict(NARROW))
    person.looks()
