import base64
import shutil
import subprocess

import pytest

from kyc.signatures import digilocker, offline_ekyc
from kyc.signatures.offline_ekyc import Given
from kyc.signatures.result import ContactMatch, Flaw, NotReadableError, Signature
from tests.kyc.signatures import vectors

GIVEN = Given(vectors.NOW, vectors.SHARE_CODE, vectors.MOBILE, vectors.EMAIL)


def good(**options) -> str:
    return vectors.enveloped(vectors.ekyc(), vectors.issuer(), **options)


#: What each file is, the verdict and whether an outside tool takes it with the pinned certificate alone.
FILES = {
    "good": (good, Signature.VALID, True),
    "good_sha256": (lambda: good(method="rsa-sha256"), Signature.VALID, True),
    "good_without_certificate": (lambda: good(with_certificate=False), Signature.VALID, True),
    "tampered": (lambda: good().replace("Asha", "Usha"), Signature.INVALID, False),
    "photo_exchanged": (lambda: good().replace("cGhvdG8=", "b3RoZXI="), Signature.INVALID, False),
    "unsigned": (vectors.ekyc, Signature.MISSING, False),
    "doubly_signed": (lambda: vectors.doubly_signed(vectors.issuer()), Signature.INVALID, False),
    "countersigned": (
        lambda: vectors.countersigned(vectors.issuer(), vectors.issuer()),
        Signature.INVALID,
        False,
    ),
    "signed_inside": (
        lambda: vectors.signed_inside(vectors.issuer(), vectors.issuer()),
        Signature.INVALID,
        True,  # of two signatures it looks at the first alone
    ),
    "wrapped": (lambda: vectors.wrapped(good()), Signature.INVALID, False),
    "beside": (lambda: vectors.beside(good()), Signature.INVALID, False),
    "attacker": (
        lambda: vectors.enveloped(vectors.ekyc(name="Mallory"), vectors.stranger()),
        Signature.UNKNOWN_SIGNER,
        False,
    ),
    "attacker_without_certificate": (
        lambda: vectors.enveloped(vectors.ekyc(name="Mallory"), vectors.stranger(), with_certificate=False),
        Signature.UNKNOWN_SIGNER,
        False,
    ),
    "attacker_naming_the_issuer": (
        lambda: vectors.enveloped(vectors.ekyc(name="Mallory"), vectors.stranger(), named=vectors.issuer()),
        Signature.INVALID,
        False,
    ),
    "attacker_broken": (
        lambda: vectors.enveloped(vectors.ekyc(), vectors.stranger()).replace("Asha", "Usha"),
        Signature.INVALID,
        False,
    ),
    "reference_elsewhere": (lambda: good(uri="#x"), Signature.INVALID, False),
    "pretty_printed": (lambda: good().replace("><Poa", ">\n  <Poa"), Signature.INVALID, False),
}


@pytest.mark.parametrize("name", FILES)
def test_each_file_gets_its_verdict(name):
    make, verdict, _outside = FILES[name]
    found = offline_ekyc.read(make().encode(), [vectors.issuer().key], GIVEN)
    assert found.signature == verdict
    assert "Mallory" not in str(found.as_json())
    assert bool(found.fields) == (verdict is Signature.VALID)


outside_judge = pytest.mark.skipif(
    shutil.which("xmlsec1") is None, reason="xmlsec1 is not installed: the verdicts have no outside judge"
)
#: How xmlsec1 names the first and the second signature of a file; without it looks at the first.
FIRST, SECOND = (["--node-xpath", f"(//*[local-name()='Signature'])[{number}]"] for number in (1, 2))


@pytest.fixture
def outside(tmp_path):
    """Whether xmlsec1 takes a file with the pinned certificate alone, or as it is told."""
    certificate, file = tmp_path / "issuer.pem", tmp_path / "judged.xml"
    certificate.write_bytes(vectors.issuer().pem)

    def takes(text: str, *options: object, pinned: bool = True) -> bool:
        file.write_text(text)
        by = ["--pubkey-cert-pem", certificate] if pinned else []
        command = ["xmlsec1", "--verify", "--enabled-key-data", "x509", *by, *options, file]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0

    return takes


@outside_judge
def test_an_outside_tool_takes_no_file_that_we_refuse_but_one_with_a_second_signature_inside(outside):
    said = {name: outside(make()) for name, (make, _verdict, _outside) in FILES.items()}
    assert said == {name: judged for name, (_make, _verdict, judged) in FILES.items()}


@outside_judge
@pytest.mark.parametrize(
    ("make", "each_stands"),
    [
        (lambda: vectors.doubly_signed(vectors.issuer()), (False, False)),
        (lambda: vectors.countersigned(vectors.issuer(), vectors.issuer()), (False, True)),
        (lambda: vectors.countersigned(vectors.issuer(), vectors.stranger()), (False, False)),
        (lambda: vectors.signed_inside(vectors.issuer(), vectors.issuer()), (True, True)),
        (lambda: vectors.signed_inside(vectors.issuer(), vectors.stranger()), (True, False)),
        (lambda: vectors.signed_inside(vectors.stranger(), vectors.issuer()), (False, True)),
    ],
    ids=["side_by_side", "over", "over_by_a_stranger", "inside", "stranger_inside", "inside_a_strangers"],
)
def test_a_second_signature_is_refused_even_where_an_outside_tool_takes_one_or_both(outside, make, each_stands):
    """xmlsec1 judges one signature at a time and says nothing of the other; UIDAI signs once, so two are none."""
    text = make()
    assert (outside(text, *FIRST), outside(text, *SECOND)) == each_stands
    found = offline_ekyc.read(text.encode(), [vectors.issuer().key, vectors.stranger().key], GIVEN)
    assert (found.signature, found.faults) == (Signature.INVALID, (Flaw.MORE_THAN_ONE_SIGNATURE,))
    assert not found.fields


@outside_judge
def test_an_outside_tool_agrees_about_a_key_that_had_ended_when_the_file_was_signed(outside, tmp_path):
    """With the certificate as what it trusts, and the day of the document, it looks at the certificate's days too."""
    on = ["--verification-time", "2026-11-01 07:00:45"]
    for by, stands in ((vectors.issuer(), True), (vectors.expired(), False)):
        trusted = tmp_path / "trusted.pem"
        trusted.write_bytes(by.pem)
        text = vectors.enveloped(vectors.ekyc(), by)
        assert outside(text, "--trusted-pem", trusted, *on, pinned=False) is stands
        found = offline_ekyc.read(text.encode(), [by.key], GIVEN)
        assert found.signature == (Signature.VALID if stands else Signature.KEY_OUTSIDE_VALIDITY)


@outside_judge
@pytest.mark.parametrize(
    ("declared", "used", "stands"),
    [
        # What is declared and not used is not signed: xmlsec1 takes the file, we take none that declares anything.
        (vectors.ENTITIES, "", True),
        (vectors.EXTERNAL, "", True),
        (vectors.ENTITIES, "&b;", False),
        (vectors.EXTERNAL, "&a;", False),
        (vectors.BOMB, "&j;", False),
    ],
    ids=["declared", "external_declared", "expanded", "external", "bomb"],
)
def test_entities_are_refused_even_where_an_outside_tool_takes_the_file(outside, declared, used, stands):
    text = declared + good().replace("<Pht>", f"<Pht>{used}")
    assert outside(text) is stands
    with pytest.raises(NotReadableError, match="DTD"):
        offline_ekyc.read(text.encode(), [vectors.issuer().key], GIVEN)


def test_what_is_read_of_a_good_file():
    found = offline_ekyc.read(good().encode(), [vectors.stranger().key, vectors.issuer().key], GIVEN)
    assert (found.signer_sha256, found.issued_at) == (vectors.issuer().sha256, "2026-11-01T07:00:45Z")
    assert found.fields["name"] == "Asha Rao"
    assert (found.fields["birth"], found.fields["aadhaar_last4"], found.fields["pincode"]) == (
        "1990-01-01",
        "2346",
        "411038",
    )
    assert "care_of" not in found.fields
    assert set(found.contact.values()) == {ContactMatch.MATCH}
    said = str(found.as_json())
    assert "cGhvdG8" not in said
    assert vectors.repeated(vectors.MOBILE + vectors.SHARE_CODE, 6) not in said


def test_another_mobile_number_or_share_code_does_not_match():
    for given in (Given(vectors.NOW, "A1B3", vectors.MOBILE), Given(vectors.NOW, vectors.SHARE_CODE, "9876543211")):
        assert offline_ekyc.read(good().encode(), [vectors.issuer().key], given).contact["mobile"] == "NO_MATCH"


def test_an_expired_key_goes_to_a_person():
    document = vectors.enveloped(vectors.ekyc(), vectors.expired())
    found = offline_ekyc.read(document.encode(), [vectors.expired().key], GIVEN)
    assert (found.signature, found.fields["name"]) == (Signature.KEY_OUTSIDE_VALIDITY, "Asha Rao")


def test_a_file_from_the_future_is_marked():
    document = vectors.enveloped(vectors.ekyc(reference="2346" + "20270101000000000"), vectors.issuer())
    found = offline_ekyc.read(document.encode(), [vectors.issuer().key], GIVEN)
    assert Flaw.ISSUED_IN_FUTURE in found.faults


@pytest.mark.parametrize("aes", [True, False])
def test_both_encryptions_open_with_the_share_code_and_with_no_other(aes):
    data = vectors.zipped(good(), aes=aes)
    assert offline_ekyc.read(data, [vectors.issuer().key], GIVEN).signature == Signature.VALID
    for code, reason in (("B2C3", "SHARE_CODE_WRONG"), ("", "SHARE_CODE_MISSING")):
        with pytest.raises(NotReadableError) as refused:
            offline_ekyc.read(data, [vectors.issuer().key], Given(vectors.NOW, code))
        assert refused.value.reason == reason


def test_no_wrong_share_code_opens_the_old_encryption():
    """It checks one byte of the code: of a few hundred wrong ones, some pass that byte."""
    data = vectors.zipped(good(), aes=False)
    for number in range(400):
        with pytest.raises(NotReadableError, match="SHARE_CODE_WRONG"):
            offline_ekyc.opened(data, f"{number:04}")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "EMPTY"),
        (b"%PDF-1.7", "TYPE"),
        (b"<Other/>", "TYPE_MISMATCH"),
        (b"<OfflinePaperlessKyc", "CORRUPT"),
        ((vectors.ENTITIES + "<x>&b;</x>").encode(), "DTD"),
        (vectors.EXTERNAL.encode() + b"<x>&a;</x>", "DTD"),
        (vectors.ENTITIES.encode("utf-16"), "TYPE"),
        (b"<a>" + b" " * 1024 * 1024 + b"</a>", "TOO_LARGE"),
        (vectors.zipped("x", names=("a.xml", "b.xml")), "ARCHIVE"),
        (vectors.zipped("x", names=("../a.xml",)), "ARCHIVE"),
        (vectors.zipped("x", names=("a.exe",)), "ARCHIVE"),
        (vectors.zipped("<a>" + " " * 5_000_000 + "</a>"), "TOO_LARGE"),
        (vectors.zipped("x")[:60], "CORRUPT"),
        (
            b"PK\x03\x04PK\x05\x06" + bytes(8) + (40).to_bytes(4, "little") + bytes(6),
            "CORRUPT",
        ),  # ends before its start
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_read_says_why(data, reason):
    with pytest.raises(NotReadableError) as refused:
        offline_ekyc.read(data, [vectors.issuer().key], GIVEN)
    assert refused.value.reason == reason


def test_a_name_that_another_program_cannot_read_back_makes_no_file_genuine():
    """The mark of byte order in a name: one reader takes it as a letter, the next refuses what the first writes."""
    data = vectors.enveloped(vectors.digilocker(), vectors.issuer()).replace("expiryDate", "exp\ufeffiryDate")
    found = digilocker.read(data.encode(), [vectors.issuer().key], now=vectors.NOW)
    assert found.signature not in {Signature.VALID, Signature.KEY_OUTSIDE_VALIDITY}


def test_a_certificate_whose_kind_of_key_nobody_knows_is_nobodys():
    data = good()
    der = vectors.issuer().certificate.public_bytes(vectors.Encoding.DER)
    unknown = der.replace(bytes.fromhex("2a864886f70d010101"), bytes.fromhex("2a864886f70d010f01"))
    assert unknown != der
    changed = data.replace(base64.b64encode(der).decode(), base64.b64encode(unknown).decode())
    assert changed != data
    assert offline_ekyc.read(changed.encode(), [], GIVEN).signature is not Signature.VALID


def test_entities_are_refused_in_a_signed_file_too():
    signed = good()
    for declared in (vectors.ENTITIES, vectors.EXTERNAL):
        with pytest.raises(NotReadableError, match="DTD"):
            offline_ekyc.read((declared + signed).encode(), [vectors.issuer().key], GIVEN)


def test_a_digilocker_certificate_is_read():
    data = vectors.enveloped(vectors.digilocker(), vectors.issuer())
    found = digilocker.read(data.encode(), [vectors.issuer().key], now=vectors.NOW)
    assert (found.signature, found.layout, found.issued_at) == (Signature.VALID, "PANCR", "")
    assert (found.fields["number"], found.fields["birth"], found.fields["status"]) == (
        "ABCPR1234K",
        "1990-01-01",
        "active",
    )


def test_an_aadhaar_from_digilocker_tells_its_time_and_four_digits():
    data = vectors.enveloped(vectors.digilocker_aadhaar(), vectors.issuer())
    found = digilocker.read(data.encode(), [vectors.issuer().key], now=vectors.NOW)
    assert (found.issued_at, found.fields["aadhaar_last4"]) == ("2026-11-01T07:00:45Z", "2346")


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        (lambda text: text.replace("Asha", "Usha"), Signature.INVALID),
        (lambda text: text.replace("<IssuedTo>", "<Extra/><IssuedTo>"), Signature.INVALID),
        (lambda text: text.replace("<IssuedTo>", "<IssuedTo/><IssuedTo>"), Signature.INVALID),
        (lambda text: vectors.digilocker(), Signature.MISSING),
        (lambda text: vectors.enveloped(vectors.digilocker(), vectors.stranger()), Signature.UNKNOWN_SIGNER),
    ],
)
def test_a_certificate_that_was_changed_or_signed_by_another_is_not_genuine(change, verdict):
    data = change(vectors.enveloped(vectors.digilocker(), vectors.issuer()))
    assert digilocker.read(data.encode(), [vectors.issuer().key], now=vectors.NOW).signature == verdict


def test_no_aadhaar_number_leaves_as_the_number_of_a_certificate():
    data = vectors.enveloped(vectors.digilocker(number="234123412346"), vectors.issuer())
    found = digilocker.read(data.encode(), [vectors.issuer().key], now=vectors.NOW)
    assert found.signature is Signature.VALID
    assert found.fields["number"] == "XXXXXXXX2346"
    assert "23412341" not in str(found.as_json())
