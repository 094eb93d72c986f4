"""The past of the story: each act on its own day, by the clock of that day, with the ledger sealed month by month."""

import contextlib
import heapq
import itertools
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta

from portal.demo import shifted_clock
from portal.demo.story.cast import OPENED, Cast
from portal.demo.story.pieces import piece
from portal.kernel.core import clock
from portal.kernel.ledger.services import seal_now, witnesses
from portal.kernel.outbox.services import scheduler

Act = Callable[[], object]
#: More than a month of the story posts.
LETTERS = 10_000
SEAL_SECONDS = 60.0


class Timeline:
    """Acts in the order of their instants. ``run`` plays them; an act may plan further ones."""

    def __init__(self, cast: Cast) -> None:
        self._cast = cast
        self._now = cast.start
        self._order = itertools.count()
        self._acts: list[tuple[datetime, int, Act]] = []

    @property
    def opened(self) -> datetime:
        """The morning from which there is a past; the start itself for a story that begins before it."""
        return self._cast.on(OPENED, time(11))

    def share(self, part: float) -> datetime:
        """The instant after that part (0 to 1) of the time from the opening to the start, in whole milliseconds."""
        at = self.opened + (self._now - self.opened) * part
        return at.replace(microsecond=at.microsecond // 1000 * 1000)

    def plan(self, at: datetime, act: Act) -> None:
        """Do ``act`` at ``at``, in a transaction of its own; what would come after the start is done at the start."""
        heapq.heappush(self._acts, (min(max(at, self.opened), self._now), next(self._order), act))

    @contextlib.contextmanager
    def at(self, instant: datetime) -> Iterator[None]:
        """For the length of the block it is ``instant``, for the portal and for the story."""
        before = self._cast.start
        self._cast.start = instant
        try:
            with shifted_clock.set_to(instant):
                yield
        finally:
            self._cast.start = before

    def run(self, *, show: Callable[[str, int, int], None], end_month: Callable[[datetime], None]) -> None:
        """Play every act; messages leave within a minute; each month ends with ``end_month`` (given its first instant) and with
        a sealed ledger that witnesses are asked about.
        """
        done, month = 0, self.opened.astimezone(clock.IST).date().replace(day=1)
        while self._acts:
            instant, _number, act = heapq.heappop(self._acts)
            while (following := _next_month(month)) <= clock.day(instant):
                self._end_month(_midnight(month), _midnight(following) - timedelta(minutes=1), end_month)
                month = following
            with self.at(instant), piece():
                act()
            self._deliver(instant)
            done += 1
            show("the past twelve months", done, done + len(self._acts))

    def _deliver(self, instant: datetime) -> None:
        """What waits leaves a minute after the act, or with the next one if that comes sooner, as beat would send it."""
        following = self._acts[0][0] if self._acts else self._now
        at = min(instant + timedelta(minutes=1), max(following, instant))
        with self.at(at):
            scheduler.sweep(now=at, limit=LETTERS)

    def _end_month(self, first: datetime, last: datetime, end_month: Callable[[datetime], None]) -> None:
        with self.at(last):
            with piece():
                end_month(first)
            scheduler.sweep(now=last, limit=LETTERS)
            seal_now(wait=SEAL_SECONDS)
            witnesses.ask_all(now=self._now)  # it has a clock of its own, which the story does not move


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(0), tzinfo=clock.IST)


def _next_month(month: date) -> date:
    return (month + timedelta(days=32)).replace(day=1)
