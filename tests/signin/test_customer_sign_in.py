"""Customers: a code by e-mail, the same answer for everybody, and nobody locked out by a stranger."""

from datetime import timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from portal.fronts.signin import tasks
from portal.kernel.core import clock
from portal.kernel.core.actor import SYSTEM
from portal.kernel.core.errors import Refused
from portal.kernel.people.choices import MemberRole
from portal.kernel.people.models import OneTimeCode, SignIn, User, WrongCode
from portal.kernel.people.services import codes, customers, devices, invitations
from tests.people.factories import CustomerFactory, CustomerUserFactory, StaffFactory
from tests.signin.people_who_sign_in import work_of

pytestmark = pytest.mark.django_db
ACCOUNT = "/privacy/account/"


@pytest.fixture(autouse=True)
def empty_cache():
    cache.clear()


@pytest.fixture
def asha():
    return CustomerUserFactory(email="asha@acme.example", member_of=CustomerFactory())


def ask(client, address="asha@acme.example", **more):
    return client.post(reverse("privacy:sign-in"), {"email": address, **more})


def enter(client, code):
    return client.post(reverse("privacy:sign-in-code"), {"code": code})


def code_in(postbox):
    return postbox.last("signin.sign_in_code")["context"]["code"]


def is_in(client):
    return client.get(ACCOUNT).status_code == 200


def test_a_customer_signs_in_with_the_code_and_comes_back_to_the_page_they_wanted(client, asha, postbox):
    wanted = client.get(ACCOUNT)
    assert wanted["Location"] == "/privacy/sign-in/?next=%2Fprivacy%2Faccount%2F"
    ask(client, next=ACCOUNT)
    letter = postbox.last("signin.sign_in_code")
    assert (letter["address"], letter["subject_ref"]) == ("asha@acme.example", asha.principal.subject.ref)
    answer = enter(client, code_in(postbox))
    assert answer["Location"] == ACCOUNT
    assert is_in(client)


@pytest.mark.parametrize("shape", ["{0}{1} {2}{3} {4}{5}", "{0}{1}{2}-{3}{4}{5}", " {0}{1}{2}{3}{4}{5} "])
def test_spaces_and_hyphens_are_forgiven(shape, client, asha, postbox):
    ask(client)
    enter(client, shape.format(*code_in(postbox)))
    assert is_in(client)


def test_digits_may_be_typed_in_devanagari(client, asha, postbox):
    ask(client)
    enter(client, "".join(chr(0x0966 + int(digit)) for digit in code_in(postbox)))
    assert is_in(client)


def test_the_address_is_found_however_it_is_written(client, asha, postbox):
    ask(client, " Asha@ACME.example ")
    enter(client, code_in(postbox))
    assert is_in(client)


@pytest.mark.parametrize("address", ["nobody@acme.example", "meera@onesetu.example", "gone@acme.example"])
def test_the_answer_does_not_tell_who_has_a_login(address, client, asha, postbox):
    StaffFactory(email="meera@onesetu.example")
    CustomerUserFactory(email="gone@acme.example", is_active=False)
    pages = []
    for browser, given in ((client, "asha@acme.example"), (Client(), address)):
        assert ask(browser, given)["Location"] == reverse("privacy:sign-in-code")
        shown = browser.get(reverse("privacy:sign-in-code")).content.decode()
        wrong = enter(browser, "000000")
        text = (shown + wrong.content.decode()).replace(given[0] + "••••@" + given.partition("@")[2], "ADDRESS")
        pages.append([line for line in text.splitlines() if "csrf" not in line])
        assert wrong.status_code == 422
    assert pages[0] == pages[1]
    assert [letter["address"] for letter in postbox.letters] == ["asha@acme.example"]
    assert OneTimeCode.objects.count() == 2
    assert not WrongCode.objects.exists()


@pytest.mark.parametrize("known_browser", [False, True])
def test_asking_for_and_missing_a_code_is_the_same_work_whoever_has_the_address(known_browser, asha):
    StaffFactory(email="meera@onesetu.example")
    work = {}
    for address in ("asha@acme.example", "nobody@acme.example", "meera@onesetu.example"):
        browser = Client()
        if known_browser:
            browser.cookies["device"] = "t" * 43
        work[address] = (
            work_of(lambda: ask(browser, address)),  # noqa: B023 - run at once
            work_of(lambda: enter(browser, "000000")),  # noqa: B023 - run at once
            work_of(lambda: browser.post(reverse("privacy:sign-in-code"), {"again": "1"})),  # noqa: B023 - run at once
        )
    assert work["asha@acme.example"] == work["nobody@acme.example"] == work["meera@onesetu.example"]
    assert 'INSERT INTO "people_onetimecode"' in str(work["asha@acme.example"][0].statements)


def test_even_the_right_digits_open_nothing_for_an_address_without_a_login(client, postbox):
    ask(client, "nobody@acme.example")
    enter(client, codes.plain(OneTimeCode.objects.get()))
    assert not is_in(client)


@pytest.mark.parametrize("language", ["en", "hi", "mr"])
def test_a_code_comes_in_the_language_of_the_page_that_asked_for_it(client, asha, postbox, language):
    User.objects.filter(pk=asha.pk).update(language="en" if language != "en" else "hi")
    client.cookies["django_language"] = language
    ask(client)
    assert postbox.last("signin.sign_in_code")["language"] == language


def test_a_code_works_once(client, asha, postbox):
    facts = {"purpose": "sign_in", "kind": "email", "address": asha.email}
    row = codes.issue(**facts, now=clock.now())
    codes.redeem(**facts, typed=codes.plain(row), now=clock.now())
    with pytest.raises(Refused, match="used already"):
        codes.redeem(**facts, typed=codes.plain(row), now=clock.now())


def test_a_code_does_not_open_the_door_a_second_time(client, asha, postbox):
    ask(client)
    enter(client, code_in(postbox))
    client.post(reverse("privacy:sign-out"))
    assert not is_in(client)
    ask(client)
    assert enter(client, postbox.letters[0]["context"]["code"]).status_code == 422
    assert not is_in(client)


def test_a_code_works_in_the_browser_that_asked(client, asha, postbox):
    ask(client)
    first = code_in(postbox)
    other = Client()
    ask(other)
    assert enter(other, first).status_code == 422
    assert not is_in(other)
    enter(client, first)
    assert is_in(client)


def test_a_code_ends_after_its_minutes_and_says_so_for_a_while(client, asha, postbox):
    with time_machine.travel("2026-11-25T06:00:00Z", tick=False) as travel:
        ask(client)
        code = code_in(postbox)
        travel.shift(codes.DEFAULT_LIFE)
        assert "has expired" in enter(client, code).content.decode()
        travel.shift(timedelta(hours=2))
        assert "not right" in enter(client, code).content.decode()


def test_a_code_works_until_the_last_moment(client, asha, postbox):
    with time_machine.travel("2026-11-25T06:00:00Z", tick=False) as travel:
        ask(client)
        travel.shift(codes.DEFAULT_LIFE - timedelta(milliseconds=1))
        enter(client, code_in(postbox))
        assert is_in(client)


def test_after_five_wrong_codes_the_right_one_opens_nothing(client, asha, postbox):
    ask(client)
    code = code_in(postbox)
    wrong = "000000" if code != "000000" else "111111"
    for _ in range(codes.DEFAULT_TRIES):
        assert "not right" in enter(client, wrong).content.decode()
    assert "too many wrong codes" in enter(client, code).content.decode()
    assert not is_in(client)
    assert SignIn.objects.filter(user=asha, outcome="wrong_code").count() == codes.DEFAULT_TRIES + 1


def test_the_right_code_works_at_the_fifth_try(client, asha, postbox):
    ask(client)
    code = code_in(postbox)
    for _ in range(codes.DEFAULT_TRIES - 1):
        enter(client, "000000" if code != "000000" else "111111")
    enter(client, code)
    assert is_in(client)


def test_an_earlier_code_still_works_after_a_new_one_was_sent(client, asha, postbox):
    ask(client)
    first = code_in(postbox)
    client.post(reverse("privacy:sign-in-code"), {"again": "1"})
    assert code_in(postbox) != first or len(postbox.letters) == 2
    enter(client, first)
    assert is_in(client)


def test_a_stranger_who_asks_for_codes_does_not_shut_out_the_owner(asha, postbox, settings):
    own = Client()
    ask(own)
    enter(own, code_in(postbox))
    own.post(reverse("privacy:sign-out"))
    stranger = Client()
    for _ in range(settings.CODES_PER_HOUR):
        ask(stranger)
    assert "Too many codes" in ask(stranger).content.decode()
    assert ask(own)["Location"] == reverse("privacy:sign-in-code")
    enter(own, code_in(postbox))
    assert is_in(own)


def test_staff_can_unlock_an_address(client, asha, postbox, settings):
    for _ in range(settings.CODES_PER_HOUR):
        ask(client)
    assert ask(client).status_code == 422
    devices.unlock(user=asha, actor=SYSTEM, now=clock.now())
    assert ask(client).status_code == 302


def test_one_network_address_cannot_ask_without_end(client, postbox):
    answers = [ask(client, f"person{n}@acme.example").status_code for n in range(61)]
    assert answers[:60] == [302] * 60
    assert answers[60] == 429


def test_what_is_no_address_is_said_and_kept(client):
    answer = ask(client, "asha at acme")
    assert answer.status_code == 422
    assert "Error: " in answer.content.decode()
    assert 'value="asha at acme"' in answer.content.decode()


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "/admin/", "javascript:alert(1)"])
def test_nobody_is_led_elsewhere_after_signing_in(target, client, asha, postbox):
    ask(client, next=target)
    assert enter(client, code_in(postbox))["Location"] == "/privacy/"


def test_the_session_key_changes_when_a_customer_signs_in(client, asha, postbox):
    ask(client)
    before = client.session.session_key
    enter(client, code_in(postbox))
    assert client.session.session_key != before


def test_the_code_page_needs_a_code_that_was_asked_for(client):
    assert client.get(reverse("privacy:sign-in-code"))["Location"] == reverse("privacy:sign-in")


def test_the_field_helps_the_keyboard_and_the_browser(client, asha, postbox):
    ask(client)
    page = client.get(reverse("privacy:sign-in-code")).content.decode()
    assert 'inputmode="numeric"' in page
    assert 'autocomplete="one-time-code"' in page


def test_a_code_is_stored_nowhere_in_the_clear(client, asha, postbox):
    ask(client)
    code = code_in(postbox)
    row = OneTimeCode.objects.values().get()
    assert code not in str(row)
    assert "asha" not in str({key: value for key, value in row.items() if key != "address"})


def test_old_codes_are_swept_with_their_addresses(client, asha, postbox):
    ask(client)
    assert tasks.sweep_codes() == 0
    OneTimeCode.objects.update(made_at=clock.now() - timedelta(hours=3))
    assert tasks.sweep_codes() == 1


def test_a_used_code_is_not_sent_again(client, asha, postbox):
    ask(client)
    enter(client, code_in(postbox))
    assert tasks.send_code(OneTimeCode.objects.get().pk) is False


def test_an_invited_person_joins_by_the_link_which_only_the_button_uses_up(client, postbox):
    customer = CustomerFactory()
    customers.invite(customer=customer, address="asha@acme.example", actor=SYSTEM)
    letter = postbox.last("signin.customer_invitation")
    link = letter["context"]["link"].removeprefix("http://localhost:8000")
    for _ in range(2):
        assert customer.name in client.get(link).content.decode()
    assert client.post(link, {"full_name": "", "phone": ""}).status_code == 422
    client.post(link, {"full_name": "Asha Rao", "phone": "98765 43210"})
    assert is_in(client)
    user = User.objects.get(email="asha@acme.example")
    assert user.principal.memberships.get().role == MemberRole.OWNER
    assert {c.kind: bool(c.verified_at) for c in user.principal.contact_points.all()} == {"email": True, "phone": False}
    assert "used already" in Client().get(link).content.decode()


@pytest.mark.parametrize("language", ["en", "hi", "mr"])
def test_who_joins_has_no_number_of_a_paper_in_their_name(client, language):
    client.cookies["django_language"] = language
    row = customers.invite(customer=CustomerFactory(), address="asha@acme.example", actor=SYSTEM)
    link = reverse("privacy:invitation", args=[invitations.token_of(row)])
    answer = client.post(link, {"full_name": "Asha Rao 2341 2341 2346", "phone": ""})
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["full_name"])
    assert not User.objects.exists()


def test_a_person_who_has_a_login_is_asked_for_no_name_and_keeps_the_one_they_have(client):
    user = CustomerUserFactory(email="asha@acme.example")
    name = user.principal.full_name
    customer = CustomerFactory()
    row = customers.invite(customer=customer, address="asha@acme.example", actor=SYSTEM)
    link = reverse("privacy:invitation", args=[invitations.token_of(row)])
    page = client.get(link).content.decode()
    assert "You have a login with this address already." in page
    assert 'name="full_name"' not in page
    client.post(link, {"full_name": "Somebody Else"})
    assert is_in(client)
    user.principal.refresh_from_db()
    assert user.principal.full_name == name
    assert user.principal.memberships.filter(customer=customer, ended_at=None).exists()
    assert User.objects.filter(email="asha@acme.example").count() == 1


def test_a_staff_link_does_not_open_a_customers_login(client, postbox):
    from portal.kernel.people.services import staff

    row = staff.invite(email="meera@onesetu.example", full_name="Meera", actor=SYSTEM, now=clock.now())
    path = reverse("privacy:invitation", args=[invitations.token_of(row)])
    assert client.get(path).status_code == 404
    assert client.post(path, {"full_name": "Meera"}).status_code == 404


def test_a_customers_link_does_not_set_a_staff_password(client, postbox):
    row = customers.invite(customer=CustomerFactory(), address="asha@acme.example", actor=SYSTEM)
    path = reverse("signin:staff-invitation", args=[invitations.token_of(row)])
    assert client.get(path).status_code == 404


def test_an_invitation_whose_nudge_was_lost_is_sent_by_the_sweep(postbox, monkeypatch):
    monkeypatch.setattr("portal.kernel.people.services.invitations.enqueue", lambda *args: None)
    row = customers.invite(customer=CustomerFactory(), address="asha@acme.example", actor=SYSTEM)
    assert tasks.send_waiting_invitations() == 0
    type(row).objects.update(invited_at=clock.now() - timedelta(minutes=2))
    assert tasks.send_waiting_invitations() == 1
    assert tasks.send_waiting_invitations() == 0
    assert len(postbox.letters) == 1


def test_a_code_for_one_thing_opens_no_other(asha):
    now = clock.now()
    code = codes.issue(purpose="contact", kind="email", address="asha@acme.example", about="people.user:1", now=now)
    for purpose, about in (("sign_in", "people.user:1"), ("contact", "people.user:2"), ("track", "people.user:1")):
        with pytest.raises(Refused):
            codes.redeem(
                purpose=purpose,
                kind="email",
                address="asha@acme.example",
                typed=codes.plain(code),
                about=about,
                now=now,
            )
    redeemed = codes.redeem(
        purpose="contact",
        kind="email",
        address="asha@acme.example",
        typed=codes.plain(code),
        about="people.user:1",
        now=now,
    )
    assert redeemed == code
