"""A session alone changes no address of a login: codes to both, or a wait in which every address hears of it and can cancel."""

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.core.cache import cache
from django.db import connection
from django.urls import reverse

from grievances.models import Ticket
from portal.fronts.signin import address_changes, cancellation, change_rows, tasks
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import clock, ports
from portal.kernel.core.actor import SYSTEM, stranger
from portal.kernel.core.errors import NotFound, Refused
from portal.kernel.outbox.models import Message
from portal.kernel.outbox.services import faults, message_content
from portal.kernel.people import signin_limits
from portal.kernel.people.models import AddressChange, ContactPoint, OneTimeCode, User
from portal.kernel.people.services import account_changes, codes, contacts
from tests.outbox.factories import AddressFaultFactory
from tests.people.factories import ContactPointFactory, CustomerFactory, CustomerUserFactory, FiduciaryFactory
from tests.shipped import every_rule
from tests.signin.people_who_sign_in import customer_client

OLD, NEW, PHONE = "asha@acme.example", "rao@acme.example", "+919876543210"
WAIT = timedelta(hours=72)


@pytest.fixture(autouse=True)
def law(db):
    every_rule()
    FiduciaryFactory(code="onesetu")
    cache.clear()


@pytest.fixture
def asha():
    return CustomerUserFactory(email=OLD, member_of=CustomerFactory())


@pytest.fixture
def sms(settings):
    settings.OUTBOX_CHANNELS = {**settings.OUTBOX_CHANNELS, "sms": "tests.outbox.factories.RecordingChannel"}


def begin(user, kind="email", address=NEW, now=None):
    return address_changes.begin(
        user=user, kind=kind, address=address, browser="one", actor=SYSTEM, now=now or clock.now()
    )


def newest_code(address):
    return codes.plain(
        next(row for row in OneTimeCode.objects.filter(used_at=None).order_by("-pk") if row.address == address)
    )


def prove(change, now=None):
    typed = newest_code(change.old_address)
    address_changes.prove(change=change, typed=typed, browser="one", actor=SYSTEM, now=now or clock.now())


def confirm(change, now=None, typed=None):
    return address_changes.confirm(
        change=change,
        typed=typed or newest_code(change.new_address),
        browser="one",
        actor=SYSTEM,
        now=now or clock.now(),
    )


def wait(change, now=None):
    return address_changes.wait(change=change, browser="one", actor=SYSTEM, now=now or clock.now())


def cancel(change, now=None):
    return cancellation.cancel(change=change, actor=stranger(), now=now or clock.now())


def moved(user, kind="email", address=NEW):
    """A change that was made with both codes."""
    change = begin(user, kind, address)
    prove(change)
    return confirm(change)


def email_of(user):
    return User.objects.get(pk=user.pk).email


def sent(kind):
    return [message_content.text_of(row) for row in Message.objects.filter(kind=kind).order_by("pk")]


def test_a_session_alone_sends_no_code_to_a_new_address_and_moves_no_login(asha):
    client = customer_client(asha)
    client.post(reverse("privacy:new-email"), {"email": NEW})
    assert {row.address for row in OneTimeCode.objects.all()} == {OLD}
    answer = client.post(reverse("privacy:new-email-code"), {"code": "000000"})
    assert answer.url == reverse("privacy:change-proof", args=["email"])
    assert email_of(asha) == OLD


def test_the_code_of_the_old_address_comes_first_then_that_of_the_new_one(asha):
    client = customer_client(asha)
    proof = client.post(reverse("privacy:new-email"), {"email": NEW}).url
    assert "a••••@acme.example" in client.get(proof).content.decode()
    assert client.post(proof, {"code": "000000"}).status_code == 422
    page = client.post(proof, {"code": newest_code(OLD)}).url
    assert email_of(asha) == OLD
    assert client.post(page, {"code": newest_code(NEW)}).url == reverse("privacy:account")
    assert email_of(asha) == NEW
    events = AuditEvent.objects.filter(about__startswith="people.address_change:").order_by("pk")
    assert [event.kind for event in events] == ["people.contact.change_asked", "people.contact.change_proved"]
    assert AuditEvent.objects.filter(kind="people.contact.changed").count() == 1


def test_the_code_of_one_change_proves_no_other(asha):
    first = begin(asha)
    typed = newest_code(OLD)
    second = begin(asha, address="thief@acme.example")
    if newest_code(OLD) != typed:
        with pytest.raises(Refused, match="not right"):
            address_changes.prove(change=second, typed=typed, browser="one", actor=SYSTEM, now=clock.now())
    with pytest.raises(Refused) as refused:
        prove(first)
    assert refused.value.code == "CHANGE_ENDED"


def test_a_code_for_signing_in_proves_no_change(asha):
    now = clock.now()
    sign_in = codes.issue(purpose="sign_in", kind="email", address=OLD, browser="one", now=now)
    change = begin(asha)
    if codes.plain(sign_in) != newest_code(OLD):
        with pytest.raises(Refused):
            address_changes.prove(change=change, typed=codes.plain(sign_in), browser="one", actor=SYSTEM, now=now)


def test_a_proof_is_good_for_fifteen_minutes(asha):
    now = clock.now()
    change = begin(asha, now=now)
    prove(change, now)
    later = now + timedelta(minutes=15)
    address_changes.send_again(change=change, browser="one", now=later)
    with pytest.raises(Refused) as refused:
        confirm(change, later)
    assert refused.value.code == "PROOF_TOO_OLD"
    assert email_of(asha) == OLD


def test_the_letter_says_what_the_code_is_for(asha):
    begin(asha)
    assert "to change the email address of your account" in sent("signin.act_code")[0].body


def test_who_gets_no_codes_waits_while_every_confirmed_address_is_written_to(asha, sms):
    ContactPointFactory(principal=asha.principal, kind="email", address="second@acme.example")
    ContactPointFactory(principal=asha.principal, kind="email", address="unconfirmed@acme.example", verified_at=None)
    ContactPointFactory(principal=asha.principal, kind="phone", address=PHONE)
    now, change = clock.now(), begin(asha)
    wait(change, now)
    confirm(change, now)
    assert email_of(asha) == OLD
    assert Message.objects.filter(kind="signin.change_waiting").count() == 2
    assert Message.objects.filter(kind="signin.change_sms", channel="sms").count() == 1
    assert "/privacy/account/change/" in sent("signin.change_waiting")[0].body
    assert address_changes.finish_waiting(now=now + WAIT - timedelta(seconds=1)) == 0
    assert address_changes.finish_waiting(now=now + WAIT) == 1
    assert email_of(asha) == NEW
    assert tasks.finish_address_changes() == 0


def test_a_new_address_that_is_never_confirmed_is_never_used(asha):
    now = clock.now()
    change = wait(begin(asha, now=now), now)
    assert address_changes.finish_waiting(now=now + WAIT) == 0
    assert email_of(asha) == OLD
    assert address_changes.finish_waiting(now=now + timedelta(days=14)) == 0
    change.refresh_from_db()
    assert change.dropped_at is not None


def test_the_code_of_the_new_address_may_come_after_the_wait(asha):
    now = clock.now()
    change = wait(begin(asha, now=now), now)
    later = now + WAIT + timedelta(hours=1)
    address_changes.send_again(change=change, browser="one", now=later)
    confirm(change, later)
    assert email_of(asha) == NEW


def test_pressing_twice_waits_no_longer_and_writes_once(asha):
    now = clock.now()
    first = wait(begin(asha, now=now), now)
    again = wait(first, now + timedelta(hours=5))
    assert again.waits_until == now + WAIT
    assert Message.objects.filter(kind="signin.change_waiting").count() == 1


def test_a_waiting_change_is_discarded_where_another_login_took_the_address(asha):
    now = clock.now()
    change = wait(begin(asha, now=now), now)
    confirm(change, now)
    CustomerUserFactory(email=NEW)
    assert address_changes.finish_waiting(now=now + WAIT) == 0
    change.refresh_from_db()
    assert change.dropped_at is not None
    assert email_of(asha) == OLD


def test_looking_at_the_cancel_link_changes_nothing_and_pressing_undoes_everything(asha, client):
    change = moved(asha)
    signed_in = customer_client(User.objects.get(pk=asha.pk))
    UserSession.objects.create(
        user=asha, ip="203.0.113.7", user_agent="Firefox", session_key=signed_in.session.session_key
    )
    page = reverse("privacy:cancel-change", args=[change_rows.token_of(change)])
    assert "Every device is signed out." in client.get(page).content.decode()
    assert email_of(asha) == NEW
    client.post(page)
    assert email_of(asha) == OLD
    assert signed_in.get(reverse("privacy:account")).status_code == 302
    live = ContactPoint.objects.filter(principal=asha.principal, left_at=None)
    assert [(row.address, bool(row.verified_at)) for row in live] == [(OLD, True)]
    ticket = Ticket.objects.get()
    assert ticket.kind == "breach"
    assert "is cancelled" in client.get(page).content.decode()
    client.post(page)
    assert Ticket.objects.count() == 1
    assert AuditEvent.objects.filter(kind="people.contact.change_cancelled").count() == 1
    assert "For 72 hours" in sent("signin.change_cancelled")[0].body
    assert "within 14 days" in sent("signin.email_changed")[0].body
    assert {letter.subject for letter in sent("signin.change_cancelled")} == {"A change of your account was cancelled"}
    told = {
        row.kind: message_content.address_of(row) for row in Message.objects.filter(about__contains="address_change")
    }
    assert (told["signin.change_cancelled"], told["signin.address_dropped"]) == (OLD, NEW)


@pytest.mark.parametrize("language", ["en", "hi", "mr"])
def test_pages_and_letters_read_how_long_a_change_waits_from_one_rule(asha, monkeypatch, language):
    read = signin_limits.length
    monkeypatch.setattr(
        signin_limits,
        "length",
        lambda key, **about: timedelta(hours=48) if key == "signin.address_wait" else read(key, **about),
    )
    client = customer_client(asha)
    client.cookies["django_language"] = language
    client.post(reverse("privacy:new-email"), {"email": NEW})
    begun = client.get(reverse("privacy:change-proof", args=["email"])).content.decode()
    assert "48" in begun
    assert not re.search(r"\b72\b", begun.split("<h2>")[1])  # whole words: tokens hold any digits
    change = moved(asha, address="third@acme.example")
    page = reverse("privacy:cancel-change", args=[change_rows.token_of(change)])
    assert "48" in client.get(page).content.decode()
    cancel(change)
    assert "48" in client.get(page).content.decode()
    assert "48" in account_changes.frozen_words(asha, now=clock.now())
    assert "48" in sent("signin.change_cancelled")[0].body


def test_a_cancelled_wait_never_ends_in_a_change(asha):
    now = clock.now()
    change = wait(begin(asha, now=now), now)
    confirm(change, now)
    assert cancel(change, now)
    assert address_changes.finish_waiting(now=now + WAIT) == 0
    assert email_of(asha) == OLD


def test_the_first_address_undoes_a_second_change_that_followed(asha):
    first = moved(asha)
    asha.refresh_from_db()
    moved(asha, address="third@acme.example")
    cancel(first)
    assert email_of(asha) == OLD


def test_a_number_that_a_thief_added_leaves_with_the_change(asha, sms):
    change = moved(asha, "phone", PHONE)
    assert ContactPoint.objects.get(kind="phone", left_at=None).verified_at is not None
    assert "/privacy/account/change/" in sent("signin.number_added")[0].body
    cancel(change)
    assert not ContactPoint.objects.filter(kind="phone", left_at=None).exists()


def test_after_a_cancelled_change_none_begins_for_72_hours(asha):
    now = clock.now()
    cancel(begin(asha, now=now), now)
    with pytest.raises(Refused) as refused:
        begin(asha, now=now + WAIT - timedelta(seconds=1))
    assert refused.value.code == "CHANGES_FROZEN"
    begin(asha, now=now + WAIT)


def test_the_cancel_link_lives_fourteen_days_from_the_change(asha):
    change = moved(asha)
    token, done = change_rows.token_of(change), change.done_at
    assert change_rows.by_token(token, now=done + timedelta(days=14) - timedelta(seconds=1)) == (change, None)
    with pytest.raises(Refused) as refused:
        change_rows.by_token(token, now=done + timedelta(days=14))
    assert refused.value.code == "LINK_ENDED"
    with pytest.raises(NotFound):
        change_rows.by_token(f"{token}x", now=done)


def test_the_person_discards_a_change_that_waits(asha):
    client = customer_client(asha)
    wait(begin(asha))
    assert "r••••@acme.example" in client.get(reverse("privacy:account")).content.decode()
    client.post(reverse("privacy:discard-change", args=["email"]))
    assert change_rows.open_change(asha, "email") is None


def test_the_pages_go_through_the_wait_without_a_script(asha):
    client = customer_client(asha)
    proof = client.post(reverse("privacy:new-email"), {"email": NEW}).url
    page = client.post(proof, {"lost": "1"}, follow=True)
    assert page.redirect_chain[-1][0] == reverse("privacy:new-email-code")
    done = client.post(reverse("privacy:new-email-code"), {"code": newest_code(NEW)}, follow=True)
    assert "The change will be made on" in done.content.decode()
    assert email_of(asha) == OLD


@pytest.mark.parametrize("name", ["change-proof", "discard-change"])
def test_there_is_no_change_of_anything_else(name, asha):
    assert customer_client(asha).post(reverse(f"privacy:{name}", args=["fax"])).status_code == 404


def test_wrong_codes_count_although_they_are_refused(asha):
    change = begin(asha)
    prove(change)
    right = newest_code(NEW)
    wrong = "000000" if right != "000000" else "111111"
    for _ in range(codes.DEFAULT_TRIES):
        with pytest.raises(Refused, match="not right"):
            confirm(change, typed=wrong)
    with pytest.raises(Refused, match="too many wrong codes"):
        confirm(change, typed=right)


def test_a_code_is_not_used_up_when_the_number_cannot_be_written(asha, sms, monkeypatch):
    change = begin(asha, "phone", PHONE)
    prove(change)
    with monkeypatch.context() as patch:
        patch.setattr(contacts, "add", lambda **given: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            confirm(change)
    assert confirm(change).done_at is not None


def test_who_confirms_an_address_again_is_reached_there_again(asha, sms):
    contacts.add(principal=asha.principal, kind="phone", address=PHONE, verified=True, actor=SYSTEM)
    AddressFaultFactory(address=PHONE, channel="sms", reason="complained")
    moved(asha, "phone", PHONE)
    assert not faults.stand(address=PHONE, channel="sms")


def test_a_login_moves_and_other_rooms_hear_of_it_together(asha, monkeypatch):
    told = []
    monkeypatch.setattr(
        ports.address_confirmed, "_items", [lambda **said: told.append((said["kind"], said["address"]))]
    )
    moved(asha, address="Rao@acme.example")
    assert told == [("email", NEW)]


def test_old_changes_are_deleted_with_the_addresses_in_them(asha):
    now = clock.now()
    moved(asha)
    assert change_rows.sweep(now=now + timedelta(days=59)) == 0
    assert change_rows.sweep(now=now + timedelta(days=61)) == 1
    assert not AddressChange.objects.exists()


def test_nobody_asks_for_codes_at_any_number_of_addresses(asha, settings):
    change = begin(asha)
    for _ in range(settings.CODES_PER_HOUR - 1):
        address_changes.send_again(change=change, browser="one", now=clock.now())
    with pytest.raises(Refused, match="Too many codes"):
        address_changes.send_again(change=change, browser="one", now=clock.now())


@pytest.mark.django_db(transaction=True)
def test_of_a_cancel_and_a_confirmation_at_once_the_cancel_holds():
    for number in range(4):
        user = CustomerUserFactory(email=f"asha{number}@acme.example")
        change = begin(user, address=f"rao{number}@acme.example")
        prove(change)
        typed, together = newest_code(change.new_address), threading.Barrier(2)

        def act(which, change=change, typed=typed, together=together):
            together.wait(timeout=10)
            try:
                return cancel(change) if which else confirm(change, typed=typed)
            except Refused as refused:
                return refused.code
            finally:
                connection.close()

        with ThreadPoolExecutor(max_workers=2) as pool:
            confirmed, cancelled = list(pool.map(act, (False, True)))
        change.refresh_from_db()
        assert cancelled is True
        assert confirmed == "CHANGE_ENDED" or confirmed.done_at is not None
        assert change.cancelled_at is not None
        assert email_of(user) == f"asha{number}@acme.example"


@pytest.mark.django_db(transaction=True)
def test_whoever_asks_for_many_codes_at_once_gets_no_more_than_one_after_another(settings):
    settings.CODES_PER_HOUR = 2
    together = threading.Barrier(6)

    def ask(_number):
        together.wait(timeout=10)
        try:
            codes.issue(purpose="sign_in", kind="email", address=OLD, now=clock.now())
        except Refused:
            return "refused"
        finally:
            connection.close()
        return "sent"

    with ThreadPoolExecutor(max_workers=6) as pool:
        answers = list(pool.map(ask, range(6)))
    assert sorted(answers) == ["refused"] * 4 + ["sent"] * 2


def test_a_number_that_waited_before_the_cancelled_change_was_begun_is_never_added(asha, sms):
    now = clock.now()
    phone = begin(asha, "phone", PHONE, now=now)
    wait(phone, now=now)
    confirm(phone, now=now)
    later = now + timedelta(minutes=1)
    email = begin(asha, now=later)
    wait(email, now=later)
    confirm(email, now=later)
    assert cancel(email, now=now + timedelta(hours=1))
    address_changes.finish_waiting(now=now + WAIT + timedelta(minutes=5))
    made = ContactPoint.objects.filter(kind="phone", left_at=None).exclude(verified_at=None)
    assert PHONE not in {contact.address for contact in made}


def test_the_link_of_a_second_letter_leads_back_over_a_change_that_no_code_of_before_proved(asha, sms):
    """The address between the two is the thief's, who proved with it what came after."""
    now = clock.now()
    first = begin(asha, "email", "thief@evil.example", now=now)
    wait(first, now=now)
    confirm(first, now=now)
    assert address_changes.finish_waiting(now=now + WAIT + timedelta(minutes=1)) == 1
    asha.refresh_from_db()
    after = now + WAIT + timedelta(minutes=2)
    second = begin(asha, "email", "thief2@evil.example", now=after)
    prove(second, now=after)
    confirm(second, now=after)
    assert cancel(second, now=after + timedelta(hours=1))
    assert email_of(asha) == OLD


def test_a_change_that_was_proved_with_the_address_of_before_stays_where_a_later_one_is_cancelled(asha, sms):
    moved(asha, "email", "asha.new@acme.example")
    asha.refresh_from_db()
    second = moved(asha, "email", "thief@evil.example")
    assert cancel(second)
    assert email_of(asha) == "asha.new@acme.example"
