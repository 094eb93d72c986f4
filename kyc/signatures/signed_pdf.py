"""Signed PDFs (e-Aadhaar, DigiLocker and others): read by pyHanko, trusted by pinned certificate.

No chain is built and no list of revoked certificates is fetched: the worker has no network. What the pages say is not
turned into fields; that the file is the issuer's, and unchanged, is what this tells. Whose an e-Aadhaar is, the signed
code among its pictures says (``reading``).
"""

import importlib
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pyhanko.pdf_utils.crypt import AuthStatus
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import DiffResult, ModificationLevel
from pyhanko.sign.general import SignedDataCerts
from pyhanko.sign.validation.generic_cms import extract_certs_for_validation, validate_sig_integrity
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

from kyc.signatures import timestamps
from kyc.signatures.keys import Key, at_its_time
from kyc.signatures.result import Flaw, NotReadableError, Signature, Signed
from portal.kernel.vault.inspection.result import Fault

FIRST = b"%PDF-"
LAYOUT = "PDF"
DIGESTS = frozenset({"sha256", "sha384", "sha512"})
MOST_SIGNATURES = 20
#: Modules that pyHanko imports inside its functions.
LATE = (
    "pyhanko.pdf_utils.crypt._saslprep",
    "pyhanko.pdf_utils.crypt.pdfmac",
    "pyhanko.pdf_utils.filters",
    "pyhanko.pdf_utils.metadata.xmp_xml",
    "pyhanko.sign.fields",
)


@dataclass(frozen=True)
class _One:
    """One signature of the file."""

    state: Signature
    key: Key | None
    signed_at: datetime | None
    faults: tuple[Flaw, ...] = ()


def read(data: bytes, keys: Sequence[Key], *, password: str = "", now: datetime) -> Signed:
    """The verdict on a PDF. Raises NotReadableError: EMPTY, TYPE, ENCRYPTED (no password given), PASSWORD_WRONG, CORRUPT,
    TOO_COMPLEX.

    One signature that does not hold makes the file INVALID, whoever made the others. VALID needs one by a pinned key, and
    nothing added behind it but further signatures.
    """
    if not data:
        raise NotReadableError(Fault.EMPTY)
    if not data.startswith(FIRST):
        raise NotReadableError(Fault.TYPE)
    try:
        reader = PdfFileReader(io.BytesIO(data), strict=False)
        _unlock(reader, password)
        signatures = list(reader.embedded_regular_signatures)
    except (NotReadableError, MemoryError, RecursionError):
        raise
    except Exception as error:  # of a broken file the library says whatever Python says of bad values
        raise NotReadableError(Fault.CORRUPT) from error
    if len(signatures) > MOST_SIGNATURES:
        raise NotReadableError(Fault.TOO_COMPLEX)
    if not signatures:
        return Signed(Signature.MISSING, layout=LAYOUT)
    return _together([_judged(one, keys, len(signatures), now) for one in signatures])


def warm() -> None:
    """Load what the library would load late, when no file can be opened any more."""
    for name in LATE:
        importlib.import_module(name)


def _unlock(reader: PdfFileReader, password: str) -> None:
    if not reader.encrypted:
        return
    if not password:
        if reader.decrypt("").status is AuthStatus.FAILED:
            raise NotReadableError(Fault.ENCRYPTED)
        return
    if reader.decrypt(password).status is AuthStatus.FAILED:
        raise NotReadableError("PASSWORD_WRONG")


def _judged(signature: EmbeddedPdfSignature, keys: Sequence[Key], count: int, now: datetime) -> _One:
    try:
        if signature.md_algorithm not in DIGESTS:
            return _One(Signature.UNKNOWN_SIGNER, None, None, (Flaw.METHOD_NOT_ALLOWED,))
        signature.compute_integrity_info()  # type: ignore[no-untyped-call]
        certificates: SignedDataCerts = extract_certs_for_validation(signature.signed_data)
        is_whole, is_signed = validate_sig_integrity(
            signature.signer_info, certificates.signer_cert, "data", signature.compute_digest()
        )
        signed_at = signature.self_reported_timestamp
    except (MemoryError, RecursionError):
        raise
    except Exception:  # noqa: BLE001 - of a broken signature too
        return _One(Signature.INVALID, None, None, (Flaw.SIGNATURE_BROKEN,))
    signer = certificates.signer_cert.dump()
    key = next((one for one in keys if one.der == signer), None)
    if not is_whole or not is_signed:
        fault = Flaw.SIGNATURE_BROKEN if is_whole else Flaw.DIGEST_DIFFERS
        return _One(Signature.INVALID, key, None, (fault,))
    signed_at = signed_at.replace(tzinfo=signed_at.tzinfo or UTC) if signed_at else None
    faults = tuple(_changes(signature, count))
    if Flaw.NOT_THE_WHOLE_DOCUMENT in faults:
        return _One(Signature.INVALID, key, signed_at, faults)
    if signed_at and signed_at > now:
        faults = (*faults, Flaw.ISSUED_IN_FUTURE)
    state = at_its_time(key, signed_at, now=now) if key else Signature.UNKNOWN_SIGNER
    return _One(state, key, signed_at, faults)


def _changes(signature: EmbeddedPdfSignature, count: int) -> Iterator[Flaw]:
    """What stands behind the signed part: nothing, proof for later, another signature; all else is a change."""
    said: dict[str, Any] = signature.summarise_integrity_info()
    result = said["diff_result"]
    if said["docmdp_ok"] is False or not isinstance(result, DiffResult):
        yield Flaw.NOT_THE_WHOLE_DOCUMENT
        yield Flaw.CHANGED_AFTER_SIGNING
        return
    allowed = ModificationLevel.FORM_FILLING if count > 1 else ModificationLevel.LTA_UPDATES
    if result.modification_level > allowed:
        yield Flaw.CHANGED_AFTER_SIGNING


def _together(found: list[_One]) -> Signed:
    order = [
        Signature.UNKNOWN_SIGNER,
        Signature.KEY_OUTSIDE_VALIDITY,
        Signature.VALID,
        Signature.INVALID,
    ]
    chosen = max(found, key=lambda one: order.index(one.state))
    faults = [fault for one in found for fault in one.faults]
    if len(found) > 1:
        faults.append(Flaw.MORE_THAN_ONE_SIGNATURE)
    return Signed(
        signature=chosen.state,
        signer_sha256=chosen.key.sha256 if chosen.key else "",
        issued_at=timestamps.written(chosen.signed_at) if chosen.key else "",
        layout=LAYOUT,
        faults=tuple(dict.fromkeys(faults)),
    )
