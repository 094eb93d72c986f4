"""Rules, periods and deadlines in words: the one place that turns a key, a unit or a code of the law room into text.

Periods are in the active language, because customers read them too. Titles of rules are for staff, in English; they lie
in ``data/titles.toml``, so that a better title makes no new version of a rule.
"""

import functools
import tomllib
from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy, ngettext

from portal.kernel.core.data_files import data_of
from portal.kernel.law.choices import Channel
from portal.kernel.law.models import Clock, HouseRule, LegalRule
from portal.kernel.law.selectors import every_purpose
from portal.kernel.law.terms import RuleKind, Unit

TITLES = data_of("portal.kernel.law") / "titles.toml"

KINDS: Mapping[str, str] = {
    RuleKind.DEADLINE: "Deadline",
    RuleKind.WINDOW: "Window of time",
    RuleKind.MIN_RETENTION: "Keep at least",
    RuleKind.MAX_RETENTION: "Keep at most",
    RuleKind.NO_REASK: "Do not ask again",
    RuleKind.REVIEW_INTERVAL: "Repeat at least",
    RuleKind.THRESHOLD: "Threshold",
    RuleKind.DUTY: "Duty",
    RuleKind.FIELD_LIST: "List of contents",
    RuleKind.LANGUAGE_LIST: "List of languages",
    RuleKind.PROMISE: "Promise",
}


def period(amount: int, unit: str) -> str:
    """A period in words, in the active language: "7 days", "1 month"; a plain number for what is no time.

    Raises ValueError for a unit that is none.
    """
    texts = {
        Unit.MINUTE: ngettext("%(count)d minute", "%(count)d minutes", amount),
        Unit.HOUR: ngettext("%(count)d hour", "%(count)d hours", amount),
        Unit.CALENDAR_DAY: ngettext("%(count)d day", "%(count)d days", amount),
        Unit.BUSINESS_DAY: ngettext("%(count)d working day", "%(count)d working days", amount),
        Unit.MONTH: ngettext("%(count)d month", "%(count)d months", amount),
        Unit.YEAR: ngettext("%(count)d year", "%(count)d years", amount),
        Unit.PERCENT: "%(count)d%%",
    }
    found = texts.get(Unit(unit))
    return found % {"count": amount} if found is not None else f"{amount:,}"


@functools.cache
def titles() -> Mapping[str, Mapping[str, str]]:
    """The titles of legal and house rules by key, and of the kinds of work that clocks run for."""
    return tomllib.loads(TITLES.read_text(encoding="utf-8"))


def title(rule: LegalRule | HouseRule) -> str:
    """What the rule is about; its key where nobody has given it a title."""
    group = "legal" if isinstance(rule, LegalRule) else "house"
    return titles()[group].get(rule.key, rule.key)


def source(rule: LegalRule | HouseRule) -> str:
    """Where the rule comes from: law and provision, or that it is a promise of our own."""
    if isinstance(rule, LegalRule):
        return f"{rule.law}, {rule.provision}"
    return "our own promise"


def rule_in_words(rule: LegalRule | HouseRule) -> str:
    """Title and source: ``Resolve a complaint (IT (Intermediary Guidelines) Rules 2021, r.3(2)(a)(i))``."""
    return f"{title(rule)} ({source(rule)})"


def work(kind: str) -> str:
    """What a clock of this kind runs for; the code where nobody has given it words."""
    return titles()["plan"].get(kind, kind)


def clock(row: Clock) -> str:
    """A running deadline: what has to be done, and for what."""
    return f"{work(row.kind)}: {row.owner.partition(':')[2]}"


def amount(rule: LegalRule | HouseRule) -> str:
    """The rule's period or number in words; empty where it has none."""
    return "" if rule.amount is None else period(rule.amount, rule.unit)


def starts(rule: LegalRule | HouseRule) -> str:
    """The event from which the rule counts, as words: "opt in requested"."""
    return "" if rule.start_event in {"none", ""} else rule.start_event.replace("_", " ")


def names_of_purposes(*, on: date = date.max) -> dict[str, str]:
    """Every purpose that began by that day, ended or not, by its code: the name of its newest version then, in the reader's
    language. One query.
    """
    return {row.code: str(row.name) for row in every_purpose() if row.effective_from <= on}


#: What a disclosure to an authority says instead of one of our purposes: it serves none of ours.
LAWFUL_ORDER = "lawful_order"
#: What such codes are called; each stands where no purpose does.
WITHOUT_A_PURPOSE: dict[str, Any] = {LAWFUL_ORDER: gettext_lazy("A lawful order of an authority")}


def without_a_purpose(code: str) -> str:
    """What a code is called that is none of our purposes; the code itself where nobody named it."""
    return str(WITHOUT_A_PURPOSE.get(code, code))


class PurposeNames:
    """Says purposes by their names, one code or a list of them: a speaker of the admin (``core.admin.labels``).

    Of a code with several versions the newest counts; one without a purpose is said by ``without_a_purpose``.
    """

    def __init__(self) -> None:
        self._names: dict[str, str] | None = None

    def __call__(self, value: Any) -> str:
        if self._names is None:  # one query, at the first value: purposes are few
            self._names = names_of_purposes()
        codes = value if isinstance(value, list) else [value]
        return ", ".join(self._names.get(code) or without_a_purpose(str(code)) for code in codes)


class RuleTitles:
    """Says keys of rules by their titles: a speaker of the admin."""

    def __call__(self, value: Any) -> str:
        known = titles()
        return known["house"].get(value) or known["legal"].get(value) or str(value)


class ChannelNames:
    """Says channels, one code or a list of them: a speaker of the admin."""

    def __call__(self, value: Any) -> str:
        known = dict(Channel.choices)
        codes = value if isinstance(value, list | tuple) else [value]
        return ", ".join(str(known.get(code, code)) for code in codes)


def title_of(key: str) -> str:
    """What the legal or house rule with this key is about; the key where nobody has given it a title."""
    return titles()["legal"].get(key) or titles()["house"].get(key, key)
