"""What every entry about senders goes through: proposed by one person, answered by another, ended by one unless it forbids something."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal.kernel.audit import services as audit
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.core import clock
from portal.kernel.core.actor import Actor
from portal.kernel.core.errors import IllegalMove, LostRace, Refused
from portal.kernel.people.choices import Answer
from portal.kernel.people.models import Fiduciary
from portal.kernel.people.services import maker_checker
from portal.kernel.registers.base.models.dated_entry import DatedEntry, not_ended
from portal.kernel.registers.base.permissions import Act
from portal.kernel.registers.base.services.entry_fields import at_field
from portal.kernel.registers.senders.selectors import senders

E = TypeVar("E", bound=DatedEntry)

FORBIDS = _(
    "Two people agreed that this forbids something: one does not end it. Propose what is valid instead, with the "
    "same code: it replaces this one once another person approves."
)

#: What an entry of a book has to fulfil before anybody agrees to it: raises Refused. ``services.entry_validation`` fills it.
FITS: dict[type[DatedEntry], Callable[[Any, datetime], None]] = {}
#: What follows from a yes, in its transaction. Given the entry and the one whose place it took, if any.
FOLLOWS: dict[type[DatedEntry], Callable[[Any, Any, Actor, datetime], None]] = {}
#: Why an entry may not end yet (raises Refused). Given the entry, its end, and its heir: what holds from then on in its place.
KEEPS: dict[type[DatedEntry], Callable[[Any, datetime, Any], None]] = {}

PROPOSED, ANSWERED, ENDED = "proposed", "answered", "ended"
KINDS: Mapping[tuple[str, str], AuditKind] = {
    (Act.BOOK_ENTER, PROPOSED): AuditKind.REGISTERS_BOOK_PROPOSED,
    (Act.BOOK_ENTER, ANSWERED): AuditKind.REGISTERS_BOOK_ANSWERED,
    (Act.BOOK_ENTER, ENDED): AuditKind.REGISTERS_BOOK_ENDED,
    (Act.RECIPIENT_REGISTER, PROPOSED): AuditKind.REGISTERS_RECIPIENT_PROPOSED,
    (Act.RECIPIENT_REGISTER, ANSWERED): AuditKind.REGISTERS_RECIPIENT_ANSWERED,
    (Act.RECIPIENT_REGISTER, ENDED): AuditKind.REGISTERS_RECIPIENT_ENDED,
    (Act.MANAGER_REGISTER, PROPOSED): AuditKind.REGISTERS_MANAGER_PROPOSED,
    (Act.MANAGER_REGISTER, ANSWERED): AuditKind.REGISTERS_MANAGER_ANSWERED,
    (Act.MANAGER_REGISTER, ENDED): AuditKind.REGISTERS_MANAGER_ENDED,
    (Act.SENDER_REGISTER, PROPOSED): AuditKind.REGISTERS_SENDER_PROPOSED,
    (Act.SENDER_REGISTER, ANSWERED): AuditKind.REGISTERS_SENDER_ANSWERED,
    (Act.SENDER_REGISTER, ENDED): AuditKind.REGISTERS_SENDER_ENDED,
    (Act.TEMPLATE_AGREE, PROPOSED): AuditKind.REGISTERS_TEMPLATE_PROPOSED,
    (Act.TEMPLATE_AGREE, ANSWERED): AuditKind.REGISTERS_TEMPLATE_ANSWERED,
    (Act.TEMPLATE_AGREE, ENDED): AuditKind.REGISTERS_TEMPLATE_ENDED,
}


class EntryTaken(Refused):
    """Another entry has the key of this one. ``is_same``: the other says just what this one does, perhaps from another day."""

    def __init__(self, message: str, *, code: str, field: str, entry: DatedEntry, other: DatedEntry) -> None:
        super().__init__(message, code=code, fields={field: [message]})
        self.entry, self.other = entry, other

    @property
    def is_same(self) -> bool:
        return _say_the_same(self.entry, self.other)


def _say_the_same(mine: DatedEntry, other: DatedEntry) -> bool:
    words = (name for name in mine.SHOWN if name not in mine.BESIDE)
    return all(getattr(mine, name) == getattr(other, name) for name in ("fiduciary_id", *words))


def propose(
    model: type[E],
    *,
    act: Act,
    fiduciary: Fiduciary,
    starts_at: datetime,
    fields: Mapping[str, Any],
    actor: Actor,
    now: datetime,
    also_shown: Mapping[str, Any] | None = None,
    **unbound: Any,
) -> E:
    """Insert a proposal and its audit event in the caller's transaction; nothing holds before another person agrees.

    Both people are bound to ``fields``, the fiduciary, the start and ``also_shown``. Raises NotAllowed, and Refused for a
    start on a day that has passed (DAY_PASSED), and as ``require_new``.
    """
    if clock.day(starts_at) < clock.day(now):
        said = _(
            "Choose today or a later day: this was not in the register on earlier days, and the past is not rewritten."
        )
        raise at_field("starts_at", said, code="DAY_PASSED")
    entry = maker_checker.propose(
        model,
        act=act,
        maker=maker_checker.person_of(actor),
        shown={**model.described(dict(fields), fiduciary.code, starts_at), **(also_shown or {})},
        now=now,
        fiduciary=fiduciary,
        starts_at=starts_at,
        **fields,
        **unbound,
    )
    require_new(entry)
    record(entry, PROPOSED, actor=actor, now=now)
    return entry


def answer(entry: DatedEntry, *, approve: bool, reason: str, actor: Actor, now: datetime) -> None:
    """Agree to a proposed entry or refuse it, as another person than its maker, with its audit event.

    What makes room and has its key ends as it begins (``replaced_by``), with an audit event of its own, unless ``KEEPS`` says
    that something else would not hold then.
    One whose start has come before somebody agreed holds from now on, not from its start: whose a message was that left
    meanwhile does not change.
    Raises Refused as ``require_free`` when the entry may not stand beside the others, and what ``maker_checker.answer`` and
    what its book asks of it (``FITS``) raise.
    """
    replaced: list[DatedEntry] = []
    try:
        with transaction.atomic():
            begins = max(entry.starts_at, now)
            if approve:
                require_free(entry, begins=begins)
                if type(entry) in FITS:
                    FITS[type(entry)](entry, begins)
                replaced = replaced_by(entry, begins=begins)
                for other in replaced:
                    _require_unneeded(other, at=begins, heir=entry)
                    _end(other, at=begins, actor=actor, now=now)
            maker_checker.answer(
                entry,
                checker=maker_checker.person_of(actor),
                approve=approve,
                shown=entry.shown(),
                reason=reason,
                now=now,
            )
            if approve and begins != entry.starts_at:
                entry.starts_at = begins
                entry.save(update_fields=["starts_at"])
            if replaced:
                entry.take_over(replaced[0])
            if approve and type(entry) in FOLLOWS:
                FOLLOWS[type(entry)](entry, next(iter(replaced), None), actor, now)
            record(entry, ANSWERED, actor=actor, now=now)
    except IntegrityError as error:
        raise LostRace(_("Another person registered the same a moment ago.")) from error
    senders.forget()


def require_free(entry: DatedEntry, *, begins: datetime | None = None) -> None:
    """Raises Refused when an entry with the same key, under whatever fiduciary, holds when this one begins (ENTRY_TAKEN), also
    one that makes room and is about something else (ABOUT_ANOTHER), or another fiduciary ever had a value that stays with it
    (ENTRY_OF_ANOTHER). ``begins``: if that is not its start.
    """
    start = begins or entry.starts_at
    for others in entry.strangers():
        other = others.filter(answer=Answer.APPROVED).select_related("fiduciary").first()
        if other is not None:
            message = _("%(entry)s belongs to %(whose)s, also when it has ended. Choose another code.")
            raise _taken(entry, message, other, "ENTRY_OF_ANOTHER")
    for twins in entry.twins():
        open_ones = twins.filter(not_ended(at=start)).exclude(pk=entry.pk)
        # Locked, so that nobody moves an end while this one is agreed to.
        for other in open_ones.select_for_update(of=("self",)).select_related("fiduciary"):
            if not other.makes_room:
                message = _("%(entry)s is registered for %(whose)s at that time. End that entry first.")
                raise _taken(entry, message, other, "ENTRY_TAKEN")
            _require_same_subject(entry, other)
            if _say_the_same(entry, other):
                message = _("%(entry)s is registered for %(whose)s and says the same.")
                raise _taken(entry, message, other, "ENTRY_TAKEN")


def _require_same_subject(entry: DatedEntry, other: DatedEntry) -> None:
    """Raises Refused where what would take the place of ``other`` is about something else: about that nothing would hold then."""
    for name in other.ABOUT:
        if getattr(entry, name) != getattr(other, name):
            message = _(
                "%(entry)s of %(whose)s has this code and is about something else. What takes its place stays "
                "about the same: "
                "choose another code for this."
            )
            said = message % {"entry": other, "whose": other.fiduciary}
            raise EntryTaken(said, code="ABOUT_ANOTHER", field=name, entry=entry, other=other)


def replaced_by(entry: DatedEntry, *, begins: datetime | None = None) -> list[DatedEntry]:
    """What makes room and ends when another person agrees to this proposal, what holds first before what would hold later.

    ``begins``: when the proposal would hold from, if not from now or its start.
    """
    if entry.answer != Answer.PENDING:
        return []
    at = begins or max(entry.starts_at, clock.now())
    held = {other.pk: other for twins in entry.twins() for other in twins.filter(not_ended(at=at))}
    makes_room = (other for other in held.values() if other.makes_room and not _say_the_same(entry, other))
    return sorted(makes_room, key=lambda other: other.starts_at)


def require_new(entry: DatedEntry) -> None:
    """Raises Refused as ``require_free``, and when a proposal with the same key waits for its answer (ENTRY_WAITING).

    For a proposal just inserted, in its transaction: nobody is asked about what could not be agreed to.
    """
    require_free(entry)
    for twins in entry.twins():
        waiting = twins.filter(answer=Answer.PENDING).exclude(pk=entry.pk).select_related("fiduciary").first()
        if waiting is not None:
            message = _("%(entry)s is proposed already for %(whose)s. Have that proposal decided first.")
            raise _taken(entry, message, waiting, "ENTRY_WAITING")


def _taken(entry: DatedEntry, message: Any, other: DatedEntry, code: str) -> EntryTaken:
    """A refusal beside the field whose value the other entry has."""
    said = message % {"entry": other, "whose": other.fiduciary}
    same = [
        name
        for key in (*((one,) for one in entry.OF_ONE), *entry.KEYS)
        if all(getattr(entry, each) == getattr(other, each) for each in key)
        for name in key
        if name not in {"fiduciary", "channel", "kind"}
    ]
    field = same[0] if same else "template_id" if hasattr(entry, "template_id") else "fiduciary"
    return EntryTaken(said, code=code, field=field, entry=entry, other=other)


def end(entry: DatedEntry, *, actor: Actor, now: datetime) -> None:
    """End an agreed entry now, with its audit event. It holds no longer here at once, elsewhere within seconds.

    An end that is ahead is brought forward. What was to make room for one that has not begun holds on as long as that would
    have; its audit event says until when, or that it has no end.
    Raises IllegalMove when it was not agreed to or has ended already, NotAllowed for who is no staff, Refused where it
    forbids something (FORBIDS) or another entry rests on it (``KEEPS``).
    """
    maker_checker.person_of(actor)
    with transaction.atomic():
        if entry.forbids and entry.answer == Answer.APPROVED:
            raise Refused(FORBIDS, code="FORBIDS")
        holding_on = places_taken(entry) if entry.starts_at > now else []
        until = type(entry)._default_manager.filter(pk=entry.pk).values("ends_at", "ended_by").get()
        _require_unneeded(entry, at=max(now, entry.starts_at), heir=next(iter(holding_on), None))
        _end(entry, at=now, actor=actor, now=now)
        for other in holding_on:
            type(other)._default_manager.filter(pk=other.pk).update(**until)
            other.refresh_from_db()
            record(other, ENDED, actor=actor, now=now)
    senders.forget()


def places_taken(entry: DatedEntry) -> list[DatedEntry]:
    """What held up to the moment in which this agreed entry begins, and made room for it."""
    before = Q(answer=Answer.APPROVED, ends_at=entry.starts_at, starts_at__lt=entry.starts_at)
    found = {other.pk: other for twins in entry.twins() for other in twins.filter(before)}
    return [other for other in found.values() if other.makes_room]


def _require_unneeded(entry: DatedEntry, *, at: datetime, heir: DatedEntry | None) -> None:
    if type(entry) in KEEPS:
        KEEPS[type(entry)](entry, at, heir)


def _end(entry: DatedEntry, *, at: datetime, actor: Actor, now: datetime) -> None:
    rows = type(entry)._default_manager.filter(not_ended(at=now), pk=entry.pk)
    if rows.update(ends_at=max(at, entry.starts_at), ended_by=maker_checker.person_of(actor)) != 1:
        raise IllegalMove(_("This is not valid: it was not approved, or has ended already."))
    entry.refresh_from_db()
    record(entry, ENDED, actor=actor, now=now)


def record(entry: DatedEntry, what: str, *, actor: Actor, now: datetime, **more: str | int | bool | None) -> None:
    """The audit event of one step of an entry."""
    kind = KINDS[entry.act, what] if (entry.act, what) in KINDS else AuditKind(what)
    facts: dict[str, str | int | bool | None] = {
        "proposal": entry.pk,
        "kind": type(entry)._meta.model_name,
        "fiduciary": entry.fiduciary.code,
        "starts_at": clock.stamp(entry.starts_at),
        "ends_at": clock.stamp(entry.ends_at) if entry.ends_at else None,
        "answer": str(entry.answer),
        "shown_sha256": entry.shown_sha256,
        **more,
    }
    audit.record(kind, actor=actor, about=f"registers.{type(entry)._meta.model_name}:{entry.pk}", facts=facts, at=now)
