from datetime import UTC, datetime, timedelta

import pytest

from kyc.signatures import signed_pdf
from kyc.signatures.result import Flaw, NotReadableError, Signature
from tests.kyc import documents
from tests.kyc.signatures import pdfs, vectors

#: The library writes the real time into a signature.
NOW = datetime.now(tz=UTC) + timedelta(days=1)


def living() -> vectors.Issuer:
    """Valid on the day of the test run, whichever that is, and when the test's cards were issued (November 2026)."""
    today = datetime.now(tz=UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return vectors.issuer("Issuer", datetime(2026, 1, 1, tzinfo=UTC), today + timedelta(days=300))


def read(data: bytes, *issuers: vectors.Issuer, password: str = ""):
    return signed_pdf.read(data, [one.key for one in issuers or (living(),)], password=password, now=NOW)


def test_a_signed_pdf_is_verified_by_its_pinned_certificate():
    found = read(pdfs.signed(living()))
    assert (found.signature, found.signer_sha256, found.faults) == (Signature.VALID, living().sha256, ())
    assert found.issued_at


def test_a_stranger_is_unknown_and_no_signature_is_missing():
    assert read(pdfs.signed(vectors.stranger())).signature == Signature.UNKNOWN_SIGNER
    assert read(documents.pdf()).signature == Signature.MISSING


def test_a_changed_byte_breaks_it():
    data = pdfs.signed(living())
    assert b"Asha" in data
    found = read(data.replace(b"Asha", b"Usha"))
    assert (found.signature, found.faults) == (Signature.INVALID, (Flaw.DIGEST_DIFFERS,))


def test_a_page_rewritten_behind_the_signature_is_found():
    found = read(pdfs.updated(pdfs.signed(living())))
    assert (found.signature, Flaw.CHANGED_AFTER_SIGNING in found.faults) == (Signature.INVALID, True)


def test_of_several_signatures_each_must_hold_and_one_must_be_pinned():
    both = pdfs.signed(vectors.stranger(), pdfs.signed(living()), field="Second")
    found = read(both)
    assert (found.signature, found.faults) == (Signature.VALID, (Flaw.MORE_THAN_ONE_SIGNATURE,))
    assert found.signer_sha256 == living().sha256
    assert read(both.replace(b"Asha", b"Usha")).signature == Signature.INVALID


def test_a_key_that_has_ended_goes_to_a_person():
    assert read(pdfs.signed(vectors.expired()), vectors.expired()).signature == Signature.KEY_OUTSIDE_VALIDITY


def test_a_weak_digest_is_not_verified():
    found = read(pdfs.signed(living(), digest="sha1"))
    assert (found.signature, found.faults) == (Signature.UNKNOWN_SIGNER, (Flaw.METHOD_NOT_ALLOWED,))


def test_a_pdf_under_a_password_opens_with_it_alone():
    data = pdfs.signed(living(), pdfs.locked("ASHA1990"), password="ASHA1990")
    assert read(data, password="ASHA1990").signature == Signature.VALID
    for password, reason in (("", "ENCRYPTED"), ("RAVI1990", "PASSWORD_WRONG")):
        with pytest.raises(NotReadableError) as refused:
            read(data, password=password)
        assert refused.value.reason == reason


@pytest.mark.parametrize(
    ("data", "reason"), [(b"", "EMPTY"), (b"PK\x03\x04", "TYPE"), (b"%PDF-1.7 and no more", "CORRUPT")]
)
def test_what_is_no_pdf_says_why(data, reason):
    with pytest.raises(NotReadableError) as refused:
        read(data)
    assert refused.value.reason == reason


@pytest.mark.parametrize(
    "change",
    [
        lambda: pdfs.locked("ASHA1990").replace(b"/AESV3", b"/AESV9"),
        lambda: pdfs.signed(living(), documents.pdf()).replace(b"x\x9c", b"x\x9d"),
    ],
    ids=["unknown cipher", "broken streams"],
)
def test_a_broken_pdf_is_corrupt_whatever_its_library_says_of_it(change):
    with pytest.raises(NotReadableError) as refused:
        read(change(), password="ASHA1990")
    assert refused.value.reason == "CORRUPT"


@pytest.mark.parametrize(("kept", "said"), [(0.2, "MISSING"), (0.5, "CORRUPT"), (0.8, "CORRUPT"), (0.99, "CORRUPT")])
def test_a_cut_file_is_never_valid(kept, said):
    """Cut before the signature begins, it is the file as it was before."""
    data = pdfs.signed(living())
    try:
        found = str(read(data[: int(len(data) * kept)]).signature)
    except NotReadableError as refused:
        found = refused.reason
    assert found == said
