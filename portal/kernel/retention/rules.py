"""Pure decisions of retention: is a record kept or erased, by which rule and until when; which periods are over."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from portal.kernel.law.date_arithmetic import add_months

INDIA = ZoneInfo("Asia/Kolkata")
DAY_UNITS = frozenset({"day", "calendar_day"})
MONTHS_IN = {"month": 1, "year": 12}


@dataclass(frozen=True)
class Period:
    """How long something is kept, from the event its class counts from."""

    amount: int
    unit: str


def kept_through(began: date, period: Period) -> date:
    """The last day on which it is kept. Minimum periods round late: from 29 February a year ends on 1 March.

    Raises ValueError for a unit that is no length of keeping.
    """
    if period.unit in DAY_UNITS:
        return began + timedelta(days=period.amount)
    if period.unit in MONTHS_IN:
        return add_months(began, period.amount * MONTHS_IN[period.unit], late=True)
    raise ValueError(f"Nothing is kept for a number of {period.unit}.")


def over_before(today: date, periods: Iterable[Period]) -> datetime:
    """What began before this instant has been kept for all of the periods, wherever the person lives.

    The last day counts to its end, and the day of the event may be a day later in the person's zone than in India:
    hence the whole day more. Erasing a day late is never wrong, a day early may be.
    """
    began = today
    wanted = list(periods)
    while any(kept_through(began, period) >= today for period in wanted):
        step = max((kept_through(began, period) - today).days for period in wanted)
        began -= timedelta(days=max(step, 1))
    return datetime.combine(began, time.min, INDIA)


class Says(StrEnum):
    """What one rule says about a record."""

    KEEP = "keep"
    ERASE = "erase"


class Why(StrEnum):
    """On what ground. Those that keep stand in the order in which they are named when several last equally long."""

    HOLD = "hold"
    DISPUTE = "dispute"
    LAW = "law"
    CLAIM = "claim"
    UNDECIDED = "undecided"
    IN_USE = "in_use"
    PROMISE = "promise"
    WISH = "wish"
    OVER = "over"


KEEPING = (Why.HOLD, Why.DISPUTE, Why.IN_USE, Why.LAW, Why.CLAIM, Why.UNDECIDED, Why.PROMISE)
#: Our own interest keeps nothing of a person who asks for its end (privacy policy 8; DPDP Act s.8(7), GDPR Art 17).
GIVES_WAY = frozenset({Why.IN_USE, Why.PROMISE})


@dataclass(frozen=True)
class Term:
    """One rule as the decision needs it: a law with its citation, or our own promise, whose citation is empty.

    ``counts_from`` is the code of the law's own start event (``annual_return_due``); where the record does not know that
    event, the event counts from which its class is counted. A rule without a period says that there is an end (``Why``
    WISH: once somebody asks; OVER: once the purpose is over). UNDECIDED is a law behind a question of the organisation
    profile that is still open: it keeps as long as the law might, and is no duty. CLAIM is a law that limits when a claim may
    be brought: it keeps for claims, and requires nothing. A claim that two people have named is a fact (``Claimed``).
    """

    key: str
    why: Why
    citation: str = ""
    period: Period | None = None
    counts_from: str = ""
    is_confirmed: bool = True


@dataclass(frozen=True)
class Claimed:
    """What a named legal claim that two people decided needs of one person: records by their labels, whole kinds of data.

    ``key`` and ``citation`` are the law that limits the claim; ``last_day`` is the last day on which it keeps something.
    """

    key: str
    citation: str
    last_day: date
    is_confirmed: bool
    records: frozenset[str]
    retention_classes: frozenset[str]

    def needs(self, retention_class: str, about: str) -> bool:
        """Whether a record of this class with this label is one that it names."""
        return retention_class in self.retention_classes or (about != "" and about in self.records)


@dataclass(frozen=True)
class Facts:
    """What is known of one record. Dates are local: the latest reading for keeping, the earliest for a deadline (C12, C13).

    ``began_on`` is None while the event from which its class counts has not come (a customer who is still with us).
    ``events`` are dates of other start events that some law counts from. ``asked_on``: the person wants it gone. An order of
    an authority holds too. ``claims`` are those named legal claims that name this record.
    """

    began_on: date | None
    began_early_on: date | None = None
    events: Mapping[str, date] = field(default_factory=dict)
    asked_on: date | None = None
    is_held: bool = False
    is_disputed: bool = False
    claims: tuple[Claimed, ...] = ()


@dataclass(frozen=True)
class Ground:
    """What one rule says about one record.

    ``on``: of a rule that keeps, the last day on which it does, None while nobody can name it; of a rule that erases, the
    day from which it asks for it, None while that has not come.
    """

    says: Says
    why: Why
    key: str
    citation: str
    period: Period | None
    on: date | None
    is_confirmed: bool
    #: A named legal claim, not the limitation period by itself.
    is_named: bool = False

    @property
    def in_words(self) -> str:
        """For staff: its citation or key or ground, and its day ("CGST Act, s.36: 31-12-2033"). A source that nobody has confirmed
        is not stated as law.
        """
        name = self.citation or self.key or str(self.why).replace("_", " ")
        if not self.is_confirmed:
            name = f"{name} (unconfirmed)"
        return f"{name}: {self.on:%d-%m-%Y}" if self.on is not None else name

    def stands(self, today: date) -> bool:
        """Whether it has something to say today."""
        if self.says is Says.KEEP:
            return self.on is None or self.on >= today
        return self.on is not None and self.on <= today


@dataclass(frozen=True)
class Verdict:
    """Keep or erase, today: the ground that decided, every other one, and the days.

    ``said`` is the ground that the person reads: that of somebody about whom there is no hold and no order, because behind a
    hold may stand an order of which they must not learn. People with and without one then read the same; only where
    neither anything else keeps the record nor anything asks for its end it is the hold.
    ``standing`` are those that keep it today.
    ``kept_through`` is the last day on which anything keeps the record, as far as is known today; None for "no end
    known" and for nothing. ``erase_on`` is the first day on which it has to go, None while that is open.
    """

    winner: Ground
    said: Ground
    keeps: tuple[Ground, ...]
    erases: tuple[Ground, ...]
    standing: tuple[Ground, ...]
    kept_through: date | None
    erase_on: date | None

    @property
    def is_kept(self) -> bool:
        return self.winner.says is Says.KEEP

    @property
    def is_said_kept(self) -> bool:
        """Whether the person reads that it is kept."""
        return self.said.says is Says.KEEP

    @property
    def keeper(self) -> Ground:
        """Of what is kept, the ground that a row of it states: what the person reads, else the hold."""
        return self.said if self.is_said_kept else self.winner


def verdict(facts: Facts, terms: Iterable[Term], *, today: date) -> Verdict:
    """Weigh every rule about one record: what a law, a hold or a dispute keeps stays, whoever asks; else the end comes.

    Among those that keep, the one that lasts longest wins (no known end is the longest), and a confirmed one before one
    that is not. Where nothing keeps the record any more, the rule that asked first for its end wins. Minimum periods round
    late, deadlines round early. Raises ValueError without a period of our own among the terms: a class has one.
    """
    known = list(terms)
    if not any(term.why is Why.PROMISE and term.period is not None for term in known):
        raise ValueError("A class without a period of its own cannot be decided on.")
    erases = sorted(_erasing(known, facts), key=lambda one: (one.on or date.max, not one.citation, one.key))
    keeps = sorted((*_interventions(facts), *_keeping(known, facts, _gives_way_on(erases))), key=_longest)
    standing = [one for one in keeps if one.stands(today)]
    ends = [one.on for one in standing]
    winner = standing[0] if standing else next(one for one in erases if one.stands(today))
    readable = [one for one in (*standing, *erases) if one.why is not Why.HOLD and one.stands(today)]
    return Verdict(
        winner=winner,
        said=next(iter(readable), winner),
        keeps=tuple(keeps),
        erases=tuple(erases),
        standing=tuple(standing),
        kept_through=None if None in ends else max((on for on in ends if on is not None), default=None),
        erase_on=_erase_on(keeps, erases),
    )


def _gives_way_on(erases: Iterable[Ground]) -> date | None:
    """From when our own interest keeps nothing: the person asked, or a law's longest time is over."""
    dates = (one.on for one in erases if one.why is Why.WISH or (one.why is Why.OVER and one.period and one.citation))
    return min((on for on in dates if on is not None), default=None)


def _interventions(facts: Facts) -> Iterator[Ground]:
    if facts.is_held:
        yield Ground(Says.KEEP, Why.HOLD, "", "", None, None, is_confirmed=True)
    if facts.is_disputed:
        yield Ground(Says.KEEP, Why.DISPUTE, "", "", None, None, is_confirmed=True)
    for claim in facts.claims:
        yield Ground(
            Says.KEEP, Why.CLAIM, claim.key, claim.citation, None, claim.last_day, claim.is_confirmed, is_named=True
        )


def _keeping(terms: Iterable[Term], facts: Facts, gives_way_on: date | None) -> Iterator[Ground]:
    last_own = gives_way_on - timedelta(days=1) if gives_way_on is not None else None
    if facts.began_on is None:
        yield Ground(Says.KEEP, Why.IN_USE, "", "", None, last_own, is_confirmed=True)
    for term in terms:
        if term.why not in GIVES_WAY | {Why.LAW, Why.CLAIM, Why.UNDECIDED} or term.period is None:
            continue
        began = facts.events.get(term.counts_from) or facts.began_on or facts.asked_on
        last = kept_through(began, term.period) if began is not None else None
        if term.why in GIVES_WAY and last_own is not None:
            last = min(last or date.max, last_own)
        yield Ground(Says.KEEP, term.why, term.key, term.citation, term.period, last, term.is_confirmed)


def _erasing(terms: Iterable[Term], facts: Facts) -> Iterator[Ground]:
    over = _over(terms, facts)
    for term in terms:
        if term.why is Why.WISH:
            on = facts.asked_on
        elif term.why is Why.OVER and term.period is not None:
            began = facts.events.get(term.counts_from) or facts.began_early_on or facts.began_on
            on = due_on(began, term.period) if began is not None else None
        elif term.why in {Why.OVER, Why.PROMISE}:
            on = over
        else:
            continue
        why = Why.OVER if term.why is Why.PROMISE else term.why
        yield Ground(Says.ERASE, why, term.key, term.citation, term.period, on, term.is_confirmed)


def _over(terms: Iterable[Term], facts: Facts) -> date | None:
    """When our own period asks for the end: at its earliest reading, and no sooner than we promised to keep it."""
    began = facts.began_early_on or facts.began_on
    own = next(term.period for term in terms if term.why is Why.PROMISE)
    if began is None or own is None or facts.began_on is None:
        return None
    return max(due_on(began, own), kept_through(facts.began_on, own) + timedelta(days=1))


def due_on(began: date, period: Period) -> date:
    """The day on which a deadline is due: from 29 February a year ends on 28 February (C13).

    Raises ValueError for a unit that is no length of keeping.
    """
    if period.unit in DAY_UNITS:
        return began + timedelta(days=period.amount)
    if period.unit in MONTHS_IN:
        return add_months(began, period.amount * MONTHS_IN[period.unit])
    raise ValueError(f"Nothing is due after a number of {period.unit}.")


def _longest(ground: Ground) -> tuple[bool, int, int, bool, str]:
    """Sorts what lasts longest to the front; of two that last equally long, the weightier and the confirmed one."""
    last = ground.on
    return (
        last is not None,
        -(last or date.max).toordinal(),
        KEEPING.index(ground.why),
        not ground.is_confirmed,
        ground.key,
    )


def _erase_on(keeps: Iterable[Ground], erases: Iterable[Ground]) -> date | None:
    """The first day on which nothing keeps it and something asks for its end; None while one of the two is open."""
    asked = min((one.on for one in erases if one.on is not None), default=None)
    last = [one.on for one in keeps]
    if asked is None or None in last:
        return None
    return max(asked, *(on + timedelta(days=1) for on in last if on is not None))
