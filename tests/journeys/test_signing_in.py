"""Signing in, in a real browser: a customer by code, a staff member by password and authenticator app."""

import re
from urllib.parse import urlsplit

import pytest
from django.core.cache import cache
from django.core.management import call_command

from portal.kernel.people.choices import MemberRole
from portal.kernel.people.models import OneTimeCode, RoleProposal
from portal.kernel.people.services import codes
from tests.people.factories import PASSWORD, CustomerFactory, CustomerUserFactory, StaffFactory, shipped_role
from tests.signin.people_who_sign_in import staff_client, totp, with_factor

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def loaded(transactional_db):
    cache.clear()
    call_command("sync_rules")
    call_command("sync_roles")


def path_of(page):
    return urlsplit(page.url).path


def test_a_customer_signs_in_by_code_looks_after_the_login_and_signs_out(window):
    acme = CustomerFactory(name="Acme Traders")
    CustomerUserFactory(email="asha@acme.example", member_of=acme)
    CustomerUserFactory(email="ravi@acme.example", member_of=acme, member_of__role=MemberRole.MEMBER)
    person = window(narrow=True)
    page = person.goes_to("/privacy/account/")
    page.get_by_label("Email address").fill("asha at acme")
    page.get_by_role("button", name="Send me a code").click()
    person.looks()
    assert page.get_by_role("heading", name="There is a problem").is_visible()
    assert page.get_by_label("Email address").input_value() == "asha at acme"
    page.get_by_label("Email address").fill("asha@acme.example")
    page.get_by_role("button", name="Send me a code").click()
    person.looks()
    code = codes.plain(OneTimeCode.objects.latest("pk"))
    page.get_by_label("Six-digit code").fill(f"{code[:3]} {code[3:]}")
    page.get_by_role("button", name="Sign in").click()
    assert path_of(page) == "/privacy/account/"
    person.looks()
    page.get_by_role("link", name="Acme Traders").click()
    person.looks()
    page.get_by_role("button", name=re.compile("^Remove")).nth(1).click()
    person.looks()
    page.get_by_role("button", name="Remove", exact=True).click()
    person.looks()
    page.get_by_label("Six-digit code").fill(codes.plain(OneTimeCode.objects.latest("pk")))
    page.get_by_role("button", name="Continue").click()
    assert page.get_by_text("Done.").is_visible()
    for path in ("/privacy/account/email/", "/privacy/account/phone/", "/privacy/sessions/"):
        person.goes_to(path)
    page.get_by_role("button", name="Sign out everywhere").click()
    assert path_of(page) == "/privacy/sign-in/"
    page.goto("/privacy/account/")
    assert "/privacy/sign-in/" in page.url


def test_a_staff_member_sets_up_the_second_factor_and_is_let_in(window):
    user = StaffFactory(roles=["administrator"])
    person = window()
    page = person.goes_to("/admin/")
    page.get_by_label("Email address").fill(user.email)
    page.get_by_label("Password").fill("not the password")
    page.get_by_role("button", name="Sign in").click()
    person.looks()
    assert page.get_by_role("heading", name="There is a problem").is_visible()
    page.get_by_label("Email address").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    person.looks()
    assert page.get_by_role("img", name="QR code").is_visible()
    page.get_by_label("Code of the app").fill(totp(page.locator("code").inner_text()))
    page.get_by_role("button", name="Set it up").click()
    person.looks()
    assert page.locator("li code").count() == 10
    page.get_by_role("link", name="To the workplace").click()
    assert path_of(page) == "/admin/"
    for path in ("/staff/second-factor/", "/staff/sessions/", "/staff/password/change/", "/staff/recovery-codes/new/"):
        person.goes_to(path)


def test_a_second_sign_in_asks_for_the_app_and_a_forgotten_password_for_the_address(window):
    user = StaffFactory(roles=["administrator"])
    with_factor(user)
    person = window(narrow=True)
    page = person.goes_to("/staff/password/reset/")
    person.goes_to("/staff/sign-in/")
    page.get_by_label("Email address").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    person.looks()
    page.get_by_label("Code of the app").fill(totp())
    page.get_by_role("button", name="Continue").click()
    assert path_of(page) == "/admin/"


def test_an_administrator_invites_proposes_a_role_and_a_second_one_agrees(window):
    shipped_role("kyc_maker")
    first, second, helper = StaffFactory(roles=["administrator"]), StaffFactory(roles=["administrator"]), StaffFactory()
    maker = window()
    maker.signs_in_with(staff_client(first))
    page = maker.goes_to("/admin/people/user/add/")
    page.get_by_label("Full name").fill("Meera Iyer")
    page.get_by_label("Work email address").fill("meera@onesetu.example")
    page.get_by_role("button", name="Invite a staff member").click()
    maker.looks()
    for path in ("/admin/people/user/", "/admin/people/customer/", "/admin/jobs/listimport/add/"):
        maker.goes_to(path)
    page = maker.goes_to(f"/admin/people/user/{helper.pk}/do/propose-role/")
    page.get_by_label("Role").select_option(label="KYC maker")
    page.get_by_label("Why").fill("Joins the desk.")
    page.get_by_role("button", name="Propose a role").click()
    maker.looks()
    proposal = RoleProposal.objects.get()
    checker = window()
    checker.signs_in_with(staff_client(second))
    checker.goes_to(f"/admin/people/roleproposal/{proposal.pk}/change/")
    page = checker.goes_to(f"/admin/people/roleproposal/{proposal.pk}/do/approve/")
    page.get_by_role("button", name="Approve").click()
    checker.looks()
    assert helper.role_grants.get().role.code == "kyc_maker"
