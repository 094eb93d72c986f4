"""What people read about faults, checks and decisions: what is wrong, and what to do."""

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from kyc.models import Decision, Document, Party
from kyc.needs import Needs
from kyc.ownership import OwnershipFault
from kyc.requirements import Need
from kyc.states import DecisionOutcome, DecisionReason, DocumentKind, PartyRole, Turn
from portal.core import moments
from portal.people.states import Answer
from portal.vault.inspection.verdict import Fault, Notice

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
    "bank_account": {"": _("This is no account number. Type it as the cheque or the statement shows it.")},
    "cin": {"": _("A CIN has 21 characters, like U72200MH2013PTC245678. Compare the number with the certificate.")},
    "driving_licence": {"": _("This is no number of a driving licence. Type it as the licence shows it.")},
    "epic": {"": _("A voter ID number has three letters and seven digits. Compare the number with the card.")},
    "llpin": {"": _("An LLPIN has three letters and four digits, like AAB-1234. Compare it with the certificate.")},
    "passport": {"": _("A passport number has a letter and seven digits. Compare the number with the passport.")},
    "udyam": {"": _("A Udyam number looks like UDYAM-MH-26-0012345. Compare it with the certificate.")},
}

#: Whose turn it is, as staff say it.
STAFF_TURNS: Mapping[str, Any] = {
    Turn.CUSTOMER: _("the customer's turn"),
    Turn.US: _("our turn"),
    Turn.NOBODY: _("nobody's turn"),
}

#: What can be shown in more than one way.
NEEDS: Mapping[str, Any] = {
    "authorisation": _("Proof that somebody may sign for you"),
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
    "": (
        _("every page of the document, in order"),
        _("names, numbers, dates and stamps, sharp enough to read"),
        _("the document itself, not a photo of a screen or a copy of a copy"),
    ),
}

#: The customer reads it on the page of each of two documents that contradict each other.
DOES_NOT_FIT = _(
    "The PAN card and the GST certificate do not fit together: the GST number holds another PAN. "
    "Send the one that is wrong or out of date again."
)

CHECKS: Mapping[str, Any] = {
    "age": _("Of age, by the signed date of birth"),
    "contact": _("Mobile number and e-mail address against the signed hashes"),
    "declared_person": _("Name and date of birth typed against those signed"),
    "declared_number": _("Number typed against number in the file"),
    "duplicate": _("Same number at another customer"),
    "expiry": _("Still valid"),
    "file_safety": _("Safety of the file"),
    "fits_type": _("Number fits the type of customer"),
    "gstin_contains_pan": _("GST number holds the PAN"),
    "holder": _("Holder of the PAN fits the customer"),
    "issued_lately": _("Issued lately"),
    "name": _("Name on the document against the name we know"),
    "signature": _("Document genuine (says nothing about who holds it)"),
    "number": _("Form and check digit of the number"),
    "states_agree": _("States that the numbers name"),
}

REASONS: Mapping[str, Any] = {
    "AGE_BY_YEAR_ONLY": _("Only the year of birth is signed: the person may be 17 or 18. Ask for the date."),
    "CHANGED_AFTER_SIGNING": _("Something was added to the file after it was signed."),
    "CONTACT_DIFFERS": _("The signed mobile number or e-mail address is another one than the customer's."),
    "DECLARED_DIFFERS": _("What was typed is not what was signed. Compare."),
    "DIGEST_DIFFERS": _("The document was changed after its issuer signed it."),
    "ISSUED_IN_FUTURE": _("The document says that it will be issued later."),
    "ISSUED_LONG_AGO": _("The file is old: it tells what was true then."),
    "KEY_OUTSIDE_VALIDITY": _("The signature holds, but the signer's certificate was not valid at that time. Decide."),
    "METHOD_NOT_ALLOWED": _("It is signed in a way that such a document never is."),
    "MINOR": _("The person is under age."),
    "MORE_THAN_ONE_SIGNATURE": _("The file holds more than one signature: it cannot be told what was signed."),
    "NOT_THE_WHOLE_DOCUMENT": _("The signature does not cover the whole document."),
    "NO_CODE": _("No QR code of an Aadhaar card could be read. Ask for a sharper picture."),
    "NO_DATE_OF_BIRTH": _("No date of birth is signed."),
    "NO_ISSUE_TIME": _("The document does not say when it was issued."),
    "OLD_UNSIGNED_CODE": _("The QR code of a card before 2018 is not signed: it proves nothing. Ask for a newer one."),
    "SIGNATURE_BROKEN": _("The signature does not hold."),
    "SIGNATURE_INVALID": _("The signature does not hold."),
    "SIGNATURE_MISSING": _("The document is not signed: it proves nothing."),
    "UNKNOWN_LAYOUT": _("Genuine, in a form newer than those we know. Look at it."),
    "UNKNOWN_SIGNER": _("Not verified: no certificate that we trust has signed it."),
    "BLURRED": _("The picture looks blurred."),
    "CHECKSUM": _("The number's check digit is wrong; some real cards have one. Compare with the card."),
    "EXPIRED": _("The document's last day has passed."),
    "FORMAT": _("The number has an unusual form. Compare with the document."),
    "GSTIN_HOLDS_NO_PAN": _("This kind of GST number holds no PAN."),
    "HOLDER_DIFFERS": _("The PAN is of another kind of holder than this type of customer has."),
    "HOLDER_IS_A_PERSON": _("The PAN is a person's: right for a sole proprietor only."),
    "HOLDER_IS_NO_PERSON": _("The PAN is not a person's."),
    "HOLDER_TYPE": _("The holder's letter is disputed. Compare with the card."),
    "HOLDER_UNSURE": _("The holder's letter is disputed for an LLP. Compare with the certificate."),
    "LEGACY_FORMAT": _("The number has an old form. Compare with the document."),
    "NAME_DIFFERENT": _("The names have different words. Compare by eye, and ask if you are not sure."),
    "NAME_INITIALS": _("The names fit if the initials stand for the names. Compare with other papers."),
    "NAME_LEGAL_FORM": _("The names say different things about the kind of organisation."),
    "NAME_MISSING_NAME": _("One name leaves out a word or an initial of the other. Compare with other papers."),
    "NAME_NO_NAME": _("One of the two holds no name."),
    "NAME_NOT_GIVEN": _("No name was typed or read from the document. Compare by eye."),
    "NAME_SAME_NAME": _("A name is written in two ways that mean one name. Compare by eye."),
    "NAME_TITLE": _("A word in front may be a title or part of the name. Compare by eye."),
    "NAME_TWO_SCRIPTS": _("The names are written in two scripts: only a person can compare them."),
    "NOTHING_TO_COMPARE": _("There is nothing to compare it with (yet)."),
    "NOT_OF_THIS_KIND": _("This type of customer has no such number."),
    "NOT_READ": _("The file's text was not read by machine. Compare by eye."),
    "NO_EXPIRY": _("The document names no last day."),
    "NUMBER_DIFFERS": _("Another number of this type stands in the file."),
    "OTHER_DOCUMENT_MISSING": _("The other document is not here (yet)."),
    "PAN_DIFFERS": _("The GST number holds another PAN than the customer's."),
    "SERVICE_DOWN": _("Something this check needs was not reachable. It runs again by itself."),
    "SIDE_MISSING": _("The document has two sides and one page came."),
    "STATE": _("The number names a state that does not exist. Compare with the document."),
    "STATES_DIFFER": _("The numbers name different states. It may be right: compare the addresses."),
    "USED_BY_ANOTHER_CUSTOMER": _("Another customer has sent the same number."),
    "YEAR": _("The number names a year that has not come. Compare with the document."),
}

#: How far a file was searched for Aadhaar numbers, where none had to be covered.
#: One sentence for each reason why a signed file cannot be read. The customer may mend it.
PROOF_FAULTS: Mapping[str, Any] = {
    Fault.ARCHIVE: _("This ZIP is not an offline e-KYC file: it must hold one XML file. Send it as you downloaded it."),
    Fault.ENCRYPTED: _("The PDF has a password. Enter it under the file, and choose the file again."),
    Fault.TYPE: _("This is not the kind of file that was asked for. Send it as you downloaded it."),
    Fault.TYPE_MISMATCH: _("This is not the kind of file that was asked for. Send it as you downloaded it."),
    "DTD": _("The file holds something that such a file never holds. Download it again and send it unchanged."),
    "PASSWORD_WRONG": _("The password does not open the PDF. Check it, and choose the file again."),
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
    "PARTLY": _(
        "Text and QR codes were searched for Aadhaar numbers: none found. Text in pictures was not: look at it."
    ),
    "NOT_SEARCHED": _("QR codes were searched for Aadhaar numbers: none found. Text in pictures was not: look at it."),
}
_LOOK_AT_PICTURES = _("Text in pictures was not searched: look at it.")


def searched(document: Document) -> str:
    """How far the file was searched for Aadhaar numbers, and what was covered in the copy that is kept."""
    if not document.hidden:
        return str(SEARCHES.get(document.searched, ""))
    covered = ngettext(
        "%(count)d Aadhaar number was found and covered for good: the copy we keep does not hold it.",
        "%(count)d Aadhaar numbers were found and covered for good: the copy we keep does not hold them.",
        document.hidden,
    ) % {"count": document.hidden}
    return covered if document.searched == "SEARCHED" else f"{covered} {_LOOK_AT_PICTURES}"


#: What staff read about shares that are doubtful.
OWNERSHIP: Mapping[str, Any] = {
    OwnershipFault.MORE_THAN_ALL: _("More than 100 per cent of something is named. Every owner named counts."),
    OwnershipFault.CLOSED_CIRCLE: _("Organisations own each other wholly: no person is behind them. Ask who is."),
    OwnershipFault.CIRCLE: _("Organisations own each other in part. The shares are followed to their limit."),
    OwnershipFault.NOT_ALL_NAMED: _("Not every owner is named. Ask who owns the rest."),
}


def task_lines(needs: Needs) -> list[str]:
    """One line for each task, for staff: whose it is, what it is, whose turn, and by when."""
    lines = []
    for task in needs.tasks:
        if task.document is None and task.need.is_optional:
            continue
        whose = f"{task.party.reference}: " if task.party else ""
        stands = task.document.get_state_display() if task.document else _("Not yet started")
        turn = "" if task.turn == Turn.NOBODY else f" ({STAFF_TURNS[task.turn]}{_until(task.due_on)})"
        lines.append(f"{whose}{need(task.need)}: {stands}{turn}")
    return lines + [f"{STAFF_TURNS[Turn.CUSTOMER]}: {lacking(one.role)}" for one in needs.lacking]


def _until(due_on: date | None) -> str:
    return f", {moments.day(due_on)}" if due_on else ""


def lacking(role: str) -> str:
    """Who is still to be named, as a sentence."""
    said = {
        PartyRole.SIGNATORY: _("Name somebody who signs for you."),
        PartyRole.DIRECTOR: _("Name a director, partner or trustee."),
        PartyRole.OWNER: _("Name your owners. Their shares must not add up to more than 100 per cent."),
    }
    return str(said[PartyRole(role)])


def capacities(party: Party, percent: Fraction | None) -> str:
    """What somebody is to the customer, in a few words; an owner's share through all ways together."""
    found = [
        *([PartyRole.SIGNATORY.label] if party.is_signatory else []),
        *([PartyRole.DIRECTOR.label] if party.is_director else []),
        *([_("owns %(percent)s per cent") % {"percent": f"{float(percent):.4g}"}] if percent else []),
        *([_("Organisation")] if party.principal_id is None else []),
    ]
    return "; ".join(str(one) for one in found)


def need(one: Need) -> Any:
    """What a need is called on a list: the document's own name where there is one kind only."""
    return NEEDS[one.name] if len(one.kinds) > 1 else DocumentKind(one.kinds[0]).label


def shows(kind: str) -> tuple[Any, ...]:
    """What must be seen on a document of this kind."""
    return SHOWS.get(kind, SHOWS[""])


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


def number_fault(number_type: str, reason: str) -> Any:
    """The sentence for a wrong number."""
    texts = NUMBERS[number_type]
    return texts.get(reason, texts[""])


def decision(row: Decision) -> str:
    """An answered proposal as one sentence: who proposed what about the document, and what the second person said."""
    values = {
        "maker": row.made_by.full_name or row.made_by.email,
        "outcome": DecisionOutcome(row.outcome).label,
        "checker": (row.checked_by.full_name or row.checked_by.email) if row.checked_by else moments.NONE,
        "time": moments.moment(row.checked_at),
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
