"""Natural persons."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import Act, record, record_many
from portal.kernel.core import bulk, clock, pii_guard
from portal.kernel.core.actor import Actor
from portal.kernel.core.errors import Refused
from portal.kernel.law.choices import Regime
from portal.kernel.people.choices import SubjectKind
from portal.kernel.people.models import Principal, RegimeEvidence
from portal.kernel.people.selectors import DEFAULT_REGIME, refs_of
from portal.kernel.people.services import contacts, subjects
from portal.kernel.people.services.contacts import Reach


@dataclass(frozen=True)
class NewPerson:
    """A person of a list: what they are called, which language they read, where they are reached."""

    full_name: str = field(default="", repr=False)
    language: str = "en"
    reached_at: Sequence[Reach] = ()


def create(
    *,
    full_name: str = "",
    language: str = "en",
    zone: str = "Asia/Kolkata",
    actor: Actor,
    now: datetime | None = None,
) -> Principal:
    """Insert a person with a subject of their own. No login and no address come with it.

    Raises Refused (NUMBER_IN_NAME): names are shown whole, so no number of a paper may stand in one.
    """
    pii_guard.require_name(full_name)
    at = now or clock.now()
    with transaction.atomic():
        principal = Principal.objects.create(
            subject=subjects.new(SubjectKind.PRINCIPAL, now=at),
            full_name=full_name.strip(),
            language=language,
            zone=zone,
            created_at=at,
        )
        record(
            AuditKind.PEOPLE_PRINCIPAL_CREATED,
            actor=actor,
            about=about(principal),
            subject_ref=principal.subject.ref,
            at=at,
        )
    return principal


def create_many(
    *, people: Sequence[NewPerson], zone: str = "Asia/Kolkata", actor: Actor, now: datetime | None = None
) -> list[Principal]:
    """``create`` for many people with the addresses they are known at, in one transaction and set by set.

    For lists of recipients: each person and each address has its own audit event, as one by one. An address that a
    person is given twice is held once. Raises Refused for what is no address; then nobody is inserted.
    """
    at = now or clock.now()
    with transaction.atomic():
        principals, held = _insert(people, zone=zone, at=at)
        record_many(
            AuditKind.PEOPLE_PRINCIPAL_CREATED,
            actor=actor,
            acts=[Act(about(principal), subject_ref=principal.subject.ref) for principal in principals],
            at=at,
        )
        contacts.add_first(list(zip(principals, held, strict=True)), actor=actor, at=at)
    return principals


def bring(
    *, people: Sequence[NewPerson], source: str, zone: str = "Asia/Kolkata", actor: Actor, now: datetime
) -> list[UUID]:
    """``create_many`` for the people of a list of many thousands: one audit event says how many came with which list.

    Returns each person's subject reference, in the order given. ``source`` is the list's reference. What the list said
    about each is told by what is recorded about them next.
    """
    held = [contacts.normalised(person.reached_at) for person in people]
    with transaction.atomic():
        issued = subjects.issue(SubjectKind.PRINCIPAL, len(people), now=now)
        keys = bulk.new_keys(Principal, len(people))
        index: Any = Principal._meta.get_field("name_key")
        bulk.insert(
            Principal,
            ("id", "subject_id", "full_name", "name_key", "short_name", "language", "zone", "created_at"),
            (
                (
                    *(key, subject, person.full_name.strip(), index.index_of(person.full_name)),
                    *(Principal.shortened(person.full_name), person.language, zone, now),
                )
                for key, (subject, _ref), person in zip(keys, issued, people, strict=True)
            ),
        )
        contacts.bring_first(zip(keys, held, strict=True), at=now)
        record(
            AuditKind.PEOPLE_PRINCIPALS_BROUGHT,
            actor=actor,
            about=f"people.source:{source}",
            facts={"count": len(people), "source": source},
            at=now,
        )
    return [ref for _key, ref in issued]


def _insert(people: Sequence[NewPerson], *, zone: str, at: datetime) -> tuple[list[Principal], list[list[Reach]]]:
    """The people with their subjects, and their addresses in normal form. Raises Refused for what is no address."""
    held = [contacts.normalised(person.reached_at) for person in people]
    principals = Principal.objects.bulk_create(
        Principal(
            subject=subject,
            full_name=person.full_name.strip(),
            language=person.language,
            zone=zone,
            created_at=at,
        )
        for person, subject in zip(people, subjects.new_many(SubjectKind.PRINCIPAL, len(people), now=at), strict=True)
    )
    return principals, held


def rename(*, principal: Principal, full_name: str, actor: Actor, now: datetime) -> None:
    """Correct the person's name; the old and the new one stay in the erasable part of the audit event.

    Raises Refused (NUMBER_IN_NAME).
    """
    pii_guard.require_name(full_name)
    _put_right(principal, "full_name", full_name.strip(), actor=actor, now=now)


def read_in(*, principal: Principal, language: str, actor: Actor, now: datetime) -> None:
    """Correct the language in which the person is written to; old and new as with ``rename``.

    Raises Refused (LANGUAGE) for one in which nothing is written here.
    """
    if language not in dict(settings.LANGUAGES):
        raise Refused(_("Choose one of the languages of these pages."), code="LANGUAGE")
    _put_right(principal, "language", language, actor=actor, now=now)


def live_in_zone(*, principal: Principal, zone: str, actor: Actor, now: datetime) -> None:
    """Correct the zone in which the person reads dates; old and new as with ``rename``. Raises Refused (ZONE)."""
    if zone not in available_timezones():
        raise Refused(_("Write the zone as continent and city, for example Asia/Kolkata."), code="ZONE")
    _put_right(principal, "zone", zone, actor=actor, now=now)


def _put_right(principal: Principal, name: str, new: str, *, actor: Actor, now: datetime) -> None:
    with transaction.atomic():
        old = getattr(Principal.objects.select_for_update().get(pk=principal.pk), name)
        if old == new:
            return
        setattr(principal, name, new)
        principal.save(update_fields=[name])
        record(
            AuditKind.PEOPLE_PRINCIPAL_CHANGED,
            actor=actor,
            about=about(principal),
            facts={"fields": name},
            subject_ref=principal.subject.ref,
            personal={name: {"old": old, "new": new}},
            at=now,
        )


def about(principal: Principal) -> str:
    """The person's label in audit events."""
    return f"people.principal:{principal.pk}"


def note_regime(
    *, principal: Principal, regime: Regime | str, ground: str, actor: Actor, now: datetime
) -> RegimeEvidence:
    """Add evidence that a law applies to the person; the same evidence twice stays one row."""
    with transaction.atomic():
        evidence, made = RegimeEvidence.objects.get_or_create(
            subject_ref=principal.subject.ref,
            regime=Regime(regime),
            ground=RegimeEvidence.Ground(ground),
            ended_at=None,
            defaults={"noted_at": now},
        )
        if made:
            record(
                AuditKind.PEOPLE_REGIME_RECORDED,
                actor=actor,
                about=about(principal),
                facts={"regime": str(Regime(regime)), "evidence": ground},
                subject_ref=principal.subject.ref,
                at=now,
            )
    return evidence


def declare_residence(*, principal: Principal, regime: Regime | str, actor: Actor, now: datetime) -> None:
    """The person says under which law they live; what they said before ends. Evidence of other grounds stays.

    Rows and audit events in one transaction. India's law applies without a row, so there is none for it.
    """
    wanted = Regime(regime)
    declared = RegimeEvidence.Ground.DECLARED
    with transaction.atomic():
        rows = RegimeEvidence.objects.select_for_update().filter(
            subject_ref__in=refs_of(principal.subject.ref), ground=declared, ended_at=None
        )
        for row in rows.exclude(regime=wanted):
            row.ended_at = now
            row.save(update_fields=["ended_at"])
            record(
                AuditKind.PEOPLE_REGIME_ENDED,
                actor=actor,
                about=about(principal),
                facts={"regime": row.regime, "evidence": row.ground},
                subject_ref=principal.subject.ref,
                at=now,
            )
        if wanted != DEFAULT_REGIME:
            note_regime(principal=principal, regime=wanted, ground=declared, actor=actor, now=now)
