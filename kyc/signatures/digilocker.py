"""Certificates in XML from DigiLocker: PAN, driving licence, e-Aadhaar and others, signed by their issuer."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from kyc.numbers.aadhaar import check_aadhaar, check_vid
from kyc.signatures import offline_ekyc, timestamps, xml_signature
from kyc.signatures.keys import Key, at_its_time
from kyc.signatures.result import Flaw, NotReadableError, Signature, Signed
from portal.kernel.vault.inspection.result import Fault

ROOT = "Certificate"
CHILDREN = frozenset({"IssuedBy", "IssuedTo", "CertificateData"})
#: Issuers write either.
ACTIVE = frozenset({"a", "active"})


def read(data: bytes, keys: Sequence[Key], *, now: datetime) -> Signed:
    """The verdict on a certificate. Raises NotReadableError: EMPTY, TYPE, TOO_LARGE, DTD, CORRUPT, TYPE_MISMATCH.

    The file tells no time of signing, except an e-Aadhaar: a key whose certificate has ended since goes to a person.
    """
    if not data:
        raise NotReadableError(Fault.EMPTY)
    if not data.lstrip().startswith(offline_ekyc.FIRST_OF_XML):
        raise NotReadableError(Fault.TYPE)
    root = xml_signature.parsed(data.lstrip())
    layout = str(root.get("type", "")) or ROOT
    verified = xml_signature.verify(root, name=ROOT, children=CHILDREN, keys=keys)
    sha256 = verified.key.sha256 if verified.key else ""
    if verified.state is not Signature.VALID or verified.key is None:
        return Signed(verified.state, sha256, layout=layout[:20], faults=verified.faults)
    issued_at = _time_of(verified.root)
    faults = (Flaw.ISSUED_IN_FUTURE,) if issued_at and issued_at > now else ()
    return Signed(
        signature=at_its_time(verified.key, issued_at, now=now),
        signer_sha256=sha256,
        issued_at=timestamps.written(issued_at),
        layout=layout[:20],
        fields={name: value for name, value in _fields(verified.root).items() if value},
        faults=faults,
    )


def warm() -> None:
    """Nothing but the XML library, which is warmed by itself."""


def _time_of(root: Any) -> datetime | None:
    """When an e-Aadhaar was given out; other certificates tell the day of the document only, which may be years before."""
    answer = root.find("{*}CertificateData/{*}KycRes")
    try:
        at = datetime.fromisoformat(str(answer.get("ts", ""))) if answer is not None else None
    except ValueError:
        return None
    return at.replace(tzinfo=at.tzinfo or timestamps.IST).astimezone(UTC) if at else None


def _without_aadhaar(number: str) -> str:
    """The number of the document; of an Aadhaar number or a virtual ID, which may not leave this process, its end."""
    is_secret = check_aadhaar(number).is_valid or check_vid(number).is_valid
    return "X" * (len(number) - 4) + number[-4:] if is_secret else number


def _fields(root: Any) -> dict[str, str]:
    aadhaar = root.find("{*}CertificateData/{*}KycRes/{*}UidData")
    if aadhaar is not None:
        fields = offline_ekyc.person(aadhaar)
        last_four = str(aadhaar.get("uid", ""))[-4:]
        return {**fields, "aadhaar_last4": last_four if last_four.isascii() and last_four.isdigit() else ""}
    person = root.find("{*}IssuedTo/{*}Person")
    organisation = root.find("{*}IssuedBy/{*}Organization")
    pan = root.find("{*}CertificateData/{*}PAN")
    number = root.get("number", "") or (pan.get("num", "") if pan is not None else "")
    status = root.get("status", "")
    said = dict(person.attrib) if person is not None else {}
    return {
        "name": said.get("name", "").strip(),
        "birth": timestamps.birth(said.get("dob", "")),
        "gender": said.get("gender", ""),
        "number": _without_aadhaar(number.strip()),
        "status": "active" if status.lower() in ACTIVE else status.lower(),
        "valid_until": timestamps.birth(root.get("expiryDate", "")),
        "issuer": organisation.get("name", "").strip() if organisation is not None else "",
    }
