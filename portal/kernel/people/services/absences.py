"""Noting that somebody is away and who stands in, and that they are back."""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core import field_changes
from portal.kernel.core.actor import Actor
from portal.kernel.core.clock import day
from portal.kernel.core.errors import LostRace, Refused
from portal.kernel.people.models import Absence, User
from portal.kernel.people.services import maker_checker


def note(*, user: User, deputy: User, starts_on: date, ends_on: date, actor: Actor, now: datetime) -> Absence:
    """Note that ``user`` is away on these days in India, both included, with its audit event in one transaction.

    Deadlines stay as they are: only who is told of them changes. Raises Refused for oneself as deputy (SAME), days in the
    wrong order (ORDER) or all of them past (PAST), somebody without an active staff login (INACTIVE), and days on which
    the same person is noted as away already (TWICE); NotAllowed for an actor who is no member of staff.
    """
    noted_by = maker_checker.person_of(actor)
    _require_days(starts_on, ends_on, today=day(now))
    if user.pk == deputy.pk:
        raise Refused(_("Another person has to be the delegate."), code="SAME")
    if not all(one.is_staff and one.is_active for one in (user, deputy)):
        raise Refused(_("Both need a staff login that is active."), code="INACTIVE")
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)  # two notes at once are heard one after the other
        held = Absence.objects.filter(user=user, withdrawn_at=None, starts_on__lte=ends_on, ends_on__gte=starts_on)
        if held.exists():
            raise Refused(_("This person is noted as away on some of these days already."), code="TWICE")
        absence = Absence.objects.create(
            user=user, deputy=deputy, starts_on=starts_on, ends_on=ends_on, noted_by=noted_by, noted_at=now
        )
        field_changes.watch_created(absence)
        _record(AuditKind.PEOPLE_ABSENCE_NOTED, absence, actor, now)
    return absence


def end(*, absence: Absence, actor: Actor, now: datetime) -> None:
    """The person is back today: yesterday was the last day away. Before the first day the absence is taken back.

    One transaction with its audit event. Raises Refused for one that is over (OVER), LostRace when somebody was quicker.
    """
    today = day(now)
    if absence.withdrawn_at is not None or absence.ends_on < today:
        raise Refused(_("This absence is over."), code="OVER")
    yesterday = today - timedelta(days=1)
    changed = {"ends_on": yesterday} if absence.starts_on <= yesterday else {"withdrawn_at": now}
    with transaction.atomic():
        rows = Absence.objects.filter(pk=absence.pk, withdrawn_at=None, ends_on=absence.ends_on)
        if rows.update(**changed) != 1:
            raise LostRace(_("Someone else changed this a moment ago. Load the page again."))
        absence.refresh_from_db()
        _record(AuditKind.PEOPLE_ABSENCE_ENDED, absence, actor, now)


def _require_days(starts_on: date, ends_on: date, *, today: date) -> None:
    if ends_on < starts_on:
        raise Refused(_("The last day is before the first."), code="ORDER")
    if ends_on < today:
        raise Refused(_("These days are past."), code="PAST")


def _record(kind: AuditKind, absence: Absence, actor: Actor, now: datetime) -> None:
    facts: dict[str, str | int | bool | None] = {
        "user": absence.user_id,
        "deputy": absence.deputy_id,
        "starts_on": absence.starts_on.isoformat(),
        "ends_on": absence.ends_on.isoformat(),
    }
    record(kind, actor=actor, about=f"people.absence:{absence.pk}", facts=facts, at=now)
