"""Words that questions, answers, and lists of what a person blocks, are put together from."""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from consent.base.choices import Answer, Way
from consent.base.rules.status_fold import YES
from portal.kernel.core.actor import ActorKind
from portal.kernel.core.data_categories import DataCategory
from portal.kernel.law.choices import Channel, DayType, PreferenceCategory
from portal.kernel.registers.base.choices import SENDERS_OF_CHANNEL
from portal.kernel.vault.inspection.result import Fault

#: What a purpose uses, in the words of a notice: itemised, as DPDP r.3 asks.
DATA: dict[str, Any] = {
    DataCategory.NAME: _("Your name"),
    DataCategory.CONTACT: _("Your email address and phone number"),
    DataCategory.IDENTITY_DOCUMENT: _("Your identity and business documents"),
    DataCategory.FINANCIAL: _("Your bank and payment details"),
    DataCategory.DATE_OF_BIRTH: _("Your date of birth"),
    DataCategory.MESSAGE_CONTENT: _("What people say or write in messages and calls"),
    DataCategory.FREE_TEXT: _("What you write to us"),
    DataCategory.CREDENTIAL: _("What you sign in with"),
    DataCategory.DEVICE: _("Your device and how you use our pages"),
    DataCategory.LOCATION: _("The country or region you are in"),
}

#: What is wrong with a scan, and what to do.
FAULTS: dict[str, Any] = {
    Fault.EMPTY: _("This file is empty. Choose another one"),
    Fault.TOO_LARGE: _("The file must be smaller than 10 MB"),
    Fault.TYPE: _("The file must be a PDF, JPG or PNG"),
    Fault.ARCHIVE: _("The file must be a PDF, JPG or PNG"),
    Fault.ENCRYPTED: _("The PDF is protected by a password. Remove the password and choose it again"),
}
FAULT = _("The file is damaged and cannot be opened. Save it anew and choose it again")


def band_words(band: str) -> str:
    """A band of hours like ``10:00-12:00`` in the reader's language."""
    begins, _dash, ends = band.partition("-")
    return _now("%(begins)s to %(ends)s") % {"begins": begins, "ends": ends}


#: The four lists of what a person blocks: what each is called, and the words of its codes.
BLOCKED: dict[str, tuple[Any, Callable[[str], Any]]] = {
    "categories": (_("Nothing about"), lambda code: PreferenceCategory(code).label),
    "modes": (_("Nothing by"), lambda code: Channel(code).label),
    "bands": (_("Nothing at these hours (Indian time)"), band_words),
    "days": (_("Nothing on"), lambda code: DayType(code).label),
}


def blocked_words(row: Any) -> list[tuple[str, str]]:
    """What is blocked by a change of wishes, or by the wishes now: each list that holds something, and its words."""
    said = [
        (str(label), ", ".join(str(words(code)) for code in getattr(row, f"blocked_{name}").split()))
        for name, (label, words) in BLOCKED.items()
    ]
    return [(label, words) for label, words in said if words]


def answer_words(event: Any) -> str:
    """What an answer says, for the person: an undo restores what was, so it never is an answer that "ended"."""
    if event.way != Way.UNDO:
        return str(Answer(event.answer).label)
    return _now("Yes, as before the stop") if event.answer in YES else _now("No choice made, as before the stop")


def sender_label(event: Any) -> str:
    """Whom an answer is about: one sender, or all of the company's. Empty where no registered sender writes on the channel."""
    if event.channel not in SENDERS_OF_CHANNEL:
        return ""
    return _now("Only %(sender)s") % {"sender": event.sender} if event.sender else _now("All senders of this company")


def stop_words(told: Any) -> list[str]:
    """Purpose, channel and answer of a stop that stands alone, or of somebody who answers for another no more."""
    if told.stop is None:
        return [_now("Decides for someone else"), "–", _now("You no longer decide for this person")]
    stop = told.stop
    answer = (
        _now("Promotional messages from %(header)s stopped") if stop.header else _now("Promotional messages stopped")
    )
    channel = str(Channel(stop.channel).label) if stop.channel else "–"
    return [_now("Stop all promotional messages"), channel, answer % {"header": stop.header}]


#: How the person who acted was identified, by the way that the act reached us.
IDENTIFIED_BY_WAY: dict[str, Any] = {
    Way.ADDRESS_LEFT: _("Not needed: this follows from another change"),
    Way.API: _("By a connected system, which keeps the proof"),
    Way.CODE: _("By a code sent to this address or number"),
    Way.COMPLAINT: _("By the email provider that passed the complaint on"),
    Way.CONSENT_MANAGER: _("By your consent manager, which signed the request"),
    Way.EMAIL: _("By the link in an email to this address"),
    Way.EXPIRY: _("Not needed: this follows from another change"),
    Way.GUARDIAN: _("By a parent or guardian whom our team has verified"),
    Way.IMPORT: _("By a list with the proof of each choice"),
    Way.MERGED: _("Not needed: this follows from another change"),
    Way.MISSED_CALL: _("By the number that the call came from"),
    Way.NOMINEE: _("By a nominee whom our team has verified"),
    Way.PAPER: _("By a signed form that our team checked"),
    Way.PHONE: _("By a call that our team checked"),
    Way.PROTECTION: _("Not needed: this follows from another change"),
    Way.RCS: _("By the number that the message came from"),
    Way.RESTED: _("Not needed: this follows from another change"),
    Way.SMS: _("By the number that the message came from"),
    Way.STAFF: _("By our team, who recorded it on request"),
    Way.VOICE: _("By the number that was called"),
    Way.WHATSAPP: _("By the number that the message came from"),
}
#: On pages it is who acted; whoever is not signed in is known by the address, or by nothing but the browser.
IDENTIFIED_BY_ACTOR: dict[str, Any] = {
    ActorKind.CUSTOMER: _("By sign-in"),
    ActorKind.STAFF: _("By our team, who recorded it on request"),
    ActorKind.SYSTEM: _("Not needed: this follows from another change"),
    ActorKind.CONSENT_MANAGER: _("By your consent manager, which signed the request"),
    ActorKind.INTERFACE: _("By a connected system, which keeps the proof"),
}
#: The kind of address of what names none (push, the account's own pages, uses of data).
SUBJECT = "subject"
IDENTIFIED_BY_ADDRESS = _("By a code or link sent to this address or number")
IDENTIFIED_BY_BROWSER = _("By the browser that was used, without sign-in")


def identified_words(way: str, actor_kind: str, address_kind: str) -> str:
    """How the person who acted was identified, in the reader's language: what a receipt says of them instead of a name.

    ``address_kind`` is SUBJECT where the act names no address.
    """
    found = IDENTIFIED_BY_WAY.get(way) or IDENTIFIED_BY_ACTOR.get(actor_kind)
    if found is None:
        found = IDENTIFIED_BY_BROWSER if address_kind == SUBJECT else IDENTIFIED_BY_ADDRESS
    return str(found)


def event_identified_words(event: Any) -> str:
    """``identified_words`` of an answer."""
    way = event.way if event.answer in YES else _as_written_down(event.way, event.actor_kind)
    return identified_words(way, event.actor_kind, event.address_kind)


def _as_written_down(way: str, actor_kind: str) -> str:
    """A refusal that staff write down has no form, call or link that anyone checked, as a consent by these ways has."""
    return Way.STAFF if actor_kind == ActorKind.STAFF and way in {Way.EMAIL, Way.PAPER, Way.PHONE} else way


def stop_identified_words(stop: Any) -> str:
    """``identified_words`` of a stop that stands alone, by the audit event of its entry."""
    acted = getattr(stop.entry, "auditevent", None)
    actor_kind = acted.actor_kind if acted is not None else ""
    return identified_words(_as_written_down(stop.way, actor_kind), actor_kind, stop.address_kind)


def change_identified_words(change: Any) -> str:
    """``identified_words`` of what a person blocks: it names no address."""
    acted = change.entry.auditevent
    return identified_words(str(acted.facts["way"]), acted.actor_kind, SUBJECT)
