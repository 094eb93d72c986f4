"""What audit events state of deadlines: check V11 holds the clocks against them."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final

from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.models import AuditEvent
from portal.kernel.audit.services import plain
from portal.kernel.law.choices import Ended
from portal.kernel.law.models import Clock
from portal.kernel.ledger.services import chunks_of

COLUMNS: Final = ("started_at", "due_at", "stopped_at")
_READ: Final = (*COLUMNS, "ended")
_PLACE: Final = ("owner", "kind", "rule_key")
_KINDS: Final = (
    AuditKind.LAW_CLOCK_CORRECTED,
    AuditKind.LAW_CLOCK_EXTENDED,
    AuditKind.LAW_CLOCK_RESUMED,
    AuditKind.LAW_CLOCK_STARTED,
    AuditKind.LAW_CLOCK_STOPPED,
)
Row = Mapping[str, Any]


class StatedClocks:
    """Registered in ``ports.ledger_followers``. One event is about several clocks of an owner: its fact ``dues`` names each
    (``deadline_log.dues``). Of one kind and rule one clock begins after the other: the last beginning is of the last of them.
    """

    check = "V11"
    model = Clock
    compared = frozenset(COLUMNS)

    def differences(self, *, sample: int | None) -> Iterator[str]:
        """Clocks whose start, end or date is not what the last event says; three statements for each set of rows."""
        for chunk in chunks_of(Clock.objects.values("pk", *_PLACE, *_READ), sample=sample):
            for pk in _differing(chunk):
                if other := _differing_still(pk):
                    yield f"Row {pk} of {Clock._meta.label} is not what its events say: {', '.join(other)}."


def _differing(rows: Sequence[Row]) -> list[int]:
    owners = {row["owner"] for row in rows}
    events = _events(owners)
    later = _later(owners)
    return [row["pk"] for row in rows if _other(row, events.get(row["owner"], ()), later[row["pk"]])]


def _differing_still(pk: int) -> list[str]:
    """The columns that differ, read anew until nobody wrote the clock meanwhile."""
    rows = Clock.objects.filter(pk=pk).values("pk", *_PLACE, *_READ)
    seen = rows.first()
    while seen is not None:
        owner = seen["owner"]
        other = _other(seen, _events({owner}).get(owner, ()), _later({owner})[pk])
        again = rows.first()
        if not other or again == seen:
            return other
        seen = again
    return []


def _events(owners: Collection[str]) -> dict[str, list[tuple[str, Mapping[str, Any]]]]:
    found: dict[str, list[tuple[str, Mapping[str, Any]]]] = {}
    stated = AuditEvent.objects.filter(about__in=owners, kind__in=[str(kind) for kind in _KINDS]).order_by("pk")
    for about, kind, facts in stated.values_list("about", "kind", "facts"):
        found.setdefault(about, []).append((kind, facts))
    return found


def _later(owners: Collection[str]) -> Mapping[int, int]:
    """Of each clock of these owners, how many of its kind and rule began after it."""
    seen: Counter[tuple[str, str, str]] = Counter()
    found: dict[int, int] = defaultdict(int)
    clocks = Clock.objects.filter(owner__in=owners).order_by("-pk").values_list("owner", "kind", "rule_key", "pk")
    for owner, kind, rule, pk in clocks:
        found[pk] = seen[owner, kind, rule]
        seen[owner, kind, rule] += 1
    return found


def _other(row: Row, events: Sequence[tuple[str, Mapping[str, Any]]], later: int) -> list[str]:
    name = f"{row['kind']}/{row['rule_key']}="
    lives: list[dict[str, Any]] = []
    for kind, facts in events:
        due = next((word[len(name) :] for word in facts.get("dues", "").split() if word.startswith(name)), None)
        if due is None:
            continue
        if kind == AuditKind.LAW_CLOCK_STARTED or not lives:
            lives.append({})
        stated = lives[-1]
        stated["due_at"] = due
        if kind == AuditKind.LAW_CLOCK_STARTED:
            stated |= {"started_at": facts["started_at"], "stopped_at": None}
        elif kind == AuditKind.LAW_CLOCK_STOPPED:
            stated["stopped_at"] = facts["stopped_at"]
        elif kind == AuditKind.LAW_CLOCK_CORRECTED:
            stated["started_at"] = facts["started_at"]
            stated.pop("stopped_at", None)  # it may have taken over an end
    stated = lives[-1 - later] if later < len(lives) else {}
    if row["ended"] == Ended.CORRECTED:
        stated.pop("stopped_at", None)  # it ended when another took its place, perhaps under another rule
    return sorted(column for column, said in stated.items() if said != plain(row[column]))
