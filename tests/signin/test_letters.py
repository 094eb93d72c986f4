"""Each letter goes through the real outbox, for a purpose that the shipped rules know."""

import re

import pytest
from django.urls import reverse

from portal.fronts.signin import notifications, tasks
from portal.kernel.core import clock
from portal.kernel.core.actor import SYSTEM, staff
from portal.kernel.outbox.models import Message
from portal.kernel.outbox.services import message_content
from portal.kernel.people.models import OneTimeCode
from portal.kernel.people.services import codes, customers, devices
from portal.kernel.people.services import mfa as mfa_services
from portal.kernel.people.services import staff as staff_services
from tests.people.factories import CustomerFactory, CustomerUserFactory, StaffFactory
from tests.shipped import every_rule
from tests.signin.people_who_sign_in import staff_client, with_factor

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def law():
    every_rule()


def words(kind):
    return message_content.text_of(Message.objects.get(kind=kind))


def test_a_code_is_posted_once_and_reads_well():
    user = CustomerUserFactory(email="asha@acme.example")
    row = codes.issue(purpose="sign_in", kind="email", address=user.email, now=clock.now())
    for _ in range(2):
        assert tasks.send_code(row.pk)
    message = Message.objects.get()
    assert message.category == "policy_and_security"
    text = words("signin.sign_in_code")
    assert codes.plain(row) in text.body
    assert "15 minutes" in text.body
    assert codes.plain(row) not in text.subject


def test_an_invitation_names_the_customer_and_a_link_from_the_settings(settings):
    settings.SITE_URL = "https://privacy.onesetu.example/"
    customer = CustomerFactory(name="Acme Traders")
    row = customers.invite(customer=customer, address="asha@acme.example", actor=SYSTEM)
    assert tasks.send_invitation(row.pk)
    assert not tasks.send_invitation(row.pk)
    text = words("signin.customer_invitation")
    assert "Acme Traders" in text.body
    assert "https://privacy.onesetu.example/privacy/invitation/" in text.body
    assert "for 7 days" in text.body


def test_a_staff_invitation_a_new_device_and_a_reset_are_told():
    boss, other = StaffFactory(roles=["administrator"]), StaffFactory(roles=["administrator"])
    now = clock.now()
    row = staff_services.invite(email="meera@onesetu.example", full_name="Meera", actor=staff(boss.pk), now=now)
    assert tasks.send_invitation(row.pk)
    assert "/staff/invitation/" in words("signin.staff_invitation").body
    user = StaffFactory()
    sign_in = devices.note(user=user, outcome="signed_in", actor=SYSTEM, browser="Firefox on Linux", now=now)
    tasks.tell_new_device(sign_in.pk)
    assert "Firefox on Linux" in words("signin.new_device").body
    with_factor(user)
    reset = mfa_services.propose(user=user, why="Lost.", actor=staff(boss.pk), now=now)
    tasks.tell_mfa_reset(reset.pk)
    assert not Message.objects.filter(kind="signin.factor_reset").exists()
    mfa_services.answer(reset=reset, approve=True, actor=staff(other.pk), now=now)
    tasks.tell_mfa_reset(reset.pk)
    assert "Two colleagues" in words("signin.factor_reset").body


@pytest.mark.parametrize(
    ("language", "kept", "told"),
    [
        ("en", "Firefox on Linux", "Firefox on Linux"),
        ("mr", "Firefox on Linux", "Linux वर Firefox"),
        ("hi", "Browser on Android", "Android पर ब्राउज़र"),
        ("mr", "Browser", "ब्राउझर"),
    ],
)
def test_a_browser_is_named_in_the_language_of_the_letter(language, kept, told):
    user = CustomerUserFactory(language=language)
    sign_in = devices.note(user=user, outcome="signed_in", actor=SYSTEM, browser=kept, now=clock.now())
    tasks.tell_new_device(sign_in.pk)
    assert f": {told}\n" in words("signin.new_device").body


@pytest.mark.parametrize("template", sorted(notifications._LIBRARY))
def test_each_letter_of_the_library_has_a_text_of_ours(template):
    user = StaffFactory()
    notifications.from_library(template, user.email, {"timestamp": clock.now()})
    assert "http://localhost:8000/staff/" in words(notifications._LIBRARY[template]).body


def test_no_part_of_a_password_links_key_stands_outside_the_letter():
    asked = codes.issue(purpose="reset", kind="email", address=StaffFactory().email, now=clock.now())
    for _ in range(2):
        assert tasks.send_password_link(asked.pk)
    row = Message.objects.values().get()
    key = re.search(r"/password/reset/key/[0-9a-z]+-([^/]+)/", words("signin.password_reset").body)[1]
    parts = {key[start : start + 6] for start in range(len(key) - 5)}
    assert not [part for part in parts if part in row["about"]]


def _key_of_the_invitation():
    """As it stands in the letter: a key says the second in which it was made."""
    return re.search(r"http\S+/([^/\s]+)/\s", message_content.text_of(Message.objects.get()).body)[1]


def _invited_colleague():
    boss = StaffFactory(roles=["administrator"])
    row = staff_services.invite(email="meera@onesetu.example", full_name="Meera", actor=staff(boss.pk), now=clock.now())
    tasks.send_invitation(row.pk)
    return _key_of_the_invitation()


def _invited_customer():
    row = customers.invite(customer=CustomerFactory(), address="asha@acme.example", actor=SYSTEM)
    tasks.send_invitation(row.pk)
    return _key_of_the_invitation()


def _code_to_sign_in():
    user = CustomerUserFactory(email="asha@acme.example")
    row = codes.issue(purpose="sign_in", kind="email", address=user.email, now=clock.now())
    tasks.send_code(row.pk)
    return codes.plain(row)


def _code_for_a(kind, address):
    user = CustomerUserFactory()
    about = f"people.user:{user.pk}"
    row = codes.issue(purpose="contact", kind=kind, address=address, about=about, now=clock.now())
    tasks.send_code(row.pk)
    return codes.plain(row)


def _password_link():
    asked = codes.issue(purpose="reset", kind="email", address=StaffFactory().email, now=clock.now())
    tasks.send_password_link(asked.pk)
    return re.search(r"/password/reset/key/([^/]+)/", words("signin.password_reset").body)[1]


@pytest.mark.parametrize(
    "send",
    [
        _invited_colleague,
        _invited_customer,
        _code_to_sign_in,
        lambda: _code_for_a("email", "new@acme.example"),
        lambda: _code_for_a("phone", "+919876543210"),
        _password_link,
    ],
    ids=["staff invitation", "customer invitation", "sign-in code", "e-mail code", "telephone code", "password link"],
)
@pytest.mark.parametrize("role", ["data_protection_officer", "grievance_officer"])
def test_an_officer_who_reads_a_letter_cannot_act_as_the_person_it_is_for(send, role):
    key = send()
    message = Message.objects.get()
    assert key in message_content.text_of(message).body
    url = reverse("admin:outbox_message_do_one", args=[message.pk, "show-words"])
    opening = {"answer": "1", "purpose": "grievance", "ticket": "grievance queue"}
    page = staff_client(StaffFactory(roles=[role])).post(url, opening).content.decode()
    assert message_content.DOTS in page
    assert key not in page


def test_the_librarys_other_letters_do_not_exist():
    notifications.from_library("account/email/unknown_account", StaffFactory().email, {})
    notifications.from_library("account/email/password_changed", CustomerUserFactory().email, {})
    assert not Message.objects.exists()


def test_a_task_whose_row_is_gone_does_nothing():
    for task in (
        tasks.send_code,
        tasks.send_password_link,
        tasks.send_invitation,
        tasks.tell_new_device,
    ):
        assert not task(999)
    assert not OneTimeCode.objects.exists()
    assert not Message.objects.exists()
