"""Runs in the confined child: one file in, what it says about itself out. Named to it by ``portal.kernel.vault.inspection``."""

import importlib
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from kyc.signatures import secure_qr, timestamps
from kyc.signatures.keys import Key
from kyc.signatures.result import HOLDS, Flaw, NotReadableError, Signature, Signed
from portal.kernel.vault.inspection import file_types, page_images
from portal.kernel.vault.inspection.result import Fault, Limits, RefusedFileError

QR, EKYC, EAADHAAR, DIGILOCKER, PDF = (
    "aadhaar_qr",
    "aadhaar_offline_ekyc",
    "eaadhaar_pdf",
    "digilocker_xml",
    "signed_pdf",
)
KINDS: Final = (QR, EKYC, EAADHAAR, DIGILOCKER, PDF)
#: A text file with the digits of one code, and some line ends.
MOST_TEXT = 64 * 1024
LIBRARIES: Final = {
    QR: ("codes",),
    EKYC: ("xml_signature", "offline_ekyc"),
    EAADHAAR: ("signed_pdf", "codes"),
    DIGILOCKER: ("xml_signature", "digilocker"),
    PDF: ("signed_pdf",),
}
#: From best to worst: of several codes in one file the best counts.
_ORDER = (
    Signature.VALID,
    Signature.KEY_OUTSIDE_VALIDITY,
    Signature.INVALID,
    Signature.UNKNOWN_SIGNER,
    Signature.MISSING,
)


def _library(name: str) -> Any:
    """A module whose libraries only some kinds need: loading all of them would take the child a second more."""
    return importlib.import_module(f"kyc.signatures.{name}")


def prepare(data: bytes, asked: dict[str, Any], limits: Limits) -> tuple[int, Callable[[], dict[str, Any]]]:
    """Load every library before the limits; returns how many descriptors stay open and what answers behind them."""
    keys = [Key.from_json(one) for one in asked["keys"]]
    keys = [key for key in keys if key.may_sign(asked["kind"])]
    _warm(str(asked["kind"]))
    document = 0
    is_drawn = asked["kind"] == QR and file_types.begins_as_pdf(data)
    if is_drawn:
        document = page_images.in_memory(data)
        page_images.warm()
    return document + 2 if is_drawn else 0, lambda: said(data, asked, keys, limits, document).as_json()


def said(data: bytes, asked: dict[str, Any], keys: list[Key], limits: Limits, document: int = 0) -> Signed:
    """The verdict; a file that cannot be read is one that says why."""
    try:
        return _read(data, asked, keys, limits, document)
    except NotReadableError as refused:
        return Signed(refused=refused.reason)
    except RefusedFileError as refused:
        return Signed(refused=str(refused.fault))
    except (MemoryError, RecursionError):
        return Signed(refused=str(Fault.TOO_COMPLEX))


def _read(data: bytes, asked: dict[str, Any], keys: list[Key], limits: Limits, document: int) -> Signed:
    now = datetime.fromisoformat(asked["now"])
    secret, mobile, email = (str(asked.get(name, "")) for name in ("share_code", "mobile", "email"))
    match asked["kind"]:
        case "aadhaar_offline_ekyc":
            ekyc = _library("offline_ekyc")
            found: Signed = ekyc.read(data, keys, ekyc.Given(now, secret, mobile, email))
        case "digilocker_xml":
            found = _library("digilocker").read(data, keys, now=now)
        case "aadhaar_qr":
            found = _best(_texts(data, limits, document), keys, secure_qr.Given(now, mobile, email))
        case "eaadhaar_pdf":
            found = _library("signed_pdf").read(data, keys, password=secret, now=now)
            if found.signature in HOLDS and Flaw.CHANGED_AFTER_SIGNING not in found.faults:
                its_code = _code_in(data, asked, secure_qr.Given(now, mobile, email), limits)
                found = replace(found, fields=its_code.fields, contact=its_code.contact)
        case _:
            found = _library("signed_pdf").read(data, keys, password=secret, now=now)
    return found


def _code_in(data: bytes, asked: dict[str, Any], given: secure_qr.Given, limits: Limits) -> Signed:
    """What the Secure QR says that an e-Aadhaar shows among its pictures: whose it is, which its pages are not read for.

    Says nothing where none is found, or none that a pinned key signed.
    """
    keys = [key for key in map(Key.from_json, asked["keys"]) if key.may_sign(QR)]
    try:
        found = _best(
            _library("codes").in_pictures_of(data, limits, password=str(asked.get("share_code", ""))), keys, given
        )
    except (NotReadableError, RefusedFileError):
        return Signed()
    return found if found.signature in HOLDS else Signed()


def _texts(data: bytes, limits: Limits, document: int) -> Iterable[str]:
    """What the codes of a picture or PDF say, or a text file itself."""
    if not data:
        raise NotReadableError(Fault.EMPTY)
    if data.isascii() and len(data) <= MOST_TEXT and not file_types.begins_as_pdf(data):
        return [data.decode("ascii")]
    found: Iterable[str] = _library("codes").in_file(data, limits, document)
    return found


def _best(texts: Iterable[str], keys: list[Key], given: secure_qr.Given) -> Signed:
    """The best of the codes; a genuine one ends the search."""
    found: list[Signed] = []
    refusals: list[str] = []
    for text in texts:
        if not secure_qr.digits_of(text) and secure_qr.OLD_CODE not in text:
            continue
        try:
            found.append(secure_qr.read(text, keys, given))
        except NotReadableError as refused:
            refusals.append(refused.reason)
            continue
        if found[-1].signature is Signature.VALID:
            break
    if not found:
        raise NotReadableError(refusals[0] if refusals else "NO_CODE")
    return min(found, key=lambda one: _ORDER.index(one.signature or Signature.MISSING))


def _warm(kind: str) -> None:
    """Use once what loads its parts late."""
    timestamps.birth("01-01-2000")
    timestamps.of_reference("1234" + "20260101000000000")
    for name in LIBRARIES[kind]:
        _library(name).warm()
