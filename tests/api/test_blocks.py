"""A system of our own tells what is not wanted at a number: it adds, lifts nothing, and is none of a client's business."""

import pytest
from django.core.cache import cache

from consent.base.rules.contact import Reason
from consent.base.selectors import contact_rulebook
from consent.collection.services import dnd_preferences
from consent.decisions.services.contact_decisions import may_contact
from consent.preferences.services.preferences import Blocked
from portal.kernel.people.models import ContactPoint, Fiduciary
from tests.api.asking import document, post
from tests.consent.factories import ASHA_PHONE, law_is_loaded, person, published_notice, said
from tests.consent.worlds import at_hour, block
from tests.people.factories import FiduciaryFactory, issued_api_key

pytestmark = pytest.mark.django_db
STRANGER = "+919811112222"


@pytest.fixture(autouse=True)
def own_key(db):
    contact_rulebook.forget()
    cache.clear()
    law_is_loaded()
    published_notice()
    return issued_api_key(Fiduciary.objects.get(code="onesetu"), scopes=["consents:write"])


def tell(key, **given):
    return post("blocks", {"address": ASHA_PHONE, **given}, key=key)


def test_it_adds_to_what_the_person_blocks_and_is_safe_to_repeat(own_key):
    asha = person()
    said(asha, "given")
    block(asha.subject.ref, modes=["voice"], days=["sun"])
    first = tell(own_key, categories=["food"], days=["mon"])
    assert first.status_code == 200
    assert len(first.json()["receipts"]) == 1
    assert dnd_preferences.blocked_of(asha.subject.ref) == Blocked("food", "voice", "", "mon sun")
    assert tell(own_key, categories=["food"]).json() == {"receipts": []}
    assert tell(own_key).json() == {"receipts": []}
    answer = may_contact(address=ASHA_PHONE, purpose="marketing", channel="sms", at=at_hour(12))
    assert answer.reason is Reason.DND_BLOCKED


def test_a_number_that_nobody_has_gets_somebody_who_is_known_by_it_alone(own_key):
    assert len(tell(own_key, address=STRANGER, modes=["sms"]).json()["receipts"]) == 1
    (held,) = ContactPoint.objects.filter(principal__contact_points__isnull=False).distinct()
    assert dnd_preferences.blocked_of(held.principal.subject.ref) == Blocked(blocked_modes="sms")


def test_a_clients_key_tells_nothing_for_a_block_stops_everybody(own_key):
    asha = person()
    answer = tell(issued_api_key(FiduciaryFactory(code="acme-bank"), scopes=["consents:write"]), modes=["sms"])
    assert answer.status_code == 403
    assert dnd_preferences.blocked_of(asha.subject.ref) == Blocked()


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"categories": ["cars"]}, "MALFORMED"),
        ({"modes": ["pigeon"]}, "NOT_OFFERED"),
        ({"bands": ["10:00-11:00"]}, "NOT_OFFERED"),
        ({"address": "12", "modes": ["sms"]}, None),
    ],
)
def test_what_is_wrong_is_refused_and_nothing_is_kept(own_key, given, code):
    asha = person()
    answer = tell(own_key, **given)
    assert answer.status_code == 422
    assert code in {None, answer.json()["code"]}
    assert dnd_preferences.blocked_of(asha.subject.ref) == Blocked()


def test_the_document_names_every_reason_of_a_decision():
    assert document()["components"]["schemas"]["Reason"]["enum"] == [str(reason) for reason in Reason]
