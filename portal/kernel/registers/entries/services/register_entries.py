"""Entering a row of a book, by two people, and looking at it again."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, TypeVar

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from portal.kernel.audit import services as audit
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.core import clock
from portal.kernel.core.actor import Actor
from portal.kernel.core.errors import IllegalMove, NotAllowed
from portal.kernel.core.pii_guard import names_an_identity_number
from portal.kernel.people.models import Fiduciary, User
from portal.kernel.people.services import maker_checker
from portal.kernel.registers.base.models.dated_entry import not_ended
from portal.kernel.registers.base.models.register_entries import BookEntry, CodesField
from portal.kernel.registers.base.permissions import Act
from portal.kernel.registers.base.services.entry_fields import at_field
from portal.kernel.registers.entries.services import entry_validation
from portal.kernel.registers.senders.services import sender_entries

B = TypeVar("B", bound=BookEntry)


def propose(
    model: type[B], *, fiduciary: Fiduciary, starts_at: datetime, actor: Actor, now: datetime, **fields: Any
) -> B:
    """Propose a row of a book, in one transaction with its audit event. It holds once another person agrees.

    ``fields`` are those of ``model.SHOWN``; what is left out stays empty. Of a row that takes the place of another, owner and
    day of review are as they are there, whatever is given, and so is the evidence where none is given. Raises Refused for a code that is not known or
    that holds already, for words with the number of a person's paper, for a day of review that has passed, and for what
    the book itself asks (``services.entry_validation``); NotAllowed; TypeError for a field the book does not have.
    """
    if unknown := set(fields) - set(model.SHOWN):
        raise TypeError(f"{model.__name__} has no {sorted(unknown)}.")
    before = corrected(model, fiduciary=fiduciary, code=fields.get("code"), starts_at=max(starts_at, now))
    if before is not None:
        fields |= _as_before(before, fields)
    entered = {name: _plain(model, name, fields.get(name)) for name in model.SHOWN}
    if before is None and (entered["review_on"] is None or entered["review_on"] <= clock.day(now)):
        raise at_field("review_on", _("Choose a later day for the next review."), code="REVIEW_PASSED")
    if entered["owner"] is None:
        raise at_field("owner", _("Name the owner."), code="FIELD_EMPTY")
    also = entry_validation.also_stored(model, entered, now=now)
    draft = model(fiduciary=fiduciary, starts_at=starts_at, **entered, **also)
    if model in sender_entries.FITS:
        sender_entries.FITS[model](draft, max(starts_at, now))
    with transaction.atomic():
        return sender_entries.propose(
            model,
            act=Act.BOOK_ENTER,
            fiduciary=fiduciary,
            starts_at=starts_at,
            fields=entered,
            actor=actor,
            now=now,
            **also,
        )


def corrected(model: type[B], *, fiduciary: Fiduciary, code: Any, starts_at: datetime) -> B | None:
    """The row whose place one with this code, from then on, would take; of several the one that holds first."""
    rows = model._default_manager.filter(not_ended(at=starts_at), fiduciary=fiduciary, code=str(code or "").strip())
    return rows.order_by("starts_at", "pk").first()


def _as_before(before: BookEntry, fields: Mapping[str, Any]) -> dict[str, Any]:
    stays: dict[str, Any] = {"owner": before.owner, "review_on": before.review_on}
    if not fields.get("evidence") and not fields.get("evidence_on"):
        stays |= {"evidence": before.evidence, "evidence_on": before.evidence_on}
    return stays


def _plain(model: type[BookEntry], name: str, value: Any) -> Any:
    field: Any = model._meta.get_field(name)
    if isinstance(field, CodesField):
        return _codes(field, value or [])
    if isinstance(value, str) or (value is None and field.get_internal_type() in {"CharField", "SlugField"}):
        return _text(field, value or "")
    return field.default if value is None and field.has_default() else value


def _codes(field: CodesField, value: Any) -> list[str]:
    chosen = sorted({str(each) for each in value})
    known = {code for code, _label in field.known()}
    if not set(chosen) <= known or (not chosen and not field.blank):
        raise at_field(field.name, _("Choose from the list."), code="CHOICE_MISSING")
    return chosen


def _text(field: Any, value: str) -> str:
    text = " ".join(str(value).split())
    if not text and not field.blank:
        raise at_field(field.name, _("Enter something here."), code="FIELD_EMPTY")
    if field.choices and text and text not in {code for code, _label in field.choices}:
        raise at_field(field.name, _("Choose from the list."), code="CHOICE_MISSING")
    if len(text) > field.max_length:
        raise at_field(field.name, _("This is too long."), code="TOO_LONG")
    if names_an_identity_number(text):
        said = _("This has an Aadhaar number, a PAN or the number of a card. Take it out: it must not be kept here.")
        raise at_field(field.name, said, code="NUMBER_IN_WORDS")
    return text


def require_another(entry: BookEntry, person: User) -> None:
    """Raises NotAllowed for whoever wrote the row or one whose place it took, from correction to correction: nobody finds
    their own words right, the one who answers for them neither.
    """
    row: Any = entry
    while row is not None:
        if row.made_by_id == person.pk:
            raise NotAllowed(_("You wrote this: another person has to review it."))
        row = next(iter(sender_entries.places_taken(row)), None)


def review(
    entry: BookEntry,
    *,
    next_on: date,
    evidence: str = "",
    evidence_on: date | None = None,
    owner: User | None = None,
    actor: Actor,
    now: datetime,
) -> None:
    """Note that the row was looked at and is right, in one transaction with its audit event.

    Moves the day of the next review; names newer evidence and another owner where they are given. What the row says
    stays: something else is another row. Raises IllegalMove for a row that does not hold, Refused for a day of review or
    of evidence that cannot be; NotAllowed, also for whoever wrote the row.
    """
    person = maker_checker.person_of(actor)
    require_another(entry, person)
    today = clock.day(now)
    if next_on <= today:
        raise at_field("next_on", _("Choose a later day for the next review."), code="REVIEW_PASSED")
    if evidence_on is not None and evidence_on > today:
        raise at_field("evidence_on", _("Evidence cannot come from a day ahead."), code="EVIDENCE_AHEAD")
    changed: dict[str, Any] = {"review_on": next_on, "reviewed_at": now, "reviewed_by": person}
    if evidence.strip():
        changed["evidence"] = _text(type(entry)._meta.get_field("evidence"), evidence)
    if evidence_on is not None:
        changed["evidence_on"] = evidence_on
    if owner is not None:
        changed["owner"] = owner
    with transaction.atomic():
        rows = type(entry)._default_manager.filter(not_ended(at=now), pk=entry.pk)
        if rows.update(**changed) != 1:
            raise IllegalMove(_("This is not valid: it was not approved, or has ended already."))
        entry.refresh_from_db()
        _record_review(entry, actor=actor, now=now)


def _record_review(entry: BookEntry, *, actor: Actor, now: datetime) -> None:
    facts: dict[str, str | int | bool | None] = {
        "proposal": entry.pk,
        "kind": type(entry)._meta.model_name,
        "fiduciary": entry.fiduciary.code,
        "review_on": entry.review_on.isoformat(),
        "evidence_on": entry.evidence_on.isoformat() if entry.evidence_on else None,
        "owner": entry.owner_id,
    }
    about = f"registers.{type(entry)._meta.model_name}:{entry.pk}"
    audit.record(AuditKind.REGISTERS_BOOK_REVIEWED, actor=actor, about=about, facts=facts, at=now)
