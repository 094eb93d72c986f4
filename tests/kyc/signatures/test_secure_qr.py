import pytest

from kyc.signatures import secure_qr
from kyc.signatures.result import ContactMatch, Flaw, NotReadableError, Signature
from kyc.signatures.secure_qr import Given
from tests.kyc.signatures import vectors

GIVEN = Given(vectors.NOW, mobile=vectors.MOBILE, email=vectors.EMAIL)


def read(text: str, *issuers: vectors.Issuer, given: Given = GIVEN):
    return secure_qr.read(text, [one.key for one in issuers or (vectors.issuer(),)], given)


@pytest.mark.parametrize("pack", ["gzip", "zlib"])
@pytest.mark.parametrize("layout", ["", "V2", "V3", "V5"])
def test_every_layout_is_read_under_both_compressions(layout, pack):
    found = read(vectors.code(vectors.card(layout=layout), pack=pack))
    assert (found.signature, found.layout, found.faults) == (Signature.VALID, layout or "V1", ())
    assert found.signer_sha256 == vectors.issuer().sha256
    assert found.issued_at == "2026-11-01T07:00:45Z"
    assert {name: found.fields[name] for name in ("name", "birth", "aadhaar_last4", "town")} == {
        "name": "Asha Rao",
        "birth": "1990-01-01",
        "aadhaar_last4": "2346",
        "town": "Pune",
    }


def test_hashes_are_compared_and_not_given_out():
    text = vectors.code(vectors.card())
    assert set(read(text).contact.values()) == {ContactMatch.MATCH}
    other = read(text, given=Given(vectors.NOW, mobile="9876543211", email="other@acme.example"))
    assert set(other.contact.values()) == {ContactMatch.NO_MATCH}
    assert vectors.repeated(vectors.MOBILE, 6) not in str(other.as_json())
    assert set(read(text, given=Given(vectors.NOW)).contact.values()) == {ContactMatch.NOT_CHECKED}


@pytest.mark.parametrize(
    ("indicator", "mobile", "email"),
    [(0, "NOT_IN_DOCUMENT", "NOT_IN_DOCUMENT"), (1, "NOT_IN_DOCUMENT", "MATCH"), (2, "MATCH", "NOT_IN_DOCUMENT")],
)
def test_the_indicator_says_which_hashes_follow(indicator, mobile, email):
    assert read(vectors.code(vectors.card(indicator=indicator))).contact == {"mobile": mobile, "email": email}


def test_newer_layouts_with_hashes_are_read_too_and_the_end_of_the_number_can_only_refute():
    assert read(vectors.code(vectors.card(layout="V2", has_hashes=True))).contact["mobile"] == "MATCH"
    plain = vectors.code(vectors.card(layout="V3"))
    assert read(plain).contact["mobile"] == "NOT_IN_DOCUMENT"
    assert read(plain, given=Given(vectors.NOW, mobile="9876500000")).contact["mobile"] == "NO_MATCH"


@pytest.mark.parametrize("indicator", [0, 3])
def test_a_card_without_a_photo_is_read(indicator):
    found = read(vectors.code(vectors.card(photo=b"", indicator=indicator)))
    assert (found.signature, found.faults, found.fields["name"]) == (Signature.VALID, (), "Asha Rao")


def test_a_changed_card_is_told_from_a_foreign_one():
    good = vectors.card()
    tampered = vectors.code(good.replace(b"Asha", b"Usha"), signature=vectors.issuer().sign(good))
    assert (read(tampered).signature, read(tampered).faults) == (Signature.INVALID, (Flaw.DIGEST_DIFFERS,))
    foreign = read(vectors.code(good, vectors.stranger()))
    assert (foreign.signature, foreign.signer_sha256, foreign.fields) == (Signature.UNKNOWN_SIGNER, "", {})
    assert read(tampered).fields == {}


def test_every_pinned_key_is_tried():
    found = read(vectors.code(vectors.card()), vectors.stranger(), vectors.issuer())
    assert (found.signature, found.signer_sha256) == (Signature.VALID, vectors.issuer().sha256)


def test_a_key_that_had_ended_when_the_card_was_issued_goes_to_a_person():
    found = read(vectors.code(vectors.card()), vectors.expired())
    assert (found.signature, found.fields["name"]) == (Signature.KEY_OUTSIDE_VALIDITY, "Asha Rao")
    long_ago = vectors.card(reference="2346" + "20230601120000000")
    assert read(vectors.code(long_ago), vectors.expired()).signature == Signature.VALID


def test_a_future_layout_is_genuine_and_marked():
    found = read(vectors.code(vectors.card(layout="V9")))
    assert (found.signature, found.layout, found.faults) == (Signature.VALID, "V9", (Flaw.UNKNOWN_LAYOUT,))
    strange = read(vectors.code(b"a card of another form"))
    assert (strange.fields, strange.faults) == ({}, (Flaw.UNKNOWN_LAYOUT, Flaw.NO_ISSUE_TIME))


def test_a_card_issued_in_the_future_is_marked():
    found = read(vectors.code(vectors.card(reference="2346" + "20270101000000000")))
    assert Flaw.ISSUED_IN_FUTURE in found.faults


def test_the_old_code_is_never_trusted_and_its_number_not_kept():
    found = read('<PrintLetterBarcodeData uid="234123412346" name="Asha Rao" yob="1990"/>')
    assert (found.signature, found.fields) == (Signature.MISSING, {})
    assert "234123412346" not in str(found.as_json())


def random_looking(size: int) -> bytes:
    """Bytes that do not compress, the same each time."""
    return b"".join(vectors.hashlib.sha256(bytes([at % 256, at // 256])).digest() for at in range(size // 32))


def test_a_code_of_more_digits_than_python_converts_is_read():
    text = vectors.code(vectors.card(photo=vectors.PHOTO + random_looking(1600) + b"\xff\xd9"))
    assert 4300 < len(text) <= secure_qr.MOST_DIGITS
    assert read(text).signature == Signature.VALID


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("9" * 7090, "TOO_LARGE"),
        ("12345", "CORRUPT"),
        ("", "NO_CODE"),
        ("https://example.org", "NO_CODE"),
        ("१२३", "NO_CODE"),
        (vectors.digits(vectors.gzip.compress(b"\0" * 2_800_000, mtime=0)), "TOO_LARGE"),
        (vectors.digits(vectors.gzip.compress(b"short", mtime=0)), "CORRUPT"),
    ],
    ids=["too_many_digits", "no_archive", "empty", "address", "other_digits", "bomb", "shorter_than_a_signature"],
)
def test_what_is_no_code_says_why(text, reason):
    with pytest.raises(NotReadableError) as refused:
        read(text)
    assert refused.value.reason == reason


@pytest.mark.parametrize("reference", ["\u00b2346" + vectors.REFERENCE[4:], "23\u00b26", "23", ""])
def test_a_signed_card_without_four_digits_before_its_time_is_of_an_unknown_layout(reference):
    found = read(vectors.code(vectors.card(reference=reference)))
    assert (found.signature, found.fields) == (Signature.VALID, {})
    assert Flaw.UNKNOWN_LAYOUT in found.faults


@pytest.mark.parametrize("kept", [0.3, 0.9, 0.999])
def test_a_truncated_code_is_corrupt(kept):
    packed = vectors.gzip.compress(vectors.card() + vectors.issuer().sign(vectors.card()), mtime=0)
    with pytest.raises(NotReadableError) as refused:
        read(vectors.digits(packed[: int(len(packed) * kept)]))
    assert refused.value.reason == "CORRUPT"
