"""How far a broadcast is, and what became of it: every person counted once."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from django.db.models import Count, Q, QuerySet

from consent.models import Broadcast, BroadcastPerson
from consent.models.broadcast_states import BroadcastOutcome, BroadcastState
from consent.rules.broadcasts import Standing, outcome_of


@dataclass(frozen=True, slots=True)
class Report:
    """``outcomes`` adds up to ``people``; ``reasons`` says why for each outcome that has one. ``by_next`` went by another
    channel than the first.
    """

    people: int
    outcomes: Mapping[str, int]
    reasons: Mapping[tuple[str, str], int] = field(default_factory=dict)
    by_next: int = 0

    def of(self, outcome: str) -> int:
        """How many people have the outcome."""
        return self.outcomes.get(outcome, 0)


def report_of(broadcast: Broadcast) -> Report:
    """The figures as they are now, in one statement: what messages came to is read from them and kept nowhere else."""
    outcomes: Counter[str] = Counter()
    reasons: Counter[tuple[str, str]] = Counter()
    by_next = 0
    rows = BroadcastPerson.objects.filter(broadcast=broadcast).order_by()
    grouped = rows.values("is_open", "reason", "message__state", "message__reason").annotate(
        count=Count("pk"), later=Count("pk", filter=Q(place__gt=0, message__isnull=False))
    )
    for group in grouped:
        standing = Standing(group["is_open"], group["reason"], group["message__state"], group["message__reason"] or "")
        outcome, reason = outcome_of(standing)
        outcomes[outcome] += group["count"]
        by_next += group["later"]
        if reason:
            reasons[(outcome, reason)] += group["count"]
    return Report(sum(outcomes.values()), outcomes, dict(reasons.most_common()), by_next)


def under_way() -> QuerySet[Broadcast]:
    """Broadcasts on which there is something left to do, the oldest first."""
    return Broadcast.objects.filter(
        state__in=(BroadcastState.SENDING, BroadcastState.CANCELLED), ended_at=None
    ).order_by("pk")


def outcomes_in_order(report: Report) -> list[tuple[BroadcastOutcome, int]]:
    """Each outcome with its figure, those without anybody too."""
    return [(outcome, report.of(outcome)) for outcome in BroadcastOutcome]
