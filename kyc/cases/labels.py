"""What people read about faults, checks and decisions: what is wrong, and what to do."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from kyc.base.choices import DecisionOutcome, DecisionReason, DocumentKind, Revealed, Standing, Turn
from kyc.base.models.cases import Case
from kyc.base.models.checks import Check
from kyc.base.models.decisions import Decision
from kyc.base.models.documents import Document
from kyc.cases.check_labels import REASONS
from kyc.cases.check_labels import label as check_label
from kyc.cases.document_requirements import Need
from kyc.cases.outstanding_items import Needs
from kyc.cases.party_labels import lacking
from kyc.cases.selectors import standing_of
from portal.kernel.core import clock
from portal.kernel.core import date_format as dates
from portal.kernel.people.choices import Answer
from portal.kernel.vault.inspection import file_types
from portal.kernel.vault.inspection.result import Fault, Notice

#: One sentence for each fault of a file.
FAULTS: Mapping[str, Any] = {
    Fault.AADHAAR_NUMBER: _(
        "The file shows a full Aadhaar number that we could not cover. Hide the first 8 digits and send it again."
    ),
    Fault.ACTIVE_CONTENT: _("The PDF contains a script or an action. Print it to a new PDF and send that."),
    Fault.ARCHIVE: _("The file is an archive (ZIP or the like). Take the document out of it and send that."),
    Fault.CORRUPT: _("The file is damaged or not complete. Make it again and send the new one."),
    Fault.EMBEDDED_FILE: _("Another file is attached inside the PDF. Print it to a new PDF and send that."),
    Fault.EMPTY: _("The file is empty. Choose the file again."),
    Fault.ENCRYPTED: _("The PDF has a password. Remove it, or print it to a new PDF, and send that."),
    Fault.MALWARE: _("A virus scanner found something harmful in the file. Send the document from another device."),
    "MINOR": _("The document shows a person who is under 18. We destroyed it, and take no documents of children."),
    Fault.NO_CODE: _(
        "No QR code of an Aadhaar document can be read in the file. Take the photo so that the code fills the picture, "
        "or send the offline e-KYC file."
    ),
    Fault.TOO_COMPLEX: _("The file is too complicated for us to check. Send a photo or a scan of the document."),
    Fault.TOO_LARGE: _("The file must be smaller than 10 MB."),
    Fault.TOO_MANY_PAGES: _("The PDF has more than 20 pages. Send only the pages of this document."),
    Fault.TOO_MANY_PIXELS: _(
        "The picture is too large: more than 40 million pixels. Make it smaller and send it again."
    ),
    Fault.TRAILING_DATA: _("Something else is hidden behind the document in this file. Make a new photo or PDF."),
    Fault.TYPE: _("The file must be a PDF, a JPG or a PNG."),
    Fault.TYPE_MISMATCH: _("The file is not what its name says. Choose a PDF, a JPG or a PNG."),
}

#: A file that we would take under its right name.
MISNAMED: Mapping[str, Any] = {
    file_types.PDF: _("This file is a PDF, and its name says otherwise. Let its name end in .pdf and choose it again."),
    file_types.JPEG: _(
        "This file is a JPG, and its name says otherwise. Let its name end in .jpg and choose it again."
    ),
    file_types.PNG: _("This file is a PNG, and its name says otherwise. Let its name end in .png and choose it again."),
}

#: Whatever number was asked for.
AADHAAR_TYPED = _("This looks like an Aadhaar number. We accept none: type the number that is on this document.")
#: One sentence for each fault of a number, by type and reason; "" is for the rest.
NUMBERS: Mapping[str, Mapping[str, Any]] = {
    "pan": {
        "": _("A PAN has 10 characters, like ABCPR1234K: five letters, four digits, a letter."),
        "HOLDER_TYPE": _("The fourth letter of this PAN does not exist. Compare the number with the card."),
        "SERIAL": _("The four digits of a PAN are never 0000. Compare the number with the card."),
    },
    "gstin": {
        "": _("A GST number has 15 characters, like 27AAPFU0939F1ZV. Compare the number with the certificate."),
        "CHECKSUM": _("One character of this GST number is wrong or two are swapped. Compare it with the certificate."),
        "STATE": _("The first two digits of this GST number are no state. Compare it with the certificate."),
    },
    "bank_account": {
        "": _("This is no account number. Type it as the cheque or the statement shows it."),
        "AADHAAR": _(
            "This number has the digits of an Aadhaar number, which we may not take. If it is the number of the "
            "account, say so."
        ),
    },
    "cin": {"": _("A CIN has 21 characters, like U72200MH2013PTC245678. Compare the number with the certificate.")},
    "driving_licence": {"": _("This is no number of a driving licence. Type it as the licence shows it.")},
    "epic": {"": _("A voter ID number has three letters and seven digits. Compare the number with the card.")},
    "ifsc": {
        "": _("An IFSC has four letters, a zero and six characters, like HDFC0000001. Compare it with the cheque.")
    },
    "llpin": {"": _("An LLPIN has three letters and four digits, like AAB-1234. Compare it with the certificate.")},
    "passport": {"": _("A passport number has a letter and seven digits. Compare the number with the passport.")},
    "tan": {"": _("A TAN has four letters, five digits and a letter, like PNEA12345B. Compare it with the letter.")},
    "udyam": {"": _("A Udyam number looks like UDYAM-MH-26-0012345. Compare it with the certificate.")},
}

#: A case of which something is still to be sent, while something that was sent waits for a person.
WAITS_FOR_BOTH = _("Waiting for the customer and for us")
#: Whose turn it is, as staff say it.
STAFF_TURNS: Mapping[str, Any] = {
    Turn.CUSTOMER: _("the customer's turn"),
    Turn.US: _("our turn"),
    Turn.NOBODY: _("nobody's turn"),
}

#: What can be shown in more than one way.
NEEDS: Mapping[str, Any] = {
    "authorisation": _("Authorisation of your signatory"),
    "bank": _("Bank account"),
    "business": _("Proof of your business"),
    "identity": _("Proof of identity"),
}

#: What must be seen on a document; the last list is for the kinds that have none of their own.
SHOWS: Mapping[str, tuple[Any, ...]] = {
    DocumentKind.PAN_CARD: (
        _("the whole front of the card, with all four corners"),
        _("the number, the name and the date, sharp enough to read"),
        _("the card itself, not a photo of a screen or a copy of a copy"),
    ),
    DocumentKind.GST_CERTIFICATE: (
        _("the first page of the certificate (form GST REG-06)"),
        _("the GST number, the legal name and the address"),
        _("the last day, if it names one"),
    ),
    DocumentKind.CANCELLED_CHEQUE: (
        _("the whole cheque, with two lines across it"),
        _("the name, the account number and the IFSC, sharp enough to read"),
    ),
    DocumentKind.AADHAAR_QR: (
        _("the whole QR code, sharp, as large as the picture allows"),
        _("the card itself or its print, not a photo of a screen"),
    ),
    "": (
        _("every page of the document, in order"),
        _("names, numbers, dates and stamps, sharp enough to read"),
        _("the document itself, not a photo of a screen or a copy of a copy"),
    ),
}

#: First words of documents' names that are written with a capital everywhere.
PROPER_NAMES = frozenset({"Aadhaar", "Udyam"})

#: The customer reads it on the page of each of two documents that contradict each other.
DOES_NOT_FIT = _(
    "The PAN card and the GST certificate do not fit together: the GST number contains another PAN. Send the one "
    "that is wrong or out of date again."
)

#: How far a file was searched for Aadhaar numbers, where none had to be covered.
#: One sentence for each reason why a signed file cannot be read. The customer may mend it.
PROOF_FAULTS: Mapping[str, Any] = {
    Fault.ARCHIVE: _(
        "This ZIP is not an offline e-KYC file: it must contain one XML file. Send it as you downloaded it."
    ),
    Fault.ENCRYPTED: _("The PDF has a password. Enter it under the file, and choose the file again."),
    Fault.TYPE: _("This is not the kind of file that was asked for. Send it as you downloaded it."),
    Fault.TYPE_MISMATCH: _("This is not the kind of file that was asked for. Send it as you downloaded it."),
    "DTD": _("The file contains something that such a file never contains. Download it again and send it unchanged."),
    "PASSWORD_WRONG": _("The password does not open the PDF. Check it, and choose the file again."),
    "SIGNATURE_MISSING": _(
        "This file has no signature, so it proves nothing. Download it again and send it as it is, unopened and "
        "unchanged, or show another document."
    ),
    "SHARE_CODE_MISSING": _(
        "Enter the share code that you chose when you downloaded the file, and choose the file again."
    ),
    "SHARE_CODE_WRONG": _("The share code does not open the file. Check it, and choose the file again."),
}

#: What a signature proved, as the review desk names it.
PROVED: Mapping[str, Any] = {
    "name": _("Name"),
    "birth": _("Date of birth"),
    "gender": _("Gender"),
    "aadhaar": _("Aadhaar number"),
    "number": _("Number"),
    "mobile": _("Mobile number"),
    "town": _("Town"),
    "district": _("District"),
    "state": _("State"),
    "pincode": _("PIN code"),
    "status": _("Status"),
    "valid_until": _("Valid until"),
    "issuer": _("Issuer"),
    "layout": _("Form of the document"),
    "signer": _("SHA-256 of the signer's certificate"),
}

#: In which role somebody looked at a document, as the customer reads it.
ROLES: Mapping[str, Any] = {
    "auditor": _("An auditor"),
    "data_protection_officer": _("The data protection officer"),
    "grievance_officer": _("The grievance officer"),
    "kyc_checker": _("The second reviewer of documents"),
    "kyc_maker": _("A reviewer of documents"),
    "": _("A member of staff"),
}

#: Why somebody looked, as the customer reads it.
WHYS: Mapping[str, Any] = {
    "grievance": _("To answer a grievance"),
    "rights_request": _("To answer a request about your data"),
    "kyc_review": _("To check the documents"),
    "decision": _("To decide on a proposal about you"),
    "own_proposal": _("To read their own proposal about you"),
    "support": _("To help you at your wish"),
    "audit": _("For an audit"),
    "security": _("To investigate a security event"),
    "": _("No reason was written down"),
}

#: What was shown, as the customer reads it; empty for the page of the document as everybody at the desk sees it.
SHOWN: Mapping[str, Any] = {
    "": _("the pages and everything on them, under a watermark that names the reader; the number you typed was masked"),
    **{str(one): one.label for one in Revealed},
}

#: Documents that a signature proves, as staff chooses them for a certificate.
SIGNED_KINDS: Mapping[str, Any] = {
    "aadhaar_qr": _("QR code of the Aadhaar card"),
    "aadhaar_offline_ekyc": _("Aadhaar offline e-KYC file"),
    "eaadhaar_pdf": _("e-Aadhaar PDF"),
    "digilocker_xml": _("Document from DigiLocker"),
    "signed_pdf": _("Signed PDF"),
}

SEARCHES: Mapping[str, Any] = {
    "SEARCHED": _("Searched for Aadhaar numbers: none found."),
    "PARTLY": _("Text and QR codes were searched for Aadhaar numbers: none found. Text in pictures was not: check it."),
    "NOT_SEARCHED": _("QR codes were searched for Aadhaar numbers: none found. Text in pictures was not: check it."),
}
_LOOK_AT_PICTURES = _("Text in pictures was not searched: check it.")


def searched(document: Document) -> str:
    """How far the file was searched for Aadhaar numbers, and what was covered in the copy that is kept."""
    if not document.hidden:
        return str(SEARCHES.get(document.searched, ""))
    covered = ngettext(
        "%(count)d Aadhaar number was found and covered for good: the copy we keep does not contain it.",
        "%(count)d Aadhaar numbers were found and covered for good: the copy we keep does not contain them.",
        document.hidden,
    ) % {"count": document.hidden}
    return covered if document.searched == "SEARCHED" else f"{covered} {_LOOK_AT_PICTURES}"


def asked(check: Check) -> str:
    """What a person has to answer about a check, as one line."""
    return f"{check_label(check.name, check.document.kind)}: {REASONS.get(check.reason, check.reason)}"


def roles(codes: Iterable[str]) -> str:
    """Roles in the customer's words; one of ours that says nothing to it is a member of staff."""
    return ", ".join(str(ROLES.get(code, ROLES[""])) for code in dict.fromkeys(codes)) or str(ROLES[""])


def purpose(code: str) -> str:
    """Why somebody looked, in the customer's words."""
    return str(WHYS.get(code, WHYS[""]))


def shown(what: str) -> str:
    """What was shown, in the customer's words."""
    return str(SHOWN.get(what, SHOWN[""]))


def task_lines(needs: Needs, *, only_open: bool = False) -> list[str]:
    """One line for each task, for staff: whose it is, what it is, whose turn, and by when; of all or of what is left to do."""
    lines = []
    for task in needs.tasks:
        if (task.document is None and task.need.is_optional) or (only_open and task.turn == Turn.NOBODY):
            continue
        whose = f"{task.party.reference}: " if task.party else ""
        stands = task.document.get_state_display() if task.document else _("Not yet started")
        turn = "" if task.turn == Turn.NOBODY else f" ({STAFF_TURNS[task.turn]}{_until(task.due_on)})"
        lines.append(f"{whose}{need(task.need)}: {stands}{turn}")
    return lines + [f"{STAFF_TURNS[Turn.CUSTOMER]}: {lacking(one)}" for one in needs.lacking]


def _until(due_on: date | None) -> str:
    return f", {dates.day(due_on)}" if due_on else ""


def need(one: Need) -> Any:
    """What a need is called on a list: the document's own name where there is one kind only."""
    return NEEDS[one.name] if len(one.kinds) > 1 else DocumentKind(one.kinds[0]).label


def within(kind: str) -> str:
    """What a document is called inside a sentence: "Passport" becomes "passport"; "PAN card" and "Aadhaar" stay."""
    name = str(DocumentKind(kind).label)
    first = name.partition(" ")[0]
    return name if first in PROPER_NAMES or not first[1:].islower() else name[0].lower() + name[1:]


def shows(kind: str) -> tuple[Any, ...]:
    """What must be seen on a document of this kind."""
    return SHOWS.get(kind, SHOWS[""])


#: What the verification of a customer is worth: the sentence and the mark beside it.
STANDINGS: Mapping[str, tuple[Any, str]] = {
    Standing.VERIFIED: (_("You are verified. We review your documents again on %(day)s."), "ok"),
    Standing.EXPIRING: (
        _("Show your documents again by %(day)s. What we verified before is valid until then."),
        "warning",
    ),
    Standing.EXPIRED: (
        _("Your verification ended on %(day)s. No messages go out in your name until it is renewed."),
        "error",
    ),
}


def standing(case: Case, *, on: date) -> tuple[str, str]:
    """What the verification is worth on a day, for the customer; two empty texts where there was none yet."""
    if case.pk is None or case.rekyc_on is None:
        return "", ""
    said, mark = STANDINGS.get(standing_of(case, on=on), ("", ""))
    return (str(said) % {"day": date_format(case.rekyc_on, "j F Y")}, mark) if said else ("", "")


#: What may be wrong with a file that we take all the same.
NOTICES: Mapping[str, Any] = {
    Notice.BLURRED: _("The picture looks blurred. If you cannot read every word yourself, take it again."),
    Notice.SIDE_MISSING: _("This document has two sides and one page came. Put both sides into one PDF or picture."),
}


def notices(document: Document) -> list[Any]:
    """What the customer may want to mend before they send the file."""
    return [NOTICES[code] for code in document.notices.split()]


#: What the virus scanner said.
SCANS: Mapping[str, Any] = {
    "CLEAN": _("Scanned for viruses: none found."),
    "NOT_SCANNED": _("Not scanned for viruses: no scanner is set up."),
}


def file_fault(fault: str, seen: str = "") -> Any:
    """The sentence for a file that is refused at first sight; ``seen`` is the MIME type that its first bytes show."""
    return MISNAMED.get(seen, FAULTS[fault]) if fault == Fault.TYPE_MISMATCH else FAULTS[fault]


def number_fault(number_type: str, reason: str) -> Any:
    """The sentence for a wrong number."""
    texts = {"AADHAAR": AADHAAR_TYPED, **NUMBERS[number_type]}
    return texts.get(reason, texts[""])


def decision(row: Decision) -> str:
    """An answered proposal as one sentence: who proposed what about the document, and what the second person said."""
    values = {
        "maker": row.made_by.full_name or row.made_by.email,
        "outcome": DecisionOutcome(row.outcome).label,
        "checker": (row.checked_by.full_name or row.checked_by.email) if row.checked_by else dates.NONE,
        "time": dates.moment(row.checked_at),
        "why": DecisionReason(row.reason_code).label if row.reason_code else "",
        "reason": row.reason,
    }
    proposed = (
        _("%(maker)s proposed: %(outcome)s (%(why)s).") if row.reason_code else _("%(maker)s proposed: %(outcome)s.")
    )
    if row.answer == Answer.APPROVED:
        said = _("%(checker)s agreed, %(time)s.")
    elif row.reason:
        said = _("%(checker)s refused, %(time)s: %(reason)s")
    else:
        said = _("%(checker)s refused, %(time)s.")
    return f"{proposed % values} {said % values}"


def earlier_file(document: Document) -> str:
    """A file given before, as its owner knows it: what it was, when it came, what kind of file."""
    said = _("Use the file you sent on %(day)s: %(document)s (%(ending)s)") % {
        "day": date_format(clock.day(document.uploaded_at), "j F Y"),
        "document": document.get_kind_display(),
        "ending": document.extension.upper(),
    }
    pages = ngettext("%(pages)s page", "%(pages)s pages", document.pages) % {"pages": document.pages}
    return f"{said}, {pages}"
