"""States against their events: staff and decisions read the rows. Events against their leaves: ``selectors.entry_rows``."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from consent.base.choices import Way
from consent.records.models.events import ConsentEvent
from consent.records.models.state import ConsentState
from consent.records.models.suppressions import Suppression, SuppressionLift
from consent.records.rules.seals import Seal
from consent.records.selectors import agreed_states, folds, seals
from consent.records.selectors.entry_rows import ConsentRows
from consent.suppressions.services.suppressions import digest_of
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import ports
from portal.kernel.law.request_cache import remembering
from portal.kernel.ledger.services import CHUNK, chunks_of

__all__ = ["ConsentRows", "ConsentStates", "SuppressionLifts"]


#: Of a row that says what its events say and has the seal of something else.
SEAL = "seal"
OTHER_SEAL = (
    "differs from its events, or its seal belongs to another state: a process of the release before wrote it "
    "during an upgrade, or it was changed directly in the database. Run rebuild_consent_state once no such process "
    "runs."
)


class ConsentStates:
    """Registered in ``ports.ledger_followers``: each state is what its events come to, and none is missing or beside them."""

    check = "V10"
    model = ConsentState
    compared = frozenset({*folds.KEY, *folds.STATE, "seal"})

    def differences(self, *, sample: int | None) -> Iterator[str]:
        """A state that differs from its events, has none, is missing, or has a seal that does not hold."""
        states = ConsentState.objects.values("pk", *folds.KEY, *folds.STATE, "seal")
        for rows in _doubtful(states) if sample is None else chunks_of(states, sample=sample):
            for pk in _differing(rows):
                other = _other_still(pk)
                if other == SEAL:
                    yield f"State {pk} of {ConsentState._meta.label} {OTHER_SEAL}"
                elif other:
                    yield f"State {pk} of {ConsentState._meta.label} is not what its events say: {other}."
        yield from _missing(sample=sample)


def _doubtful(states: QuerySet[ConsentState, dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Of all states, in sets, those that one statement cannot tell to be right."""
    after: int | None = 0
    while after is not None:
        numbers, after = agreed_states.doubtful(after)
        for first in range(0, len(numbers), CHUNK):
            yield list(states.filter(pk__among=frozenset(numbers[first : first + CHUNK])).order_by("pk"))


def _differing(rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Of states that were just read those that differ, perhaps only because an answer came meanwhile."""
    with remembering():
        events = folds.events_of({bytes(row["address_key"]) for row in rows})
        return [row["pk"] for row in rows if _other(row, events.get(folds.key_of(row)))]


def _other(row: Mapping[str, Any], events: Sequence[folds.Row] | None) -> str:
    """The columns of a state that say something else than its events."""
    if not events:
        return "there are none"
    folded = folds.fold(events)
    other = [column for column in folds.STATE if row[column] != folded[column]]
    if not other and seals.check(folds.key_of(row), row) is Seal.BROKEN:
        return SEAL
    return ", ".join(other)


def _other_still(pk: int) -> str:
    """The same, read anew until nobody wrote the row meanwhile: an answer recorded beside a check is no failure."""
    rows = ConsentState.objects.filter(pk=pk).values("pk", *folds.KEY, *folds.STATE, "seal")
    row = rows.first()
    while row is not None:
        other = _other(row, folds.events_of([bytes(row["address_key"])]).get(folds.key_of(row)))
        again = rows.first()
        if not other or again == row:
            return other
        row = again
    return ""


def _missing(*, sample: int | None) -> Iterator[str]:
    """Places where somebody answered, and no state says what. The chain of each place has one first event."""
    key = {name: OuterRef(name) for name in folds.KEY}
    firsts = folds.of_all_senders().filter(previous=None)  # what is about one sender alone is in no state
    lone = firsts.filter(~Exists(ConsentState.objects.filter(**key)))
    parts = [lone.order_by("pk")]
    if sample is not None:
        parts = [
            lone.filter(pk__in=[row["pk"] for row in rows]) for rows in chunks_of(firsts.values("pk"), sample=sample)
        ]
    for part in parts:
        for pk in part.values_list("pk", flat=True).iterator():
            yield f"Event {pk} of {ConsentEvent._meta.label} has no state."


class SuppressionLifts:
    """Registered in ``ports.ledger_followers``: a stop of an address was taken back by an act in the ledger alone, and each stop
    that a leaf states still suppresses the addresses that it names by their digest.
    """

    check = "V11"
    model = SuppressionLift
    compared = frozenset({"suppression_id", "receipt_id"})

    def differences(self, *, sample: int | None) -> Iterator[str]:
        """A lift without its act, and a stop whose rows are others than its leaf states; some statements for each set."""
        lifts = SuppressionLift.objects.values(
            "pk", "receipt_id", *(f"{end}receipt__{name}" for end in ("", "suppression__") for name in _RECEIPT)
        )
        for rows in chunks_of(lifts, sample=sample):
            told = _told({f"consent.receipt:{row['receipt__reference']}" for row in rows})
            undone = set(
                ConsentEvent.objects.filter(way=Way.UNDO, receipt__in={row["receipt_id"] for row in rows}).values_list(
                    "receipt_id", flat=True
                )
            )
            for row in rows:
                by_act = (
                    f"consent.receipt:{row['receipt__reference']}",
                    row["suppression__receipt__reference"],
                ) in told
                is_theirs = row["receipt__subject_ref"] == row["suppression__receipt__subject_ref"]
                if not (by_act or (is_theirs and row["receipt_id"] in undone)):
                    yield f"Row {row['pk']} of {SuppressionLift._meta.label} follows from no act in the ledger."
        yield from _other_stops(sample=sample)


_RECEIPT = ("reference", "subject_ref")


def _told(labels: set[str]) -> set[tuple[str, str]]:
    events = AuditEvent.objects.filter(kind=AuditKind.CONSENT_SUPPRESSION_LIFTED, about__in=labels)
    return {(about, str(facts.get("reference"))) for about, facts in events.values_list("about", "facts")}


def _other_stops(*, sample: int | None) -> Iterator[str]:
    stops = AuditEvent.objects.filter(kind=AuditKind.CONSENT_ADDRESS_SUPPRESSED).values("pk", "facts")
    for rows in chunks_of(stops, sample=sample):
        keys: dict[str, set[bytes]] = {}
        references = {str(row["facts"].get("reference")) for row in rows}
        kept = Suppression.objects.filter(receipt__reference__in=references, event=None)
        for reference, key in kept.values_list("receipt__reference", "address_key"):
            keys.setdefault(reference, set()).add(bytes(key))  # an undo may repeat a row (``carry_over``)
        for row in rows:
            if digest_of(keys.get(str(row["facts"].get("reference")), ())) != row["facts"].get("sha256"):
                yield f"The rows of {Suppression._meta.label} of audit event {row['pk']} are not those that it states."


def register_followers() -> None:
    """What this room holds against its entries, told to the checks."""
    for follows in (ConsentStates(), SuppressionLifts()):
        ports.ledger_followers.register(follows)
