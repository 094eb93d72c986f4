"""Consent managers in the book act for people who linked them: signed, once, and for nobody else."""

import base64
from datetime import datetime, time, timedelta
from uuid import uuid4

import pytest
import time_machine
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.urls import reverse

from consent.base.choices import Way
from consent.base.selectors import contact_rulebook
from consent.collection.services import consent_managers
from consent.decisions.services.contact_decisions import may_contact
from consent.erasure import ManagerLinks
from consent.models import ConsentEvent, ConsentReceipt, ManagerLink
from consent.records.services.addresses import Address
from consent.suppressions.services import suppressions
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor, clock
from portal.kernel.core.addresses import address_keys
from portal.kernel.core.errors import NotFound, Refused
from portal.kernel.outbox.models import Message
from portal.kernel.people.erasure import Accounts
from portal.kernel.registers.models import ConsentManager
from portal.kernel.registers.senders.services import sender_entries
from tests.api.managers import NUMBER, registered, renewed, send, signed, sms
from tests.consent.factories import ASHA, ASHA_PHONE, law_is_loaded, person, published_notice, said
from tests.people.factories import ContactPointFactory, CustomerUserFactory, FiduciaryFactory, StaffFactory
from tests.registers.factories import own
from tests.signin.people_who_sign_in import customer_client, staff_client

pytestmark = pytest.mark.django_db
NOON = datetime.combine(clock.day(clock.now()) + timedelta(days=1), time(12), tzinfo=clock.IST)


@pytest.fixture(autouse=True)
def notice(db):
    contact_rulebook.forget()
    law_is_loaded()
    return published_notice()


@pytest.fixture
def still():
    """Of two acts at one instant neither comes after the other."""
    with time_machine.travel(clock.now(), tick=False) as moment:
        yield moment


@pytest.fixture
def key():
    return Ed25519PrivateKey.generate()


@pytest.fixture
def manager(key):
    return registered(key)


@pytest.fixture
def asha(notice):
    asha = person(email=None)
    CustomerUserFactory(email=ASHA, principal=asha)
    return asha


@pytest.fixture
def linked(manager, asha):
    offered = consent_managers.offer_link(subject_ref=asha.subject.ref, manager=manager)
    return consent_managers.link(manager=manager, code=offered.code, now=clock.now())


def allowed():
    return may_contact(address=ASHA_PHONE, purpose="marketing", channel="sms", at=NOON).allowed


def test_a_person_hands_over_a_code_and_the_manager_lists_gives_and_withdraws(key, manager, asha, notice):
    page = customer_client(asha.user).post(reverse("privacy:consent-manager-link"), {"manager": manager.pk}).text
    code = page.split('<p class="reference">')[1].split("</p>")[0]
    answer = send("links", *signed(key, {"code": code}))
    link = ManagerLink.objects.get(ref=answer.json()["link"])
    assert link.subject_ref == asha.subject.ref
    listed = send("consents/list", *signed(key, {"link": str(link.ref)})).json()["consents"]
    offers = next(one for one in listed if one["purpose"] == "marketing")
    assert offers["notice_sha256"] == notice.binding.sha256
    assert {one["answer"] for one in offers["answers"]} == {""}
    given = send("consents/give", *signed(key, sms(link, notice)))
    event = ConsentEvent.objects.get(receipt__reference=given.json()["receipt"])
    assert (event.way, event.actor_kind, event.notice_sha256) == (
        "consent_manager",
        "consent_manager",
        offers["notice_sha256"],
    )
    assert allowed()
    taken = send("consents/withdraw", *signed(key, sms(link)))
    assert taken.json()["receipt"]
    assert not allowed()
    assert send("consents/withdraw", *signed(key, sms(link))).json() == {"receipt": ""}


def test_the_list_holds_no_address_and_no_name(key, linked, asha):
    said(asha, "given")
    text = send("consents/list", *signed(key, {"link": str(linked.ref)})).text
    assert '"answer": "given"' in text or '"answer":"given"' in text
    for secret in (ASHA, ASHA_PHONE[3:], asha.full_name, str(asha.subject.ref)):
        assert secret not in text


def other_key(key, linked, notice):
    return signed(Ed25519PrivateKey.generate(), sms(linked, notice))


def old(key, linked, notice):
    return signed(key, sms(linked, notice), at=clock.now() - timedelta(minutes=6))


def changed(key, linked, notice):
    body, headers = signed(key, sms(linked, notice))
    return body.replace(b"sms", b"rcs"), headers


def unknown(key, linked, notice):
    return signed(key, sms(linked, notice), **{"Consent-Manager": "DPB/CM/9999"})


def by_secret(key, linked, notice):
    body, headers = signed(key, sms(linked, notice))
    return body, {**headers, "webhook-signature": headers["webhook-signature"].replace("v1a,", "v1,")[:20]}


@pytest.mark.parametrize("forge", [other_key, old, changed, unknown, by_secret])
def test_what_is_badly_signed_changes_nothing_and_learns_nothing(key, linked, notice, forge):
    answer = send("consents/give", *forge(key, linked, notice))
    assert (answer.status_code, answer.json()["code"]) == (401, "BAD_SIGNATURE")
    assert not ConsentEvent.objects.exists()


def test_the_same_request_is_not_taken_twice(key, linked, notice):
    request = signed(key, sms(linked, notice))
    assert send("consents/give", *request).status_code == 200
    send("consents/withdraw", *signed(key, sms(linked)))
    again = send("consents/give", *request)
    assert (again.status_code, again.json()["code"]) == (422, "REPLAYED")
    assert not allowed()


def test_a_yes_that_stands_is_answered_with_its_receipt_and_recorded_once(key, linked, notice):
    first, second = (send("consents/give", *signed(key, sms(linked, notice))) for _time in range(2))
    assert first.status_code == second.status_code == 200
    assert first.json() == second.json()
    assert ConsentEvent.objects.count() == ConsentReceipt.objects.count() == 1
    assert Message.objects.filter(kind="consent.confirmed", channel="dashboard").count() == 1


def test_the_persons_own_yes_to_the_same_text_is_what_the_manager_is_told(key, linked, asha, notice):
    by_herself = said(asha, "given")
    given = send("consents/give", *signed(key, sms(linked, notice)))
    assert given.json()["receipt"] == by_herself.receipt.reference
    assert ConsentEvent.objects.count() == 1


def with_another_number(asha, still):
    ContactPointFactory(principal=asha, kind="phone", address="+919800000019", verified_at=clock.now())


def after_a_no(asha, still):
    said(asha, "withdrawn", occurred_at=clock.now())


def after_a_stop_of_the_number(asha, still):
    place = Address("phone", tuple(address_keys(ASHA_PHONE)))
    suppressions.alone(
        subject_ref=uuid4(), fiduciary=own(), places=[place], way=Way.SMS, occurred_at=clock.now(), actor=actor.SYSTEM
    )


def when_it_ends_soon(asha, still):
    still.move_to(ConsentEvent.objects.get().expires_at - timedelta(days=2))


@pytest.mark.parametrize("change", [with_another_number, after_a_no, after_a_stop_of_the_number, when_it_ends_soon])
def test_a_yes_is_recorded_again_where_it_says_something_new(key, linked, asha, notice, still, change):
    """At the new number only, and everywhere else where it would change what holds."""
    first = send("consents/give", *signed(key, sms(linked, notice)))
    still.shift(60)
    change(asha, still)
    still.shift(60)
    second = send("consents/give", *signed(key, sms(linked, notice)))
    assert second.status_code == 200, second.text
    assert second.json()["receipt"] not in {"", first.json()["receipt"]}
    events = ConsentEvent.objects.filter(receipt__reference=second.json()["receipt"])
    assert [event.answer for event in events] == ["given"]


def test_a_request_that_was_refused_may_be_sent_again(key, linked, notice):
    wrong = {**sms(linked, notice), "notice_sha256": "0" * 64}
    refused = send("consents/give", *signed(key, wrong, name="one"))
    assert (refused.status_code, refused.json()["code"]) == (422, "NOTICE_CHANGED")
    assert send("consents/give", *signed(key, sms(linked, notice), name="one")).status_code == 200


def test_an_oversized_request_is_refused_before_it_is_read(key, linked):
    answer = send("consents/list", *signed(key, {"link": str(linked.ref), "language": "x" * 9000}))
    assert (answer.status_code, answer.json()["code"]) == (413, "TOO_LARGE")


def test_a_yes_counts_at_confirmed_addresses_only(key, linked, asha, notice):
    asha.contact_points.filter(kind="phone").update(verified_at=None)
    answer = send("consents/give", *signed(key, sms(linked, notice)))
    assert (answer.status_code, answer.json()["code"]) == (422, "NO_CONFIRMED_ADDRESS")


def test_another_managers_link_and_an_ended_one_are_no_link(key, linked, asha):
    theirs = Ed25519PrivateKey.generate()
    registered(theirs, board_number="DPB/CM/0008", name="Another")
    answer = send("consents/list", *signed(theirs, {"link": str(linked.ref)}, **{"Consent-Manager": "DPB/CM/0008"}))
    assert (answer.status_code, answer.json()["code"]) == (404, "NO_SUCH_LINK")
    customer_client(asha.user).post(reverse("privacy:consent-manager-unlink"), {"link": linked.pk})
    assert send("consents/list", *signed(key, {"link": str(linked.ref)})).status_code == 404
    assert AuditEvent.objects.filter(kind="consent.manager.unlinked").count() == 1


def test_a_link_ends_with_two_presses_as_with_one(linked, asha):
    her = customer_client(asha.user)
    for _press in range(2):
        page = her.post(reverse("privacy:consent-manager-unlink"), {"link": linked.pk}, follow=True).text
        assert "no longer acts for you." in page
    assert AuditEvent.objects.filter(kind="consent.manager.unlinked").count() == 1
    other = CustomerUserFactory()
    assert (
        customer_client(other).post(reverse("privacy:consent-manager-unlink"), {"link": linked.pk}).status_code == 404
    )


def test_a_code_ends_with_the_next_one_and_with_the_link(manager, asha):
    first, second, third = (
        consent_managers.offer_link(subject_ref=asha.subject.ref, manager=manager) for _code in range(3)
    )
    with pytest.raises(NotFound):
        consent_managers.link(manager=manager, code=first.code, now=clock.now())
    del second
    linked = consent_managers.link(manager=manager, code=third.code, now=clock.now())
    # Made by an earlier release, which let several codes live.
    left = ManagerLink.objects.filter(pk=first.link.pk)
    left.update(ended_at=None)
    consent_managers.unlink(found=linked, actor=actor.SYSTEM)
    with pytest.raises(NotFound):
        consent_managers.link(manager=manager, code=first.code, now=clock.now())


def test_a_purpose_that_there_is_not_is_named_as_missing(key, linked, notice):
    answer = send("consents/give", *signed(key, {**sms(linked, notice), "purpose": "nope"}))
    assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")


def test_nobody_acts_for_an_erased_person_or_with_an_ended_entry(key, manager, linked, asha):
    sender_entries.end(manager, actor=actor.staff(StaffFactory(roles=["administrator"]).pk), now=clock.now())
    assert send("consents/list", *signed(key, {"link": str(linked.ref)})).status_code == 401
    Accounts().erase(subject_ref=asha.subject.ref, before=None)
    assert ManagerLinks().erase(subject_ref=asha.subject.ref, before=None) == 1
    with pytest.raises(NotFound):
        consent_managers.link_of(manager, linked.ref)


def test_a_code_works_once_in_its_time_and_for_its_manager(key, manager, asha):
    offered = consent_managers.offer_link(subject_ref=asha.subject.ref, manager=manager)
    other = registered(Ed25519PrivateKey.generate(), board_number="DPB/CM/0008", name="Another")
    for wrong in (
        {"manager": other, "code": offered.code, "now": clock.now()},
        {"manager": manager, "code": "000000000000", "now": clock.now()},
        {"manager": manager, "code": offered.code, "now": offered.link.code_until},
    ):
        with pytest.raises(NotFound):
            consent_managers.link(**wrong)
    consent_managers.link(manager=manager, code=offered.code, now=clock.now())
    with pytest.raises(NotFound):
        consent_managers.link(manager=manager, code=offered.code, now=clock.now())
    with pytest.raises(Refused):
        consent_managers.offer_link(subject_ref=asha.subject.ref, manager=manager)


def test_a_person_ends_only_their_own_links(linked, notice):
    stranger = person(email=None, phone="+919800000009")
    CustomerUserFactory(email="ravi@acme.example", principal=stranger)
    answer = customer_client(stranger.user).post(reverse("privacy:consent-manager-unlink"), {"link": linked.pk})
    assert answer.status_code == 404
    linked.refresh_from_db()
    assert linked.ended_at is None


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"board_number": "x"}, "BOARD_NUMBER_FORMAT"),
        ({"name": " "}, "NAME_MISSING"),
        ({"public_key": "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}, "KEY_FORMAT"),
    ],
)
def test_what_is_no_manager_is_not_proposed(key, changes, code):
    with pytest.raises(Refused) as refusal:
        registered(key, **changes)
    assert refusal.value.code == code


def test_two_people_register_a_manager_through_the_pages(key):
    public = base64.b64encode(key.public_key().public_bytes_raw()).decode()
    entered = {"fiduciary": own().pk, "board_number": NUMBER, "name": "Sahmati Example", "public_key": public}
    maker = staff_client(StaffFactory(roles=["administrator"]))
    checker = staff_client(StaffFactory(roles=["data_protection_officer"]))
    add = reverse("admin:registers_consentmanager_add")
    assert maker.post(add, {**entered, "public_key": "short"}).status_code == 422
    assert maker.post(add, entered).status_code == 302
    row = ConsentManager.objects.get()
    act = reverse("admin:registers_consentmanager_do_one", args=[row.pk, "approve"])
    maker.post(act, {"answer": "1"})
    row.refresh_from_db()
    assert row.answer == "pending"
    checker.post(act, {"answer": "1"})
    row.refresh_from_db()
    assert row.answer == "approved"


def test_a_manager_in_a_clients_book_is_shown_nothing_that_is_ours_alone(linked):
    def shown():
        return {held.purpose for held in consent_managers.consents_of(linked, at=clock.now(), language="en")}

    every = shown()
    linked.manager.fiduciary = FiduciaryFactory(code="acme")
    assert every - shown() == {"aadhaar_verification", "kyc_verification"}


def test_a_manager_with_a_new_key_goes_on_acting_for_whom_it_was_linked_to(key, manager, linked, asha, notice):
    assert send("consents/give", *signed(key, sms(linked, notice))).status_code == 200
    new = renewed(manager)
    assert send("consents/withdraw", *signed(key, sms(linked))).status_code == 401
    assert send("consents/list", *signed(new, {"link": str(linked.ref)})).status_code == 200
    taken = send("consents/withdraw", *signed(new, sms(linked)))
    assert taken.json()["receipt"]
    assert not allowed()
    by = ConsentEvent.objects.get(receipt__reference=taken.json()["receipt"])
    assert by.actor_ref == f"manager:{ConsentManager.objects.latest('pk').pk}"


def test_a_link_under_the_old_key_is_the_one_link_to_that_manager(key, manager, linked, asha):
    left = consent_managers.offer_link(
        subject_ref=person(email=None, phone="+919800000009").subject.ref, manager=manager
    )
    renewed(manager)
    now_in_force = ConsentManager.objects.latest("pk")
    with pytest.raises(Refused):
        consent_managers.offer_link(subject_ref=asha.subject.ref, manager=now_in_force)
    assert consent_managers.link(manager=now_in_force, code=left.code, now=clock.now()).pk == left.link.pk
    page = customer_client(asha.user).get(reverse("privacy:consent-managers")).text
    assert "Acting for you" in page
    assert "No other consent manager works with us yet." in page
    assert "not acting now" not in page


def test_a_client_with_the_same_manager_in_its_book_is_no_way_to_our_links(key, linked):
    acme = FiduciaryFactory(code="acme")
    entry = registered(Ed25519PrivateKey.generate(), board_number="DPB/CM/0009")
    ConsentManager.objects.filter(pk=entry.pk).update(fiduciary=acme, board_number=NUMBER)
    entry.refresh_from_db()
    with pytest.raises(NotFound):
        consent_managers.link_of(entry, linked.ref)


def test_a_manager_whose_entry_has_ended_stands_apart_until_the_link_is_ended(manager, linked, asha):
    sender_entries.end(manager, actor=actor.staff(StaffFactory(roles=["administrator"]).pk), now=clock.now())
    her = customer_client(asha.user)
    page = her.get(reverse("privacy:consent-managers")).text
    assert "Linked, but not acting now" in page
    assert "Acting for you" not in page
    page = her.post(reverse("privacy:consent-manager-unlink"), {"link": linked.pk}, follow=True).text
    assert "Linked, but not acting now" not in page
