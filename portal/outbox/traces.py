"""Audit events of the outbox: which message, on which channel, under which wording; never to whom or what it said."""

from datetime import datetime

from portal.audit import services as audit
from portal.audit.kinds import AuditKind
from portal.core.actor import Actor, system
from portal.outbox.models import AddressFault, Message, PushSubscription

#: Whose word it is when a gateway reports.
REPORTER = system("portal.outbox.reports")


def record_act(kind: AuditKind, message: Message, *, actor: Actor) -> None:
    """One event about a message as it is now, in the caller's transaction."""
    facts: dict[str, str | int | bool | None] = {
        "message": message.reference,
        "kind": message.kind,
        "channel": message.channel,
        "purpose": message.purpose,
        "language": message.template_language,
        "template_version": message.template_sha256,
        "attempt": message.attempts,
        "state": message.state,
        "reason_code": message.reason,
    }
    audit.record(
        kind, actor=actor, about=f"outbox.message:{message.reference}", subject_ref=message.subject_ref, facts=facts
    )


def record_cleared(fault: AddressFault, *, actor: Actor) -> None:
    """One event about a fault that no longer counts, and which message had shown it."""
    facts = {"message": fault.message.reference, "channel": fault.channel, "reason_code": fault.reason.upper()}
    audit.record(
        AuditKind.OUTBOX_ADDRESS_CLEARED,
        actor=actor,
        about=f"outbox.message:{fault.message.reference}",
        subject_ref=fault.subject_ref,
        facts=facts,
    )


def record_browser(kind: AuditKind, row: PushSubscription, *, actor: Actor, at: datetime, code: str = "") -> None:
    """One event about a browser: switched on, or forgotten and, where its owner did not ask for that, why."""
    facts = {"channel": "push", **({"reason_code": code} if code else {})}
    audit.record(kind, actor=actor, about=f"outbox.browser:{row.pk}", subject_ref=row.subject_ref, facts=facts, at=at)
