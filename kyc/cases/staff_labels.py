"""What staff read in place of codes: how names fit, and what is wrong with a line of a take-over."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from kyc.base.models.sanctions import Likeness, Screening
from kyc.cases import labels
from kyc.names import Why

#: Whom a row without a party is about.
ITSELF = _("The customer itself")

#: What makes a name we know fit one of a list.
NAMES_FIT: Mapping[str, Any] = {
    Why.SAME_WORDS: _("The same words, in any order."),
    Why.SAME_WITHOUT_SPACES: _("The same but for spaces."),
    Why.SAME_SOUND: _("The same but for spellings of one sound."),
    Why.TITLE: _("A word in front may be a title or part of the name."),
    Why.SAME_NAME: _("A name is written in two ways that mean one name."),
    Why.INITIALS: _("Initials are short for names."),
    Why.MISSING_NAME: _("One has a name or an initial that the other leaves out."),
    Why.SIMILAR_SOUND: _("They sound alike in another spelling."),
    Why.OTHER_SCRIPT: _("They sound alike in another script."),
}

#: What is wrong with a line; what a customer's upload would hear besides stands in ``kyc.cases.labels``.
LINE_FAULTS: Mapping[str, Any] = {
    "CONSENT_MISSING": _("The holder has not agreed to the check of an Aadhaar document."),
    "CUSTOMER": _("There is no customer with this reference."),
    "DATE": _("The date is not written as YYYY-MM-DD."),
    "EXPIRED": _("Its last day has passed."),
    "FILE": _("The archive does not contain this file, or it cannot be read."),
    "FROZEN": _("The account is frozen: a document showed a child."),
    "IFSC": _("The IFSC does not have the form of one."),
    "NOTICE_MISSING": _("The notice that asks for consent to check Aadhaar documents is not published."),
    "NOT_WANTED": _("This document is not asked of this customer."),
    "NUMBER_IN_NAME": _("The name contains the number of an identity document or of an account."),
    "NUMBER": _("The number does not have the form that such a document shows."),
    "NUMBER_LIKE_AADHAAR": _(
        "The number has the digits of an Aadhaar number. If it is the account's, upload the document alone and say so."
    ),
    "PARTY": _("No related party of the customer has this reference."),
    "TAN": _("The tax deduction number (TAN) does not have the form of one."),
    "THERE_ALREADY": _("A document of this kind is with us or approved already."),
    "TWICE": _("A line before has this document of the same customer."),
}


def whose(row: Likeness | Screening) -> str:
    """Whom a name is of: somebody behind the customer by their reference, or the customer."""
    return row.party.reference if row.party else str(ITSELF)


def names_fit(codes: str) -> str:
    """Why names fit, a sentence for each code."""
    return " ".join(str(NAMES_FIT.get(code, code)) for code in codes.split())


def line_fault(code: str) -> str:
    """What is wrong with a line of a take-over, as a sentence; the bare code of what nobody has put into words."""
    return str(LINE_FAULTS.get(code) or labels.FAULTS.get(code) or labels.PROOF_FAULTS.get(code) or code)
