"""Aadhaar Paperless Offline e-KYC: a ZIP under a share code, holding one signed XML file; or that file alone.

The share code and the bytes stay in this process. The photo is not read; the hashes of mobile number and e-mail address
are compared and left behind.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pyzipper

from kyc.signatures import contact, timestamps, xml_signature
from kyc.signatures.keys import Key, at_its_time
from kyc.signatures.result import Flaw, NotReadableError, Signature, Signed
from portal.kernel.vault.inspection.result import Fault

ROOT = "OfflinePaperlessKyc"
CHILDREN = frozenset({"UidData"})
FIRST_OF_ZIP = b"PK\x03\x04"
FIRST_OF_XML = (b"<", b"\xef\xbb\xbf<")
MOST_ZIPPED = 1024 * 1024
#: Attributes of the address, by our names.
ADDRESS = {
    "care_of": ("careof", "co"),
    "house": ("house",),
    "street": ("street",),
    "landmark": ("landmark", "lm"),
    "locality": ("loc", "lc"),
    "town": ("vtc",),
    "post_office": ("po",),
    "subdistrict": ("subdist",),
    "district": ("dist",),
    "state": ("state",),
    "pincode": ("pc",),
    "country": ("country",),
}


@dataclass(frozen=True)
class Given:
    now: datetime
    share_code: str = field(default="", repr=False)
    mobile: str = field(default="", repr=False)
    email: str = field(default="", repr=False)


def read(data: bytes, keys: Sequence[Key], given: Given) -> Signed:
    """The verdict on a ZIP or XML file.

    Raises NotReadableError: EMPTY, TYPE, TOO_LARGE, ARCHIVE (not one XML file), SHARE_CODE_MISSING, SHARE_CODE_WRONG,
    CORRUPT, DTD, TYPE_MISMATCH (another XML).
    """
    root = xml_signature.parsed(opened(data, given.share_code))
    verified = xml_signature.verify(root, name=ROOT, children=CHILDREN, keys=keys)
    sha256 = verified.key.sha256 if verified.key else ""
    if verified.state is not Signature.VALID or verified.key is None:
        return Signed(verified.state, sha256, layout=ROOT, faults=verified.faults)
    return _genuine(verified.root, verified.key, given)


def warm() -> None:
    """Pack and open an archive once, before the limits."""
    out = io.BytesIO()
    with pyzipper.AESZipFile(out, "w", encryption=pyzipper.WZ_AES) as archive:
        archive.setpassword(b"warm")
        archive.writestr("warm.xml", b"<warm/>")
    opened(out.getvalue(), "warm")


def opened(data: bytes, share_code: str) -> bytes:
    """The XML inside, in memory. Raises NotReadableError as ``read`` does."""
    if not data:
        raise NotReadableError(Fault.EMPTY)
    if data.lstrip().startswith(FIRST_OF_XML):
        return data.lstrip()
    if not data.startswith(FIRST_OF_ZIP):
        raise NotReadableError(Fault.TYPE)
    if len(data) > MOST_ZIPPED:
        raise NotReadableError(Fault.TOO_LARGE)
    try:
        with pyzipper.AESZipFile(io.BytesIO(data)) as archive:
            return _member(archive, share_code)
    except (NotReadableError, MemoryError, RecursionError):
        raise
    except Exception as error:  # of a broken archive the library says whatever Python says of bad values
        raise NotReadableError(Fault.CORRUPT) from error


def _member(archive: Any, share_code: str) -> bytes:
    members = archive.infolist()
    name = members[0].filename if len(members) == 1 else ""
    if not name.lower().endswith(".xml") or "/" in name or "\\" in name:
        raise NotReadableError(Fault.ARCHIVE)
    if members[0].file_size > xml_signature.MOST_BYTES:
        raise NotReadableError(Fault.TOO_LARGE)
    is_locked = bool(members[0].flag_bits & 1)
    if is_locked and not share_code:
        raise NotReadableError("SHARE_CODE_MISSING")
    try:
        with archive.open(members[0], pwd=share_code.encode() if is_locked else None) as stream:
            found: bytes = stream.read(xml_signature.MOST_BYTES + 1)
    except (MemoryError, RecursionError):
        raise
    except Exception as error:
        # The old encryption checks one byte of the code: one wrong code in 256 shows only in what comes out.
        raise NotReadableError("SHARE_CODE_WRONG" if is_locked else Fault.CORRUPT) from error
    return found


def person(data: Any) -> dict[str, str]:
    """Name, birth, gender and address of one ``UidData`` that was verified."""
    poi, poa = data.find("{*}Poi"), data.find("{*}Poa")
    said = dict(poi.attrib) if poi is not None else {}
    lives = dict(poa.attrib) if poa is not None else {}
    fields = {
        "name": said.get("name", ""),
        "birth": timestamps.birth(said.get("dob", "")),
        "gender": said.get("gender", ""),
    }
    for name, attributes in ADDRESS.items():
        fields[name] = next((lives[one] for one in attributes if lives.get(one)), "")
    return {name: value.strip() for name, value in fields.items()}


def _genuine(root: Any, key: Key, given: Given) -> Signed:
    reference = str(root.get("referenceId", ""))
    issued_at = timestamps.of_reference(reference)
    faults = []
    if issued_at is None:
        faults.append(Flaw.NO_ISSUE_TIME)
    elif issued_at > given.now:
        faults.append(Flaw.ISSUED_IN_FUTURE)
    data = root.find("{*}UidData")
    fields = person(data) if data is not None else {}
    last_four = reference[:4] if reference[:4].isascii() and reference[:4].isdigit() else ""
    fields["aadhaar_last4"] = last_four
    poi = data.find("{*}Poi") if data is not None else None
    hashes = dict(poi.attrib) if poi is not None else {}
    rounds = int(last_four[-1]) if last_four else 1
    return Signed(
        signature=at_its_time(key, issued_at, now=given.now),
        signer_sha256=key.sha256,
        issued_at=timestamps.written(issued_at),
        layout=ROOT,
        fields={name: value for name, value in fields.items() if value},
        contact={
            "mobile": contact.mobile(given.mobile, hashes.get("m", ""), share_code=given.share_code, rounds=rounds),
            "email": contact.email(given.email, hashes.get("e", ""), share_code=given.share_code, rounds=rounds),
        },
        faults=tuple(faults),
    )
