"""Codes and records of this room as staff read them: speakers and headings of the admin (``core.admin.labels``)."""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consent.base.models.notices import NoticeText, PolicyDefect
from consent.collection.models.inbound_replies import InboundMessage
from consent.decisions.models.contact_decisions import GivenAnswer
from consent.notices.models.notifications import EndingTold, LateNotice
from consent.notices.models.publication import DefectOverride, TranslationProposal
from consent.notices.selectors.languages import languages
from consent.records.models.events import ConsentEvent
from consent.records.models.guardians import HeldConsent
from consent.records.models.offline_consents import TakenAnswer
from consent.records.models.prompts import Meeting
from consent.records.models.state import ConsentState
from consent.records.models.suppressions import Suppression
from portal.kernel.core import date_format
from portal.kernel.core.admin.labels import yes_or_no
from portal.kernel.law.labels import ChannelNames, PurposeNames

#: What an answer is kept for: an address by its kind, or the person with every address.
ADDRESS_KINDS: Mapping[str, Any] = {
    "email": gettext_lazy("Email address"),
    "phone": gettext_lazy("Phone number"),
    "subject": gettext_lazy("The person, at every address"),
}


class AddressKinds:
    """Says kinds of addresses."""

    def __call__(self, value: Any) -> str:
        return str(ADDRESS_KINDS.get(value, value))


class LanguageNames:
    """Says languages by their own names; one that is no language of a text as it is."""

    def __call__(self, value: Any) -> str:
        known = languages().get(value)
        return known.name if known is not None else str(value)


def purpose_of(row: Any) -> str:
    """The name of the purpose that a row is about."""
    return PurposeNames()(row.purpose)


def _answer(row: ConsentEvent | ConsentState) -> str:
    return f"{purpose_of(row)}, {row.get_channel_display()}: {row.get_answer_display()}"


def _taken(row: TakenAnswer) -> str:
    return f"{purpose_of(row)}, {date_format.day(row.made_at)}"


def _held(row: HeldConsent) -> str:
    return f"{purpose_of(row)}: {row.get_state_display()}"


def _given(row: GivenAnswer) -> str:
    return f"{purpose_of(row)}, {ChannelNames()(row.channel)}: {yes_or_no(value=row.allowed)}"


def _stopped(row: Suppression) -> str:
    return f"{row.fiduciary}, {date_format.moment(row.suppressed_at)}"


def _heard(row: InboundMessage) -> str:
    return f"{row.get_channel_display()}, {date_format.moment(row.said_at)}: {row.get_effect_display()}"


def _met(row: Meeting) -> str:
    return f"{purpose_of(row)}, {date_format.day(row.met_at)}"


def _late(row: LateNotice) -> str:
    return f"{purpose_of(row)}, {date_format.day(row.given_at)}"


def _reminded(row: EndingTold) -> str:
    return f"{_answer(row.event)}, {date_format.day(row.ends_at)}"


def _text(row: NoticeText | TranslationProposal) -> str:
    return f"{row.version}: {LanguageNames()(row.language)}"


def _defect(row: PolicyDefect) -> str:
    clause = _("clause %(clause)s") % {"clause": row.clause} if row.clause else ""
    return ", ".join(part for part in (str(row.version), clause) if part) + f": {row.message}"


def _override(row: DefectOverride) -> str:
    return _defect(row.defect)


#: What stands above a record, by its model.
HEADINGS: Mapping[type[Any], Callable[[Any], str]] = {
    ConsentEvent: _answer,
    ConsentState: _answer,
    DefectOverride: _override,
    EndingTold: _reminded,
    GivenAnswer: _given,
    HeldConsent: _held,
    InboundMessage: _heard,
    LateNotice: _late,
    Meeting: _met,
    NoticeText: _text,
    PolicyDefect: _defect,
    Suppression: _stopped,
    TakenAnswer: _taken,
    TranslationProposal: _text,
}
