"""The policy map: each promise of the published policy, what shows that it is kept, and what is missing.

Each promise names searches for what would break it, and questions (``data/promises.toml``); both are put to the rows when
somebody opens the page. What no row can show a person judges, and attests with a date and a file.
"""

import tomllib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import cache
from typing import Any

from celery import current_app
from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db.models import DateTimeField, Max, Model
from django.urls import NoReverseMatch, reverse
from django.utils import translation
from django.utils.translation import gettext as _

from consent.base.choices import NoticeKind, VersionState
from consent.base.models.notices import NoticeVersion, PolicyClause, PolicyDefect
from consent.base.selectors import notices
from portal.fronts.evidence import attestations, commitment_checks
from portal.fronts.evidence.commitment_texts import in_words
from portal.fronts.evidence.verdicts import (
    MEANINGS,
    Evidence,
    Promise,
    Seen,
    Shown,
    State,
    Stated,
    search_in_words,
    shown,
)
from portal.fronts.evidence.violations import SEARCHES, Found, Window, search
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import clock, date_format
from portal.kernel.core.data_files import data_of
from portal.kernel.core.errors import NotFound
from portal.kernel.law import selectors as law
from portal.kernel.law.date_arithmetic import add_months
from portal.kernel.law.request_cache import remembering
from portal.kernel.people.models import FourEyesRule
from portal.kernel.people.signin_limits import number
from portal.kernel.registers.base.labels import CATEGORIES
from portal.kernel.registers.base.models.dated_entry import DatedEntry
from portal.kernel.registers.entries.selectors import inventory
from portal.kernel.registers.entries.services import register_tasks
from portal.kernel.registers.recipients.models.recipients import Recipient
from portal.kernel.registers.recipients.selectors import vendor_assurance
from portal.kernel.registers.senders.selectors.senders import in_force

PROMISES = data_of("portal.fronts.evidence") / "promises.toml"
POLICY = "privacy-policy"
#: How old the newest evidence of a practice may be: the key of a house rule in months.
WITHIN = "within="
#: Words of a filter as the database has them.
_WORDS: Mapping[str, Any] = {"True": True, "False": False, "": ""}


@dataclass(frozen=True)
class Unnamed:
    """Something that is done or held, and that no published notice names."""

    kind: str
    code: str
    why: str
    name: str = ""


@dataclass(frozen=True)
class Map:
    """The whole page: one count, the promises by clause, and what no notice names, which counts among the red."""

    rows: Sequence[Shown]
    unnamed: Sequence[Unnamed]
    version: NoticeVersion | None
    asked_at: datetime
    window: Window
    counts: Mapping[str, int] = field(default_factory=dict)


@cache
def shipped() -> dict[str, Any]:
    """The file as it is."""
    found: dict[str, Any] = tomllib.loads(PROMISES.read_text(encoding="utf-8"))
    return found


def promises() -> list[Promise]:
    """Every promise in the order of the policy."""
    return [
        Promise(
            row["key"],
            row["clause"],
            row["says"],
            tuple(row["asks"]),
            row.get("unless", ""),
            row["topic"],
            tuple(row.get("broken_by", ())),
            row.get("is_judged", False),
        )
        for row in shipped()["promise"]
    ]


def policy_map(*, now: datetime, start: datetime | None = None) -> Map:
    """Every promise with its evidence as the rows have it at ``now``; searches look at what happened from ``start`` on, or as
    far back as evidence counts, and not before the first policy. Reads only; each different question is put once.
    """
    version = _version(clock.day(now))
    stated = _stated(version)
    window = _window(now, start)
    answers: dict[str, Seen] = {}
    found: dict[str, Found] = {}
    with remembering():
        for promise in promises():
            for question in promise.asks:
                if question not in answers:
                    answers[question] = ask(question, now=now)
            for question in promise.broken_by:
                if question not in found:
                    found[question] = search(question, window)
        evidence = Evidence(found, attestations.latest(at=now))
        rows = [shown(promise, answers, stated, evidence) for promise in promises()]
        unnamed = unnamed_by(stated.clauses if stated is not None else frozenset(), now=now)
    counts = {str(state): sum(1 for row in rows if row.state == state) for state in State}
    counts[str(State.NOT_SHOWN)] += len(unnamed)
    return Map(rows, unnamed, version, now, window, counts)


def _window(now: datetime, start: datetime | None) -> Window:
    """Nothing was promised before the first policy took effect."""
    begins = start or datetime.combine(
        add_months(clock.day(now), -number(register_tasks.EVIDENCE, now=now, otherwise=12)), time.min, tzinfo=clock.IST
    )
    published = NoticeVersion.objects.filter(
        notice__kind=NoticeKind.PRIVACY_POLICY, state=VersionState.PUBLISHED, effective_on__lte=clock.day(now)
    )
    first = published.order_by("effective_on").values_list("effective_on", flat=True).first()
    since = commitment_checks.instant(first)
    return Window(begins if since is None else max(begins, min(since, now)), now)


def _version(on: date) -> NoticeVersion | None:
    try:
        return notices.in_force(POLICY, on=on)
    except NotFound:
        return None


def _stated(version: NoticeVersion | None) -> Stated | None:
    if version is None:
        return None
    rows = PolicyClause.objects.filter(text=version.binding).values_list("number", "promise")
    defects = PolicyDefect.objects.filter(version=version).values_list("code", "clause")
    return Stated(frozenset(name for row in rows for name in row if name), tuple(defects))


def ask(question: str, *, now: datetime) -> Seen:
    """Put one question to the rows. Raises KeyError for a word that no question begins with."""
    word, *rest = question.split()
    return _ASKED[word](rest, now)


def _model(label: str) -> type[Model] | None:
    try:
        return apps.get_model(label)
    except LookupError:
        return None


def filters(model: type[Model], words: Sequence[str]) -> dict[str, Any]:
    """The filters of a question. Raises ValueError for a value that the field never has: no row could ever answer."""
    found: dict[str, Any] = {}
    for word in words:
        if word.startswith(WITHIN):
            continue
        name, _is, value = word.partition("=")
        known = _choices(model, name)
        if known and value not in known:
            raise ValueError(f"{word}: {name} is one of {', '.join(sorted(known))}.")
        found[name] = _WORDS.get(value, value)
    return found


def _choices(model: type[Model], name: str) -> set[str]:
    """The values that a field may have, through relations; none where it is free, or where a lookup follows."""
    at: Any = model
    column: Any = None
    for part in name.split("__"):
        try:
            column = at._meta.get_field(part)
        except (AttributeError, FieldDoesNotExist):
            return set()
        at = column.related_model
    return {str(value) for value, _label in getattr(column, "flatchoices", ())}


def _rows(words: Sequence[str], now: datetime) -> Seen:
    label, moment, *words = words
    model = _model(label)
    if model is None:
        return Seen(is_so=False, says=_("Register not found."))
    found = model._default_manager.filter(**_until(model, moment, now), **filters(model, words))
    last = commitment_checks.instant(found.order_by().aggregate(last=Max(moment))["last"])
    return _lately(last, words, now)


def _lately(last: datetime | None, words: Sequence[str], now: datetime) -> Seen:
    """Whether there is evidence, and none of a practice that has stopped: where the question names a house rule in months
    (``within=``), the last date lies no further back than that.
    """
    rule = next((word.removeprefix(WITHIN) for word in words if word.startswith(WITHIN)), None)
    if last is None or rule is None:
        return Seen(last is not None, last)
    until = add_months(clock.day(last), number(rule, now=now, otherwise=12))
    is_so = until >= clock.day(now)
    return Seen(
        is_so, last, "" if is_so else _("The last one counted until %(day)s.") % {"day": date_format.day(until)}
    )


def _until(model: type[Model], moment: str, now: datetime) -> dict[str, Any]:
    """What had happened by then: the same question about a day that is over has the same answer later."""
    is_instant = isinstance(model._meta.get_field(moment), DateTimeField)
    return {f"{moment}__lte": now if is_instant else clock.day(now)}


def _held(words: Sequence[str], now: datetime) -> Seen:
    label, *words = words
    model = _model(label)
    if model is None or not issubclass(model, DatedEntry):
        return Seen(is_so=False, says=_("Register not found."))
    found = in_force(model._default_manager.filter(**filters(model, words)), at=now).order_by()
    known_fields = {each.name for each in model._meta.get_fields()}
    columns = [name for name in ("checked_at", "reviewed_at") if name in known_fields]
    dates = found.aggregate(**{f"last_{name}": Max(name) for name in columns}).values()
    known = [each for each in dates if each is not None]
    return Seen(bool(known), max(known) if known else None)


def _no(words: Sequence[str], now: datetime) -> Seen:
    label, moment, *words = words
    model = _model(label)
    if model is None:
        return Seen(is_so=False, says=_("Register not found."))
    count = model._default_manager.filter(**_until(model, moment, now), **filters(model, words)).count()
    return Seen(count == 0, says=_("%(count)s rows break it.") % {"count": count} if count else "")


def _event(words: Sequence[str], now: datetime) -> Seen:
    last = AuditEvent.objects.filter(kind__startswith=words[0], at__lte=now).aggregate(last=Max("at"))["last"]
    return _lately(last, words[1:], now)


def _acts(words: Sequence[str], now: datetime) -> Seen:
    if not FourEyesRule.objects.filter(act=words[0]).exists():
        return Seen(is_so=False, says=_("No rule of two people is loaded for it."))
    last = AuditEvent.objects.filter(kind="roles.table.synced", at__lte=now).aggregate(last=Max("at"))["last"]
    return Seen(is_so=True, at=last)


def _page(words: Sequence[str], now: datetime) -> Seen:
    try:
        return Seen(bool(reverse(words[0])))
    except NoReverseMatch:
        return Seen(is_so=False, says=_("Page not found."))


def _runs(words: Sequence[str], now: datetime) -> Seen:
    return Seen(any(entry["task"] == words[0] for entry in current_app.conf.beat_schedule.values()))


def _is(words: Sequence[str], now: datetime) -> Seen:
    is_so, at = commitment_checks.QUESTIONS[words[0]](words[1:], now)
    return Seen(is_so, at)


_ASKED: Mapping[str, Callable[[Sequence[str], datetime], Seen]] = {
    "rows": _rows,
    "held": _held,
    "no": _no,
    "event": _event,
    "acts": _acts,
    "page": _page,
    "runs": _runs,
    "is": _is,
}
#: What asks the program or its tables as they are, not rows of a day.
OF_TODAY = frozenset({"acts", "page", "runs"})


def as_plain(found: Map) -> dict[str, Any]:
    """The map as plain values, for the pack: codes, words of our own, dates; nothing about anybody.

    Without the dates and counts of what is looked at on the day itself (null): the same pack made again has the same bytes.
    Questions and searches are codes; ``words`` says each in English, ``states`` what each state means, and ``of_the_day``
    which are about the day on which they are put.
    """
    with translation.override("en"):
        asked = sorted({question for row in found.rows for question in row.promise.asks})
        searches = sorted({question for row in found.rows for question, _found in row.found})
        words = {question: in_words(question) for question in asked} | {
            question: search_in_words(question) for question in searches
        }
        states = {str(state): str(means) for state, means in MEANINGS.items()}
    return {
        "states": states,
        "words": words,
        "of_the_day": [*filter(is_of_today, asked), *(one for one in searches if _is_searched_today(one))],
        "policy": found.version.number if found.version is not None else None,
        "as_of": clock.stamp(found.asked_at),
        "searched_from": clock.stamp(found.window.start),
        "counts": dict(found.counts),
        "promises": [
            {
                "key": row.promise.key,
                "clause": row.promise.clause,
                "says": row.promise.says,
                "state": str(row.state),
                "last_evidence": clock.stamp(last) if (last := _last_then(row)) is not None else None,
                "asked": list(row.promise.asks),
                "missing": row.missing,
                "searched": [_searched(question, found) for question, found in row.found],
                "judged_on": row.judged.on.isoformat() if row.judged is not None else None,
                "judged_sha256": row.judged.sha256 if row.judged is not None else None,
            }
            for row in found.rows
        ],
        "not_named_by_a_notice": [
            {"kind": str(each.kind), "code": each.code, "why": str(each.why)} for each in found.unnamed
        ],
    }


def _searched(question: str, found: Found) -> dict[str, Any]:
    """Without the counts of what is looked at as it is on the day itself."""
    if _is_searched_today(question):
        return {"search": question, "population": None, "found": None}
    return {"search": question, "population": found.population, "found": found.broken}


def _is_searched_today(question: str) -> bool:
    return SEARCHES[question.partition(" ")[0]].is_of_today


def _last_then(row: Shown) -> datetime | None:
    return max((seen.at for ask, seen in row.seen if seen.at is not None and not is_of_today(ask)), default=None)


def is_of_today(question: str) -> bool:
    """Whether the answer speaks of the day on which it is asked, whichever day it is asked about."""
    word, *rest = question.split()
    return word in OF_TODAY or (word == "is" and rest[0] in commitment_checks.OF_TODAY)


def unnamed_by(stated: Collection[str], *, now: datetime) -> list[Unnamed]:
    """Purposes, kinds of data and recipients that no published notice names."""
    found: list[Unnamed] = [
        Unnamed(_("purpose"), purpose.code, _("No published notice names it."), purpose.names.get("en", ""))
        for purpose in law.purposes_in_force(on=clock.day(now))
        if purpose.notice_published_at is None or purpose.notice_published_at > now
    ]
    clauses: Mapping[str, str] = shipped()["categories"]
    kinds = dict(CATEGORIES)
    for category in sorted(inventory.categories_held()):
        number = clauses.get(category, "")
        if number not in stated:
            why = _("The policy in force has no clause %(number)s.") % {"number": number or "?"}
            found.append(Unnamed(_("kind of data"), category, why, str(kinds.get(category, ""))))
    services: Mapping[str, str] = shipped()["services"]
    recipients = list(in_force(Recipient.objects.all(), at=now).order_by("code"))
    checks = vendor_assurance.checks_of([row.code for row in recipients], at=now)
    for row in recipients:
        check = checks.get(row.code)
        number = services.get(check.service, "") if check is not None else ""
        if check is None:
            found.append(Unnamed(_("recipient"), row.code, _("What it does was not checked."), row.name))
        elif number not in stated:
            why = _("The policy in force has no clause %(number)s.") % {"number": number or "?"}
            found.append(Unnamed(_("recipient"), row.code, why, row.name))
    return found
