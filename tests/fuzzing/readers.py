"""Every reader of what strangers send: examples that it reads, how it is asked, and how it may refuse."""

import io
import json
from collections.abc import Callable
from dataclasses import dataclass

from consent.base.rules import policy_parser
from consent.collection.rules import keywords
from consent.records.rules import receipt_extraction
from grievances.base.inbound_mail import classification, parser
from kyc.sanctions import european_union, ofac, united_nations, unlawful_activities
from kyc.sanctions.entries import BadListError
from kyc.signatures import child_reader
from kyc.signatures.result import NotReadableError
from portal.kernel.core import strict_json
from portal.kernel.core.errors import PortalError
from portal.kernel.jobs.import_types import ImportColumn
from portal.kernel.jobs.services.imports import file_reader
from portal.kernel.registers.senders.rules import senders
from portal.kernel.vault.inspection import sheets, worker
from portal.kernel.vault.inspection.result import Limits
from tests.data.mails import SHAPES
from tests.kyc import documents
from tests.kyc.sanctions import lists
from tests.kyc.signatures import pdfs, vectors
from tests.vault import bombs, nasty

LIMITS = Limits()


@dataclass(frozen=True)
class Reader:
    """``ask`` reads bytes in this process, and returns a word for what came of it; what it raises beside is a fault."""

    examples: Callable[[], list[bytes]]
    ask: Callable[[bytes], object]
    refusals: tuple[type[Exception], ...] = ()


def _signed(kind: str) -> Callable[[bytes], object]:
    asked = {"kind": kind, "keys": [], "now": vectors.NOW.isoformat(), "share_code": vectors.SHARE_CODE}
    keys = [vectors.issuer().key]
    return lambda data: child_reader.said(data, {**asked, "keys": []}, keys, LIMITS).refused


def _inspected(extension: str) -> Callable[[bytes], object]:
    return lambda data: worker.inspect(data, extension, LIMITS, worker.finds_nothing)[0].fault


def _mail(data: bytes) -> object:
    mail = parser.parse(data)
    classification.is_authentic(mail, server="mx.onesetu.example")
    classification.own_words(mail.text)
    return classification.why_ignored(mail, own=["privacy@onesetu.example"])


def _signed_code(signed: bytes) -> object:
    """What is broken before it is signed, so that everything behind the signature is read."""
    given = child_reader.secure_qr.Given(vectors.NOW, vectors.MOBILE, vectors.EMAIL)
    return child_reader.secure_qr.read(vectors.code(signed), [vectors.issuer().key], given).signature


def _sheet(data: bytes) -> object:
    return sheets.read(data, {"worked_out": False, "most_unpacked": 8 << 20, "most_rows": 5_000, "first": 0})[0][
        "fault"
    ]


def _imported(data: bytes) -> object:
    columns = [ImportColumn("number", "Number"), ImportColumn("name", "Name")]
    return sum(1 for _row in file_reader.rows(io.BytesIO(data), "csv", columns))


def _text(ask: Callable[[str], object]) -> Callable[[bytes], object]:
    return lambda data: ask(data.decode("utf-8", "replace"))


def _pictures() -> list[bytes]:
    return [documents.image("JPEG", (64, 48)), documents.image("PNG", (64, 48)), documents.card_with_old_code("PNG")]


def _receipt() -> bytes:
    return receipt_extraction.FIRST_LINE + b"\n".join(b"%d %s" % (line, b"x" * 40) for line in range(20))


def _xml() -> list[bytes]:
    by = vectors.issuer()
    good = vectors.enveloped(vectors.ekyc(), by)
    return [each.encode() for each in (good, vectors.wrapped(good), vectors.doubly_signed(by))]


READERS: dict[str, Reader] = {
    "mail": Reader(lambda: [shape.raw for shape in SHAPES if len(shape.raw) < 100_000], _mail),
    "PDF": Reader(
        lambda: [documents.pdf(), pdfs.plain(), nasty.page_with(b"0 0 m 9 9 l S"), documents.encrypted("A1B2")],
        _inspected("pdf"),
    ),
    "picture": Reader(_pictures, lambda data: _inspected("png" if data.startswith(b"\x89") else "jpg")(data)),
    "workbook": Reader(lambda: [sheets.smallest(), bombs.workbook(["a", 1, "b"], [None, 2.5, "c"])], _sheet),
    "CSV of an import": Reader(
        lambda: [b'number,name\n1,Asha\n2,"Rao, Asha"\n', "number;name\r\n९,आशा\r\n".encode("utf-8-sig")],
        _imported,
        (file_reader.Unreadable,),
    ),
    "offline e-KYC (ZIP)": Reader(
        lambda: [vectors.zipped(_xml()[0].decode()), vectors.zipped(_xml()[0].decode(), aes=False)],
        _signed("aadhaar_offline_ekyc"),
    ),
    "offline e-KYC (XML)": Reader(_xml, _signed("aadhaar_offline_ekyc")),
    "DigiLocker (XML)": Reader(
        lambda: [vectors.enveloped(vectors.digilocker(), vectors.issuer()).encode()], _signed("digilocker_xml")
    ),
    "Secure QR": Reader(
        lambda: [vectors.code(vectors.card(), pack=pack).encode() for pack in ("gzip", "zlib")],
        _text(
            lambda text: (
                child_reader.said(
                    text.encode(), {"kind": "aadhaar_qr", "now": vectors.NOW.isoformat()}, [], LIMITS
                ).refused
            )
        ),
    ),
    "Secure QR, signed after it was broken": Reader(
        lambda: [vectors.card(layout=layout) for layout in ("", "V2", "V4", "V5")], _signed_code, (NotReadableError,)
    ),
    "signed PDF": Reader(
        lambda: [pdfs.signed(vectors.issuer()), pdfs.locked(vectors.SHARE_CODE)], _signed("signed_pdf")
    ),
    "sanctions (XML)": Reader(
        lambda: [lists.united_nations([{"name": "Zoran Quill", "birth": "1965"}])], united_nations.read, (BadListError,)
    ),
    "sanctions (EU)": Reader(
        lambda: [
            form(("EU.1.1", "P", ["Zoran"], ["1965"], []))
            for form in (lists.european_union_xml, lists.european_union_csv)
        ],
        european_union.read,
        (BadListError,),
    ),
    "sanctions (CSV)": Reader(
        lambda: [lists.ofac(("36", "QUILL, Zoran", "individual", "DOB 12 Mar 1965."))], ofac.read, (BadListError,)
    ),
    "sanctions (table)": Reader(
        lambda: [b"schedule,number,name,other_names,born\n1,1,Vexley Front/Army,Free Vexley; VXF,\n4,2.,Quill,,1965\n"],
        unlawful_activities.read,
        (BadListError,),
    ),
    "policy text": Reader(
        lambda: [b"1. Scope\nThis policy.\n\n2. Consent\n2.1 We ask.\n\n3. Officer\nName, mail.\n"],
        _text(lambda text: len(policy_parser.numbered(policy_parser.parse(text)))),
    ),
    "answer to a message": Reader(
        lambda: [b"STOP", b"stop all please", "बंद करो ONESTU".encode(), b"START", b"They wrote to me at night again"],
        _text(lambda text: keywords.read(text, sender="ONESTU").effect),
    ),
    "header of a message": Reader(
        lambda: [b"AD-ONESTU-P", b"VM-600001-G", b"ONESTU"], _text(lambda text: senders.parse_header(text).name)
    ),
    "body of a request (JSON)": Reader(
        lambda: [b'{"person": {"email": "a@b.example"}, "n": [1, 2.5, true, null]}'],
        strict_json.loads,
        (PortalError, ValueError),
    ),
    "receipt to be checked": Reader(
        lambda: [_receipt(), json.dumps({"proof": _receipt().decode()}).encode(), documents.pdf()],
        receipt_extraction.proof_in,
        (receipt_extraction.TooManyFiles,),
    ),
}
