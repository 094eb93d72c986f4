"""Nominees: named, changed and ended by their person alone, with an event, a receipt and a letter; sealed under their key."""

import pytest
from django.test import Client

from grievances.data_copy_sections import NomineeSection
from grievances.models import Nominee
from grievances.nominees.choices import NomineeRight
from grievances.nominees.erasure import Nominees
from grievances.nominees.services import nominations
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor, clock
from portal.kernel.core.errors import Refused
from portal.kernel.outbox.models import Message
from portal.kernel.people.erasure import Accounts
from portal.kernel.people.models import Principal
from portal.kernel.people.services import guardianships
from portal.kernel.vault.services.keys import Shredded
from tests.grievances.nominees import named, nominee
from tests.people.factories import ContactPointFactory, CustomerUserFactory, PrincipalFactory
from tests.signin.people_who_sign_in import confirmed, customer_client

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("house")]
HERSELF = actor.customer(7)
PAGE = "/privacy/nominee/"
FORM = {
    "full_name": "Ravi Rao",
    "relation": "spouse",
    "email": "Ravi@Example.in",
    "phone": "",
    "rights": ["access", "erasure"],
}


@pytest.fixture
def asha(house: None) -> Principal:
    principal = PrincipalFactory(full_name="Asha Rao")
    ContactPointFactory(kind="email", address="asha@example.in", principal=principal, verified_at=clock.now())
    return principal


def test_naming_writes_the_row_the_event_and_a_letter_that_names_nobody(asha) -> None:
    found = nominee(asha, rights=[NomineeRight.ERASURE, NomineeRight.ACCESS])
    assert nominations.details_of(found)["name"] == "Ravi Rao"
    assert found.rights == ["access", "erasure"], "in the order of the page, whatever was sent"
    event = AuditEvent.objects.get(kind="grievances.nominee.named")
    assert event.facts == {"reference": found.reference, "rights": "access erasure"}
    letter = Message.objects.get(kind="grievances.nominees_changed")
    assert letter.category == "policy_and_security", "it goes out whatever was stopped"
    assert b"Ravi" not in bytes(found.sealed)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"full_name": "  "}, "NAME_MISSING"),
        ({"full_name": "Ravi 2345 6789 0124"}, "NUMBER_IN_NAME"),
        ({"email": ""}, "NO_ADDRESS"),
        ({"rights": []}, "NO_RIGHTS"),
        ({"email": "asha@example.in"}, "ONESELF"),
    ],
)
def test_what_cannot_be_named_is_refused_with_a_reason(asha, changes, code) -> None:
    with pytest.raises(Refused) as refused:
        nominee(asha, **changes)
    assert refused.value.code == code
    assert not Nominee.objects.exists()


def test_an_address_stands_for_one_nominee_and_there_is_room_for_ten(asha) -> None:
    nominee(asha)
    with pytest.raises(Refused, match="already"):
        nominee(asha, email="RAVI@example.in")
    for number in range(1, nominations.MOST):
        nominee(asha, email=f"ravi{number}@example.in")
    with pytest.raises(Refused, match="10 nominees"):
        nominee(asha, email="one-more@example.in")


def test_a_child_names_nobody(asha) -> None:
    guardianships.protect(
        subject_ref=asha.subject.ref, kind="child", ground="declared", actor=actor.SYSTEM, now=clock.now()
    )
    with pytest.raises(Refused, match="Someone else decides"):
        nominee(asha)


def test_a_change_is_recorded_once_and_the_same_again_is_none(asha) -> None:
    found = nominee(asha)
    change = {"principal": asha, "nominee": found, "actor": HERSELF, "at": clock.now()}
    assert nominations.change(named=named(rights=["access"]), **change)
    assert not nominations.change(named=named(rights=["access"]), **change)
    found.refresh_from_db()
    assert found.rights == ["access"]
    assert AuditEvent.objects.filter(kind="grievances.nominee.changed").count() == 1


def test_ending_twice_is_ending_once(asha) -> None:
    found = nominee(asha)
    for _again in range(2):
        nominations.end(principal=asha, nominee=found, actor=HERSELF, at=clock.now())
    assert not nominations.of_person(asha.subject.ref).exists()
    assert AuditEvent.objects.filter(kind="grievances.nominee.ended").count() == 1


def test_nominees_are_in_the_copy_of_ones_data(asha) -> None:
    nominee(asha)
    (record,) = NomineeSection().collect(subject_refs=[asha.subject.ref])
    assert (record["name"], record["email"]) == ("Ravi Rao", "ravi@example.in")


def test_an_ended_nomination_is_erased_when_its_period_is_over_and_a_standing_one_is_not(asha) -> None:
    ended, stands = nominee(asha), nominee(asha, email="mira@example.in")
    nominations.end(principal=asha, nominee=ended, actor=HERSELF, at=clock.now())
    later = clock.now().replace(year=clock.now().year + 9)
    assert [each.count for each in Nominees().kept(before=later)] == [1]
    assert Nominees().erase(subject_ref=asha.subject.ref, before=later) == 1
    ended.refresh_from_db()
    assert (bytes(ended.sealed), bytes(ended.email_key)) == (b"", b"")
    assert nominations.details_of(stands)["name"] == "Ravi Rao"


def test_with_the_person_goes_everything_about_their_nominees(asha) -> None:
    found = nominee(asha)
    sealed = bytes(found.sealed)
    Accounts().erase(subject_ref=asha.subject.ref, before=None)
    found.refresh_from_db()
    assert bytes(found.sealed) == b""
    assert found.ended_at is not None
    found.sealed = sealed
    with pytest.raises(Shredded):
        nominations.details_of(found)


def test_the_pages_name_change_end_and_give_a_receipt(house) -> None:
    login = CustomerUserFactory(email="asha@acme.example")
    browser = customer_client(login)
    assert "You have named no one" in browser.get(PAGE).text
    wrong = browser.post(f"{PAGE}new/", {**FORM, "email": "", "rights": []})
    assert wrong.status_code == 422
    assert "Choose what the nominee may do." in wrong.text
    listed = confirmed(browser, f"{PAGE}new/", FORM, follow=True).text
    assert "Ravi Rao" in listed
    assert "Have the data erased" in listed
    found = Nominee.objects.get()
    assert found.reference in listed
    proof = browser.get(f"{PAGE}{found.reference}/receipt/")
    assert proof.content.startswith(b"c2sp.org/tlog-proof")
    assert b"Ravi" not in proof.content
    changed = confirmed(browser, f"{PAGE}{found.reference}/", {**FORM, "rights": ["grievance"]}, follow=True).text
    assert "The change is recorded." in changed
    assert "Have the data erased" not in changed
    ended = confirmed(browser, f"{PAGE}{found.reference}/end/", follow=True).text
    assert "is no longer your nominee" in ended
    assert browser.get(f"{PAGE}{found.reference}/").status_code == 404


def test_a_stranger_signs_in_first_and_another_person_finds_nothing(house) -> None:
    found = nominee(CustomerUserFactory().principal)
    assert "/sign-in/" in Client().get(PAGE).headers["Location"]
    other = customer_client(CustomerUserFactory())
    for address in ("", "receipt/"):
        assert other.get(f"{PAGE}{found.reference}/{address}").status_code == 404
    assert other.post(f"{PAGE}{found.reference}/end/").status_code == 404
    found.refresh_from_db()
    assert found.ended_at is None
