"""Audit events of messages: which one, on which channel, under which wording; never to whom or what it said."""

from portal.audit import services as audit
from portal.audit.kinds import AuditKind
from portal.core.actor import Actor
from portal.outbox.models import Message


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
