"""The closed lists of this room."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Answer(TextChoices):
    """What one consent event says."""

    GIVEN = "given", _("Yes")
    DENIED = "denied", _("No")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    EXPIRED = "expired", _("Ended")
    RENEWED = "renewed", _("Yes, again")


#: What may stand at an address: an answer, or that there is none (what was said ended, and it never was a yes).
STANDING = (*Answer.choices, ("unanswered", _("No choice made")))


class AnsweredAs(TextChoices):
    """What a set of answers belongs to."""

    BATCH = "batch", _("Batch")
    MINUTE = "minute", _("Single questions of a minute")
    SCRUB = "scrub", _("Scrubbed list")


class Way(TextChoices):
    """How an answer reached us. There is none for using a service, reading a page or staying silent."""

    ADDRESS_LEFT = "address_left", _("The address was removed")
    API = "api", _("Reported by a connected system")
    CODE = "code", _("Public page, with a code sent to the address")
    COMPLAINT = "complaint", _("Complaint about a message")
    CONSENT_MANAGER = "consent_manager", _("Consent manager")
    EMAIL = "email", _("Link in an email")
    EXPIRY = "expiry", _("The agreed time ended")
    GPC = "gpc", _("Signal of the browser (Sec-GPC)")
    GUARDIAN = "guardian", _("Page of the parent or guardian")
    IMPORT = "import", _("Import with proof of origin")
    MERGED = "merged", _("Two records turned out to be one person")
    MISSED_CALL = "missed_call", _("Missed call to the opt-out number")
    NOMINEE = "nominee", _("Nominee of the person")
    PAGE = "page", _("Privacy page")
    PAPER = "paper", _("Message or form")
    PHONE = "phone", _("Phone call")
    PROTECTION = "protection", _("Not for anyone under 18")
    RCS = "rcs", _("Reply by RCS")
    RESTED = "rested", _("The person died")
    SMS = "sms", _("Reply by SMS")
    STAFF = "staff", _("Staff at the person's wish")
    STOP_ALL = "stop_all", _("Stop all promotional messages")
    UNDO = "undo", _("Undo of “Stop all”")
    VOICE = "voice", _("Key press during a call")
    WHATSAPP = "whatsapp", _("Reply by WhatsApp")


#: Told by somebody else's system, which vouches for it with a hash: the person said nothing to us.
ATTESTED: frozenset[str] = frozenset({Way.API, Way.IMPORT})

#: What the person did, in the word of a system all the same: the keys of a call are told by who runs the telephone.
TOLD: frozenset[str] = ATTESTED | {Way.VOICE}

#: "Stop all" at one press: told to recipients whatever was said before, and taken back within minutes.
STOPS_ALL: frozenset[str] = frozenset({Way.STOP_ALL, Way.CODE})


class Relation(TextChoices):
    """Who answers for a person that cannot answer alone."""

    PARENT = "parent", _("Parent")
    GUARDIAN = "guardian", _("Lawful guardian")


class ShownBy(TextChoices):
    """How a parent's identity and age were shown (DPDP Rules r.10)."""

    HELD = "held", _("Reliable details that we have already")
    PROVIDED = "provided", _("Details or a document that they gave")
    TOKEN = "token", _("Token of an authorised service, such as DigiLocker")


class AppointedBy(TextChoices):
    """Who appointed the guardian of a person with a disability (DPDP Rules r.11)."""

    COURT = "court", _("Court of law")
    AUTHORITY = "authority", _("Designated authority")
    COMMITTEE = "committee", _("Local level committee")


class EndedBy(TextChoices):
    """Who ended the standing of a parent or guardian."""

    GUARDIAN = "guardian", _("The parent or guardian")
    STAFF = "staff", _("Staff")


class HeldState(TextChoices):
    """Where a yes stands that somebody else has to give."""

    HELD = "held", _("Waits for a parent or guardian")
    GIVEN = "given", _("The parent or guardian consented")
    LEFT = "left", _("Cancelled")


HELD_MOVES: dict[str, set[str]] = {
    HeldState.HELD: {HeldState.GIVEN, HeldState.LEFT},
    HeldState.GIVEN: set(),
    HeldState.LEFT: set(),
}


class NoticeKind(TextChoices):
    PRIVACY_POLICY = "privacy_policy", _("Privacy policy")
    CONSENT_NOTICE = "consent_notice", _("Consent notice")
    COOKIE_NOTICE = "cookie_notice", _("Cookie notice")


class VersionState(TextChoices):
    DRAFT = "draft", _("Draft")
    PUBLISHED = "published", _("Published")
    DROPPED = "dropped", _("Dropped")


VERSION_MOVES: dict[str, set[str]] = {
    VersionState.DRAFT: {VersionState.PUBLISHED, VersionState.DROPPED},
    VersionState.PUBLISHED: set(),
    VersionState.DROPPED: set(),
}


class Weight(TextChoices):
    """How much a version changes. Two people say so, with the changes before them."""

    FIRST = "first", _("First version")
    MATERIAL = "material", _("Material: it changes what happens to people's data, or their rights")
    EDITORIAL = "editorial", _("Editorial: other words, the same meaning")


class SendFinding(TextChoices):
    """What a send after a withdrawal turned out to be."""

    UNDER_WAY = "under_way", _("It was leaving while the withdrawal was recorded")
    SENDER_LATE = "sender_late", _("The sending system stopped too late")
    WRONG_REPORT = "wrong_report", _("The report was wrong: nothing was sent")
    OUR_FAULT = "our_fault", _("Our own fault")


class AnnouncementKind(TextChoices):
    """Why everybody is told of a text."""

    CHANGE = "change", _("Change of the text")
    REMINDER = "reminder", _("Reminder")


class CookieFault(TextChoices):
    """What is wrong with a cookie that was in an answer of ours."""

    UNLISTED = "unlisted", _("It is in no list")
    WITHOUT_YES = "without_yes", _("It needs a consent that was missing; it was removed")


class Pace(TextChoices):
    """How many messages a person wants at most."""

    NO_LIMIT = "no_limit", _("No limit")
    TWO_A_WEEK = "two_a_week", _("2 a week")
    ONE_A_MONTH = "one_a_month", _("1 a month")


#: Messages and days. A month is taken as its longest, in favour of the person.
PACE_LIMITS: dict[str, tuple[int, int]] = {Pace.TWO_A_WEEK: (2, 7), Pace.ONE_A_MONTH: (1, 31)}
