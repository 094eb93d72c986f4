"""The same verdicts from the confined child: no file, no connection, little memory, and a clear answer for every bad file."""

import io

import pytest
from PIL import Image, ImageFilter

from kyc.signatures import child_reader
from kyc.signatures.result import Signature, Signed
from portal.kernel.vault.inspection import client
from tests.kyc import documents
from tests.kyc.signatures import pdfs, vectors
from tests.kyc.signatures.test_signed_pdf import NOW, living


def asked(kind: str, **given: str) -> dict:
    return {"kind": kind, "keys": [living().key.as_json()], "now": NOW.isoformat(), **given}


def confined(data: bytes, kind: str, **given: str) -> Signed:
    return Signed.from_json(client.ask("kyc.signatures.child_reader", data, asked=asked(kind, **given)))


def here(data: bytes, kind: str) -> Signed:
    """Without the child; it saves half a second."""
    _descriptors, answer = child_reader.prepare(data, asked(kind), client.LIMITS)
    return Signed.from_json(answer())


def qr() -> str:
    return vectors.code(vectors.card(), living())


def photographed(data: bytes) -> bytes:
    """Turned, a little blurred, and saved badly."""
    picture = Image.open(io.BytesIO(data)).convert("RGB").rotate(7, expand=True, fillcolor="white")
    out = io.BytesIO()
    picture.filter(ImageFilter.GaussianBlur(0.6)).save(out, "JPEG", quality=50)
    return out.getvalue()


@pytest.mark.parametrize(
    ("kind", "make"),
    [
        ("aadhaar_qr", lambda: vectors.picture(qr())),
        ("aadhaar_qr", lambda: vectors.picture(qr(), "pdf")),
        ("aadhaar_offline_ekyc", lambda: vectors.zipped(vectors.enveloped(vectors.ekyc(), living()))),
        ("digilocker_xml", lambda: vectors.enveloped(vectors.digilocker(), living()).encode()),
        ("signed_pdf", lambda: pdfs.signed(living())),
        ("eaadhaar_pdf", lambda: pdfs.signed(living(), pdfs.locked("A1B2"), password="A1B2")),
    ],
    ids=["qr_picture", "qr_pdf", "ekyc_zip", "digilocker", "pdf", "pdf_with_password"],
)
def test_every_kind_is_read_behind_the_limits(kind, make):
    found = confined(make(), kind, share_code="A1B2")
    assert (found.signature, found.refused) == (Signature.VALID, "")
    assert found.signer_sha256 == living().sha256


@pytest.mark.parametrize("edition", [4, 6], ids=["aes128", "aes256"])
def test_whose_an_eaadhaar_is_its_signed_code_says(edition):
    data = pdfs.signed(living(), pdfs.locked("A1B2", code=qr(), edition=edition), password="A1B2")
    found = confined(data, "eaadhaar_pdf", share_code="A1B2")
    assert (found.signature, found.layout) == (Signature.VALID, "PDF")
    assert (found.fields["name"], found.fields["birth"], found.fields["aadhaar_last4"]) == (
        "Asha Rao",
        "1990-01-01",
        vectors.REFERENCE[:4],
    )


@pytest.mark.parametrize(
    ("by", "code"),
    [
        (living, vectors.code(vectors.card(), vectors.stranger())),
        (vectors.stranger, qr()),
        (living, "https://example.org"),
    ],
    ids=["code_of_a_stranger", "file_of_a_stranger", "another_code"],
)
def test_a_code_says_nothing_where_it_or_its_file_is_not_of_a_pinned_key(by, code):
    data = pdfs.signed(by(), pdfs.locked("A1B2", code=code), password="A1B2")
    _descriptors, answer = child_reader.prepare(data, asked("eaadhaar_pdf", share_code="A1B2"), client.LIMITS)
    found = Signed.from_json(answer())
    assert (found.refused, found.fields) == ("", {})


def test_the_limits_hold_for_a_module_of_another_room():
    """It may load nothing more, open nothing and write nothing once it answers."""
    found = client.ask("tests.kyc.signatures.prisoner", b"", asked={})
    assert found == {"open": "OSError", "connect": "OSError", "start": "OSError"}


def test_a_photo_of_a_card_is_read():
    assert here(photographed(vectors.picture(qr())), "aadhaar_qr").signature == Signature.VALID


def test_a_code_in_a_picture_of_a_pdf_is_read():
    out = io.BytesIO()
    Image.open(io.BytesIO(vectors.picture(qr()))).convert("L").save(out, "PDF")
    assert here(out.getvalue(), "aadhaar_qr").signature == Signature.VALID


def test_a_text_file_of_digits_is_read_with_its_line_ends():
    text = qr()
    lines = "\n".join(text[at : at + 80] for at in range(0, len(text), 80)) + "\n"
    assert here(lines.encode(), "aadhaar_qr").signature == Signature.VALID


def test_a_genuine_code_beside_another_one_is_found():
    pictures = [Image.open(io.BytesIO(vectors.picture(text))) for text in ("https://example.org", qr())]
    both = Image.new("RGB", (sum(one.width for one in pictures) + 40, max(one.height for one in pictures)), "white")
    both.paste(pictures[0], (0, 0))
    both.paste(pictures[1], (pictures[0].width + 40, 0))
    out = io.BytesIO()
    both.save(out, "PNG")
    assert here(out.getvalue(), "aadhaar_qr").signature == Signature.VALID


@pytest.mark.parametrize(
    ("data", "kind", "reason"),
    [
        (documents.image(), "aadhaar_qr", "NO_CODE"),
        (documents.pdf(), "aadhaar_qr", "NO_CODE"),
        (documents.encrypted("secret"), "aadhaar_qr", "ENCRYPTED"),
        (documents.wide(), "aadhaar_qr", "TOO_MANY_PIXELS"),
        (b"", "aadhaar_qr", "EMPTY"),
        (b"\x7fELF\xff", "aadhaar_qr", "TYPE"),
        (documents.archive(), "aadhaar_offline_ekyc", "ARCHIVE"),
        (documents.pdf(), "digilocker_xml", "TYPE"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(data, kind, reason):
    assert here(data, kind).refused == reason


def test_a_key_of_another_kind_of_document_is_not_asked():
    given = asked("signed_pdf")
    given["keys"][0]["kinds"] = ["aadhaar_qr"]
    _descriptors, answer = child_reader.prepare(pdfs.signed(living()), given, client.LIMITS)
    assert answer()["signature"] == Signature.UNKNOWN_SIGNER
