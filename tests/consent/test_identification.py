"""Every form of a receipt names how the person was identified: never a stranger, and no sign-in that was none."""

import json
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import translation

from consent.base import labels
from consent.base.choices import Way
from consent.collection.services import dnd_preferences
from consent.models import ConsentEvent, PreferenceChange, Suppression
from consent.records.pdfs import fact_pdf, receipt_pdf, stop_pdf
from consent.records.rules import receipt_standards
from consent.records.selectors import receipt_context
from consent.records.services import receipts
from consent.records.services.addresses import Address
from consent.suppressions.services import suppressions
from portal.kernel.core import actor, clock
from portal.kernel.core.actor import ActorKind
from portal.kernel.core.addresses import address_keys
from portal.kernel.people.models import Fiduciary
from tests.consent.factories import ASHA, ASHA_PHONE, person, published_notice, said
from tests.people.factories import CustomerUserFactory
from tests.signin.people_who_sign_in import customer_client

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("law")]
LANGUAGES = ("en", "hi", "mr")


@pytest.fixture
def asha():
    published_notice()
    asha = person(email=None)
    CustomerUserFactory(email=ASHA, principal=asha)
    return asha


@pytest.fixture
def printed(monkeypatch):
    """The rows that a PDF is set from."""
    rows = []
    monkeypatch.setattr(
        "portal.kernel.core.typst_pdf.typeset", lambda _template, said, *_more: rows.append(said["rows"]) or b""
    )
    return rows


def values(rows):
    return [value for _label, value in rows[-1]]


@pytest.mark.parametrize("address_kind", ["phone", "subject"])
@pytest.mark.parametrize("kind", ActorKind)
@pytest.mark.parametrize("way", Way)
def test_each_way_and_actor_has_words_of_its_own_in_each_language(way, kind, address_kind):
    found = set()
    for language in LANGUAGES:
        with translation.override(language):
            found.add(labels.identified_words(way, kind, address_kind))
    assert len(found) == len(LANGUAGES)
    assert not any(word in " ".join(found).casefold() for word in ("stranger", "somebody", "nobody"))


def test_only_who_was_signed_in_is_said_to_have_been(asha):
    """The public pages of stops are for who is not signed in: their receipts said "You, signed in"."""
    for way, kind, said_so in [
        (Way.CODE, ActorKind.STRANGER, "By a code sent to this address or number"),
        (Way.EMAIL, ActorKind.STRANGER, "By the link in an email to this address"),
        (Way.PAGE, ActorKind.CUSTOMER, "By sign-in"),
        (Way.PAGE, ActorKind.STAFF, "By our team, who recorded it on request"),
        (Way.UNDO, ActorKind.STRANGER, "By a code or link sent to this address or number"),
        (Way.SMS, ActorKind.SYSTEM, "By the number that the message came from"),
        (Way.IMPORT, ActorKind.STAFF, "By a list with the proof of each choice"),
    ]:
        assert labels.identified_words(way, kind, "phone") == said_so
    assert labels.identified_words(Way.PAGE, ActorKind.STRANGER, "subject") == (
        "By the browser that was used, without sign-in"
    )


@pytest.mark.parametrize("way", [Way.EMAIL, Way.PAPER, Way.PHONE])
def test_of_a_refusal_that_staff_write_down_no_check_is_claimed(way):
    """A consent by telephone or on paper has a call or a scan, and two people; a withdrawal has neither."""
    told = {"way": way, "actor_kind": ActorKind.STAFF, "address_kind": "phone"}
    written_down = "By our team, who recorded it on request"
    assert labels.event_identified_words(SimpleNamespace(answer="withdrawn", **told)) == written_down
    assert labels.event_identified_words(SimpleNamespace(answer="given", **told)) != written_down
    entry = SimpleNamespace(auditevent=SimpleNamespace(actor_kind=ActorKind.STAFF))
    assert labels.stop_identified_words(SimpleNamespace(entry=entry, **told)) == written_down


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_form_of_the_receipt_of_an_answer_names_it(asha, printed, language):
    said(asha, "given")
    event = said(asha, "withdrawn", way=Way.CODE, actor=actor.stranger(via="page"))
    given = said(asha, "given", way=Way.CODE, actor=actor.stranger(via="page"))
    assert receipts.seal(given.receipt)
    client = customer_client(asha.user)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    with translation.override(language):
        expected = labels.identified_words(Way.CODE, ActorKind.STRANGER, "phone")
        for one in (event, given):
            row = ConsentEvent.objects.select_related("entry__leaf").get(pk=one.pk)
            proof = receipts.file_for(row)
            shown = receipt_context.shown(row, proof=proof.decode(), vkey="v", policy_url="p", withdraw_url="w")
            assert receipts.document(row, now=clock.now())["status"]["identification"] == expected
            assert expected in receipt_standards.iso27560(shown)["dpv:hasDataSource"]["dct:description"]
            receipt_pdf(row, proof=proof, address="a", at=clock.now())
            assert expected in values(printed)
        assert expected in receipt_standards.kantara(shown)["collectionMethod"]
    page = client.get(reverse("privacy:consent-receipt", args=[event.receipt.reference])).text
    assert expected in page
    assert "stranger" not in page.casefold()


def test_a_json_form_with_the_identification_still_agrees_with_its_proof(asha):
    event = said(asha, "given")
    assert receipts.seal(event.receipt)
    data = json.dumps(receipts.document(ConsentEvent.objects.get(pk=event.pk), now=clock.now())).encode()
    assert receipts.check(data).genuine


def test_a_stop_and_a_do_not_disturb_choice_name_it_too(asha, printed):
    own = Fiduciary.objects.get(code="onesetu")
    suppressions.alone(
        subject_ref=asha.subject.ref, fiduciary=own, way=Way.CODE, actor=actor.stranger(via="page"),
        places=[Address("phone", tuple(address_keys(ASHA_PHONE)))], occurred_at=clock.now(),
    )  # fmt: skip
    stop = Suppression.objects.get()
    assert receipts.seal(stop.receipt)
    stop_pdf(stop, proof=receipts.file_for(stop), address="a", at=clock.now())
    assert "By a code sent to this address or number" in values(printed)
    page = customer_client(asha.user).get(reverse("privacy:consent-receipt", args=[stop.receipt.reference])).text
    assert "By a code sent to this address or number" in page

    dnd_preferences.block(
        subject_ref=asha.subject.ref, lists={"modes": ("voice",)}, way=Way.PAGE, actor=actor.customer(asha.user.pk)
    )
    change = PreferenceChange.objects.get()
    assert receipts.seal(change.receipt)
    fact_pdf(change, proof=receipts.file_for(change), address="a", at=clock.now())
    assert "By sign-in" in values(printed)
    assert receipts.document(change, now=clock.now())["status"]["identification"] == "By sign-in"
    page = customer_client(asha.user).get(reverse("privacy:consent-receipt", args=[change.receipt.reference])).text
    assert "By sign-in" in page
