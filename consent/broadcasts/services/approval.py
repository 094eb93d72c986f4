"""A broadcast is proposed by one person, looked at and tried out, and answered by another."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from consent.base.permissions import Act
from consent.base.rules.broadcasts import SEGMENT_GREW, most_people
from consent.broadcasts.choices import BROADCAST_MOVES, BroadcastState
from consent.broadcasts.models import Broadcast
from consent.broadcasts.selectors.segments import Segment
from consent.broadcasts.services import content
from consent.broadcasts.services.content import Plan
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core import clock, ids, pii_guard
from portal.kernel.core.actor import Actor
from portal.kernel.core.errors import IllegalMove, Refused
from portal.kernel.core.state_transitions import move
from portal.kernel.law.choices import Channel
from portal.kernel.law.selectors import house_rule
from portal.kernel.outbox.services import write_to
from portal.kernel.people.services import maker_checker
from portal.kernel.registers.senders.models.templates import ContentTemplate

#: The letter in which whoever proposes reads what people are going to read.
TEST: Final = "consent.broadcast_test"
#: The rule that says by how much a segment may grow after it was counted.
GROWTH: Final = "broadcasts.growth"


def plan_of(row: Broadcast) -> Plan:
    """The plan that a row keeps."""
    return Plan(
        title=row.title,
        purpose=row.purpose,
        channels=row.channels,
        segment=Segment.from_json(row.segment),
        per_minute=row.per_minute,
        words=row.words,
        templates=list(row.templates.order_by("channel", "language", "pk")),
    )


def propose(*, plan: Plan, actor: Actor, now: datetime) -> Broadcast:
    """Propose a broadcast: nothing is sent before somebody else agrees. Opens its own transaction.

    Raises Refused for a plan with faults (all of them at once) or words that must not be kept; NotAllowed when the
    person may not propose this.
    """
    maker = maker_checker.person_of(actor)
    maker_checker.require_maker(maker, Act.BROADCAST_SEND, now=now)
    _require_sound(plan, now)
    pii_guard.require_no_number(plan.title, *(text for said in plan.words.values() for text in said.values()))
    purpose = content.purpose_of(plan.purpose, at=now)
    fields: dict[str, Any] = {
        "title": plan.title.strip(),
        "purpose": plan.purpose,
        "category": purpose.message_category if purpose else "",
        "channels": [str(channel) for channel in plan.channels],
        "segment": plan.segment.as_json(),
        "words": {language: dict(said) for language, said in plan.words.items()},
        "per_minute": plan.per_minute,
        "counted": plan.segment.people().count(),
    }
    with transaction.atomic():
        row = maker_checker.propose(
            Broadcast,
            act=Act.BROADCAST_SEND,
            maker=maker,
            shown=Broadcast(**fields).shown(_bound(plan.templates)),
            now=now,
            reference=ids.new_reference("BC"),
            **fields,
        )
        row.templates.set(plan.templates)
        _note(AuditKind.CONSENT_BROADCAST_PROPOSED, row, actor, now)
    return row


def answer(*, row: Broadcast, approve: bool, reason: str = "", actor: Actor, now: datetime) -> None:
    """Agree, which begins the sending, or refuse. Opens its own transaction.

    Raises what ``maker_checker.answer`` raises, and Refused where a template, a channel or the purpose holds no more, or the
    segment has grown beyond what was counted.
    """
    checker = maker_checker.person_of(actor)
    plan = plan_of(row)
    if approve:
        _require_sound(plan, now)
        _require_counted(row, plan, now)
    with transaction.atomic():
        shown = row.shown(_bound(plan.templates))
        maker_checker.answer(row, checker=checker, approve=approve, shown=shown, reason=reason, now=now)
        if approve:
            move(row, BroadcastState.SENDING, moves=BROADCAST_MOVES, begun_at=now)
        else:
            move(row, BroadcastState.REFUSED, moves=BROADCAST_MOVES, ended_at=now)
        _note(AuditKind.CONSENT_BROADCAST_ANSWERED, row, actor, now)


def is_as_agreed(row: Broadcast, plan: Plan) -> bool:
    """Whether texts, segment, channels and pace are still those that two people saw."""
    return maker_checker.shown_digest(row.shown(_bound(plan.templates))) == row.shown_sha256


def most(row: Broadcast, at: datetime) -> int:
    """How many people the segment may have by now: beyond that it is another one than two people agreed to."""
    return most_people(row.counted, percent=int(house_rule(GROWTH, on=clock.day(at)).amount or 0))


def try_out(*, row: Broadcast, channel: str, actor: Actor, now: datetime) -> int:
    """Send whoever asks the texts of one channel, a letter for each language, to the address of their own login. How many.

    In the caller's transaction or its own. Raises Refused for a channel that is none of the broadcast's or a login that
    cannot be written to, IllegalMove for a broadcast that was refused.
    """
    if row.state == BroadcastState.REFUSED:
        raise IllegalMove(_("This broadcast was refused."))
    texts = [said for said in content.preview(plan_of(row)) if said.channel == channel]
    if not texts:
        raise Refused(_("The broadcast does not go by this channel."), code="NO_SUCH_CHANNEL")
    person = maker_checker.person_of(actor)
    with transaction.atomic():
        for said in texts:
            is_written = write_to(
                person,
                kind=TEST,
                purpose="policy_and_security",
                about=f"{row.about}/{channel}/{said.language}/{person.pk}/{int(now.timestamp())}",
                context={
                    "reference": row.reference,
                    "channel": str(Channel(channel).label),
                    "language": dict(settings.LANGUAGES).get(said.language, said.language),
                    "subject": said.subject,
                    "text": said.text,
                },
            )
            if not is_written:
                raise Refused(_("Your login has no address to write to."), code="NO_ADDRESS")
            record(
                AuditKind.CONSENT_BROADCAST_TESTED,
                actor=actor,
                about=row.about,
                facts={"reference": row.reference, "channel": channel, "language": said.language},
                at=now,
            )
    return len(texts)


def _require_sound(plan: Plan, now: datetime) -> None:
    if found := content.faults(plan, at=now):
        raise Refused(" ".join(map(str, found)), code="PLAN_FAULTY")


def _require_counted(row: Broadcast, plan: Plan, now: datetime) -> None:
    if (count := plan.segment.people().count()) > most(row, now):
        said = ngettext(
            "%(counted)d person was counted when this was proposed, and there are now %(count)d.",
            "%(counted)d people were counted when this was proposed, and there are now %(count)d.",
            row.counted,
        ) % {"counted": row.counted, "count": count}
        raise Refused(f"{said} {_('Refuse it: then it can be proposed anew.')}", code=SEGMENT_GREW)


def _bound(templates: Sequence[ContentTemplate]) -> list[dict[str, Any]]:
    """The templates as both people saw them: their texts too."""
    found = [
        {"channel": one.channel, "template_id": one.template_id, "language": one.language, "text": one.text}
        for one in templates
    ]
    return sorted(found, key=lambda one: (one["channel"], one["language"], one["template_id"]))


def _note(kind: AuditKind, row: Broadcast, actor: Actor, at: datetime) -> None:
    record(
        kind,
        actor=actor,
        about=row.about,
        facts={
            "reference": row.reference,
            "act": row.act,
            "answer": row.answer,
            "state": str(row.state),
            "shown_sha256": row.shown_sha256,
            "purpose": row.purpose,
            "channels": " ".join(row.channels),
            "count": row.counted,
        },
        at=at,
    )
