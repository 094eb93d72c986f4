"""Celery beat of which one works at a time: a second one waits, and takes over when the first is gone.

Two would send every task twice. That does no harm to what they do, but to the machine, and nobody would notice.
"""

from datetime import timedelta
from typing import Any, Final
from uuid import uuid4

import structlog
from celery.beat import PersistentScheduler
from django.db import Error as DatabaseError
from django.db import connection, transaction
from django.db.models import Q
from django.db.models.functions import Now

from portal.fronts.workplace.models import TimetableTurn

log = structlog.get_logger(__name__)
#: How long a turn lasts, and how much of it is left when it is renewed.
TURN: Final = timedelta(seconds=30)
RENEWED: Final = timedelta(seconds=20)
#: Seconds after which one that waits looks again.
LOOKS: Final = 5.0


class SingleScheduler(PersistentScheduler):
    """A scheduler that sends only while it has the turn. The times are the database's, not those of the machines."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.holder = uuid4()
        self.has_turn: bool | None = None
        super().__init__(*args, **kwargs)

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Send what is due where it is our turn; returns after how many seconds to ask again."""
        has_turn = self._has_turn()
        if has_turn != self.has_turn:
            log.info("timetable.turn", has_turn=has_turn)
            self.has_turn = has_turn
        if not has_turn:
            return LOOKS
        wait: float = super().tick(*args, **kwargs)
        return min(wait, LOOKS)

    def close(self) -> None:
        """Give the turn back, so that another need not wait for its end."""
        try:
            TimetableTurn.objects.filter(holder=self.holder).delete()
        except DatabaseError as error:
            log.warning("timetable.turn_not_given_back", error=type(error).__name__)
        super().close()

    def _has_turn(self) -> bool:
        """False also while the database cannot be asked: no task could do anything without it."""
        try:
            return take_turn(self.holder)
        except DatabaseError as error:
            log.warning("timetable.database_away", error=type(error).__name__)
            connection.close()  # a broken one would stay broken; the next is a new one
            return False


def take_turn(holder: Any) -> bool:
    """Take, keep or renew the turn of the timetable; False while another has it. One transaction of its own."""
    with transaction.atomic():
        turns = TimetableTurn.objects.filter(pk=1)
        if turns.filter(holder=holder, until__gt=Now() + RENEWED).exists():
            return True
        taken = turns.filter(Q(holder=holder) | Q(until__lt=Now())).update(holder=holder, until=Now() + TURN)
        if taken or turns.exists():
            return bool(taken)
        made = TimetableTurn.objects.bulk_create(
            [TimetableTurn(holder=holder, until=Now() + TURN)], ignore_conflicts=True
        )
        return bool(made) and turns.filter(holder=holder).exists()
