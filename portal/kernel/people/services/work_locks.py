"""One person at a time: a row is taken for the time that a house rule gives, given back, and handed out to nobody else."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Q, QuerySet

from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.models import AuditEvent
from portal.kernel.audit.services import record
from portal.kernel.core import access, field_changes
from portal.kernel.core import actor as actors
from portal.kernel.core.actor import Actor
from portal.kernel.core.clock import day
from portal.kernel.core.errors import LostRace
from portal.kernel.law.date_arithmetic import INDIA
from portal.kernel.law.selectors import house_rule
from portal.kernel.law.services.due_dates import dates_of
from portal.kernel.people.models import User
from portal.kernel.people.models.work_locks import ClaimedModel
from portal.kernel.people.services.maker_checker import person_of

#: Losing so many races one after the other means that colleagues take everything.
TRIES = 20

Found = TypeVar("Found")


def free(at: datetime, *, through: str = "") -> Q:
    """Rows that nobody has at an instant. ``through`` leads to the claimed row, as in ``case__``."""
    return Q(**{f"{through}locked_by": None}) | Q(**{f"{through}locked_until__lt": at})


def hand_out(
    first: Callable[[], Found | None], take: Callable[[Found], None], *, row: Callable[[Found], ClaimedModel]
) -> Found | None:
    """What ``first`` finds once ``take`` has claimed it; None where it finds nothing or colleagues take everything.

    Each try is one transaction: what was found, the claim and its audit event. ``take`` raises LostRace where a colleague
    was quicker; the next try finds something else.
    """
    for _attempt in range(TRIES):
        with transaction.atomic():
            found = first()
            if found is None:
                return None
            field_changes.watch_row(row(found))
            try:
                take(found)
            except LostRace:
                continue
            return found
    return None


@dataclass(frozen=True)
class Claims:
    """How rows of one model are taken.

    ``rule`` is the house rule with the time, ``permission`` what whoever takes one needs, ``kind`` its audit event and
    ``about`` what that event calls the row; ``taken`` is the sentence for whoever comes second.
    """

    model: type[ClaimedModel]
    rule: str
    permission: str
    kind: AuditKind
    about: Callable[[Any], str]
    taken: Callable[[], str]

    def claim(self, row: ClaimedModel, *, actor: Actor, now: datetime) -> None:
        """Take the row, or keep it longer: one conditional UPDATE, in one transaction with the audit event.

        Raises NotAllowed without the permission, LostRace when another person has it.
        """
        user = person_of(actor)
        access.require(user, self.permission)
        with access.acting(user, self.permission):
            mine_or_free = self._rows(row).filter(free(now) | Q(locked_by=user))
            if mine_or_free.update(locked_by=user, locked_until=self._until(now)) != 1:
                raise LostRace(self.taken())
            if row.holder_id_at(now) != user.pk:
                self._record(row, "taken", actor=actor, at=now)
            row.refresh_from_db()

    def release(self, row: ClaimedModel, *, actor: Actor, now: datetime) -> None:
        """Give the row back; nothing when this person does not have it."""
        with transaction.atomic():
            if self.let_go(row, by=person_of(actor)):
                self._record(row, "given_back", actor=actor, at=now)
            row.refresh_from_db()

    def let_go(self, row: ClaimedModel, *, by: User) -> bool:
        """In the caller's transaction: what this person had taken is free, without a word about it. Whether they had it."""
        return self._rows(row).filter(locked_by=by).update(locked_by=None, locked_until=None) == 1

    def login_left(self, *, user_id: int, at: datetime) -> None:
        """Answers ``ports.login_left``: what a deactivated login had taken is free.

        It waits for no row: an act of the login that holds one waits for the login's turn, which the deactivation has. Such a
        row is freed after the commit; at the latest it is free when its time is over.
        """
        taken = self.model._default_manager.filter(locked_by_id=user_id)
        idle = list(taken.select_for_update(skip_locked=True).values_list("pk", flat=True))
        taken.filter(pk__in=idle).update(locked_by=None, locked_until=None)
        transaction.on_commit(lambda: taken.update(locked_by=None, locked_until=None), robust=True)

    def given_back(self, user: User, *, now: datetime) -> list[str]:
        """References of what this person gave back so lately that the next one should be another."""
        mine = AuditEvent.objects.filter(kind=self.kind, actor_ref=actors.staff(user.pk).ref)
        events = mine.filter(at__gt=now - (self._until(now) - now), facts__kind="given_back")
        return [about.partition(":")[2] for about in events.values_list("about", flat=True)]

    def require_free_for(self, row: ClaimedModel, *users: User, now: datetime) -> None:
        """Raises LostRace while a person other than these has the row."""
        held = self._rows(row).filter(locked_until__gte=now).exclude(locked_by=None)
        if held.exclude(locked_by__in=users).exists():
            raise LostRace(self.taken())

    def _rows(self, row: ClaimedModel) -> QuerySet[Any]:
        return self.model._default_manager.filter(pk=row.pk)

    def _until(self, now: datetime) -> datetime:
        return dates_of(house_rule(self.rule, on=day(now)), now, INDIA).due

    def _record(self, row: Any, what: str, *, actor: Actor, at: datetime) -> None:
        facts = {"reference": row.reference, "kind": what}
        record(self.kind, actor=actor, about=self.about(row), subject_ref=row.subject_ref, facts=facts, at=at)
