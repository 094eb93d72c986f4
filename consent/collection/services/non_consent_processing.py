"""What goes on whatever a person stops, and under which law or contract: pages and receipts say so (BRD 4.1.5)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from consent.base.selectors.contact_rulebook import rulebook
from portal.kernel.law.choices import CHOSEN, LawfulBasis, MessageCategory, Regime
from portal.kernel.people.selectors import DEFAULT_REGIME

#: What allows it, as one says it to the person; registers name no section, which holds from its first day on only.
ALLOWED_BY: dict[str, Any] = {
    LawfulBasis.VOLUNTARY_PROVISION: _("you gave us the data yourself, for this (DPDP s.7(a))"),
    LawfulBasis.LEGAL_DUTY: _("a law obliges us to"),
    LawfulBasis.CONTRACT: _("our contract with you needs it"),
    LawfulBasis.LEGITIMATE_INTEREST: _("a legitimate interest, weighed against yours; you may object"),
    LawfulBasis.NOTICE: _("you are informed when you give the data"),
    LawfulBasis.NOTICE_AND_OPT_OUT: _("you are informed, and may opt out"),
    LawfulBasis.EMPLOYMENT: _("you asked us for work (DPDP s.7(i))"),
}


#: The same before section 7 of the DPDP Act is in force: nothing is allowed by what is no law yet.
BEFORE_DPDP: dict[str, Any] = {
    LawfulBasis.VOLUNTARY_PROVISION: _("you gave us the data yourself, for this"),
    LawfulBasis.EMPLOYMENT: _("you asked us for work"),
}


@dataclass(frozen=True)
class Basis:
    regime: Any
    label: Any


@dataclass(frozen=True)
class GoingOn:
    """One purpose that rests on another ground than consent, in the reader's language."""

    name: str
    description: str
    bases: tuple[Basis, ...]


def grounds_in_words(*, at: datetime) -> dict[str, Any]:
    """What allows a use, by its lawful basis, for the person; section 7 of the DPDP Act is named from its first day on."""
    return ALLOWED_BY if rulebook(at).has_legitimate_uses else ALLOWED_BY | BEFORE_DPDP


def without_consent(*, at: datetime, regimes: Iterable[Regime] = (DEFAULT_REGIME,)) -> list[GoingOn]:
    """The purposes in force at ``at`` that need no consent, with the ground under each of the laws (``regimes_of``)."""
    words = grounds_in_words(at=at)
    found = []
    for purpose in rulebook(at).unasked:
        grounds = [(regime, purpose.basis(regime)) for regime in sorted(regimes, key=list(Regime).index)]
        bases = tuple(
            Basis(regime.label, words.get(ground, ground.label)) for regime, ground in grounds if ground is not None
        )
        found.append(GoingOn(purpose.name, purpose.description, bases))
    return found


def owed_categories(*, at: datetime) -> list[str]:
    """The categories of messages about which nobody chooses, in the reader's language."""
    sent = {purpose.message_category for purpose in rulebook(at).unasked if purpose.sends_messages}
    return [str(category.label) for category in MessageCategory if category in sent and category not in CHOSEN]
