"""A yes of a known child is held back at each door of consent, and at those that name an address also for its other holders."""

import io
from datetime import timedelta
from types import SimpleNamespace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from consent.base.choices import Answer, Way
from consent.base.rules.status_fold import YES
from consent.base.selectors import contact_rulebook
from consent.collection.services import consent_managers, offline_consents
from consent.consent_imports.choices import LineFault, ListState
from consent.consent_imports.services import lifecycle
from consent.consent_imports.services.external_consents import Brought, record_brought
from consent.models import ConsentEvent, ConsentList, HeldConsent
from consent.records.services.addresses import Address
from consent.records.services.consent_events import Choice
from portal.kernel.core import actor, clock
from portal.kernel.core.addresses import address_keys
from portal.kernel.core.errors import Refused
from portal.kernel.jobs.services import runner
from portal.kernel.people.models import Fiduciary
from portal.kernel.people.services import guardianships
from tests.api.asking import post
from tests.api.managers import registered, send, signed, sms
from tests.consent.factories import ASHA_PHONE, person, published_notice, said
from tests.consent.test_choosing import agree, save
from tests.consent.test_lists import as_csv, line
from tests.grievances.pictures import png
from tests.people.factories import StaffFactory, issued_api_key

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("law")]
PURPOSE = "product_updates"
PROOF = [{"type": "web_form", "sha256": "ab" * 32}]


@pytest.fixture
def world(law):
    contact_rulebook.forget()
    notice = published_notice(asks=["marketing", PURPOSE])
    staff = [actor.staff(StaffFactory(roles=["data_protection_officer"]).pk) for _ in range(2)]
    return SimpleNamespace(notice=notice, staff=staff, child=person(), own=Fiduciary.objects.get(code="onesetu"))


def known_as_a_child(who):
    guardianships.protect(
        subject_ref=who.subject.ref, kind="child", ground="declared", actor=actor.SYSTEM, now=clock.now()
    )


def at_work(row):
    runner.run(row.job_id, now=clock.now())
    return ConsentList.objects.select_related("job").get(pk=row.pk)


def brought_list(world):
    content = as_csv([line(1), line(2, address=ASHA_PHONE, purpose=PURPOSE)])
    row = lifecycle.bring(
        fiduciary=world.own, collected_by="Shop of 2024", name="list.csv", content=io.BytesIO(content),
        actor=world.staff[0], now=clock.now(),
    )  # fmt: skip
    return at_work(row)


def by_list(world):
    row = brought_list(world)
    assert (row.state, list(row.faults.values_list("line", "fault"))) == (ListState.FAULTY, [(3, LineFault.PROTECTED)])
    return "HELD_FOR_GUARDIAN"


def of_a_list(world):
    place = Address("phone", tuple(address_keys(ASHA_PHONE)), is_verified=True)
    choice = Choice(place, PURPOSE, "sms", Answer.GIVEN, None, PROOF)
    brought = Brought(world.child.subject.ref, choice, clock.now() - timedelta(days=9))
    with pytest.raises(Refused) as refusal:
        record_brought(fiduciary="onesetu", answers=[brought], actor=actor.SYSTEM)
    return refusal.value.code


def by_api(world):
    key = issued_api_key(world.own, scopes=["consents:write"])
    told = {"address": ASHA_PHONE, "purpose": PURPOSE, "channel": "sms", "evidence": PROOF}
    return post("consents", told, key=key).json()["code"]


def by_key_press(world):
    key = issued_api_key(world.own, scopes=["consents:write"])
    told = {
        "number": ASHA_PHONE, "purpose": PURPOSE, "channel": "sms", "key": "1", "language": "en",
        "prompt": "Press 1 for news about the services you use.", "call_reference": "CALL-8F2A",
    }  # fmt: skip
    return post("consents/by-key", told, key=key).json()["code"]


def by_manager(world):
    key = Ed25519PrivateKey.generate()
    manager = registered(key)
    offered = consent_managers.offer_link(subject_ref=world.child.subject.ref, manager=manager)
    link = consent_managers.link(manager=manager, code=offered.code, now=clock.now())
    return send("consents/give", *signed(key, sms(link, world.notice, purpose=PURPOSE))).json()["code"]


def _by_staff(world, **changes):
    taken = offline_consents.Taken(
        subject_ref=world.child.subject.ref, fiduciary=world.own, purpose=PURPOSE, channels=["sms"],
        notice_version=world.notice, language="en", occurred_at=clock.now() - timedelta(days=2), **changes,
    )  # fmt: skip
    scan = io.BytesIO(png()) if taken.way is Way.PAPER else None
    with pytest.raises(Refused) as refusal:
        offline_consents.propose(taken=taken, scan=scan, actor=world.staff[0])
    return refusal.value.code


def on_paper(world):
    return _by_staff(world, way=Way.PAPER)


def by_telephone(world):
    return _by_staff(world, way=Way.PHONE, call_reference="CALL-8F2A")


DOORS = (by_list, of_a_list, by_api, by_key_press, by_manager, on_paper, by_telephone)
#: These name an address; who answered there is the word of whoever tells of it.
OF_AN_ADDRESS = (by_list, of_a_list, by_api, by_key_press)


def yeses():
    return ConsentEvent.objects.filter(answer__in=YES, purpose=PURPOSE)


@pytest.mark.parametrize("door", DOORS)
def test_no_door_takes_the_yes_of_a_known_child(world, door):
    known_as_a_child(world.child)
    assert door(world) == "HELD_FOR_GUARDIAN"
    assert not yeses().exists()


@pytest.mark.parametrize("door", OF_AN_ADDRESS)
def test_a_door_that_names_an_address_takes_no_yes_for_another_of_its_holders(world, door):
    """A list knew the number before its child had an account: that list's nameless person would say yes for the child."""
    child = world.child
    world.child = person(email="family@acme.example")
    said(world.child, "given")
    known_as_a_child(child)
    assert door(world) == "HELD_FOR_GUARDIAN"
    assert not yeses().exists()
    assert said(world.child, "given", purpose=PURPOSE).answer == "given"  # in person another holder may


def test_who_becomes_known_as_a_child_after_the_check_of_a_list_stops_it_at_their_line(world):
    row = brought_list(world)
    assert row.state == ListState.CHECKED
    known_as_a_child(world.child)
    lifecycle.answer(row=row, approve=True, actor=world.staff[1], now=clock.now())
    row = at_work(row)
    assert not yeses().exists()
    assert row.job.failure_code == "LINE_CHANGED"


def test_on_the_page_the_yes_waits_for_the_guardian(world):
    known_as_a_child(world.child)
    wanted = save(world.child, f"{PURPOSE}:sms").wanted
    assert agree(world.child, *wanted).held == (PURPOSE,)
    assert (HeldConsent.objects.get().state, yeses().exists()) == ("held", False)
