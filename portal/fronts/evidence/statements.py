"""The leaves outside a period on which its pack rests: what was stated of its controls, reports and samples, and the acts that
brought in the rows of its registers.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import product
from typing import Any

from django.db import DEFAULT_DB_ALIAS, transaction
from django.db.models import QuerySet

from portal.fronts.evidence import pack_contents
from portal.fronts.evidence.period import Period
from portal.kernel.audit import services as audit
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import clock
from portal.kernel.core.actor import Actor
from portal.kernel.ledger import program

#: A query takes so many labels at once.
AT_ONCE = 500

#: How the path of a fact begins that is the label of the record, and of one that is a word for each row.
ABOUT, EACH = "about:", "each:"
#: The fact that repeats the whole label of the record.
OWNER = "facts.owner"

Key = tuple[str, ...]


def state(period: Period, bodies: Mapping[str, bytes], *, about: str, actor: Actor) -> list[AuditEvent]:
    """State in the ledger the SHA-256 of what was asked of the rows for a pack, before it is made. Once for the same bytes.

    Each is a transaction with its audit event. Returns the events, the earliest of each.
    """
    found = []
    for name, body in bodies.items():
        facts = {
            "report": name,
            "from": period.first_day.isoformat(),
            "to": period.last_day.isoformat(),
            "sha256": hashlib.sha256(body).hexdigest(),
        }
        kind = AuditKind.EVIDENCE_REPORT_MADE
        event = AuditEvent.objects.filter(kind=kind, about=about, facts=facts).order_by("pk").first()
        if event is None:
            with transaction.atomic():
                event = audit.record(kind, actor=actor, about=about, facts=facts)
        found.append(event)
    return found


def of_reports(period: Period) -> QuerySet[AuditEvent]:
    """What was recorded when the reports of the period's whole months were kept."""
    days = [month.first_day.isoformat() for month in pack_contents.months_of(period)]
    return AuditEvent.objects.filter(
        kind=AuditKind.EVIDENCE_REPORT_MADE, about__startswith="evidence.monthlyreport:", facts__from__in=days
    )


def of_samples(references: Iterable[str]) -> QuerySet[AuditEvent]:
    """What was recorded when these samples were drawn."""
    labels = [f"evidence.drawnsample:{reference}" for reference in references]
    return AuditEvent.objects.filter(kind=AuditKind.EVIDENCE_SAMPLE_DRAWN, about__in=labels)


def indexes(events: QuerySet[AuditEvent]) -> set[int]:
    """The places of these events in the log; what waits for its place has none."""
    return set(events.exclude(entry__leaf=None).values_list("entry__leaf__pk", flat=True))


@dataclass(frozen=True)
class Rule:
    """A register whose rows follow from an act, and which column is which fact of it.

    ``is_part``: acts of the period may be about rows that the register of other days has. ``later``: the acts that state
    columns of such a row again, each with its own key. ``needs_act``: rows are not there without the act, all of them or
    those that have a value in a column. ``is_each``: no more rows have a key than there are acts with it. ``along``: acts that
    are followed one after the other by a shorter key.
    """

    register: str
    act: str
    key: Mapping[str, str]
    is_part: bool
    later: tuple["Rule", ...] = ()
    needs_act: bool = False
    is_each: bool = False
    along: tuple["Rule", ...] = ()

    def of_row(self, row: Mapping[str, Any]) -> Key | None:
        """What names a row among those of its register; None where it follows from no such act."""
        values = [row[column] for column in self.key]
        return None if None in values else tuple(map(str, values))

    def of_event(self, event: Mapping[str, Any]) -> list[Key]:
        """What names the rows that follow from an act."""
        return list(product(*(_words(event, path) for path in self.key.values())))

    def events(self, using: str) -> QuerySet[AuditEvent]:
        """The acts, those that have their place in the log."""
        return AuditEvent.objects.using(using).filter(kind=self.act).exclude(entry__leaf=None)

    def places(self, keys: AbstractSet[Key], using: str) -> Iterator[tuple[int, Key, bool]]:
        """Where in the log the acts are from which the rows with these keys follow, and whether each still has its content."""
        for event in self._candidates(keys, using):
            for key in keys & set(self.of_event(event)):
                yield event["entry__leaf__pk"], key, event["entry__payload"] is not None

    def _candidates(self, keys: AbstractSet[Key], using: str) -> Iterator[Mapping[str, Any]]:
        """By the label of the record where the key has one; else every such act is read."""
        columns = ("entry__leaf__pk", "entry__payload", "about", "facts", "at")
        label = next((place for place, path in enumerate(self.key.values()) if self._is_label(path)), None)
        if label is None:
            yield from self.events(using).values(*columns).iterator(chunk_size=2_000) if keys else ()
            return
        prefix = list(self.key.values())[label].removeprefix(ABOUT)
        named = {key[label] for key in keys}
        labels = sorted(one if prefix == OWNER else f"{prefix}:{one}" for one in named)
        for start in range(0, len(labels), AT_ONCE):
            yield from self.events(using).filter(about__in=labels[start : start + AT_ONCE]).values(*columns)

    @staticmethod
    def _is_label(path: str) -> bool:
        return path.startswith(ABOUT) or path == OWNER


def rules() -> dict[str, list[Rule]]:
    """By the name of the register."""
    return {
        name: [_rule(name, rule["act"], rule) for rule in given if "act" in rule]
        for name, given in program.stated().items()
    }


def _rule(register: str, act: str, rule: Mapping[str, Any]) -> Rule:
    key = rule["key"]
    later = tuple(
        _rule(register, name, {"key": {column: again["key"][column] for column in key}})
        for name, again in rule.get("later", {}).items()
    )
    along = rule.get("along", {"acts": ()})
    return Rule(
        register,
        act,
        key,
        bool(rule.get("part")),
        later,
        needs_act=bool(rule.get("whole") or rule.get("needs")),
        is_each=bool(rule.get("each")),
        along=tuple(Rule(register, name, along["key"], is_part=True) for name in along["acts"]),
    )


def _words(event: Mapping[str, Any], path: str) -> list[str]:
    found = fact(event, path.removeprefix(EACH))
    if found is None:
        return []
    return [word.partition("/")[0] for word in str(found).split()] if path.startswith(EACH) else [str(found)]


def fact(event: Mapping[str, Any], path: str) -> Any:
    """A fact of an act by its path, as ``verify.py`` reads it: ``about:LABEL`` is what follows that label."""
    if path.startswith(ABOUT):
        label, _colon, rest = str(event["about"]).partition(":")
        return rest if label == path.removeprefix(ABOUT) else None
    if path == "at":
        return clock.stamp(event["at"])
    found: Any = event
    for step in path.split("."):
        found = found.get(step) if isinstance(found, dict) else None
    return found


@dataclass(frozen=True)
class Beside:
    """What a register rests on outside its rows: ``places`` of the acts before or after the period from which they follow, and
    of all that state a column again; ``gone``, the rows that follow from acts of the period and are not there; ``bare``, the
    rows of which acts lost their content, with each act and its place.
    """

    rule: Rule
    places: frozenset[int]
    gone: tuple[Key, ...]
    bare: frozenset[tuple[Key, str, int]]


def beside(rule: Rule, period: Period, keys: AbstractSet[Key], *, using: str = DEFAULT_DB_ALIAS) -> Beside:
    """What the rows with these keys rest on, in the view of the database that they are of."""
    inside = rule.events(using).filter(entry__recorded_at__gte=period.start, entry__recorded_at__lt=period.end)
    recorded = inside.exclude(entry__payload=None).values("about", "facts", "at").iterator(chunk_size=2_000)
    brought = {key for event in recorded for key in rule.of_event(event)}
    acts = list(rule.places(keys if rule.is_each else keys - brought, using))
    stated = brought.union(key for _place, key, has_content in acts if has_content)
    begun = {key: place for place, key, _has_content in sorted(acts, reverse=True)}
    again = [one for one in _again(rule, keys, using) if one[1] > begun.get(one[2], -1)]
    bare = {(key, act, place) for act, place, key, has_content in again if not has_content}
    if rule.needs_act:
        bare |= {(key, rule.act, place) for place, key, _has_content in acts if key not in stated}
    places = {place for place, _key, has_content in acts if has_content}
    places |= {place for _act, place, _key, has_content in again if has_content}
    gone = () if rule.is_part else tuple(sorted(brought - keys))
    return Beside(rule, frozenset(places), gone, frozenset(bare))


def _again(rule: Rule, keys: AbstractSet[Key], using: str) -> Iterator[tuple[str, int, Key, bool]]:
    """By act where those are that state something of these rows again, and whether each still has its content."""
    for later in rule.later:
        yield from ((later.act, *one) for one in later.places(keys, using))
    for along in rule.along:
        at = [list(rule.key).index(column) for column in along.key]
        of_short: dict[Key, list[Key]] = {}
        for key in keys:
            of_short.setdefault(tuple(key[place] for place in at), []).append(key)
        for place, short, has_content in along.places(of_short.keys(), using):
            yield from ((along.act, place, key, has_content) for key in of_short[short])
