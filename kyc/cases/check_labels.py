"""What people read about a check: what it looks at and what it says; staff also why."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from kyc.base.choices import PROVED_BY_SIGNATURE

CHECKS: Mapping[str, Any] = {
    "account_name": _("Name of the account's holder at the bank"),
    "account_status": _("Account at the bank"),
    "age": _("Of age, by the signed date of birth"),
    "contact": _("Mobile number and email address against the signed hashes"),
    "declared_person": _("Name and date of birth typed against those signed"),
    "declared_number": _("Number typed against number in the file"),
    "duplicate": _("Same number at another customer"),
    "expiry": _("Still valid"),
    "file_safety": _("Safety of the file"),
    "fits_type": _("Number fits the type of customer"),
    "gstin_contains_pan": _("GST number contains the PAN"),
    "gstin_name": _("Name in the GST register"),
    "gstin_status": _("GST number in the register"),
    "holder": _("Holder of the PAN fits the customer"),
    "ifsc": _("Branch of the account (IFSC)"),
    "issued_lately": _("Issued lately"),
    "name": _("Name on the document against the name we know"),
    "picture_text": _("What a machine reads in the pictures against what was typed"),
    "register_fits_pan": _("Number in the register of companies fits the PAN"),
    "signature": _("Document genuine (says nothing about its holder)"),
    "number": _("Form and check digit of the number"),
    "pan_name": _("Name and date in the PAN register"),
    "pan_status": _("PAN in the register"),
    "states_agree": _("States that the numbers name"),
    "tan": _("Tax deduction number (TAN)"),
}

#: The same where nobody but who sent the document says what it shows: no machine has read it there.
TYPED: Mapping[str, Any] = {
    "expiry": _("Still valid, by the last day that was typed"),
    "name": _("Name that was typed against the name we know"),
}
#: Beside such a check that passed.
AS_TYPED = _("It fits as it was typed. Look whether the document says the same.")

OUTCOMES: Mapping[str, Any] = {
    "PASS": _("Passed"),
    "WARN": _("Review needed"),
    "FAIL": _("Failed"),
    "UNAVAILABLE": _("Could not run"),
    "NOT_APPLICABLE": _("Does not apply"),
}

REASONS: Mapping[str, Any] = {
    "AADHAAR": _("It has the digits of an Aadhaar number too. Look whether the document shows it as an account's."),
    "ACCOUNT_INVALID": _("The bank has no such account, or takes no payments for it."),
    "ANSWER_COMES_LATER": _("The bank was asked; its answer comes later. You may decide without it."),
    "GSTIN_CANCELLED": _("The registration is cancelled."),
    "GSTIN_PROVISIONAL": _("The registration is provisional."),
    "GSTIN_SUSPENDED": _("The registration is suspended. Ask why."),
    "NO_CONSENT": _("There is no consent to this check, so the provider was not asked. You may decide without it."),
    "NO_PAPERS": _(
        "The provider's contract, check or transfer is not valid, so the provider was not asked. You may decide "
        "without it."
    ),
    "NOT_CONFIGURED": _("No provider connected. Check the public register yourself."),
    "PAN_DEACTIVATED": _("The PAN is deactivated."),
    "PAN_DELETED": _("The PAN is deleted."),
    "PAN_EVENT": _("The PAN is valid, and its register notes a death, merger or dissolution. Look who acts."),
    "PAN_FAKE": _("The register calls this PAN fake."),
    "PAN_NOT_FOUND": _("The register does not know this PAN."),
    "PAN_NOT_LINKED": _("The PAN is not linked with Aadhaar and so inoperative."),
    "PICTURE_DAY_DIFFERS": _(
        "Automatic reading found another day in the picture than was typed. It may misread: check it."
    ),
    "PICTURE_NUMBER_DIFFERS": _(
        "Automatic reading found another number in the picture than was typed. It may misread: check it."
    ),
    "PROVIDER_BUSY": _("The register was asked too often. It is asked again by itself; you may decide without it."),
    "PROVIDER_DOWN": _("The register could not be reached. It is asked again by itself; you may decide without it."),
    "PROVIDER_REFUSED": _("The register refused our request. An administrator has to check the settings."),
    "PROVIDER_UNREADABLE": _("The register's answer could not be read. You may decide without it."),
    "REGISTERED_DIFFERS": _(
        "The register has another name or date of birth than was sent. Compare with other documents."
    ),
    "VALUE_MISSING": _("Something that the register asks for was not given. You may decide without it."),
    "AGE_BY_YEAR_ONLY": _("Only the year of birth is signed: the person may be 17 or 18. Ask for the date."),
    "BIRTH_NOT_READ": _(
        "The document is genuine, but its date of birth was not read: it cannot be approved. Ask for another."
    ),
    "CHANGED_AFTER_SIGNING": _("Something was added to the file after it was signed."),
    "CONTACT_DIFFERS": _("The signed mobile number or email address is another one than the customer's."),
    "DECLARED_DIFFERS": _("What was typed is not what was signed. Compare."),
    "DIGEST_DIFFERS": _("The document was changed after its issuer signed it."),
    "ISSUED_IN_FUTURE": _("The document says that it will be issued later."),
    "ISSUED_LONG_AGO": _("The file is old: it shows what was true then."),
    "KEY_OUTSIDE_VALIDITY": _(
        "The signature is valid, but the signer's certificate was not valid at that time. Decide."
    ),
    "METHOD_NOT_ALLOWED": _("It is signed in a way that such a document never is."),
    "MINOR": _("The person is under age."),
    "MORE_THAN_ONE_SIGNATURE": _("The file has more than one signature: it is not clear what was signed."),
    "NOT_THE_WHOLE_DOCUMENT": _("The signature does not cover the whole document."),
    "NO_CODE": _("No QR code of an Aadhaar card could be read. Ask for a sharper picture."),
    "NO_DATE_OF_BIRTH": _("No date of birth is signed."),
    "NO_ISSUE_TIME": _("The document does not say when it was issued."),
    "OLD_UNSIGNED_CODE": _("The QR code of a card before 2018 is not signed: it proves nothing. Ask for a newer one."),
    "SIGNATURE_BROKEN": _("The signature is not valid."),
    "SIGNATURE_INVALID": _("The signature is not valid."),
    "SIGNATURE_MISSING": _("The document is not signed: it proves nothing."),
    "UNKNOWN_LAYOUT": _("Genuine, in a form newer than those we know. Check it."),
    "UNKNOWN_SIGNER": _(
        "Not verified: no certificate that we trust has signed it. It cannot be approved: ask for another."
    ),
    "BLURRED": _("The picture looks blurred."),
    "CHECKSUM": _("The number's check digit is wrong; some real cards have one. Compare with the card."),
    "EXPIRED": _("The document's last day has passed."),
    "FORMAT": _("The number has an unusual form. Compare with the document."),
    "GSTIN_HOLDS_NO_PAN": _("This kind of GST number contains no PAN."),
    "HOLDER_DIFFERS": _("The PAN is of another kind of holder than this type of customer has."),
    "HOLDER_IS_A_PERSON": _("The PAN is a person's: right for a sole proprietor only."),
    "HOLDER_IS_NO_PERSON": _("The PAN is not a person's."),
    "HOLDER_TYPE": _("The holder's letter is disputed. Compare with the card."),
    "HOLDER_UNSURE": _("The holder's letter is disputed for an LLP. Compare with the certificate."),
    "LEGACY_FORMAT": _("The number has an old form. Compare with the document."),
    "NAME_DIFFERENT": _("The names have different words. Compare by eye, and ask if you are not sure."),
    "NAME_INITIALS": _("The names fit if the initials are short for the names. Compare with other documents."),
    "NAME_LEGAL_FORM": _("The names say different things about the kind of organisation."),
    "NAME_MISSING_NAME": _("One name leaves out a word or an initial of the other. Compare with other documents."),
    "NAME_NOT_READ": _(
        "The document is genuine, but the name in it was not read: it cannot be approved. Ask for another."
    ),
    "NAME_NO_NAME": _("One of the two has no name."),
    "NAME_NOT_GIVEN": _("No name was typed or read from the document. Compare by eye."),
    "NAME_OTHER_SCRIPT": _("The names sound alike in two scripts. Compare with other documents."),
    "NAME_SAME_NAME": _("A name is written in two ways that mean one name. Compare by eye."),
    "NAME_SIMILAR_SOUND": _("The names sound alike in another spelling. Compare with other documents."),
    "NAME_TITLE": _("A word in front may be a title or part of the name. Compare by eye."),
    "NAME_TWO_SCRIPTS": _("The names are written in two scripts: only a person can compare them."),
    "INITIAL_DIFFERS": _(
        "The fourth letter of the TAN is not the first of the name. Compare with the allotment document."
    ),
    "NOT_GIVEN": _("It was not typed."),
    "UNKNOWN_BRANCH": _("Our list of branches does not contain this one: it may be new, or mistyped. Compare."),
    "NOTHING_TO_COMPARE": _("There is nothing to compare it with (yet)."),
    "NOT_OF_THIS_KIND": _("This type of customer has no such number."),
    "NOT_READ": _("The file's text was not read by machine. Compare by eye."),
    "NO_EXPIRY": _("The document names no last day."),
    "NUMBER_DIFFERS": _("Another number of this type is in the file."),
    "OTHER_DOCUMENT_MISSING": _("The other document is not here (yet)."),
    "PAN_DIFFERS": _("The GST number contains another PAN than the customer's."),
    "SERVICE_DOWN": _("Something this check needs was not reachable. It runs again by itself."),
    "SIDE_MISSING": _("The document has two sides and one page came."),
    "STATE": _("The number names a state that does not exist. Compare with the document."),
    "STATES_DIFFER": _("The numbers name different states. It may be right: compare the addresses."),
    "USED_BY_ANOTHER_CUSTOMER": _("Another customer has sent the same number."),
    "YEAR": _("The number names a year that has not come. Compare with the document."),
}


def is_typed(name: str, kind: str) -> bool:
    """Whether a check of a document of this kind compares what was typed: a document with a signature tells it itself."""
    return name in TYPED and kind not in PROVED_BY_SIGNATURE


def label(name: str, kind: str) -> Any:
    """What a check of a document of this kind is called."""
    return TYPED[name] if is_typed(name, kind) else CHECKS.get(name, name)
