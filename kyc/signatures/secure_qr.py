"""Aadhaar Secure QR: a decimal number in the code is the compressed, signed text of the card.

Layout: fields joined by 0xFF, the photo as a JPEG 2000 codestream, up to two hashes of 32 bytes (e-mail, then mobile), and
256 bytes of RSA-2048 PKCS#1 v1.5 SHA-256 signature over all the rest. The first layout begins with the field that says
which hashes follow; newer ones begin with "V2", "V3" and so on, and have one more field, the end of the mobile number.
"""

import re
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from kyc.signatures import contact, timestamps
from kyc.signatures.keys import Key, at_its_time, who_signed
from kyc.signatures.result import ContactMatch, Flaw, NotReadableError, Signature, Signed
from portal.kernel.vault.inspection.result import Fault

#: What one QR code can hold in numeric mode (ISO/IEC 18004, version 40-L).
MOST_DIGITS = 7089
#: A card is 1-4 KiB; one code could unpack to 2.8 MB.
MOST_BYTES = 16 * 1024
SIGNATURE = 256
HASH = 32
#: zlib and gzip headers are told apart by the library.
EITHER = 32 + zlib.MAX_WBITS
END_OF_PHOTO = b"\xff\xd9"
#: Layouts that are known to be read right; a newer one is read the same way and marked.
KNOWN = frozenset({"V1", "V2", "V3", "V4", "V5"})
NAMES = (
    "indicator",
    "reference",
    "name",
    "birth",
    "gender",
    "care_of",
    "district",
    "landmark",
    "house",
    "locality",
    "pincode",
    "post_office",
    "state",
    "street",
    "subdistrict",
    "town",
)
#: A reference begins with the last digits of the number; other signs of numbers ("²") are no digits.
_NUMBERED = re.compile(r"[0-9]{4}")
#: The unsigned code of cards before 2018: it shows the full number.
OLD_CODE = "<PrintLetterBarcodeData"


@dataclass(frozen=True)
class Given:
    """What the code is held against. An empty contact is not compared."""

    now: datetime
    mobile: str = ""
    email: str = ""


@dataclass(frozen=True)
class _Card:
    layout: str
    fields: dict[str, str]
    email_hash: str
    mobile_hash: str
    is_sure: bool


def digits_of(text: str) -> str:
    """The digits of a Secure QR in what a code or a text file says; empty when it is none."""
    digits = "".join(text.split())
    return digits if digits.isascii() and digits.isdigit() else ""


def read(text: str, keys: Sequence[Key], given: Given) -> Signed:
    """The verdict on the text of one code. Raises NotReadableError: TOO_LARGE, CORRUPT, NO_CODE.

    The old unsigned code gives MISSING and nothing of what it says: nobody vouches for it, and it shows a full number.
    """
    if OLD_CODE in text:
        return Signed(Signature.MISSING, layout="OLD_UNSIGNED", faults=(Flaw.OLD_UNSIGNED_CODE,))
    payload = unpacked(digits_of(text))
    signed, signature = payload[:-SIGNATURE], payload[-SIGNATURE:]
    state, key = who_signed(signature, signed, keys)
    if state is not Signature.VALID or key is None:
        faults = (Flaw.DIGEST_DIFFERS,) if state is Signature.INVALID else ()
        return Signed(state, signer_sha256=key.sha256 if key else "", layout=_layout(signed), faults=faults)
    return _genuine(signed, key, given)


def unpacked(digits: str) -> bytes:
    """The bytes behind the number. Raises NotReadableError: NO_CODE without digits, TOO_LARGE, CORRUPT."""
    if not digits:
        raise NotReadableError("NO_CODE")
    if len(digits) > MOST_DIGITS:
        raise NotReadableError(Fault.TOO_LARGE)
    packed = _bytes_of(digits)
    unpacker = zlib.decompressobj(EITHER)
    try:
        payload = unpacker.decompress(packed, MOST_BYTES)
    except zlib.error as error:
        raise NotReadableError(Fault.CORRUPT) from error
    if unpacker.unconsumed_tail:
        raise NotReadableError(Fault.TOO_LARGE)
    if not unpacker.eof or len(payload) <= SIGNATURE:
        raise NotReadableError(Fault.CORRUPT)
    return payload


def _bytes_of(digits: str) -> bytes:
    """Python turns no more than 4,300 digits into a number at once (CVE-2020-10735): so, in parts."""
    number = 0
    for at in range(0, len(digits), 4000):
        part = digits[at : at + 4000]
        number = number * 10 ** len(part) + int(part)
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def _layout(signed: bytes) -> str:
    marker = signed[:4].partition(b"\xff")[0]
    if marker[:1] == b"V" and marker[1:].isdigit():
        return marker.decode("ascii")
    return "V1" if marker in {b"0", b"1", b"2", b"3"} else ""


def _genuine(signed: bytes, key: Key, given: Given) -> Signed:
    card = _card(signed)
    if card is None:
        state = at_its_time(key, None, now=given.now)
        faults: Iterable[Flaw] = (Flaw.UNKNOWN_LAYOUT, Flaw.NO_ISSUE_TIME)
        return Signed(state, key.sha256, layout=_layout(signed), faults=tuple(faults))
    reference = card.fields.pop("reference")
    issued_at = timestamps.of_reference(reference)
    faults = [] if card.is_sure and card.layout in KNOWN else [Flaw.UNKNOWN_LAYOUT]
    if issued_at is None:
        faults.append(Flaw.NO_ISSUE_TIME)
    elif issued_at > given.now:
        faults.append(Flaw.ISSUED_IN_FUTURE)
    return Signed(
        signature=at_its_time(key, issued_at, now=given.now),
        signer_sha256=key.sha256,
        issued_at=timestamps.written(issued_at),
        layout=card.layout,
        fields={name: value for name, value in card.fields.items() if value},
        contact=_contact(card, reference, given),
        faults=tuple(faults),
    )


def _card(signed: bytes) -> _Card | None:
    """The fields and hashes; None for bytes that are no card. The photo is left where it is."""
    layout = _layout(signed)
    if not layout:
        return None
    has_marker = layout != "V1" or signed.startswith(b"V1")
    count = len(NAMES) + (2 if has_marker else 0)
    parts = signed.split(b"\xff", count)
    if len(parts) < count:
        return None
    values = [part.decode("latin-1").strip() for part in parts[has_marker:count]]
    fields = dict(zip(NAMES, values, strict=False))
    indicator = fields.pop("indicator")
    if indicator not in {"0", "1", "2", "3"} or not _NUMBERED.match(fields["reference"]):
        return None
    if has_marker:
        fields["mobile_end"] = "".join(filter(str.isdigit, values[-1]))[-4:]
    fields["aadhaar_last4"] = fields["reference"][:4]
    fields["birth"] = timestamps.birth(fields["birth"])
    has_email, has_mobile = bool(int(indicator) & 1), bool(int(indicator) & 2)
    rest = parts[count] if len(parts) > count else b""
    tail, is_sure = _hashes(rest, HASH * (has_email + has_mobile))
    email_hash = tail[:HASH].hex() if has_email and tail else ""
    mobile_hash = tail[-HASH:].hex() if has_mobile and tail else ""
    return _Card(layout, fields, email_hash, mobile_hash, is_sure)


def _hashes(rest: bytes, expected: int) -> tuple[bytes, bool]:
    """What follows the photo, and whether it is as long as the card says. Newer layouts may carry no hashes."""
    photo = max(len(rest) - expected, 0)
    if len(rest) == expected or rest[:photo].endswith(END_OF_PHOTO):
        return rest[photo:], True
    tail = rest[rest.rfind(END_OF_PHOTO) + len(END_OF_PHOTO) :] if END_OF_PHOTO in rest else rest
    return b"", not tail


def _contact(card: _Card, reference: str, given: Given) -> dict[str, ContactMatch]:
    rounds = int(reference[3])
    found = {
        "mobile": contact.mobile(given.mobile, card.mobile_hash, share_code="", rounds=rounds),
        "email": contact.email(given.email, card.email_hash, share_code="", rounds=rounds),
    }
    end = card.fields.get("mobile_end", "")
    if not card.mobile_hash and end and given.mobile and not given.mobile.endswith(end):
        found["mobile"] = ContactMatch.NO_MATCH
    return found
