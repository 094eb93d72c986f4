"""To DigiLocker and back: one document, fetched once, by whoever began."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from kyc.cases.providers import http, registry
from kyc.cases.providers.digilocker import Errand
from kyc.cases.providers.interface import Unanswered
from kyc.models import Document, SignerKey
from kyc.review.services.check_runs import run_plan
from kyc.signatures import child_reader
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import clock
from portal.kernel.law.models import HouseRule
from portal.kernel.people.models import Customer, User
from portal.kernel.registers.models import Disclosure
from portal.kernel.vault.inspection import client as inspection_client
from tests.kyc.conftest import *  # noqa: F403 - the same people as the room's own tests
from tests.kyc.signatures import vectors
from tests.kyc.signatures.test_signed_pdf import living
from tests.people.factories import CustomerFactory
from tests.registers.factories import service_in_the_book
from tests.servers import registers
from tests.servers.registers import Registers, Turn
from tests.signin.people_who_sign_in import customer_client

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("same_process")]
URI = "in.gov.pan-PANCR-ABCPR1234K"


@pytest.fixture
def locker(settings: Any, monkeypatch: pytest.MonkeyPatch, house: None) -> Iterator[Registers]:
    """DigiLocker with a PAN record of Asha, signed by an issuer that is trusted."""

    def ask(module: str, data: bytes, *, asked: Any, limits: Any = inspection_client.LIMITS) -> Any:
        return child_reader.prepare(data, asked, limits)[1]()

    monkeypatch.setattr(inspection_client, "ask", ask)
    monkeypatch.setattr(http, "TIMEOUT", 0.4)
    key = living().key
    SignerKey.objects.create(
        sha256=key.sha256,
        name="DS Issuer 01",
        certificate=key.der,
        kinds=list(vectors.ALL),
        valid_from=key.certificate.not_valid_before_utc,
        valid_until=key.certificate.not_valid_after_utc,
        source="made by the tests",
        added_at=clock.now(),
    )
    service_in_the_book("digilocker")
    with registers.running() as running:
        running.issued = [{"name": "PAN", "type": "file", "uri": URI, "doctype": "PANCR"}]
        running.papers = {URI: vectors.enveloped(vectors.digilocker(), living()).encode()}
        settings.KYC_PROVIDERS = {"digilocker": running.settings()["digilocker"]}
        settings.OUTGOING_PRIVATE_HOSTS = [running.host]
        yield running


@pytest.fixture
def client(asha: User) -> Client:
    return customer_client(asha)


def leave(client: Client, customer: Customer, doctype: str = "PANCR") -> Any:
    return client.post(reverse("privacy:kyc-fetch", args=[customer.reference, doctype]))


def come_back(client: Client, **given: str) -> Any:
    return client.get(reverse("privacy:kyc-fetched"), given, follow=True)


def test_a_document_is_fetched_verified_and_shown_before_it_is_sent(client, individual, locker):
    offer = client.get(reverse("privacy:kyc-upload", args=[individual.reference, "digilocker_xml"])).text
    assert "Fetch your PAN card from DigiLocker" in offer
    page = leave(client, individual)
    address = page.context["address"]
    assert page["Refresh"] == f"0; url={address}"
    assert address.startswith(f"{locker.url}/public/oauth2/1/authorize?")
    assert individual.reference not in address
    code, state = locker.sign_in(address)
    page = come_back(client, code=code, state=state)
    document = Document.objects.get()
    assert page.redirect_chain[-1][0] == reverse("privacy:kyc-check", args=[document.reference])
    assert (document.kind, document.sent_at) == ("digilocker_xml", None)
    run_plan(document.pk, now=clock.now())
    signature = document.checks.get(name="signature")
    assert (signature.outcome, signature.key_sha256) == ("PASS", living().key.sha256)
    assert AuditEvent.objects.get(kind="kyc.document.fetched").facts == {"recipient": "digilocker", "type": "PANCR"}
    assert not Disclosure.objects.exists()  # nothing of the person left


@pytest.mark.django_db(transaction=True)
def test_that_we_asked_is_committed_also_where_nothing_comes_of_it(client, individual, locker):
    """No test's transaction stands around it, as none does in life."""
    code, state = locker.sign_in(leave(client, individual).context["address"])
    locker.turns.append(Turn(503))
    assert "did not give us the document" in come_back(client, code=code, state=state).text
    assert AuditEvent.objects.filter(kind="kyc.document.fetched").count() == 1
    code, state = locker.sign_in(leave(client, individual).context["address"])
    come_back(client, code=code, state=state)
    assert Document.objects.get().kind == "digilocker_xml"


def test_a_code_is_good_once_and_only_for_whoever_began(client, individual, locker):
    code, state = locker.sign_in(leave(client, individual).context["address"])
    assert "Begin again from your list" in come_back(client, code=code, state="another").text
    assert "Begin again from your list" in come_back(client, code=code, state=state).text  # the errand has ended
    leave(client, individual)
    stolen, _state = locker.sign_in(leave(client, individual).context["address"])
    ours = locker.sign_in(leave(client, individual).context["address"])[1]
    assert "did not give us the document" in come_back(client, code=stolen, state=ours).text
    assert not Document.objects.exists()


def test_an_address_that_is_fetched_ahead_begins_nothing_and_ends_no_errand(client, individual, locker):
    code, state = locker.sign_in(leave(client, individual).context["address"])
    ahead = client.get(reverse("privacy:kyc-fetch", args=[individual.reference, "DRVLC"]))
    assert ahead.headers["Location"] == reverse("privacy:kyc-upload", args=[individual.reference, "digilocker_xml"])
    come_back(client, code=code, state=state)
    assert Document.objects.get().kind == "digilocker_xml"


def test_who_comes_back_late_or_without_a_yes_is_told(client, individual, locker, monkeypatch):
    state = locker.sign_in(leave(client, individual).context["address"])[1]
    assert "did not let DigiLocker" in come_back(client, state=state, error="access_denied").text
    code, state = locker.sign_in(leave(client, individual).context["address"])
    late = clock.now() + timedelta(minutes=16)
    monkeypatch.setattr(clock, "now", lambda: late)
    assert "Begin again from your list" in come_back(client, code=code, state=state).text
    assert not Document.objects.exists()


def test_how_long_the_holder_may_take_to_come_back_is_a_house_rule(client, individual, locker, monkeypatch):
    HouseRule.objects.filter(key="kyc.fetch_life").update(amount=30)
    code, state = locker.sign_in(leave(client, individual).context["address"])
    later = clock.now() + timedelta(minutes=16)
    monkeypatch.setattr(clock, "now", lambda: later)
    come_back(client, code=code, state=state)
    assert Document.objects.get().kind == "digilocker_xml"


@pytest.mark.parametrize(
    "turn",
    [Turn(503), Turn(429), Turn(hangs_up=True), Turn(delay=1.0), Turn(body=b"<html>"), Turn(body=b'{"error": 1}')],
)
def test_a_fault_of_digilocker_is_no_refusal_of_anything(client, individual, locker, turn):
    code, state = locker.sign_in(leave(client, individual).context["address"])
    locker.turns.append(turn)
    assert "did not give us the document" in come_back(client, code=code, state=state).text
    assert not Document.objects.exists()


def test_a_document_that_is_not_issued_or_not_signed_is_said_so(client, individual, locker):
    code, state = locker.sign_in(leave(client, individual, "DRVLC").context["address"])
    assert "You have no such document in DigiLocker" in come_back(client, code=code, state=state).text
    locker.papers[URI] = b"<html>no certificate</html>"
    code, state = locker.sign_in(leave(client, individual).context["address"])
    come_back(client, code=code, state=state)
    assert not Document.objects.exists()


def test_nobody_fetches_for_a_customer_of_somebody_else_or_what_is_not_offered(client, individual, locker, settings):
    assert leave(client, CustomerFactory()).status_code == 404
    assert leave(client, individual, "ADHAR").status_code == 404
    settings.KYC_PROVIDERS = {}
    assert leave(client, individual).status_code == 404
    page = client.get(reverse("privacy:kyc-upload", args=[individual.reference, "digilocker_xml"])).text
    assert "Fetch your PAN card" not in page


def test_what_can_be_fetched_is_offered_before_the_file(client, individual, locker):
    offer = client.get(reverse("privacy:kyc-upload", args=[individual.reference, "digilocker_xml"])).text
    assert "Send your document from DigiLocker" in offer
    assert offer.index("Without a file") < offer.index("Or with the file") < offer.index("How you get it")


def issued(date: str | None, uri: str, **changes: Any) -> dict[str, Any]:
    return {"name": "PAN", "type": "file", "uri": uri, "doctype": "PANCR", "date": date, **changes}


#: Of other issuers, as they stand beside what is wanted.
ODD = ({"uri": "in.gov.abc-ABCID-1", "doctype": None}, {"doctype": "HSCER"}, {"uri": "x" * 900}, None, "a file", 7)


@pytest.mark.parametrize(
    "dates",
    [
        ("04-07-2023", "12-09-2024"),
        ("31-12-2023", "01-01-2024"),
        ("2023-07-04T10:00:00Z", "2024-01-02T09:00:00+05:30"),
        ("2023-07-04T10:00:00Z", "12-09-2024"),
        ("", "04-07-2023"),
        (None, "04-07-2023"),
        ("soon", "04-07-2023"),
    ],
)
def test_the_newest_document_of_the_type_is_fetched_and_odd_ones_beside_it_are_passed_over(
    client, individual, locker, dates
):
    older, newer = dates
    locker.issued = [*ODD, issued(older, "in.gov.pan-PANCR-OLD"), issued(newer, URI), issued(older, "a b")]
    code, state = locker.sign_in(leave(client, individual).context["address"])
    come_back(client, code=code, state=state)
    assert [asked["uri"] for who, asked in locker.asked if who == "digilocker" and asked] == [URI]
    assert Document.objects.count() == 1


def test_a_document_of_the_type_that_cannot_be_read_is_no_word_that_there_is_none(client, individual, locker):
    locker.issued = [issued("04-07-2023", "../../etc")]
    code, state = locker.sign_in(leave(client, individual).context["address"])
    assert "did not give us the document" in come_back(client, code=code, state=state).text


def test_a_code_is_good_only_for_the_address_that_it_was_asked_for(locker):
    digilocker, errand = registry.digilocker(), Errand.new()
    code, _state = locker.sign_in(digilocker.where_to_sign_in(errand, back="https://portal.example/back"))
    with pytest.raises(Unanswered):
        digilocker.fetch("PANCR", code=code, errand=errand, back="https://elsewhere.example/back")
