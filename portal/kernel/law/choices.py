"""The closed vocabularies of the law room."""

from collections.abc import Mapping
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from portal.kernel.law import category_order


class Channel(TextChoices):
    """Ways of reaching a person; ``none`` is processing that is no message."""

    SMS = "sms", _("SMS")
    WHATSAPP = "whatsapp", _("WhatsApp")
    RCS = "rcs", _("RCS")
    EMAIL = "email", _("E-mail")
    VOICE = "voice", _("Voice call")
    PUSH = "push", _("Push notice")
    DASHBOARD = "dashboard", _("Dashboard")
    NONE = "none", _("No message")


#: The channels of messages, in the order in which pages show them; ``channels`` describes each.
MESSAGE_CHANNELS = tuple(channel for channel in Channel if channel is not Channel.NONE)


def channel_choices() -> list[tuple[str, Any]]:
    """What a field of a channel may hold. Fields name this function, so that a new channel changes no table."""
    return Channel.choices


def message_channel_choices() -> list[tuple[str, Any]]:
    """As ``channel_choices``, of what is a message."""
    return [(channel.value, channel.label) for channel in MESSAGE_CHANNELS]


class MessageCategory(TextChoices):
    """The words for the codes of ``strictness``, which says their order."""

    PROMOTIONAL = category_order.PROMOTIONAL, _("Promotional")
    SERVICE = category_order.SERVICE, _("Service")
    TRANSACTIONAL = category_order.TRANSACTIONAL, _("Transactional")
    POLICY_AND_SECURITY = category_order.POLICY_AND_SECURITY, _("Policy and security")


#: Categories that a person chooses about and may stop; the others are owed.
CHOSEN = (MessageCategory.PROMOTIONAL, MessageCategory.SERVICE)


class PreferenceCategory(TextChoices):
    """What promotion may be about: TRAI's eight preference categories, in the order of rule IN-TRAI-PREF."""

    FINANCE = "finance", _("Banking, insurance and finance")
    REAL_ESTATE = "real_estate", _("Real estate")
    EDUCATION = "education", _("Education")
    HEALTH = "health", _("Health")
    GOODS = "goods", _("Consumer goods and cars")
    COMMUNICATION = "communication", _("Communication, broadcasting, entertainment and IT")
    TOURISM = "tourism", _("Tourism and leisure")
    FOOD = "food", _("Food and drink")


class DayType(TextChoices):
    """Kinds of days of a preference, in the order of rule IN-TRAI-PREF-DAYS."""

    MONDAY = "mon", _("Monday")
    TUESDAY = "tue", _("Tuesday")
    WEDNESDAY = "wed", _("Wednesday")
    THURSDAY = "thu", _("Thursday")
    FRIDAY = "fri", _("Friday")
    SATURDAY = "sat", _("Saturday")
    SUNDAY = "sun", _("Sunday")
    HOLIDAY = "holiday", _("Public holidays")


class LawfulBasis(TextChoices):
    """Why data may be used: DPDP Act 2023 ss. 6 and 7, GDPR Art 6(1), CCPA notice and opt-out."""

    CONSENT = "consent", _("Consent")
    VOLUNTARY_PROVISION = "voluntary_provision", _("Voluntary provision for this use")
    LEGAL_DUTY = "legal_duty", _("Duty under a law")
    CONTRACT = "contract", _("Needed for the contract")
    LEGITIMATE_INTEREST = "legitimate_interest", _("Legitimate interest, balanced")
    NOTICE = "notice", _("Notice at collection")
    NOTICE_AND_OPT_OUT = "notice_and_opt_out", _("Notice, with the right to opt out")
    EMPLOYMENT = "employment", _("Employment purposes")


class Regime(TextChoices):
    """Whose law protects a person."""

    IN = "IN", _("India")
    EU = "EU", _("European Union")
    US_CA = "US-CA", _("California")


#: DPDP knows neither a legitimate-interest nor a general contract ground; CCPA asks for notice, and for an opt-out.
BASES_OF_REGIME: Mapping[str, frozenset[str]] = {
    Regime.IN: frozenset(
        {LawfulBasis.CONSENT, LawfulBasis.VOLUNTARY_PROVISION, LawfulBasis.LEGAL_DUTY, LawfulBasis.EMPLOYMENT}
    ),
    Regime.EU: frozenset(
        {LawfulBasis.CONSENT, LawfulBasis.CONTRACT, LawfulBasis.LEGAL_DUTY, LawfulBasis.LEGITIMATE_INTEREST}
    ),
    Regime.US_CA: frozenset({LawfulBasis.CONSENT, LawfulBasis.NOTICE, LawfulBasis.NOTICE_AND_OPT_OUT}),
}


class Confidence(TextChoices):
    """How well a rule's text is known. M and U are shown as unconfirmed."""

    READ = "R", _("text read")
    COMMENTARY = "R2", _("read in commentary")
    MEMORY = "M", _("unconfirmed")
    UNSURE = "U", _("unconfirmed, sources conflict")


UNCONFIRMED = frozenset({Confidence.MEMORY, Confidence.UNSURE})


class Switch(TextChoices):
    """One question of the organisation profile. "Not decided" applies the stricter rule, shown as unconfirmed."""

    YES = "yes", _("yes")
    NO = "no", _("no")
    UNDECIDED = "undecided", _("not decided")


class Binds(TextChoices):
    """Whom a rule binds. A rule for others starts no clock here."""

    US = "us", _("Onesetu")
    OTHERS = "others", _("another person")


class ClockState(TextChoices):
    RUNNING = "running", _("running")
    PAUSED = "paused", _("paused")
    STOPPED = "stopped", _("stopped")


CLOCK_MOVES = {
    ClockState.RUNNING: {ClockState.PAUSED, ClockState.STOPPED},
    ClockState.PAUSED: {ClockState.RUNNING, ClockState.STOPPED},
    ClockState.STOPPED: frozenset[ClockState](),
}


class ClockEventKind(TextChoices):
    STARTED = "started", _("started")
    PAUSED = "paused", _("paused")
    RESUMED = "resumed", _("resumed")
    STOPPED = "stopped", _("stopped")
    DUE_SOON = "due_soon", _("due soon")
    LATE = "late", _("late")
    EXTENDED = "extended", _("extended")
    CORRECTED = "corrected", _("start corrected")
    EXPLAINED = "explained", _("lateness explained")


class Ended(TextChoices):
    """Why a clock stands still for good: the words of ``rules.Ended``, which is plain Python."""

    DONE = "done", _("done")
    WITHDRAWN = "withdrawn", _("nothing was owed any longer")
    CORRECTED = "corrected", _("its start was wrong")


class Role(TextChoices):
    """In which role we hold the data that the work is about. As a processor we pass on; the client decides."""

    FIDUCIARY = "fiduciary", _("we decide")
    PROCESSOR = "processor", _("we act for a client")


class LateReason(TextChoices):
    """Why something was done after its date: said by whoever does it, kept with the clock, shown to an auditor."""

    COMPLEX = "complex", _("It took longer to find out")
    MANY = "many", _("More came in than we could answer")
    OTHERS = "others", _("We waited for a third party")
    PERSON = "person", _("We waited for the person")
    FAULT = "fault", _("A system did not work")
    MISTAKE = "mistake", _("We made a mistake")


class ExtensionReason(TextChoices):
    """Why more time is needed, as the law lets us say it (GDPR Art 12(3); 11 CCR 7021(b)). Told to the person."""

    COMPLEX = "complex", _("It is complex")
    MANY = "many", _("There are many requests")


class StartReason(TextChoices):
    """Why a clock counts from another moment than it began with."""

    EARLIER = "earlier", _("It had reached us earlier, on another way")
    MISTYPED = "mistyped", _("The date was entered wrongly")
    WRONG_ZONE = "wrong_zone", _("The time was entered in another time zone")
