"""Appointing officers, by two people."""

from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from portal.kernel.audit import services as audit
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.core import addresses, clock
from portal.kernel.core.actor import Actor
from portal.kernel.people.services import maker_checker
from portal.kernel.registers.base.choices import OfficerKind
from portal.kernel.registers.base.models.officers import Officer
from portal.kernel.registers.base.permissions import Act
from portal.kernel.registers.base.selectors.current_entries import current_officer
from portal.kernel.registers.base.services.entry_fields import digestible, filled, require_in_time, require_no_rewriting

SHOWN = ("kind", "full_name", "title", "email", "phone", "postal_address", "effective_from")


def current(kind: str = OfficerKind.GRIEVANCE_OFFICER, *, on: date) -> Officer | None:
    """Who holds the office on that day (a date in India). None when nobody has been appointed."""
    return current_officer(kind, on=on)


def propose(
    *,
    kind: str,
    full_name: str,
    title: str,
    email: str,
    phone: str,
    postal_address: str,
    effective_from: date,
    actor: Actor,
) -> Officer:
    """Propose that somebody holds an office from a day on. Nothing changes until another person approves.

    Raises Refused for an empty name, an address or number that is none, or a day in the past on which somebody else
    held the office; NotAllowed when the actor's role may not propose.
    """
    now = clock.now()
    fields: dict[str, Any] = {
        "kind": str(OfficerKind(kind)),
        "full_name": filled(full_name, _("Enter the officer's name: the law has it published.")),
        "title": title.strip(),
        "email": addresses.normalise(addresses.EMAIL, email),
        "phone": addresses.normalise(addresses.PHONE, phone),
        "postal_address": filled(postal_address, _("Enter a postal address.")),
        "effective_from": effective_from,
    }
    today = clock.day(now)
    holder = current_officer(kind, on=today)
    require_no_rewriting(effective_from, today=today, somebody_is_in_force=holder is not None)
    with transaction.atomic():
        officer = maker_checker.propose(
            Officer,
            act=Act.OFFICER_APPOINT,
            maker=maker_checker.person_of(actor),
            shown=digestible(fields),
            now=now,
            **fields,
        )
        _record(AuditKind.REGISTERS_OFFICER_PROPOSED, officer, actor)
    return officer


def answer(*, officer: Officer, approve: bool, reason: str, actor: Actor) -> None:
    """Approve or refuse a proposed appointment, as another person than its maker (see ``people.services.maker_checker``)."""
    now = clock.now()
    today = clock.day(now)
    with transaction.atomic():
        if approve:
            in_force = current_officer(officer.kind, on=today) is not None
            require_in_time(officer.effective_from, today=today, somebody_is_in_force=in_force)
        maker_checker.answer(
            officer,
            checker=maker_checker.person_of(actor),
            approve=approve,
            shown=shown(officer),
            reason=reason,
            now=now,
        )
        _record(AuditKind.REGISTERS_OFFICER_ADOPTED if approve else AuditKind.REGISTERS_OFFICER_REFUSED, officer, actor)


def shown(officer: Officer) -> dict[str, str]:
    """What both people see and are bound to."""
    return digestible({name: getattr(officer, name) for name in SHOWN})


def _record(kind: AuditKind, officer: Officer, actor: Actor) -> None:
    facts: dict[str, str | int | bool | None] = {
        "proposal": officer.pk,
        "kind": officer.kind,
        "effective_from": officer.effective_from.isoformat(),
        "shown_sha256": officer.shown_sha256,
        "answer": officer.answer,
    }
    audit.record(kind, actor=actor, about=f"registers.officer:{officer.pk}", facts=facts)
