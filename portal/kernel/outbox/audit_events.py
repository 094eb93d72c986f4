"""Audit events of the outbox: which message, on which channel, under which wording; never to whom or what it said."""

from collections.abc import Sequence
from datetime import datetime

from portal.kernel.audit import services as audit
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.core import clock, ports
from portal.kernel.core.actor import Actor, system
from portal.kernel.outbox.models import AddressFault, Message, PushSubscription

#: Whose word it is when a gateway reports.
REPORTER = system("portal.outbox.reports")


def record_act(kind: AuditKind, message: Message, *, actor: Actor) -> None:
    """One event about a message as it is now, in the caller's transaction."""
    audit.record(kind, actor=actor, about=_about(message), subject_ref=message.subject_ref, facts=_facts(message))


def record_acts(kind: AuditKind, messages: Sequence[Message], *, actor: Actor) -> None:
    """One event about each of the messages as it is now, in the caller's transaction."""
    acts = [audit.Act(_about(message), _facts(message), message.subject_ref) for message in messages]
    audit.record_many(kind, actor=actor, acts=acts)


def record_sent(messages: Sequence[Message], *, actor: Actor) -> None:
    """A channel has accepted these: one event about each, and those who wait for it are told, in the caller's transaction."""
    record_acts(AuditKind.OUTBOX_MESSAGE_SENT, messages, actor=actor)
    for told in ports.messages_sent:
        told(messages=messages)


def _about(message: Message) -> str:
    return f"outbox.message:{message.reference}"


def _facts(message: Message) -> dict[str, str | int | bool | None]:
    return {
        "message": message.reference,
        "kind": message.kind,
        "channel": message.channel,
        "purpose": message.purpose,
        "language": message.template_language,
        "template_version": message.template_sha256,
        "attempt": message.attempts,
        "state": message.state,
        "reason_code": message.reason,
        **({} if message.sent_at is None else {"sent_at": clock.stamp(message.sent_at)}),
    }


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
