"""Two-person changes of the profile and of purposes: the proposal here, what follows from a yes in ``portal.kernel.law``."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from portal.fronts.workplace.models import ProfileProposal, PurposeProposal
from portal.fronts.workplace.permissions import Act
from portal.kernel.audit import services as audit
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.core import clock
from portal.kernel.core.actor import Actor
from portal.kernel.core.errors import Refused
from portal.kernel.law import selectors as law
from portal.kernel.law.models import Purpose
from portal.kernel.law.services import profiles, purposes
from portal.kernel.people.models import FourEyesModel
from portal.kernel.people.services import maker_checker


def shown_profile(answers: Mapping[str, str], effective_from: date) -> dict[str, Any]:
    """What both people see of a profile and are bound to."""
    return {"answers": dict(answers), "effective_from": effective_from.isoformat()}


def shown_purpose(
    code: str, content: Mapping[str, Any], effective_from: date, *, is_correction: bool = False
) -> dict[str, Any]:
    """What both people see of a purpose and are bound to."""
    shown = {"code": code, "content": dict(content), "effective_from": effective_from.isoformat()}
    return {**shown, "is_correction": True} if is_correction else shown


def propose_profile(*, answers: Mapping[str, str], effective_from: date, actor: Actor) -> ProfileProposal:
    """Propose answers from a day on. Nothing changes until another person approves.

    Raises Refused for a day in the past or answers that change nothing, NotAllowed when the role may not propose.
    """
    now = clock.now()
    today = clock.day(now)
    if effective_from < today:
        raise Refused(_("The profile cannot change in the past. Choose today or a later day."))
    present = law.profile(on=effective_from)
    if all(getattr(present, name) == value for name, value in answers.items()):
        raise Refused(_("These answers are in force already. Change at least one."))
    with transaction.atomic():
        proposal = maker_checker.propose(
            ProfileProposal,
            act=Act.PROFILE_CHANGE,
            maker=maker_checker.person_of(actor),
            shown=shown_profile(answers, effective_from),
            now=now,
            answers=dict(answers),
            effective_from=effective_from,
        )
        _record(AuditKind.LAW_PROFILE_PROPOSED, proposal, actor, effective_from)
    return proposal


def answer_profile(*, proposal: ProfileProposal, approve: bool, reason: str, actor: Actor) -> None:
    """Approve or refuse. A yes writes the profile in the same transaction. Raises what ``maker_checker.answer`` raises."""
    shown = shown_profile(proposal.answers, proposal.effective_from)
    with transaction.atomic():
        _answer(proposal, shown, approve=approve, reason=reason, actor=actor)
        if not approve:
            _record(AuditKind.LAW_PROFILE_REFUSED, proposal, actor, proposal.effective_from)
        else:
            _refuse_the_past(proposal.effective_from)
            profiles.adopt(
                answers=proposal.answers,
                effective_from=proposal.effective_from,
                made_by_ref=f"user:{proposal.made_by_id}",
                checked_by_ref=f"user:{proposal.checked_by_id}",
                shown_sha256=proposal.shown_sha256,
                actor=actor,
            )


def propose_purpose(
    *, code: str, content: Mapping[str, Any], effective_from: date, actor: Actor, is_correction: bool = False
) -> PurposeProposal:
    """Propose a purpose, checked by the rules of ``law`` at once, so that nobody is asked to approve what cannot be.

    A correction means what the last version means; anything else is a new meaning, which asks everybody again.

    Raises Refused for what the law or the house does not allow, NotAllowed when the role may not propose.
    """
    now = clock.now()
    if effective_from < clock.day(now):
        raise Refused(_("A purpose cannot change in the past. Choose today or a later day."))
    last = Purpose.objects.filter(code=code).order_by("-version").first()
    row = Purpose(code=code, version=0, effective_from=effective_from, **content)
    purposes.check(row, last=last)
    if is_correction:
        purposes.check_correction(row, last=last)
    with transaction.atomic():
        proposal = maker_checker.propose(
            PurposeProposal,
            act=Act.PURPOSE_ADOPT,
            maker=maker_checker.person_of(actor),
            shown=shown_purpose(code, content, effective_from, is_correction=is_correction),
            now=now,
            code=code,
            content=dict(content),
            effective_from=effective_from,
            is_correction=is_correction,
        )
        _record(AuditKind.LAW_PURPOSE_PROPOSED, proposal, actor, effective_from)
    return proposal


def answer_purpose(*, proposal: PurposeProposal, approve: bool, reason: str, actor: Actor) -> None:
    """Approve or refuse. A yes writes the next version in the same transaction; its notice has still to be published."""
    shown = shown_purpose(
        proposal.code, proposal.content, proposal.effective_from, is_correction=proposal.is_correction
    )
    with transaction.atomic():
        _answer(proposal, shown, approve=approve, reason=reason, actor=actor)
        if not approve:
            _record(AuditKind.LAW_PURPOSE_REFUSED, proposal, actor, proposal.effective_from)
        else:
            _refuse_the_past(proposal.effective_from)
            purposes.adopt(
                code=proposal.code,
                fields=proposal.content,
                effective_from=proposal.effective_from,
                made_by_ref=f"user:{proposal.made_by_id}",
                checked_by_ref=f"user:{proposal.checked_by_id}",
                shown_sha256=proposal.shown_sha256,
                actor=actor,
                is_correction=proposal.is_correction,
            )


def _answer(proposal: FourEyesModel, shown: Mapping[str, Any], *, approve: bool, reason: str, actor: Actor) -> None:
    checker = maker_checker.person_of(actor)
    maker_checker.answer(proposal, checker=checker, approve=approve, shown=shown, reason=reason, now=clock.now())


def _refuse_the_past(effective_from: date) -> None:
    """A proposal that waited beyond its first day would rewrite what decisions of those days relied on."""
    if effective_from < clock.day(clock.now()):
        raise Refused(_("The day from which this should be valid has passed. Reject it and ask for a later day."))


def _record(kind: AuditKind, proposal: FourEyesModel, actor: Actor, effective_from: date) -> None:
    facts: dict[str, str | int | bool | None] = {
        "proposal": proposal.pk,
        "effective_from": effective_from.isoformat(),
        "shown_sha256": proposal.shown_sha256,
    }
    audit.record(kind, actor=actor, about=f"{proposal._meta.label_lower}:{proposal.pk}", facts=facts)
