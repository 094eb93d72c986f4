"""The command on files outside the database, with throw-away certificates trusted for one call."""

import io
import json
import sys

import pytest
from django.core.management import CommandError, call_command

from tests.kyc import documents
from tests.kyc.signatures import pdfs, vectors
from tests.kyc.signatures.test_signed_pdf import living
from tests.kyc.test_commands import said

AT = "2026-11-25T09:00Z"
pytestmark = pytest.mark.usefixtures("house")


@pytest.fixture
def verify(tmp_path, monkeypatch):
    """Runs the command on bytes; the code goes through standard input."""

    def run(data: bytes, name: str, kind: str, *, by: vectors.Issuer | None = None, code: str = "", **options):
        file, certificate = tmp_path / name, tmp_path / "issuer.pem"
        file.write_bytes(data)
        certificate.write_bytes((by or vectors.issuer()).pem)
        monkeypatch.setattr(sys, "stdin", io.StringIO(f"{code}\n"))
        given = {"at": AT, "share_code_stdin": bool(code), **options}
        return said("verify_document", str(file), "--trust", str(certificate), type=kind, **given)

    return run


def ekyc(**options) -> bytes:
    return vectors.enveloped(vectors.ekyc(**options), vectors.issuer()).encode()


def outcomes(found: dict) -> dict[str, str]:
    return {check["check"]: check["outcome"] for check in found["checks"]}


def test_a_good_offline_file_proves_itself(verify):
    code, found = verify(
        vectors.zipped(ekyc().decode()),
        "offlineaadhaar.zip",
        "aadhaar_offline_ekyc",
        code=vectors.SHARE_CODE,
        mobile="+91 98765 43210",
        email=vectors.EMAIL,
        declared=json.dumps({"name": "asha  rao", "dob": "01-01-1990"}),
    )
    assert (code, found["outcome"], found["reason"], found["signature"]) == (0, "PASS", None, "VALID")
    assert found["signer_sha256"] == vectors.issuer().sha256
    assert (found["issued_at"], found["age"]) == ("2026-11-01T07:00:45Z", 36)
    assert found["contact"] == {"mobile": "MATCH", "email": "MATCH"}
    assert (found["fields"]["birth"], found["fields"]["aadhaar"]) == ("XX-XX-1990", "XXXX XXXX 2346")
    assert set(outcomes(found).values()) == {"PASS"}
    printed = json.dumps(found)
    assert not [word for word in ("Paud Road", "1990-01-01", vectors.MOBILE, vectors.SHARE_CODE) if word in printed]


@pytest.mark.parametrize(
    ("make", "signature", "outcome", "reason"),
    [
        (lambda: ekyc().replace(b"Asha", b"Usha"), "INVALID", "FAIL", "DIGEST_DIFFERS"),
        (lambda: vectors.ekyc().encode(), "MISSING", "FAIL", "SIGNATURE_MISSING"),
        (lambda: vectors.wrapped(ekyc().decode()).encode(), "INVALID", "FAIL", "NOT_THE_WHOLE_DOCUMENT"),
        (
            lambda: vectors.enveloped(vectors.ekyc(name="Mallory"), vectors.stranger()).encode(),
            "UNKNOWN_SIGNER",
            "FAIL",
            "UNKNOWN_SIGNER",
        ),
        (lambda: vectors.ENTITIES.encode() + ekyc(), None, "REFUSED", "DTD"),
        (lambda: vectors.zipped("x", names=("a.xml", "b.xml")), None, "REFUSED", "ARCHIVE"),
    ],
    ids=["tampered", "unsigned", "wrapped", "attacker", "entities", "two_members"],
)
def test_a_bad_offline_file_says_why(verify, make, signature, outcome, reason):
    code, found = verify(make(), "file.xml", "aadhaar_offline_ekyc")
    assert (code, found["signature"], found["outcome"], found["reason"]) == (1, signature, outcome, reason)
    assert (found["fields"], found["age"]) == ({}, None)


def test_a_wrong_share_code_is_refused(verify):
    code, found = verify(vectors.zipped(ekyc().decode()), "a.zip", "aadhaar_offline_ekyc", code="WRONG")
    assert (code, found["outcome"], found["reason"]) == (1, "REFUSED", "SHARE_CODE_WRONG")


def test_a_key_outside_its_validity_is_for_a_person(verify):
    data = vectors.enveloped(vectors.ekyc(), vectors.expired()).encode()
    code, found = verify(data, "a.xml", "aadhaar_offline_ekyc", by=vectors.expired())
    assert (code, found["signature"], found["outcome"]) == (0, "KEY_OUTSIDE_VALIDITY", "WARN")


@pytest.mark.parametrize(
    ("dob", "outcome", "reason", "age"),
    [
        ("eighteen_today", "PASS", None, 18),
        ("eighteen_tomorrow", "FAIL", "MINOR", 17),
        ("year_only", "WARN", "AGE_BY_YEAR_ONLY", None),
    ],
)
def test_age_is_exact_in_india_and_a_year_alone_goes_to_a_person(verify, dob, outcome, reason, age):
    born = vectors.age_dates(vectors.NOW)[dob]
    text = vectors.code(vectors.card(dob=born))
    _code, found = verify(text.encode(), "qr.txt", "aadhaar_qr")
    assert (found["outcome"], found["reason"], found["age"]) == (outcome, reason, age)
    assert outcomes(found)["age"] == outcome


def test_an_old_file_and_another_mobile_number_are_marked(verify):
    text = vectors.code(vectors.card(reference="2346" + "20260601120000000"))
    code, found = verify(text.encode(), "qr.txt", "aadhaar_qr", mobile="9876543211", declared='{"name": "Usha Rao"}')
    assert (code, found["outcome"], found["contact"]["mobile"]) == (0, "WARN", "NO_MATCH")
    assert {name for name, said in outcomes(found).items() if said == "WARN"} == {
        "contact",
        "declared_person",
        "issued_lately",
    }


@pytest.mark.parametrize(
    ("declared", "said"), [("Smt. RAO ASHA", "same"), ("A. Rao", "differs"), ("Usha Rao", "differs")]
)
def test_a_declared_name_is_compared_by_the_rule_of_names(verify, declared, said):
    text = vectors.code(vectors.card())
    _code, found = verify(text.encode(), "qr.txt", "aadhaar_qr", declared=json.dumps({"name": declared}))
    evidence = next(one["evidence"] for one in found["checks"] if one["check"] == "declared_person")
    assert evidence == {"name": said}


def test_the_old_code_is_never_trusted(verify):
    code, found = verify(b'<PrintLetterBarcodeData uid="234123412346" name="Asha"/>', "qr.txt", "aadhaar_qr")
    assert (code, found["signature"], found["reason"]) == (1, "MISSING", "OLD_UNSIGNED_CODE")
    assert "234123412346" not in json.dumps(found)


def test_a_picture_of_a_card_and_a_changed_picture_of_it(verify):
    good = vectors.picture(vectors.code(vectors.card()))
    assert verify(good, "card.png", "aadhaar_qr")[1]["signature"] == "VALID"
    code, found = verify(good + documents.archive(), "card.png", "aadhaar_qr")
    assert (code, found["outcome"], found["reason"]) == (1, "REFUSED", "TRAILING_DATA")


def test_pdfs_and_certificates_are_verified(verify):
    assert verify(pdfs.signed(living()), "a.pdf", "signed_pdf", by=living(), at=None)[1]["signature"] == "VALID"
    locked = pdfs.signed(living(), pdfs.locked("ASHA1990"), password="ASHA1990")
    assert verify(locked, "a.pdf", "eaadhaar_pdf", by=living(), code="ASHA1990", at=None)[1]["signature"] == "VALID"
    data = vectors.enveloped(vectors.digilocker(), vectors.issuer()).encode()
    _code, found = verify(data, "a.xml", "digilocker_xml")
    assert (found["signature"], found["layout"], found["fields"]["number"]) == ("VALID", "PANCR", "ABCPRXXXXK")


def test_a_stranger_who_signed_a_certificate_is_not_called_a_forger(verify):
    data = vectors.enveloped(vectors.digilocker(), vectors.stranger()).encode()
    code, found = verify(data, "a.xml", "digilocker_xml")
    assert (code, found["outcome"], found["reason"]) == (0, "WARN", "UNKNOWN_SIGNER")


def test_a_signed_pdf_with_a_script_is_refused_all_the_same(verify):
    data = pdfs.signed(living(), documents.pdf(change=documents.opens_script))
    code, found = verify(data, "a.pdf", "signed_pdf", by=living(), at=None)
    assert (code, found["outcome"], found["reason"]) == (1, "REFUSED", "ACTIVE_CONTENT")


def test_what_is_no_certificate_is_not_trusted(tmp_path):
    (tmp_path / "a.xml").write_bytes(ekyc())
    with pytest.raises(CommandError, match="is no certificate"):
        call_command(
            "verify_document", str(tmp_path / "a.xml"), "--trust", str(tmp_path / "a.xml"), type="aadhaar_offline_ekyc"
        )


def test_the_command_needs_no_rules_in_the_database(verify, db):
    from portal.kernel.law.models import HouseRule

    HouseRule.objects.all().delete()
    assert verify(ekyc(), "a.xml", "aadhaar_offline_ekyc")[1]["outcome"] == "PASS"
