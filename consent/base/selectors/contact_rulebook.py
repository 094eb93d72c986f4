"""The dated rules that a decision needs, kept in the process for a few seconds.

A withdrawal never waits for this: answers are read afresh for each decision. Only purposes, permitted hours and the list
of fiduciaries with what they advertise are kept, which two people change.
"""

import threading
import time as monotonic_time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time

from django.conf import settings

from consent.base.rules.hours import Hours
from consent.base.selectors import notices
from consent.base.selectors.purposes import is_closed_to_children
from portal.kernel.core import clock
from portal.kernel.core.errors import PortalError
from portal.kernel.law import selectors as law
from portal.kernel.law.models import Purpose
from portal.kernel.people.models import Fiduciary
from portal.kernel.registers.senders.selectors import senders

#: The legitimate uses of DPDP s.7.
LEGITIMATE_USES = "IN-DPDP-LEGIT"
#: TRAI TCCCPR: promotional messages in India go out within these hours. By policy RCS, WhatsApp and e-mail keep to them.
HOURS_RULE = "IN-TRAI-HOURS"
PAUSE_RULE = "consent.pause_life"
#: Month and day of the public holidays that a person may block.
HOLIDAYS_RULE = "IN-NATIONAL-HOLIDAYS"


@dataclass(frozen=True, slots=True)
class PurposeTerms:
    """What a decision needs of a purpose."""

    code: str
    name: str
    category: str
    needs_consent: bool
    sends_messages: bool
    label: str
    is_closed_to_children: bool
    #: A yes from before this day was said to something else.
    meaning_since: date = date.min
    #: Versions of notices to which a yes for this purpose counts no more, each with the instant from which.
    old_texts: Mapping[int, datetime] = field(default_factory=dict)

    def is_overtaken(self, said_at: datetime, notice: int | None, *, at: datetime) -> bool:
        """Whether a yes of then, to that version, was said to another meaning or an old text, so that it is asked anew."""
        return clock.day(said_at) < self.meaning_since or self.is_text_old(notice, at=at)

    def is_text_old(self, notice: int | None, *, at: datetime) -> bool:
        """Whether a yes to that version of a notice does not count any more; one to a text of others is not judged by ours."""
        old_from = self.old_texts.get(notice) if notice is not None else None
        return old_from is not None and old_from <= at

    def old_at(self, at: datetime) -> frozenset[int]:
        """The versions to which a yes does not count at an instant."""
        return frozenset(version for version, old_from in self.old_texts.items() if old_from <= at)


@dataclass(frozen=True, slots=True)
class Rulebook:
    on: date
    purposes: Mapping[str, PurposeTerms]
    fiduciaries: Mapping[str, int]
    hours: Hours | None
    hours_label: str
    loaded_at: float
    #: The purposes a person may be asked about, with their names in each language.
    asked: tuple[Purpose, ...] = ()
    #: The purposes that rest on a law or a contract with everybody: nobody is asked about them.
    unasked: tuple[Purpose, ...] = ()
    #: By purpose, ended ones too: ``PurposeTerms.old_texts``.
    old_texts: Mapping[str, Mapping[int, datetime]] = field(default_factory=dict)
    #: Days that a pause may last at most.
    longest_pause: int = 0
    #: Public holidays as month and day, like 08-15.
    holidays: frozenset[str] = frozenset()
    #: By fiduciary: which of TRAI's preference categories its promotion is about.
    advertised: Mapping[int, frozenset[str]] = field(default_factory=dict)
    #: Whether section 7 of the DPDP Act is in force: before, no use is allowed by it.
    has_legitimate_uses: bool = False

    def subjects_of(self, fiduciary: int) -> frozenset[str]:
        """What a fiduciary's promotion is about; nothing where that is not known."""
        return self.advertised.get(fiduciary, frozenset())

    def is_holiday(self, day: date) -> bool:
        """Whether a day is a public holiday of all India; those of a State are not known."""
        return f"{day:%m-%d}" in self.holidays


_kept: dict[date, Rulebook] = {}
_lock = threading.Lock()


def terms_of(purpose: Purpose, old_texts: Mapping[int, datetime]) -> PurposeTerms:
    return PurposeTerms(
        code=purpose.code,
        name=purpose.name,
        category=str(purpose.message_category),
        needs_consent=purpose.needs_consent,
        sends_messages=purpose.sends_messages,
        label=f"{purpose.code}@{purpose.version}",
        is_closed_to_children=is_closed_to_children(purpose),
        meaning_since=purpose.meaning_since,
        old_texts=old_texts,
    )


def _load(on: date) -> Rulebook:
    try:
        rule = law.legal_rule(HOURS_RULE, on=on)
        opens, closes = (time.fromisoformat(value) for value in rule.values)
        hours: Hours | None = Hours(opens, closes, clock.IST)
        label = f"{rule.key}@{rule.version}"
    except PortalError:
        hours, label = None, ""
    purposes = law.purposes_in_force(on=on)
    old_texts = notices.old_texts(on=on)
    return Rulebook(
        has_legitimate_uses=bool(law.rules_in_force({LEGITIMATE_USES}, on=on)),
        on=on,
        purposes={purpose.code: terms_of(purpose, old_texts.get(purpose.code, {})) for purpose in purposes},
        asked=tuple(purpose for purpose in purposes if purpose.needs_consent),
        unasked=tuple(purpose for purpose in purposes if not purpose.needs_consent),
        old_texts=old_texts,
        longest_pause=_longest_pause(on),
        holidays=_holidays(on),
        advertised=senders.advertised(at=datetime.combine(on, time.max, tzinfo=clock.IST)),
        fiduciaries=dict(Fiduciary.objects.values_list("code", "pk")),
        hours=hours,
        hours_label=label,
        loaded_at=monotonic_time.monotonic(),
    )


def _longest_pause(on: date) -> int:
    try:
        return int(law.house_rule(PAUSE_RULE, on=on).amount or 0)
    except PortalError:
        return 0


def _holidays(on: date) -> frozenset[str]:
    try:
        return frozenset(law.legal_rule(HOLIDAYS_RULE, on=on).values)
    except PortalError:
        return frozenset()


def rulebook(at: datetime, *, purpose: str = "", fiduciary: str = "") -> Rulebook:
    """The rules of the day of ``at`` in India. A purpose or fiduciary that the kept copy lacks is looked up afresh."""
    key = clock.day(at)
    kept = _kept.get(key)
    is_fresh = kept is not None and monotonic_time.monotonic() - kept.loaded_at < settings.DECISION_RULES_SECONDS
    if kept is not None and is_fresh and not _has_come(kept, purpose=purpose, fiduciary=fiduciary):
        return kept
    loaded = _load(key)
    with _lock:
        if len(_kept) > settings.DECISION_RULES_DAYS:
            _kept.clear()
        _kept[key] = loaded
    return loaded


def _has_come(kept: Rulebook, *, purpose: str, fiduciary: str) -> bool:
    """Whether the kept copy lacks a purpose or fiduciary that there is by now. For a code that nobody has it is not read anew."""
    if purpose and purpose not in kept.purposes and law.purposes_in_force(on=kept.on, codes=[purpose]):
        return True
    return bool(fiduciary) and fiduciary not in kept.fiduciaries and Fiduciary.objects.filter(code=fiduciary).exists()


def forget() -> None:
    """Drop what is kept, in this process."""
    with _lock:
        _kept.clear()
