"""Passkeys, in a real browser with the virtual authenticator of its developer tools."""

import re
from urllib.parse import urlsplit

import pytest
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.core.management import call_command

from portal.kernel.audit.models import AuditEvent
from tests.people.factories import PASSWORD, StaffFactory
from tests.signin.people_who_sign_in import staff_client

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def loaded(transactional_db, settings, live_server):
    cache.clear()
    settings.SITE_URL = live_server.url
    call_command("sync_rules")
    call_command("sync_roles")


def device_of(person, *, verifies=True):
    """A device of the person that keeps passkeys; ``verifies`` says whether it recognises them (PIN, finger, face)."""
    person.page.set_default_timeout(10_000)
    person.session.send("WebAuthn.enable")
    kind = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    options = {**kind, "isUserVerified": verifies, "automaticPresenceSimulation": True}
    return person.session.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]


def path_of(page):
    return urlsplit(page.url).path


def adds(page, name):
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("Name of the passkey").fill(name)
    page.get_by_role("button", name="Add a passkey").click()
    page.get_by_role("heading", name="Recovery codes").wait_for()  # the first factor that the library sees added
    page.goto("/staff/second-factor/")


def test_a_passkey_is_added_signs_in_is_renamed_and_removed(window, scripts):
    user = StaffFactory(roles=["administrator"])
    person = window()
    person.signs_in_with(staff_client(user))
    page = person.goes_to("/staff/second-factor/")
    if not scripts:
        page.get_by_role("link", name="Add a passkey").click()
        person.looks()
        assert page.get_by_text("A passkey needs scripts").is_visible()
        person.goes_to("/staff/passkeys/confirm/")
        return
    device_of(person)
    adds(page, "Laptop")
    person.looks()
    row = Authenticator.objects.get(user=user, type="webauthn")
    person.context.clear_cookies()
    person.goes_to("/staff/sign-in/?next=/staff/sessions/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(re.compile(r"localhost:\d+/staff/sessions/$"))
    person.goes_to("/admin/")
    assert path_of(page) == "/admin/"
    assert AuditEvent.objects.filter(kind="signin.login.succeeded").latest("pk").facts["method"] == "passkey"
    page = person.goes_to("/staff/second-factor/")
    page.get_by_role("link", name="Rename Laptop").click()
    person.looks()
    page.get_by_label("Name of the passkey").fill("Old laptop")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="Remove Old laptop").click()
    person.looks()
    page.get_by_role("button", name="Remove").click()
    page.wait_for_url("**/second-factor/")
    assert not Authenticator.objects.filter(pk=row.pk).exists()
    recorded = AuditEvent.objects.filter(kind__startswith="signin.mfa").order_by("pk")
    told = [(event.kind, event.facts.get("method")) for event in recorded]
    assert told == [(f"signin.mfa.{what}", "webauthn") for what in ("added", "renamed", "removed")]


def test_a_passkey_stands_beside_the_password_as_the_second_step(window, scripts):
    if not scripts:
        pytest.skip("a passkey needs scripts")
    user = StaffFactory(roles=["administrator"])
    person = window()
    person.signs_in_with(staff_client(user))
    device_of(person)
    page = person.goes_to("/staff/second-factor/")
    adds(page, "Key")
    person.context.clear_cookies()
    person.goes_to("/staff/sign-in/")
    page.get_by_label("Email address").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    person.looks()
    page.get_by_role("button", name="Use your passkey").click()
    page.wait_for_url("**/admin/")


def test_a_passkey_whose_device_does_not_recognise_its_owner_opens_nothing(window, scripts):
    if not scripts:
        pytest.skip("a passkey needs scripts")
    user = StaffFactory(roles=["administrator"])
    person = window()
    person.signs_in_with(staff_client(user))
    device = device_of(person)
    page = person.goes_to("/staff/second-factor/")
    adds(page, "Key")
    person.context.clear_cookies()
    person.session.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": False})
    person.goes_to("/staff/sign-in/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.get_by_text("The passkey was not used").wait_for()
    assert path_of(page) == "/staff/sign-in/"


@pytest.mark.parametrize("refused", ["another page", "deactivated", "locked"])
def test_a_passkey_is_refused_from_another_page_for_a_deactivated_login_and_while_it_is_locked(
    window, scripts, refused, settings, monkeypatch
):
    if not scripts:
        pytest.skip("a passkey needs scripts")
    user = StaffFactory(roles=["administrator"])
    person = window()
    person.signs_in_with(staff_client(user))
    device_of(person)
    page = person.goes_to("/staff/second-factor/")
    adds(page, "Key")
    person.context.clear_cookies()
    person.goes_to("/staff/sign-in/")
    if refused == "another page":
        settings.SITE_URL = "http://localhost:1"
    elif refused == "deactivated":
        type(user).objects.filter(pk=user.pk).update(is_active=False)
    else:
        monkeypatch.setattr("portal.fronts.signin.browser_devices.is_locked", lambda request, address: True)
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.get_by_text("too many wrong tries" if refused == "locked" else "is not right").first.wait_for()
    page.goto("/admin/")
    assert path_of(page) == "/staff/sign-in/"


def test_the_only_factor_is_not_taken_away(window, scripts):
    if not scripts:
        pytest.skip("a passkey needs scripts")
    user = StaffFactory(roles=["administrator"])
    person = window()
    person.signs_in_with(staff_client(user))
    device_of(person)
    page = person.goes_to("/staff/second-factor/")
    adds(page, "Key")
    Authenticator.objects.filter(user=user, type="totp").delete()
    person.context.clear_cookies()
    person.goes_to("/staff/sign-in/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url("**/admin/")
    person.goes_to("/staff/second-factor/")
    page.get_by_role("link", name="Remove Key").click()
    page.get_by_role("button", name="Remove").click()
    page.get_by_text("This is your only factor").wait_for()
    assert Authenticator.objects.filter(user=user, type="webauthn").exists()
