"""Changing the company's details, by two people."""

from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from portal.kernel.audit import services as audit
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.core import addresses, clock
from portal.kernel.core.actor import Actor
from portal.kernel.people.services import maker_checker
from portal.kernel.registers.base.models.company import CompanyDetails
from portal.kernel.registers.base.permissions import Act
from portal.kernel.registers.base.selectors.current_entries import company_details
from portal.kernel.registers.base.services.entry_fields import digestible, filled, require_in_time, require_no_rewriting

SHOWN = ("legal_name", "trade_name", "email", "phone", "postal_address", "website", "effective_from")


def propose(
    *,
    legal_name: str,
    trade_name: str,
    email: str,
    phone: str,
    postal_address: str,
    effective_from: date,
    actor: Actor,
    website: str = "",
) -> CompanyDetails:
    """Propose new details from a day on. Nothing changes until another person approves.

    Raises Refused for an empty field, an address or number that is none, or a day in the past on which other details
    held; NotAllowed when the actor's role may not propose.
    """
    now = clock.now()
    fields: dict[str, Any] = {
        "legal_name": filled(legal_name, _("Enter the registered name.")),
        "trade_name": filled(trade_name, _("Enter the name that customers know.")),
        "email": addresses.normalise(addresses.EMAIL, email),
        "phone": addresses.normalise(addresses.PHONE, phone),
        "postal_address": filled(postal_address, _("Enter a postal address.")),
        "website": website.strip(),
        "effective_from": effective_from,
    }
    today = clock.day(now)
    earlier = company_details(on=today)
    require_no_rewriting(effective_from, today=today, somebody_is_in_force=earlier is not None)
    with transaction.atomic():
        details = maker_checker.propose(
            CompanyDetails,
            act=Act.COMPANY_CHANGE,
            maker=maker_checker.person_of(actor),
            shown=digestible(fields),
            now=now,
            **fields,
        )
        _record(AuditKind.REGISTERS_COMPANY_PROPOSED, details, actor)
    return details


def answer(*, details: CompanyDetails, approve: bool, reason: str, actor: Actor) -> None:
    """Approve or refuse proposed details, as another person than their maker (see ``people.services.maker_checker``)."""
    now = clock.now()
    today = clock.day(now)
    with transaction.atomic():
        if approve:
            in_force = company_details(on=today) is not None
            require_in_time(details.effective_from, today=today, somebody_is_in_force=in_force)
        maker_checker.answer(
            details,
            checker=maker_checker.person_of(actor),
            approve=approve,
            shown=shown(details),
            reason=reason,
            now=now,
        )
        kind = AuditKind.REGISTERS_COMPANY_ADOPTED if approve else AuditKind.REGISTERS_COMPANY_REFUSED
        _record(kind, details, actor)


def shown(details: CompanyDetails) -> dict[str, str]:
    """What both people see and are bound to."""
    return digestible({name: getattr(details, name) for name in SHOWN})


def _record(kind: AuditKind, details: CompanyDetails, actor: Actor) -> None:
    facts: dict[str, str | int | bool | None] = {
        "proposal": details.pk,
        "effective_from": details.effective_from.isoformat(),
        "shown_sha256": details.shown_sha256,
        "answer": details.answer,
    }
    audit.record(kind, actor=actor, about=f"registers.company:{details.pk}", facts=facts)
