"""A share of what was approved is looked at again, by somebody who had no part in it."""

from datetime import date, datetime, time, timedelta
from fractions import Fraction

from django.db import transaction
from django.utils.translation import gettext as _

from kyc.base.choices import DOCUMENT_MOVES, DecisionOutcome, DecisionReason, DocumentState, LookResult
from kyc.base.models.decisions import Decision
from kyc.base.models.documents import Document
from kyc.base.permissions import Permission
from kyc.cases.services.check_records import note_move
from kyc.outcomes.services import case_status
from kyc.qa_reviews import sampling
from kyc.qa_reviews.models import Draw, SecondLook
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core import access, field_changes
from portal.kernel.core import actor as actors
from portal.kernel.core.actor import Actor
from portal.kernel.core.clock import IST, day
from portal.kernel.core.errors import LostRace, NotAllowed, Refused
from portal.kernel.core.state_transitions import move
from portal.kernel.law.selectors import house_rule
from portal.kernel.ledger.models import Checkpoint
from portal.kernel.people.choices import Answer
from portal.kernel.people.models import User
from portal.kernel.people.services import factor_ages
from portal.kernel.people.services.maker_checker import person_of

SHARE = "kyc.second_look_share"
WITHIN = "kyc.second_look_within"
DRAWER = actors.system("kyc.second_looks")


def draw_due(*, now: datetime) -> int:
    """Draw each of the last days (``kyc.second_look_within``) that has not been drawn and is whole in the ledger; returns how many looks came of it.

    Each day in a transaction of its own, with its audit event. Safe to repeat: a day is drawn once.
    """
    found, today = 0, day(now)
    for back in range(house_rule(WITHIN, on=today).duration.days, 0, -1):
        found += _draw(today - timedelta(days=back), now=now)
    return found


def replayed(draw: Draw) -> bool:
    """Whether drawing again from the rows gives the same looks."""
    again = sampling.chosen(_approvals(draw.day), seed=draw.seed, share=Fraction(draw.share))
    return sorted(again) == sorted(draw.looks.values_list("decision__reference", flat=True))


def look(row: SecondLook, *, result: str, reason_code: str = "", actor: Actor, now: datetime) -> None:
    """Note what a second look found, with its audit event. A fault puts an approved document back into the queue and
    settles its case, in the same transaction; two people decide anew.

    Raises NotAllowed without the permission and for whoever had a part in it (``had_part``); Refused (RESULT, REASON);
    LostRace when a colleague was quicker.
    """
    user = person_of(actor)
    access.require(user, Permission.CASE_DECIDE)
    decision = Decision.objects.select_related("document__case", "document__party").get(pk=row.decision_id)
    if had_part(decision, user):
        raise NotAllowed(_("Another person must review: you had a part in this decision."))
    factor_ages.require("kyc.second_look", now=now)
    if result not in {LookResult.FINE, LookResult.FAULT}:
        raise Refused(_("Say what you found."), code="RESULT")
    if (result == LookResult.FAULT) != (reason_code in set(DecisionReason) - {DecisionReason.APPEAL}):
        raise Refused(_("Choose what is wrong where something is, and nothing where it is not."), code="REASON")
    with access.acting(user, Permission.CASE_DECIDE):
        rows = SecondLook.objects.filter(pk=row.pk, result=LookResult.OPEN)
        if rows.update(result=result, reason_code=reason_code, looked_by=user, looked_at=now) != 1:
            raise LostRace(_("A colleague reviewed it a moment ago."))
        row.refresh_from_db()
        record(
            AuditKind.KYC_SECOND_LOOK_DONE,
            actor=actor,
            about=f"kyc.decision:{decision.reference}",
            subject_ref=decision.document.subject_ref,
            facts={"document": decision.document.reference, "outcome": result, "reason_code": reason_code},
            at=now,
        )
        if result == LookResult.FAULT:
            _put_back(decision.document, actor, now)


def had_part(decision: Decision, user: User) -> bool:
    """Whether this person proposed it, answered it, or brought the document in."""
    return user.pk in {decision.made_by_id, decision.checked_by_id, decision.document.brought_by_id}


def _put_back(document: Document, actor: Actor, now: datetime) -> None:
    """Nothing for one that was replaced or has ended since: it stands for nothing any more."""
    if document.state != DocumentState.APPROVED:
        return
    field_changes.watch_row(document)
    move(document, DocumentState.CHECKED, moves=DOCUMENT_MOVES)
    note_move(document, actor=actor, now=now)
    case_status.settle(document.case, actor=actor, now=now)


def _draw(on: date, *, now: datetime) -> int:
    end = datetime.combine(on + timedelta(days=1), time.min, tzinfo=IST)
    seal = Checkpoint.objects.filter(complete_to__gte=end).order_by("size").first()
    if seal is None or Draw.objects.filter(day=on).exists():
        return 0
    references, share = _approvals(on), house_rule(SHARE, on=on).amount or 0
    seed = bytes(seal.root).hex()
    drawn = sampling.chosen(references, seed=seed, share=Fraction(share))
    with transaction.atomic():
        made, is_new = Draw.objects.get_or_create(
            day=on,
            defaults={
                "seed": seed,
                "tree_size": seal.size,
                "share": share,
                "population": len(references),
                "drawn_at": now,
            },
        )
        if not is_new:
            return 0
        decisions = Decision.objects.filter(reference__in=drawn)
        SecondLook.objects.bulk_create([SecondLook(draw=made, decision=one) for one in decisions])
        record(
            AuditKind.KYC_SAMPLE_DRAWN,
            actor=DRAWER,
            about=f"kyc.draw:{on.isoformat()}",
            facts={"sha256": seed, "size": seal.size, "count": len(drawn)},
            at=now,
        )
    return len(drawn)


def _approvals(on: date) -> list[str]:
    """References of the approvals that a second person gave on that day in India."""
    begin = datetime.combine(on, time.min, tzinfo=IST)
    given = Decision.objects.filter(
        outcome=DecisionOutcome.APPROVE,
        answer=Answer.APPROVED,
        checked_at__gte=begin,
        checked_at__lt=begin + timedelta(days=1),
    )
    return list(given.order_by("reference").values_list("reference", flat=True))
