"""Keep or erase: for each record of a person every rule that keeps it, every rule that ends it, the winner and its words.

Reads only. The decision itself is pure (``rules.verdict``); here its facts and terms are looked up.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from uuid import UUID, uuid4

from django.db.models import Q

from portal.kernel.core import advisory_locks, clock, ports
from portal.kernel.core.erasure_api import Eraser, Record, in_order
from portal.kernel.law import selectors as law
from portal.kernel.law.choices import Regime
from portal.kernel.law.date_arithmetic import local_date, zone_named
from portal.kernel.law.models import LegalRule
from portal.kernel.law.request_cache import remembering
from portal.kernel.people import selectors as people
from portal.kernel.people.choices import CustomerKind, MemberRole
from portal.kernel.people.models import Customer, Membership, Principal
from portal.kernel.retention import field_actions, labels, rules, selectors
from portal.kernel.retention.financial_years import events_after
from portal.kernel.retention.labels import Decision
from portal.kernel.retention.limitation import is_limitation
from portal.kernel.retention.models import Hold, RetentionRule
from portal.kernel.retention.rules import Claimed, Facts, Period, Term, Verdict, Why

#: What a law that asks for the end counts from, when that is the wish of the person.
ASKED = "received"
NOT_STATED = frozenset({"", "none", "not_stated"})
#: The act of two people that decides the questions of the organisation profile.
PROFILE_ACT = "law.profile.change"
#: How many days before the reply is due an open question is to be decided (house rule).
DECIDED_BEFORE = "retention.profile_decision"


@dataclass(frozen=True)
class Decided:
    """One record (or several of one day), what is decided about it, and under which rule of ours."""

    eraser: Eraser
    record: Record
    rule: RetentionRule
    verdict: Verdict
    #: Who decides the question of the profile that keeps this, and by when; None where no open question does.
    decision: Decision | None = None

    @property
    def what(self) -> str:
        """What it is, in the active language."""
        return str(self.eraser.label)

    @property
    def record_name(self) -> str:
        """What the record is called where it can be named by itself; empty where it cannot."""
        return labels.record_name(self.record.about) if self.record.about else ""

    @property
    def sentence(self) -> str:
        """In the active language: kept or erased, until when or when, because of what. Where only a hold or an order keeps it, staff
        alone read this (``Verdict.is_said_kept``).
        """
        return labels.sentence(self.verdict, self.what, decision=self.decision)


def fields_going(decided: Iterable[Decided], *, without_holds: bool = False) -> frozenset[str]:
    """What ends of records that stay, of one eraser and subject: the fields that no rule names which keeps one of them today.

    Nothing while anything else than a law that binds us keeps one: a hold, a dispute, an open question, the use of the account.
    ``without_holds`` is for what the person reads, never for the erasing: as if there were no hold and no order, because of
    which a letter may not lose a sentence.
    """
    kept = [each for each in decided if each.verdict.is_kept]
    grounds = [ground for each in kept for ground in each.verdict.standing]
    if without_holds:
        grounds = [ground for ground in grounds if ground.why is not Why.HOLD]
    if not grounds or any(ground.why is not Why.LAW for ground in grounds):
        return frozenset()
    parts = getattr(kept[0].eraser, "parts", ())
    return field_actions.unnamed({name for part in parts for name in part.fields}, {ground.key for ground in grounds})


def spared_of(decided: Iterable[Decided]) -> frozenset[str]:
    """The labels of records, of one eraser that ``spares``, that nothing but named legal claims keeps: they stay, while others
    that began on the same day go.
    """
    kept = (each for each in decided if each.verdict.is_kept and each.record.about)
    return frozenset(
        each.record.about
        for each in kept
        if getattr(each.eraser, "spares", False) and all(ground.is_named for ground in each.verdict.standing)
    )


@dataclass(frozen=True)
class Stopped:
    """What keeps a subject whatever its rules say: the classes under a hold ("" is every class), open disputes, and what named
    legal claims need.

    An order of an authority that waits for its answer holds every class.
    """

    held: frozenset[str]
    disputes: frozenset[str]
    claims: tuple[Claimed, ...] = ()

    def is_held(self, retention_class: str) -> bool:
        return "" in self.held or retention_class in self.held

    def claims_to(self, retention_class: str, about: str = "") -> tuple[Claimed, ...]:
        """The legal claims that need a record of this class with this label."""
        return tuple(each for each in self.claims if each.needs(retention_class, about))


def refs_of_person(subject_ref: UUID) -> set[UUID]:
    """Every reference under which a person has something here: joined ones, and the account that is theirs alone."""
    refs = people.refs_of(subject_ref)
    own = Customer.objects.filter(
        kind=CustomerKind.INDIVIDUAL,
        memberships__role=MemberRole.OWNER,
        memberships__principal__subject__ref__in=refs,
    )
    return people.every_ref({*refs, *own.values_list("subject__ref", flat=True)})


def refs_concerned(subject_refs: Iterable[UUID]) -> dict[UUID, set[UUID]]:
    """For each subject those whose hold, dispute or act concerns it, in a few statements for all of them: its person's
    references, the account that is theirs alone, and of such an account its owner.
    """
    asked = set(subject_refs)
    same = people.joined(asked)
    groups = {ref: set(same.get(ref, {ref})) for ref in asked}
    beside = _beside(set().union(*groups.values()))
    again = people.joined(set().union(*beside.values()))
    for group in groups.values():
        for other in set().union(*(beside.get(ref, set()) for ref in group)):
            group.update(again.get(other, {other}))
    return groups


def _beside(refs: set[UUID]) -> dict[UUID, set[UUID]]:
    """Of a person their own accounts, of such an account its owners."""
    found: dict[UUID, set[UUID]] = {}
    own = Membership.objects.filter(role=MemberRole.OWNER, customer__kind=CustomerKind.INDIVIDUAL)
    for part in parts(refs):
        pairs = own.values_list("principal__subject__ref", "customer__subject__ref")
        rows = (*pairs.filter(principal__subject__ref__among=part), *pairs.filter(customer__subject__ref__among=part))
        for person, account in rows:
            found.setdefault(person, set()).add(account)
            found.setdefault(account, set()).add(person)
    return found


def parts(refs: Iterable[UUID]) -> Iterator[frozenset[UUID]]:
    """The references in sets that one statement may ask for."""
    known = sorted(refs)
    return (frozenset(known[start : start + people.ASKED]) for start in range(0, len(known), people.ASKED))


def what_stops(subject_refs: Iterable[UUID]) -> dict[UUID, Stopped]:
    """Holds that nobody has released, orders that nobody has answered, disputes that nobody has settled and legal claims in
    force, for each subject; in a few statements.
    """
    return stopped_in(refs_concerned(subject_refs))


def stopped_in(groups: Mapping[UUID, set[UUID]]) -> dict[UUID, Stopped]:
    """The same for subjects of which is known who concerns them (``refs_concerned``)."""
    held: dict[UUID, set[str]] = {}
    open_for: dict[UUID, set[str]] = {}
    claims: dict[UUID, list[Claimed]] = {}
    today = clock.day(clock.now())
    for part in parts(set().union(*groups.values())):
        rows = Hold.objects.filter(subject_ref__among=part, released_at=None)
        for ref, retention_class in rows.values_list("subject_ref", "retention_class"):
            held.setdefault(ref, set()).add(retention_class)
        for asked in ports.orders:
            for ref, _reference in asked(subject_refs=part):
                held.setdefault(ref, set()).add("")
        claims |= selectors.claims_of(part, on=today)
        for asked in ports.disputes:
            for ref, reference in asked(subject_refs=part):
                open_for.setdefault(ref, set()).add(reference)
    return {
        ref: Stopped(
            frozenset().union(*(held.get(each, set()) for each in group)),
            frozenset().union(*(open_for.get(each, set()) for each in group)),
            tuple(dict.fromkeys(claim for each in sorted(group) for claim in claims.get(each, ()))),
        )
        for ref, group in groups.items()
    }


def take_turn(subject_ref: UUID) -> None:
    """Until the caller's transaction ends nobody places a hold, or enters an order, that concerns the subject.

    Take it before asking ``is_held`` and destroying in one transaction: a hold placed between the two would stand over what
    is gone.
    """
    advisory_locks.take(*advisory_locks.of_keeping(refs_concerned([subject_ref])[subject_ref]))


def held_among(subject_refs: Iterable[UUID], retention_class: str, *, in_turn: bool) -> set[UUID]:
    """Of these subjects those of whom a hold, an order or a legal claim keeps this class whole (``is_held``).

    ``in_turn``: the caller destroys what is not held, in the same transaction (``take_turn``, for all of them at once).
    """
    groups = refs_concerned(subject_refs)
    if in_turn:
        advisory_locks.take(*advisory_locks.of_keeping(set().union(*groups.values())))
    stopped = stopped_in(groups).items()
    return {ref for ref, each in stopped if each.is_held(retention_class) or each.claims_to(retention_class)}


def is_held(subject_ref: UUID, retention_class: str, *, about: str = "") -> bool:
    """Whether a hold that nobody has released covers this class of the subject, on itself or on whoever concerns it, or an
    order of an authority about one of them waits for its answer, or a named legal claim needs it (``about``: its label).
    """
    covered = Q(retention_class="") | Q(retention_class=retention_class)
    concerned = refs_concerned([subject_ref])[subject_ref]
    if Hold.objects.filter(covered, subject_ref__in=concerned, released_at=None).exists():
        return True
    if any(list(asked(subject_refs=concerned)) for asked in ports.orders):
        return True
    claims = selectors.claims_of(concerned, on=clock.day(clock.now()))
    return any(claim.needs(retention_class, about) for some in claims.values() for claim in some)


def keep_or_erase(
    subject_ref: UUID, *, now: datetime, asked_at: datetime | None = None, reply_on: date | None = None
) -> list[Decided]:
    """A verdict for each record of a person, in the order of erasers and days (``decide``)."""
    return decide(refs_of_person(subject_ref), now=now, asked_at=asked_at, reply_on=reply_on)


def decide(
    refs: Iterable[UUID],
    *,
    now: datetime,
    asked_at: datetime | None = None,
    reply_on: date | None = None,
    only: Eraser | None = None,
) -> list[Decided]:
    """A verdict for each record of one person, whose references these are; of one room (``only``) or of all.

    ``asked_at``: the person wants everything gone since then; None: what would be decided by the rules alone. ``reply_on`` is
    the day by which the person is answered: an open question of the profile is to be decided before it. A class without a rule in force is left out: nothing of it may end by itself, and a system check finds it (retention.E002).
    """
    known = set(refs)
    with remembering():
        decider = _Decider(known, today=clock.day(now), asked_at=asked_at, reply_on=reply_on)
        rooms = [only] if only is not None else by_wish()
        found = [each for eraser in rooms for each in decider.of(eraser, eraser.records(subject_refs=known))]
    return sorted(found, key=lambda each: (each.eraser.name, each.record.began_at or now, each.record.about))


def decide_for_anyone(*, now: datetime, asked_at: datetime, reply_on: date | None = None) -> list[Decided]:
    """What would be decided about a record of each kind that begins now, if its person asked for the end. Reads no record."""
    nobody = uuid4()
    with remembering():
        decider = _Decider({nobody}, today=clock.day(now), asked_at=asked_at, reply_on=reply_on)
        return [each for eraser in by_wish() for each in decider.of(eraser, [Record(nobody, now)])]


def decide_record(eraser: Eraser, record: Record, *, now: datetime) -> Decided | None:
    """What the rules decide about one record by themselves, whatever its person wants; None for a kind without a rule in force."""
    with remembering():
        return next(
            _Decider({record.subject_ref}, today=clock.day(now), asked_at=None, reply_on=None).of(eraser, [record]),
            None,
        )


def by_wish() -> list[Eraser]:
    """The erasers that a person's wish reaches, in their order."""
    return [eraser for eraser in in_order(ports.erasers) if not getattr(eraser, "by_schedule_only", False)]


def terms_of(rule: RetentionRule, *, on: date, regimes: Iterable[Regime] = (Regime.IN,)) -> list[Term]:
    """Everything that keeps or ends a class on that day, for a person under these laws. The wish itself is always one.

    Raises NotFound when a rule that the class names is not loaded.
    """
    wanted = {str(regime) for regime in regimes}
    profile = law.profile(on=on)
    keeping = (
        _keeps(legal, is_decided=profile.is_decided(legal.switch)) for legal in selectors.binding_laws(rule, on=on)
    )
    ending = (_ends(legal) for legal in selectors.in_force(rule.erasing_rules, on=on) if legal.jurisdiction in wanted)
    own = Term(rule.house_rule, Why.PROMISE, period=selectors.house_period(rule, on=on))
    return [own, Term("", Why.WISH), *keeping, *ending]


def day_of_decision(asked_on: date, reply_on: date, *, days: int) -> date:
    """By when an open question is decided for a request that is answered by ``reply_on``: so many days before, at the latest on
    the day before, and not before the request came.
    """
    return min(max(reply_on - timedelta(days=days), asked_on), reply_on - timedelta(days=1))


def days_before_reply(*, on: date) -> int:
    """How many days before a reply is due an open question is decided. Raises NotFound before the rules are loaded."""
    return int(law.house_rule(DECIDED_BEFORE, on=on).amount or 0)


def _keeps(legal: LegalRule, *, is_decided: bool) -> Term:
    starts = "" if legal.start_event in NOT_STATED else legal.start_event
    why = Why.CLAIM if is_limitation(legal.key) else Why.LAW
    return Term(
        legal.key,
        why if is_decided else Why.UNDECIDED,
        selectors.citation(legal),
        _period(legal),
        starts,
        legal.is_confirmed,
    )


def _ends(legal: LegalRule) -> Term:
    why = Why.WISH if legal.start_event == ASKED else Why.OVER
    return Term(legal.key, why, selectors.citation(legal), _period(legal), legal.start_event, legal.is_confirmed)


def _period(legal: LegalRule) -> Period | None:
    return Period(int(legal.amount), legal.unit) if legal.amount is not None else None


class _Decider:
    """What is the same for all records of one person, asked once."""

    def __init__(
        self,
        refs: set[UUID],
        *,
        today: date,
        asked_at: datetime | None,
        reply_on: date | None,
    ) -> None:
        self.today = today
        self.asked_at = asked_at
        self.asked_on = clock.day(asked_at) if asked_at is not None else None
        self.reply_on = reply_on
        self.regimes = {regime for ref in refs for regime in people.regimes_of(ref)}
        self.stopped = what_stops(refs).values()
        zone = Principal.objects.filter(subject__ref__in=refs).values_list("zone", flat=True).first()
        self.place = zone_named(zone or "Asia/Kolkata")
        self._verdicts: dict[tuple[object, ...], Verdict] = {}

    def of(self, eraser: Eraser, records: Iterable[Record]) -> Iterator[Decided]:
        rule = selectors.rule_for(eraser.retention_class, on=self.today)
        if rule is None:
            return
        terms = terms_of(rule, on=self.today, regimes=self.regimes)
        for record in records:
            found = self._verdict(rule, terms, record)
            yield Decided(eraser, record, rule, found, self.decision if found.said.why is Why.UNDECIDED else None)

    @cached_property
    def decision(self) -> Decision:
        """Who decides the open questions of the profile, and by when."""
        by = None
        if self.reply_on is not None:
            by = day_of_decision(self.asked_on or self.today, self.reply_on, days=days_before_reply(on=self.today))
        return Decision(tuple(people.roles_of(act=PROFILE_ACT)), by, is_late=by is not None and by < self.today)

    def _verdict(self, rule: RetentionRule, terms: list[Term], record: Record) -> Verdict:
        began = record.began_at
        if record.by_wish and began is not None and self.asked_at is not None and began > self.asked_at:
            began = (
                None  # their wish ended the relation: what ended with it counts from the wish, as the person was told
            )
        began_on = local_date(began, self.place, late=True) if began else None
        counted_from = began_on or self.asked_on
        facts = Facts(
            began_on=began_on,
            events=events_after(counted_from) if counted_from is not None else {},
            began_early_on=local_date(began, self.place) if began else None,
            asked_on=self.asked_on,
            is_held=any(each.is_held(rule.retention_class) for each in self.stopped),
            is_disputed=any(each.disputes for each in self.stopped),
            claims=tuple(
                dict.fromkeys(
                    claim for each in self.stopped for claim in each.claims_to(rule.retention_class, record.about)
                )
            ),
        )
        # A thousand messages of a hundred days are a hundred decisions.
        place = (rule.pk, facts.began_on, facts.began_early_on, facts.claims)
        if place not in self._verdicts:
            self._verdicts[place] = rules.verdict(facts, terms, today=self.today)
        return self._verdicts[place]
