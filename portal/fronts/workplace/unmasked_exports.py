"""Two-person approval of a list that leaves unmasked: the proposal here, the file made by ``portal.kernel.jobs``."""

from typing import Any

from django.db import transaction

from portal.fronts.workplace.models import UnmaskedExport
from portal.fronts.workplace.permissions import Act
from portal.kernel.audit import services as audit
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.core import actor as actors
from portal.kernel.core import clock
from portal.kernel.core.actor import Actor
from portal.kernel.core.admin.lists import page_of
from portal.kernel.jobs.services import exports
from portal.kernel.jobs.services.exports import Wish
from portal.kernel.people.services import maker_checker


def may_propose(*, user: Any) -> bool:
    """Answers ``answers.may_unmask``."""
    return maker_checker.may_propose(user, Act.EXPORT_UNMASK, now=clock.now())


def _shown(listed: str, columns: str, file_format: str, filters: str, why: str) -> dict[str, str]:
    return {"listed": listed, "columns": columns, "file_format": file_format, "filters": filters, "why": why}


def propose(*, wish: Wish, actor: Actor) -> UnmaskedExport:
    """Propose that a list leaves unmasked; answers ``answers.unmasked_export``. No file is made until another person approves.

    Raises NotAllowed when the role may not propose, Refused for a reason with the number of a paper or an account.
    """
    columns = ",".join(column.heading for column in wish.resource.columns())[:2000]
    said = _shown(wish.resource._meta.model._meta.label, columns, wish.file_format, wish.filters, wish.reason)
    with transaction.atomic():
        proposal = maker_checker.propose(
            UnmaskedExport,
            act=Act.EXPORT_UNMASK,
            maker=maker_checker.person_of(actor),
            shown=said,
            now=clock.now(),
            **said,
        )
        _record(AuditKind.EXPORT_UNMASKED_PROPOSED, proposal, actor)
    return proposal


def answer(*, proposal: UnmaskedExport, approve: bool, reason: str, actor: Actor) -> None:
    """Approve or refuse. A yes puts the list in the queue for whoever asked, in the same transaction.

    Raises what ``maker_checker.answer`` raises. The columns are those of today: where they are others than were shown, a yes
    is refused.
    """
    resource = page_of(proposal.listed).export_resource()
    columns = ",".join(column.heading for column in resource.columns())[:2000]
    said = _shown(proposal.listed, columns, proposal.file_format, proposal.filters, proposal.why)
    with transaction.atomic():
        checker = maker_checker.person_of(actor)
        maker_checker.answer(proposal, checker=checker, approve=approve, shown=said, reason=reason, now=clock.now())
        if not approve:
            _record(AuditKind.EXPORT_UNMASKED_REFUSED, proposal, actor)
            return
        wish = Wish(resource, proposal.file_format, proposal.filters, proposal.why, is_masked=False, approved_by=actor)
        proposal.export = exports.ask(wish, actor=actors.staff(proposal.made_by_id))
        proposal.save(update_fields=["export"])
        _record(AuditKind.EXPORT_UNMASKED_APPROVED, proposal, actor)


def _record(kind: AuditKind, proposal: UnmaskedExport, actor: Actor) -> None:
    facts: dict[str, str | int | bool | None] = {
        "proposal": proposal.pk,
        "model": proposal.listed.lower(),
        "format": proposal.file_format,
        "shown_sha256": proposal.shown_sha256,
        **({"export": proposal.export_id} if proposal.export_id else {}),
    }
    audit.record(kind, actor=actor, about=f"workplace.unmaskedexport:{proposal.pk}", facts=facts)
