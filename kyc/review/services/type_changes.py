"""Staff change what a customer is, to us or in law: one person proposes it, another agrees. The list of papers follows."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from kyc.base.choices import Relation
from kyc.base.models.cases import Case
from kyc.base.permissions import Act, Permission
from kyc.cases import document_requirements
from kyc.review.models.type_changes import TypeProposal
from kyc.review.services.customer_types import change
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core import access, pii_guard
from portal.kernel.core.actor import Actor
from portal.kernel.core.errors import IllegalMove, Refused
from portal.kernel.people.services import maker_checker
from portal.kernel.people.services.maker_checker import person_of


def propose(case: Case, *, relation: str, customer_type: str, reason: str, actor: Actor, now: datetime) -> TypeProposal:
    """A first person proposes another relation or type, and writes why. Nothing changes by that.

    With its audit event, in one transaction. Raises NotAllowed without the permission; Refused without a reason (REASON), for
    one with a person in it (NUMBER_IN_WORDS: it stays with the proposal), for a pair that has no list (TYPE) or is there
    already (SAME), while the case is frozen (FROZEN); IllegalMove while a proposal waits.
    """
    maker = person_of(actor)
    access.require(maker, Permission.CASE_DECIDE)
    _require_not_frozen(case)
    if not reason.strip():
        raise Refused(_("Write why you change it."), code="REASON")
    pii_guard.require_plain(reason)
    if relation not in Relation.values or customer_type not in document_requirements.types_of(relation):
        raise Refused(_("There is no list of documents for this relation and type."), code="TYPE")
    if (relation, customer_type) == (case.relation, case.customer_type):
        raise Refused(_("The customer counts as this already."), code="SAME")
    try:
        with transaction.atomic():
            made = maker_checker.propose(
                TypeProposal,
                act=Act.TYPE,
                maker=maker,
                shown=_shown(case, relation, customer_type, reason.strip()),
                now=now,
                case=case,
                relation=relation,
                customer_type=customer_type,
                why=reason.strip(),
            )
            _note(AuditKind.KYC_TYPE_PROPOSED, made, actor, now)
    except IntegrityError as error:
        raise IllegalMove(_("A change of this type waits for a second person already.")) from error
    return made


def answer(proposal: TypeProposal, *, approve: bool, reason: str = "", actor: Actor, now: datetime) -> None:
    """A second person says yes or no; a yes changes the case, and settles it by the new list, in the same transaction.

    In the turn of the case, which is read anew. Raises as ``maker_checker.answer``: also when the case counts as something
    else by now; and Refused (FROZEN) for a yes while the case is frozen.
    """
    case = proposal.case
    with transaction.atomic():
        case.refresh_from_db(from_queryset=Case.objects.select_for_update(no_key=True))
        if approve:
            _require_not_frozen(case)
        maker_checker.answer(
            proposal,
            checker=person_of(actor),
            approve=approve,
            shown=_shown(case, proposal.relation, proposal.customer_type, proposal.why),
            reason=reason,
            now=now,
        )
        _note(AuditKind.KYC_TYPE_ANSWERED, proposal, actor, now)
        if approve:
            change(
                case,
                relation=proposal.relation,
                customer_type=proposal.customer_type,
                reason=proposal.why,
                actor=actor,
                now=now,
            )


def _require_not_frozen(case: Case) -> None:
    """A child's case with another type would be no person's any more, and whatever rests on that would end with it."""
    if case.frozen_at is not None:
        raise Refused(
            _("This account is frozen: what the customer counts as does not change. End the freeze first."),
            code="FROZEN",
        )


def _shown(case: Case, relation: str, customer_type: str, why: str) -> Mapping[str, Any]:
    """Both people answer for the step from what the customer counts as now."""
    return {
        "case": case.reference,
        "from": f"{case.relation}/{case.customer_type}",
        "to": f"{relation}/{customer_type}",
        "why": why,
    }


def _note(kind: AuditKind, proposal: TypeProposal, actor: Actor, now: datetime) -> None:
    record(
        kind,
        actor=actor,
        about=proposal.case.owner,
        subject_ref=proposal.case.subject_ref,
        facts={
            "proposal": proposal.pk,
            "to": f"{proposal.relation}/{proposal.customer_type}",
            "answer": proposal.answer,
            "shown_sha256": proposal.shown_sha256,
        },
        at=now,
    )
