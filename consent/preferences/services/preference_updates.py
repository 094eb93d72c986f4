"""What the preferences change: a Save withdraws and refuses at once, and collects what would be a new consent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import reduce
from operator import or_
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from consent.base.choices import Answer, Way
from consent.base.rules.status_fold import NO
from consent.preferences.choices import LeftOut
from consent.preferences.rules import State
from consent.preferences.services.preference_boxes import Box
from consent.preferences.services.preference_options import Group, offer
from consent.records.models.events import ConsentReceipt
from consent.records.models.suppressions import Suppression
from consent.records.services import guardian_consents, opt_in_confirmation, subject_locks
from consent.records.services.addresses import Address, addresses_by_channel
from consent.records.services.consent_events import Choice, fiduciary_of, record_all
from consent.suppressions.services.withdrawals import refusals_of, refusals_of_senders
from portal.kernel.core import clock
from portal.kernel.core.actor import Actor
from portal.kernel.core.advisory_locks import retried
from portal.kernel.core.errors import Refused
from portal.kernel.law.choices import Channel
from portal.kernel.people import selectors as people
from portal.kernel.people.models import Fiduciary
from portal.kernel.people.models.fiduciaries import OWN_CODE

#: The code of the refusal of a consent that a later stop has overtaken.
STOPPED_SINCE = "STOPPED_SINCE"
#: The code of the refusal of a box that is not there, or that cannot be chosen any more.
NOT_OFFERED = "NOT_OFFERED"
#: The code of the refusal of a Save that consents to and refuses the same.
BOTH_ANSWERS = "BOTH_ANSWERS"


@dataclass(frozen=True)
class Saved:
    """What one Save did; ``receipt`` is None when nothing was withdrawn or refused.

    ``wanted`` are the boxes "purpose:channel" whose tick would be a new consent: nothing is recorded of them. ``opt_in``
    names the request that was kept for those that the law lets one consent to only in a second step. ``left_out`` maps
    each new tick that cannot be a consent now to the reason. ``removed`` are the boxes that the person refused: whose tick
    they took out, or that they refused without ever having consented.
    """

    receipt: ConsentReceipt | None
    wanted: tuple[str, ...] = ()
    opt_in: str = ""
    left_out: Mapping[str, LeftOut] = field(default_factory=dict)
    removed: tuple[opt_in_confirmation.Value, ...] = ()


@dataclass(frozen=True)
class Agreed:
    """What a new consent made. ``held`` are purposes whose consent waits for the person's parent or guardian."""

    receipt: ConsentReceipt | None
    held: tuple[str, ...] = ()


@retried
def save(
    *,
    subject_ref: UUID,
    ticked: frozenset[str],
    actor: Actor,
    was_ticked: frozenset[str] | None = None,
    refused: frozenset[str] = frozenset(),
    language: str = "en",
    fiduciary: str = OWN_CODE,
    now: datetime | None = None,
) -> Saved:
    """Record each box that lost its tick as a withdrawal, under one receipt; collect each new tick (``agree``).

    ``refused`` are boxes that were never answered, or whose consent has expired, and that the person refuses: each is
    recorded as a refusal under the same receipt. One that was agreed to since the page was opened is withdrawn.

    One transaction for all of it. ``ticked`` are values "purpose:channel"; ``was_ticked`` those that the page showed
    ticked, so that a box which the person did not touch stays as it has come to be meanwhile (a STOP by SMS is not undone
    by an old page); None: as it is now. A box that is left without a tick refuses again what a stop refused, as long as
    that stop could be undone: the undo ends there. Nothing changed, nothing recorded. Of new ticks that the law asks for
    twice after a refusal (11 CCR 7028), this Save is the first step, and is kept as such; not of a person for whom
    somebody else decides.

    A tick that cannot be a consent now is left out, with the reason. Raises Refused (BOTH_ANSWERS) for a box that is both
    ticked and refused, and LostRace when somebody else answered for the same address at the same instant.
    """
    at, whose = now or clock.now(), fiduciary_of(fiduciary)
    if refused & ticked:
        raise Refused(
            _(
                "You ticked the same message or use twice: once to agree and once to refuse. Choose one of them and save."
            ),
            code=BOTH_ANSWERS,
        )
    with transaction.atomic():
        subject_locks.take_all_of(subject_ref)
        offered = offer(subject_ref, at=at, language=language, fiduciary=fiduciary).groups
        removed, left_open, wanted, left_out = _changes(offered, ticked, was_ticked)
        denied, withdrawn, not_refused = _refused(offered, refused)
        removed |= withdrawn
        left_open -= removed | {(box.purpose, box.channel) for _group, box in denied}
        if wanted and not removed and not denied:
            left_open = set()  # refused again by ``agree``: whoever answers no there leaves everything as it was
        choices = refusals_of(subject_ref, whose, removed, at=at)
        choices += refusals_of(subject_ref, whose, left_open, at=at, of_consents=False)
        choices += _first_refusals(denied, addresses_by_channel(subject_ref))
        done = record_all(
            subject_ref=subject_ref,
            fiduciary=fiduciary,
            choices=choices,
            way=Way.PAGE,
            occurred_at=at,
            actor=actor,
            now=at,
        )
        is_alone = people.protection_of(subject_ref, at=at) is None
        opt_in = _request(subject_ref, whose, wanted, actor, at) if is_alone else ""
    removed |= {(box.purpose, box.channel) for _group, box in denied}
    return Saved(
        done.receipt, tuple(box.value for box in wanted), opt_in, left_out | not_refused, tuple(sorted(removed))
    )


def _refused(
    offered: Sequence[Group], refused: frozenset[str]
) -> tuple[list[tuple[Group, Box]], set[opt_in_confirmation.Value], dict[str, LeftOut]]:
    """The refused boxes where nothing counts yet, those agreed to since the page was opened, and those that are unfit.

    A box that is refused already is in none of them: there is nothing to record and nothing to say.
    """
    boxes = {box.value: (group, box) for group in offered for box in group.boxes}
    denied: list[tuple[Group, Box]] = []
    withdrawn: set[opt_in_confirmation.Value] = set()
    unfit: dict[str, LeftOut] = {}
    for value in sorted(refused):
        if value not in boxes:
            unfit[value] = LeftOut.NOT_OFFERED
            continue
        group, box = boxes[value]
        if box.ticked:
            withdrawn.add((box.purpose, box.channel))
        elif box.can_be_refused:
            denied.append((group, box))
        elif box.state not in {State.DENIED, State.WITHDRAWN}:
            unfit[value] = LeftOut.PENDING if box.state is State.PENDING else LeftOut.NO_ADDRESS
    return denied, withdrawn, unfit


def _first_refusals(denied: Sequence[tuple[Group, Box]], places: Mapping[str, list[Address]]) -> list[Choice]:
    """A refusal of each box at every address that it reaches, with the notice that the person could read, if any."""
    return [
        Choice(place, box.purpose, box.channel, Answer.DENIED, group.notice)
        for group, box in denied
        for place in places[box.channel]
    ]


def _changes(
    offered: Sequence[Group], ticked: frozenset[str], was_ticked: frozenset[str] | None
) -> tuple[set[opt_in_confirmation.Value], set[opt_in_confirmation.Value], list[Box], dict[str, LeftOut]]:
    """The boxes that lost their tick, those that have none as before, those with a new one, and new ticks that are unfit."""
    boxes = [(group, box) for group in offered for box in group.boxes]
    gone = ticked - {box.value for _group, box in boxes} - (was_ticked or frozenset())
    left_out = dict.fromkeys(sorted(gone), LeftOut.NOT_OFFERED)
    # A tick taken out of a box that has gone since the page was opened withdraws what was agreed to all the same.
    lost = (was_ticked or frozenset()) - ticked - {box.value for _group, box in boxes}
    removed: set[opt_in_confirmation.Value] = {
        (purpose, channel) for purpose, found, channel in (value.partition(":") for value in lost) if found
    }
    left_open: set[opt_in_confirmation.Value] = set()
    wanted: list[Box] = []
    for group, box in boxes:
        before = box.ticked if was_ticked is None else box.value in was_ticked
        if box.value not in ticked:
            # A removed tick refuses what has ended since the page was opened too.
            (removed if before else left_open).add((box.purpose, box.channel))
        elif not before and not box.ticked:
            if box.can_be_chosen:
                wanted.append(box)
            else:
                left_out[box.value] = _why_not(group, box)
    return removed, left_open, wanted, left_out


def _why_not(group: Group, box: Box) -> LeftOut:
    """Why there is no box to tick, by what the person can do about it first."""
    if box.state is State.PENDING:
        return LeftOut.PENDING
    if group.is_untranslated:
        return LeftOut.NO_NOTICE
    return LeftOut.NOT_OFFERED if box.has_confirmed or not group.is_published else LeftOut.NO_ADDRESS


def _not_offered() -> Refused:
    return Refused(_("One of the choices is not offered any more. Look at them again and save."), code=NOT_OFFERED)


def _request(subject_ref: UUID, whose: Fiduciary, wanted: Sequence[Box], actor: Actor, at: datetime) -> str:
    """Keep the first of two steps, where the law asks for two; empty where it does not."""
    values = opt_in_confirmation.unconfirmed(
        subject_ref=subject_ref,
        fiduciary=whose,
        wanted=[(box.purpose, box.channel, ()) for box in wanted],
        at=at,
    )
    if not values:
        return ""
    return opt_in_confirmation.request(
        subject_ref=subject_ref, fiduciary=whose, values=values, actor=actor, now=at
    ).sha256


@retried
def agree(
    *,
    subject_ref: UUID,
    wanted: frozenset[str],
    shown: Mapping[str, str],
    actor: Actor,
    asked_at: datetime,
    language: str = "en",
    fiduciary: str = OWN_CODE,
    opt_in: str = "",
    now: datetime | None = None,
) -> Agreed:
    """Record a consent for each of the boxes ``wanted``, under one receipt, to the notices that the person had before them.

    One transaction for all of it. ``shown`` maps each purpose to the SHA-256 of its text, and ``opt_in`` is what ``save``
    kept of the first step. A box that was agreed to meanwhile is left as it is. A sender that was refused by itself stays
    refused beside a new consent to all. The consent of a person for whom somebody else decides is held for that person.
    ``asked_at`` is when the boxes were ticked. What a stop refused and has no tick now is refused again: its undo ends.

    Raises Refused when a text has changed since it was shown, for a box that is not there, (STOPPED_SINCE) for one that
    was refused or stopped after it was ticked, by SMS for instance, and (CONFIRM_OPT_IN) for a
    consent after a refusal without the first step, or too long after it; LostRace as ``save``.
    """
    at, whose = now or clock.now(), fiduciary_of(fiduciary)
    with transaction.atomic():
        subject_locks.take_all_of(subject_ref)
        offered = offer(subject_ref, at=at, language=language, fiduciary=fiduciary).groups
        if wanted - {box.value for group in offered for box in group.boxes if box.can_be_chosen}:
            raise _not_offered()
        asked = [(group, [box for box in group.boxes if box.value in wanted and not box.ticked]) for group in offered]
        asked = [(group, boxes) for group, boxes in asked if boxes]
        places = addresses_by_channel(subject_ref)
        _require_not_stopped([box for _group, boxes in asked for box in boxes], places, whose, since=asked_at)
        for group, _boxes in asked:
            _require_shown(group, shown)
        if people.protection_of(subject_ref, at=at) is not None:
            return Agreed(None, tuple(_hold(subject_ref, whose, group, boxes, actor, at) for group, boxes in asked))
        proof = opt_in_confirmation.evidence_of(opt_in)
        yeses = [
            Choice(place, box.purpose, box.channel, Answer.GIVEN, group.notice, proof)
            for group, boxes in asked
            for box in boxes
            for place in places[box.channel]
        ]
        left_open = {
            (box.purpose, box.channel)
            for group in offered
            for box in group.boxes
            if not box.ticked and box.value not in wanted
        }
        refusals = refusals_of(subject_ref, whose, left_open, at=at, of_consents=False)
        done = record_all(
            subject_ref=subject_ref,
            fiduciary=fiduciary,
            choices=[*yeses, *refusals_of_senders(subject_ref, whose, yeses), *(refusals if yeses else ())],
            way=Way.PAGE,
            occurred_at=at,
            actor=actor,
            now=at,
        )
    return Agreed(done.receipt)


def _require_not_stopped(
    boxes: Sequence[Box], places: Mapping[str, list[Address]], whose: Fiduciary, *, since: datetime
) -> None:
    """A page that was left open ends no stop that came after it was drawn."""
    answered = any(box.last is not None and box.last.answer in NO and box.last.occurred_at > since for box in boxes)
    keys = {key for box in boxes for place in places[box.channel] for key in place.keys}
    covering = reduce(or_, (Suppression.covering(purpose=box.purpose, channel=box.channel) for box in boxes), Q())
    stops = Suppression.objects.filter(covering, fiduciary=whose, address_key__in=keys, suppressed_at__gt=since)
    if answered or (keys and stops.exists()):
        raise Refused(
            _("You have stopped some of these since you ticked them. Look at your choices again and save."),
            code=STOPPED_SINCE,
        )


def _require_shown(group: Group, shown: Mapping[str, str]) -> None:
    if group.notice is None or shown.get(group.purpose.code) != group.notice.sha256:
        raise Refused(
            _("The text you agree to has changed since you opened this page. Read it again, then save."),
            code="NOTICE_CHANGED",
        )


def _hold(subject_ref: UUID, whose: Fiduciary, group: Group, boxes: Sequence[Box], actor: Actor, at: datetime) -> str:
    if group.notice is None:
        raise _not_offered()
    guardian_consents.hold(
        subject_ref=subject_ref,
        fiduciary=whose,
        purpose=group.purpose.code,
        channels={box.channel for box in boxes} - {str(Channel.NONE)},
        notice=group.notice,
        actor=actor,
        now=at,
    )
    return group.purpose.code
