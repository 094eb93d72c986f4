"""The end of a child's data: planned when two people have agreed, and what its run came to."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.conf import settings

from portal.kernel.audit import services as audit
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.core import clock
from portal.kernel.core.actor import Actor, system
from portal.kernel.core.state_transitions import move
from portal.kernel.outbox.services import write_to_staff
from portal.kernel.people.models import Customer
from portal.kernel.people.permissions import Permission
from portal.kernel.people.services import departures
from portal.kernel.retention import retention_decisions
from portal.kernel.retention.choices import CHILD_MOVES, Cause, ChildState, ItemState
from portal.kernel.retention.models import ChildDecision, ChildReport
from portal.kernel.retention.rules import Verdict, Why
from portal.kernel.retention.services import person_erasure

WORKER = system("retention.children")
#: What keeps a record that is no law.
_WITHOUT_LAW = {Why.HOLD: "A legal hold or a duty of law", Why.DISPUTE: "An open dispute"}
#: The same, where it stopped a run.
_STOPPED = {ItemState.HELD.value: Why.HOLD, ItemState.DISPUTED.value: Why.DISPUTE}


def begin(row: ChildReport, decision: ChildDecision, *, actor: Actor, now: datetime) -> None:
    """Plan the end of everything that no law, hold or dispute keeps (our own periods keep nothing of a child; policy 12:
    "immediately") and give it to a worker; what is kept stands in the report, with its law and day.

    At once, in the caller's transaction, ends what the child could do: sessions, logins, their part in organisations and
    what they set going there (``people.services.departures``). Staff hear of each organisation that nobody owns then.
    """
    child = row.child_ref
    assert child is not None  # noqa: S101 - a constraint of the table says so of a frozen report
    for customer in departures.end_all(subject_ref=child, actor=actor, now=now):
        _tell_ownerless(customer, now)
    refs = retention_decisions.refs_of_person(child)
    decided = retention_decisions.decide(refs, now=now, asked_at=now)
    kept: dict[str, list[str]] = {}
    for each in decided:
        if each.verdict.is_kept:
            name, entry = str(each.eraser.name), _entry(each.verdict)
            kept[name] = max(kept.get(name, entry), entry, key=lambda one: one[1] or "9999")
    listed = [[name, *entry] for name, entry in sorted(kept.items())]
    move(row, ChildState.ERASING, moves=CHILD_MOVES, decided_at=now, kept=listed)
    person_erasure.plan(
        cause=Cause.CHILD,
        because=row.reference,
        refs=refs,
        decided=decided,
        decision=decision,
        asked_at=now,
        now=now,
        actor=actor,
    )


def note_end(
    *,
    because: str,
    ended: Mapping[str, int],
    left: Iterable[tuple[str, str]],
    kept: int,
    is_again: bool,
    settled: frozenset[str],
    at: datetime,
) -> None:
    """Registered in ``ports.person_run_ended``: what the run of a report came to. It is erased once nothing is left that
    only broke or changed; what a hold or a dispute keeps stands beside what a law does.
    """
    row = ChildReport.objects.select_for_update().filter(reference=because).first()
    if row is None:
        return
    left = list(left)
    other = [entry for entry in row.kept if entry[0] not in ended or entry[1] not in _WITHOUT_LAW.values()]
    stays = [[name, _WITHOUT_LAW[_STOPPED[state]], ""] for name, state in left if state in _STOPPED]
    changes: dict[str, Any] = {
        "erased": row.erased + sum(ended.values()),
        "kept": sorted([*other, *(entry for entry in stays if entry not in other)]),
    }
    if row.state == ChildState.ERASING and all(state in _STOPPED for _name, state in left):
        move(row, ChildState.ERASED, moves=CHILD_MOVES, erased_at=at, **changes)
    else:
        ChildReport.objects.filter(pk=row.pk).update(**changes)
        row.refresh_from_db()
    audit.record(
        AuditKind.RETENTION_CHILD_ERASED,
        actor=WORKER,
        about=row.owner,
        subject_ref=row.child_ref or row.subject_ref,
        facts={"reference": row.reference, "erased": sum(ended.values()), "kept_by_law": len(row.kept)},
        at=at,
    )


def _tell_ownerless(customer: Customer, now: datetime) -> None:
    """Why is nobody's business who invites the next owner: the letter names the organisation alone."""
    url = f"{settings.SITE_URL}/admin/people/customer/{customer.pk}/change/"
    write_to_staff(
        kind="retention.owner_missing",
        permission=Permission.CUSTOMER_INVITE,
        about=f"people.customer:{customer.reference}/owner/{clock.day(now).isoformat()}",
        context={"reference": customer.reference, "url": url},
        now=now,
    )


def _entry(verdict: Verdict) -> list[str]:
    """What keeps a record, and the last day, empty where no end is known."""
    ground = verdict.winner
    until = verdict.kept_through.isoformat() if verdict.kept_through is not None else ""
    return [ground.citation or _WITHOUT_LAW.get(ground.why, ground.key), until]
