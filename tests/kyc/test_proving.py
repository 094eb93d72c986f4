"""Documents that a signature proves, in a case: what is stored, what the checks say, and what the desk shows."""

import json
from datetime import timedelta

import pytest

from kyc.cases import check_plans
from kyc.cases.selectors import latest_checks
from kyc.models import Check, Document, SignerKey
from kyc.review import decision_basis
from kyc.review.forms.document_uploads import UploadForm
from kyc.review.services import check_runs, document_decisions, document_uploads, signed_documents
from kyc.review.services.check_runs import run_plan
from kyc.signatures import child_reader
from portal.kernel.core import clock
from portal.kernel.core.errors import Refused
from portal.kernel.people.choices import ContactKind
from portal.kernel.vault.inspection import client
from portal.kernel.vault.services import files
from tests.kyc import documents
from tests.kyc.factories import CUSTOMER, agreed, checked, proposed, uploaded
from tests.kyc.signatures import pdfs, vectors
from tests.kyc.signatures.test_signed_pdf import living
from tests.kyc.test_admin import at_the_desk, page_of
from tests.people.factories import ContactPointFactory

pytestmark = pytest.mark.usefixtures("same_process", "read_here")


@pytest.fixture(autouse=True)
def read_here(monkeypatch):
    """The reading without its child, and Aadhaar asked of everybody, whatever the lists of documents say."""

    def ask(module, data, *, asked, limits=client.LIMITS):
        return child_reader.prepare(data, asked, limits)[1]()

    monkeypatch.setattr(client, "ask", ask)
    monkeypatch.setattr(document_uploads, "_require_wanted", lambda *given: None)


@pytest.fixture(autouse=True)
def pinned(house) -> SignerKey:
    """A throw-away issuer, trusted for every kind."""
    key = living().key
    return SignerKey.objects.create(
        sha256=key.sha256,
        name="DS Issuer 01",
        certificate=key.der,
        kinds=list(vectors.ALL),
        valid_from=key.certificate.not_valid_before_utc,
        valid_until=key.certificate.not_valid_after_utc,
        source="made by the tests",
        added_at=clock.now(),
    )


def yesterday() -> str:
    """A reference number of yesterday, in India."""
    at = clock.now().astimezone(clock.IST) - timedelta(days=1)
    return "2346" + at.strftime("%Y%m%d%H%M%S") + "123"


def ekyc(by: vectors.Issuer | None = None, **options) -> bytes:
    return vectors.zipped(vectors.enveloped(vectors.ekyc(reference=yesterday(), **options), by or living()))


def offline(customer, data: bytes | None = None, make=checked, **changes) -> Document:
    given = {"kind": "aadhaar_offline_ekyc", "number": "", "extension": "zip", "share_code": vectors.SHARE_CODE}
    given["now"] = clock.now()
    if "yes" not in changes:
        given["yes"] = agreed(customer)
    return make(customer, **{**given, "data": data or ekyc(), **changes})


def outcomes(document: Document) -> dict[str, tuple[str, str]]:
    return {check.name: (check.outcome, check.reason) for check in latest_checks(document)}


def kept(document: Document) -> bytes:
    with files.open_stream(document.kept, actor=CUSTOMER, reason="test") as stream:
        return stream.read()


def test_an_offline_file_is_proved_and_only_what_it_proves_is_kept(individual, asha):
    ContactPointFactory(principal=asha.principal, kind=ContactKind.PHONE, address="+919876543210")
    individual.name = "Smt. Rao Asha"
    individual.save(update_fields=["name"])
    declared = {"name": "Asha Rao", "born_on": "1990-01-01"}
    document = offline(individual, declared=declared)
    assert document.state == "checked"
    assert outcomes(document) == {
        "file_safety": ("PASS", ""),
        "signature": ("PASS", ""),
        "contact": ("PASS", ""),
        "declared_person": ("PASS", ""),
        "name": ("PASS", ""),
        "age": ("PASS", ""),
        "issued_lately": ("PASS", ""),
        "expiry": ("NOT_APPLICABLE", "NO_EXPIRY"),
    }
    record = json.loads(kept(document))
    assert (record["signature"], record["signer_sha256"]) == ("VALID", living().sha256)
    assert record["fields"]["birth"] == "XX-XX-1990"
    assert record["contact"] == {"mobile": "MATCH", "email": "MATCH"}


def test_a_signed_name_that_is_not_the_customers_is_for_a_person_to_see_and_stops_nothing(individual):
    document = offline(individual)
    assert (document.state, outcomes(document)["name"]) == ("checked", ("WARN", "NAME_DIFFERENT"))
    assert document.checks.get(name="name").severity == "info"
    assert "name" not in UploadForm(kind=document.kind).fields


def test_neither_file_nor_code_nor_hash_reaches_the_vault(individual, monkeypatch):
    stored: list[bytes] = []
    plain = files._written
    monkeypatch.setattr(files, "_written", lambda stream: stored.append(stream.getvalue()) or plain(stream))
    offline(individual)
    assert len(stored) == 2
    secrets = [vectors.SHARE_CODE, "cGhvdG8", vectors.repeated(vectors.MOBILE + vectors.SHARE_CODE, 6), "PK\x03\x04"]
    assert [secret for secret in secrets for data in stored if secret.encode() in data] == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"share_code": "WRONG"}, "SHARE_CODE_WRONG"),
        ({"share_code": ""}, "SHARE_CODE_MISSING"),
        ({"data": documents.image()}, "TYPE"),
        ({"data": vectors.ENTITIES.encode() + b"<x>&b;</x>"}, "DTD"),
        ({"kind": "eaadhaar_pdf", "data": documents.encrypted("secret"), "share_code": ""}, "ENCRYPTED"),
    ],
)
def test_a_file_that_cannot_be_opened_is_refused_at_once_and_nothing_is_written(individual, changes, code):
    with pytest.raises(Refused) as refused:
        offline(individual, make=uploaded, **changes)
    assert refused.value.code == code
    assert str(refused.value)
    assert not Document.objects.exists()


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (
            lambda: vectors.wrapped(vectors.enveloped(vectors.ekyc(), living())).encode(),
            ("FAIL", "NOT_THE_WHOLE_DOCUMENT"),
        ),
        (lambda: ekyc(vectors.stranger()), ("FAIL", "UNKNOWN_SIGNER")),
    ],
    ids=["wrapped", "stranger"],
)
def test_an_aadhaar_file_that_is_not_verified_stands_against_approval_and_is_not_rejected(individual, make, said):
    document = offline(individual, make())
    assert (document.state, outcomes(document)["signature"]) == ("checked", said)
    assert outcomes(document)["age"] == ("NOT_APPLICABLE", "NO_DATE_OF_BIRTH")
    severities = {check.name: check.severity for check in latest_checks(document)}
    assert (severities["signature"], severities["age"]) == ("blocking", "blocking")


@pytest.mark.parametrize(
    ("kind", "make"), [("aadhaar_offline_ekyc", vectors.ekyc), ("digilocker_xml", vectors.digilocker)]
)
def test_a_file_that_nobody_signed_is_refused_while_its_holder_is_here(individual, kind, make):
    with pytest.raises(Refused) as caught:
        offline(individual, make().encode(), kind=kind, extension="xml", share_code="")
    assert caught.value.code == "SIGNATURE_MISSING"
    assert "proves nothing" in str(caught.value)
    assert not Document.objects.exists()


def test_another_issuer_of_a_certificate_goes_to_a_person(individual):
    data = vectors.enveloped(vectors.digilocker(), vectors.stranger()).encode()
    document = offline(individual, data, kind="digilocker_xml", extension="xml", share_code="")
    assert outcomes(document)["signature"] == ("WARN", "UNKNOWN_SIGNER")


def test_a_certificate_that_anybody_signed_is_approved_by_nobody(individual, maker):
    data = vectors.enveloped(vectors.digilocker(), vectors.stranger()).encode()
    document = offline(individual, data, kind="digilocker_xml", extension="xml", share_code="")
    with pytest.raises(Refused, match="No certificate that we trust"):
        proposed(document, maker, note="I reviewed it.", answered={"signature", "name"})
    assert proposed(document, maker, outcome="ask_again", reason_code="wrong_document", message="Send another.").pk


def test_a_key_that_had_ended_goes_to_a_person(individual):
    SignerKey.objects.update(ended_at=clock.now())
    gone = vectors.expired().key
    SignerKey.objects.create(
        sha256=gone.sha256,
        name="DS Issuer 01",
        certificate=gone.der,
        kinds=list(vectors.ALL),
        valid_from=gone.certificate.not_valid_before_utc,
        valid_until=gone.certificate.not_valid_after_utc,
        source="made by the tests",
        added_at=clock.now(),
    )
    assert outcomes(offline(individual))["signature"] == ("WARN", "KEY_OUTSIDE_VALIDITY")


@pytest.mark.parametrize(
    ("dob", "said"),
    [
        ("eighteen_today", ("PASS", "")),
        ("eighteen_tomorrow", ("FAIL", "MINOR")),
        ("year_only", ("WARN", "AGE_BY_YEAR_ONLY")),
    ],
)
def test_a_child_is_known_by_the_signed_date_of_birth(individual, dob, said):
    born = vectors.age_dates(clock.now())[dob]
    assert outcomes(offline(individual, ekyc(dob=born)))["age"] == said


def test_the_code_of_a_card_is_read_from_its_picture(individual):
    card = vectors.picture(vectors.code(vectors.card(reference=yesterday()), living()))
    document = offline(individual, card, kind="aadhaar_qr", extension="png", share_code="")
    assert (document.mime, outcomes(document)["signature"]) == ("image/png", ("PASS", ""))
    assert outcomes(document)["contact"] == ("NOT_APPLICABLE", "")


def test_a_picture_without_a_code_is_refused_and_not_kept(individual):
    document = offline(individual, documents.image(), kind="aadhaar_qr", extension="jpg", share_code="")
    assert (document.state, document.kept, bool(document.fault)) == ("refused", None, True)


@pytest.mark.parametrize("said", ["https://example.org", "9876543210"])
def test_another_code_than_aadhaars_is_told_to_its_holder_as_no_code_is(individual, said):
    card = vectors.picture(said)
    document = offline(individual, card, kind="aadhaar_qr", extension="png", share_code="")
    assert (document.state, document.fault, document.kept) == ("refused", "NO_CODE", None)


def test_an_eaadhaar_under_its_password_is_proved_without_being_kept(individual):
    data = pdfs.signed(living(), pdfs.locked("ASHA1990"), password="ASHA1990")
    document = offline(individual, data, kind="eaadhaar_pdf", extension="pdf", share_code="ASHA1990")
    assert outcomes(document)["signature"] == ("PASS", "")
    assert kept(document).startswith(b"{")


def test_a_genuine_document_that_does_not_say_whose_it_is_is_approved_by_nobody(individual, maker):
    data = pdfs.signed(living(), pdfs.locked("ASHA1990"), password="ASHA1990")
    document = offline(individual, data, kind="eaadhaar_pdf", extension="pdf", share_code="ASHA1990")
    assert (outcomes(document)["name"], outcomes(document)["age"]) == (
        ("WARN", "NAME_NOT_READ"),
        ("WARN", "BIRTH_NOT_READ"),
    )
    with pytest.raises(Refused) as refused:
        proposed(document, maker, answered=["name", "age"], note="Shown to me in the video call of today.")
    assert refused.value.code == "CHECK_FAILED"
    asked = {"outcome": "ask_again", "reason_code": "unreadable", "message": "Send the offline file."}
    assert proposed(document, maker, **asked).outcome == "ask_again"


def test_an_eaadhaar_with_its_code_says_whose_it_is_and_is_decided_like_others(individual, maker):
    code = vectors.code(vectors.card(), living())
    data = pdfs.signed(living(), pdfs.locked("ASHA1990", code=code), password="ASHA1990")
    document = offline(individual, data, kind="eaadhaar_pdf", extension="pdf", share_code="ASHA1990")
    assert outcomes(document)["age"] == ("PASS", "")
    assert outcomes(document)["name"][1] != "NAME_NOT_READ"
    assert document_decisions.to_answer(document) == []


def test_what_only_a_person_can_answer_is_ticked_at_the_desk_with_a_note(individual, maker):
    """A year of birth alone leaves open whether somebody is of age."""
    document = offline(individual, ekyc(dob=vectors.age_dates(clock.now())["year_only"]))
    desk = at_the_desk(maker, document)
    assert "I reviewed it" in desk.get(page_of(document)).text
    url = page_of(document).replace("change", "propose")
    seen = {"outcome": "approve", "answered": ["age"], "note": "Nineteen by the passport that they showed."}
    seen["page_seen"] = decision_basis.seen(document)
    for missing, said in (
        ({"answered": []}, "Say of each check that needs a person"),
        ({"note": " "}, "Write in the note what you saw"),
    ):
        assert said in desk.post(url, {**seen, **missing}).text
    desk.post(url, seen)
    assert document.decisions.get().answered == "age"
    assert "Reviewed by the maker" in desk.get(page_of(document)).text


def test_a_genuine_document_that_was_read_asks_nothing_of_a_person(individual):
    document = offline(individual)
    assert document.state == "checked"
    assert document_decisions.to_answer(document) == []


def test_a_worker_that_dies_between_the_checks_writes_all_of_them_or_none(individual, monkeypatch):
    document = offline(individual, make=uploaded)
    plain, written = check_runs.note_check, []

    def dies(row, planned, said, started):
        written.append(planned.name)
        if planned.name == "age":
            raise RuntimeError("killed")
        plain(row, planned, said, started)

    monkeypatch.setattr(check_runs, "note_check", dies)
    with pytest.raises(RuntimeError):
        run_plan(document.pk, now=clock.now())
    assert written[-1] == "age"
    assert list(Check.objects.values_list("name", flat=True)) == ["file_safety"]
    monkeypatch.setattr(check_runs, "note_check", plain)
    assert run_plan(document.pk, now=clock.now() + 2 * check_runs.LEASE) == "checked"
    assert Check.objects.count() == len(check_plans.own_checks(document.kind))


def test_the_desk_shows_what_was_signed_masked_and_does_not_call_the_holder_present(individual, maker):
    document = offline(individual)
    shown = at_the_desk(maker, document).get(page_of(document)).content.decode()
    assert "Document genuine (says nothing about its holder)" in shown
    assert "That its holder sent it is not proved." in shown
    assert "XX-XX-1990" in shown
    assert "1990-01-01" not in shown
    assert signed_documents.shown(document)


def test_the_desk_says_when_nobody_is_trusted_to_sign_such_a_document(individual, maker):
    document = offline(individual)
    desk = at_the_desk(maker, document)
    assert "No certificate is trusted here" not in desk.get(page_of(document)).text
    SignerKey.objects.update(ended_at=clock.now())
    assert "No certificate is trusted here" in desk.get(page_of(document)).text


@pytest.mark.parametrize(
    ("kind", "asks"),
    [("aadhaar_offline_ekyc", True), ("eaadhaar_pdf", True), ("aadhaar_qr", False), ("pan_card", False)],
)
def test_the_form_asks_for_a_code_only_where_one_opens_the_file(kind, asks):
    assert ("share_code" in UploadForm(kind=kind).fields) == asks
