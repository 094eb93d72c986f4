"""A customer confirms a number with the code of the mailbox page, and looks at notices, with and without scripts."""

import re
from urllib.parse import urlsplit

import pytest
from django.core.cache import cache
from django.core.management import call_command

from portal.kernel.people.models import ContactPoint, OneTimeCode
from portal.kernel.people.services import codes
from tests.people.factories import CustomerFactory, CustomerUserFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def demonstration(settings, monkeypatch, tmp_path, transactional_db, request):
    """The demonstration's gateway, here and in worker processes."""
    monkeypatch.setenv("DEMO", "1")
    settings.DEMO = True
    names = {"sms": "MailboxChannel", "push": "PushChannel"}
    settings.OUTBOX_CHANNELS = {
        **settings.OUTBOX_CHANNELS,
        **{name: f"portal.demo.gateway.{adapter}" for name, adapter in names.items()},
    }
    cache.clear()
    call_command("sync_rules")
    call_command("sync_roles")
    request.getfixturevalue("workers")


def signed_in(person):
    page = person.goes_to("/privacy/account/")
    page.get_by_label("Email address").fill("asha@acme.example")
    page.get_by_role("button", name="Send me a code").click()
    page.get_by_label("Six-digit code").fill(codes.plain(OneTimeCode.objects.latest("pk")))
    page.get_by_role("button", name="Sign in").click()
    return page


def code_in_mailbox(page):
    """The newest SMS, as soon as it lies there."""
    for _ in range(60):
        page.goto("/demo/mailbox/")
        page.get_by_label("Letters to this address").fill("98765 43210")
        page.get_by_role("button", name="Find letters").click()
        if page.get_by_role("link", name="Confirm your mobile number").count():
            page.get_by_role("link", name="Confirm your mobile number").first.click()
            return re.search(r"\b\d{6}\b", page.get_by_role("article").inner_text())[0]
        page.wait_for_timeout(500)
    raise AssertionError("no SMS came")


def test_a_number_is_confirmed_by_the_sms_and_notices_say_what_they_need(window, scripts, demonstration):
    CustomerUserFactory(email="asha@acme.example", member_of=CustomerFactory(name="Acme Traders"))
    person = window(narrow=True)
    page = signed_in(person)
    page.goto("/privacy/account/phone/")
    page.get_by_label("Mobile number").fill("98765 43210")
    page.get_by_role("button", name="Save the number").click()
    person.looks()
    page.get_by_label("Six-digit code").fill(codes.plain(OneTimeCode.objects.latest("pk")))
    page.get_by_role("button", name="Continue").click()
    assert urlsplit(page.url).path == "/privacy/account/phone/code/"
    person.looks()
    reader = window()
    code = code_in_mailbox(reader.goes_to("/demo/mailbox/"))
    reader.looks()
    page.get_by_label("Six-digit code").fill(code)
    page.get_by_role("button", name="Confirm the number").click()
    assert page.get_by_text("The number is confirmed.").is_visible()
    person.looks()
    assert ContactPoint.objects.get(kind="phone").verified_at is not None
    person.goes_to("/privacy/push/")
    if scripts:
        page.get_by_role("button", name="Switch on in this browser").click()
        # Nobody allows notices here: a window without a screen refuses them.
        page.get_by_text("Your browser does not allow notices").wait_for()
    else:
        assert page.get_by_text("needs JavaScript").is_visible()
        assert not page.get_by_role("button", name="Switch on in this browser").is_visible()
    person.looks()
