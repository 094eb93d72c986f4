"""Erasing at a person's wish: what no law, hold or dispute keeps goes, record by record; the letter says what stays and why.

The request's own ticket stays: it is the proof that it was answered, and has a period of its own.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from grievances.models import RightsRequest
from grievances.services import bundling
from portal.audit.kinds import AuditKind
from portal.audit.services import record
from portal.core import hooks
from portal.core.actor import Actor
from portal.core.erasing import in_order
from portal.retention.deciding import Decided, keep_or_erase
from portal.retention.services import replaying


def plan(request: RightsRequest, *, at: datetime) -> list[Decided]:
    """A verdict for each record of the person whose data it is, but for the request itself. Raises Refused (WHOSE)."""
    found: dict[tuple[str, UUID, str, object], Decided] = {}
    for ref in sorted(bundling.data_refs(request), key=str):
        for each in keep_or_erase(ref, now=at, asked_at=request.ticket.received_at):
            if each.record.subject_ref != request.ticket.subject_ref:
                place = (each.eraser.name, each.record.subject_ref, each.record.about, each.record.began_at)
                found[place] = each
    return list(found.values())


def is_partial(decided: Iterable[Decided]) -> bool:
    """Whether something is kept."""
    return any(each.verdict.is_kept for each in decided)


def letter_lines(decided: Iterable[Decided], *, language: str) -> list[str]:
    """What goes and what stays, each with the law and its day, in the person's language."""
    with translation.override(language):
        gone = dict.fromkeys(each.what for each in decided if not each.verdict.is_kept)
        stays = dict.fromkeys(each.sentence for each in decided if each.verdict.is_kept)
        lines = [_("We erase:"), *(f"- {what}" for what in gone)] if gone else []
        if stays:
            lines += [_("We keep, and tell you why:"), *(f"- {sentence}" for sentence in stays)]
        return lines or [_("We hold nothing about you that could be erased.")]


def in_short(decided: Iterable[Decided]) -> list[list[str]]:
    """The plan as both people answer for it: names, labels and verdicts, nobody's data."""
    return sorted(
        [each.eraser.name, each.record.about, str(each.verdict.winner.says), each.verdict.winner.citation]
        for each in decided
    )


def carry_out(request: RightsRequest, *, decided: Iterable[Decided], actor: Actor, at: datetime) -> int:
    """Erase what the plan says, in the caller's transaction; returns how many records ended.

    Of one class of one subject a part may be kept: then what began before the first kept record goes now, and the rest
    when its own day comes.
    """
    rows: dict[tuple[str, UUID], list[Decided]] = defaultdict(list)
    for each in decided:
        rows[each.eraser.name, each.record.subject_ref].append(each)
    erasers = {str(eraser.name): eraser for eraser in in_order(hooks.erasers)}
    order = list(erasers)
    erased = kept = 0
    with transaction.atomic():
        for (name, ref), mine in sorted(rows.items(), key=lambda row: (order.index(row[0][0]), str(row[0][1]))):
            stays = [each for each in mine if each.verdict.is_kept]
            kept += sum(each.record.count for each in stays)
            begins = [each.record.began_at for each in stays if each.record.began_at is not None]
            if stays and len(begins) < len(stays):
                continue
            erased += replaying.end_now(
                erasers[name],
                subject_ref=ref,
                before=min(begins, default=None),
                because=request.ticket.reference,
                at=at,
            )
        record(
            AuditKind.GRIEVANCES_REQUEST_ERASED,
            actor=actor,
            about=request.ticket.about,
            facts={"reference": request.ticket.reference, "request": request.right, "erased": erased, "kept": kept},
            subject_ref=request.ticket.subject_ref,
            at=at,
        )
    return erased
