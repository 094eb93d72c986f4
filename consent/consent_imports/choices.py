"""The closed lists about answers from elsewhere: words for staff."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Origin(TextChoices):
    """How an answer that was given elsewhere was taken there: the kind of its proof."""

    APP = "app", _("App")
    CALL = "call", _("Recorded call")
    CONTRACT = "contract", _("Contract")
    PAPER_FORM = "paper_form", _("Paper form")
    SMS = "sms", _("SMS")
    WEB_FORM = "web_form", _("Form on a website")


class ListState(TextChoices):
    """Where a list of answers from elsewhere stands."""

    CHECKING = "checking", _("Being checked")
    FAULTY = "faulty", _("Has faults")
    CHECKED = "checked", _("In order: waits for a second person")
    IMPORTING = "importing", _("Being imported")
    DONE = "done", _("Imported")
    REFUSED = "refused", _("Cancelled")


#: Nothing of a list with a fault is taken in. IMPORTING to REFUSED: the rest is given up, what is in stays.
LIST_MOVES: dict[str, set[str]] = {
    ListState.CHECKING: {ListState.FAULTY, ListState.CHECKED, ListState.REFUSED},
    ListState.FAULTY: {ListState.REFUSED},
    ListState.CHECKED: {ListState.IMPORTING, ListState.REFUSED},
    ListState.IMPORTING: {ListState.DONE, ListState.REFUSED},
    ListState.DONE: set(),
    ListState.REFUSED: set(),
}


class LineFault(TextChoices):
    """What is wrong with a line or with the file, and what to do. Never what stood there."""

    ADDRESS_FORMAT = (
        "ADDRESS_FORMAT",
        _("Not an address of this channel: write an email address, or a number with +91."),
    )
    ANSWER_UNKNOWN = "ANSWER_UNKNOWN", _("Write given, denied or withdrawn.")
    CHANNEL_UNKNOWN = "CHANNEL_UNKNOWN", _("Write sms, whatsapp, rcs, voice or email.")
    ORIGIN_UNKNOWN = (
        "ORIGIN_UNKNOWN",
        _("Say how the consent was collected: app, call, contract, paper_form, sms or web_form."),
    )
    PROOF_MISSING = (
        "PROOF_MISSING",
        _("A consent needs the SHA-256 of its proof, 64 characters from 0 to 9 and a to f."),
    )
    PROTECTED = "PROTECTED", _("Someone else has to consent for this person: record the guardian's decision instead.")
    PURPOSE_UNKNOWN = "PURPOSE_UNKNOWN", _("There is no purpose of this code in force.")
    PURPOSE_WITHOUT_MESSAGES = "PURPOSE_WITHOUT_MESSAGES", _("No messages are sent for this purpose.")
    TIME_AHEAD = "TIME_AHEAD", _("This time is in the future.")
    TIME_FORMAT = "TIME_FORMAT", _("Write the time like 2025-10-01 or 2025-10-01T14:30:00+05:30.")
    TIME_TOO_EARLY = "TIME_TOO_EARLY", _("No choice is that old: write a time from 1990 on.")
    CONSENT_NOT_NEEDED = (
        "CONSENT_NOT_NEEDED",
        _("This purpose is based on a law or a contract: no one is asked for it."),
    )
    TOO_SOON_AFTER_NO = (
        "TOO_SOON_AFTER_NO",
        _("The person refused shortly before: until they may be asked again only they themselves may consent, to us."),
    )
    FILE_COLUMNS = "FILE_COLUMNS", _("The first line must name the columns, each once, and no other.")
    FILE_EMPTY = "FILE_EMPTY", _("The file has no lines below its heading.")
    FILE_UNREADABLE = "FILE_UNREADABLE", _("The file cannot be read from here on. Save it as CSV in UTF-8 or as XLSX.")
    FILE_TOO_LONG = "FILE_TOO_LONG", _("The file has more lines than one list may have. Split it.")
