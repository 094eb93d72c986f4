"""How far a broadcast is, and what became of it: every person counted once."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

from django.db.models import Count, Q, QuerySet

from consent.base.rules.broadcasts import Standing, outcome_of
from consent.broadcasts.choices import BroadcastOutcome, BroadcastState
from consent.broadcasts.models import Broadcast, BroadcastPerson
from portal.kernel.outbox.choices import MessageState, Outcome
from portal.kernel.outbox.models import Delivery, DeliveryAddress

#: Nothing more is tried with a message, and it did not arrive as far as anybody knows.
GAVE_UP: Final = (MessageState.STOPPED, MessageState.DEAD, MessageState.CLOSED, MessageState.UNDELIVERED)
#: An attempt after which nobody can be sure that the message stayed here.
MAY_HAVE_LEFT: Final = (
    *(Outcome.ACCEPTED, Outcome.UNKNOWN, Outcome.DELIVERED, Outcome.READ),
    *(Outcome.UNDELIVERED, Outcome.COMPLAINED),
)


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


@dataclass(frozen=True, slots=True)
class Places:
    """Addresses, by their lookup hashes: where the broadcast was read or may have been, and where it is on its way."""

    told: frozenset[bytes] = frozenset()
    on_the_way: frozenset[bytes] = frozenset()


def places_told(broadcast: Broadcast, channel: str, keys: Collection[bytes]) -> Places:
    """Which of the addresses a message of the broadcast went to on the channel, or goes to. One that never left counts as
    nothing: whoever else is at the address may still be told.
    """
    if not keys:
        return Places()
    found = DeliveryAddress.objects.filter(
        address_key__in=keys, message__about=broadcast.about, message__channel=channel
    ).values_list("address_key", "message_id", "message__state", "message__next_attempt_at")
    given_up: dict[int, bytes] = {}
    told: set[bytes] = set()
    on_the_way: set[bytes] = set()
    for key, message, state, again in found:
        if state in GAVE_UP:
            given_up[message] = bytes(key)
        elif again is not None or state in {MessageState.DUE, MessageState.SENDING}:
            on_the_way.add(bytes(key))
        else:
            told.add(bytes(key))
    if given_up:
        left = Delivery.objects.filter(message__in=given_up, outcome__in=MAY_HAVE_LEFT)
        told |= {given_up[message] for message in left.values_list("message_id", flat=True)}
    return Places(frozenset(told), frozenset(on_the_way))


def under_way() -> QuerySet[Broadcast]:
    """Broadcasts on which there is something left to do, the oldest first."""
    return Broadcast.objects.filter(
        state__in=(BroadcastState.SENDING, BroadcastState.CANCELLED), ended_at=None
    ).order_by("pk")


def outcomes_in_order(report: Report) -> list[tuple[BroadcastOutcome, int]]:
    """Each outcome with its figure, those without anybody too."""
    return [(outcome, report.of(outcome)) for outcome in BroadcastOutcome]
