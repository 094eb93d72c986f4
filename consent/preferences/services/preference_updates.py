"""The preference page's one Save: which boxes changed, and what follows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from consent.base.choices import Answer, Way
from consent.preferences.services.preference_options import Box, Group, offer
from consent.records.models.events import ConsentReceipt
from consent.records.services import guardian_consents, opt_in_confirmation, subject_locks
from consent.records.services.addresses import addresses_of
from consent.records.services.consent_events import Choice, fiduciary_of, record_all
from consent.records.services.evidence import Evidence
from consent.suppressions.services.withdrawals import refusals_of, refusals_of_senders
from portal.kernel.core import clock
from portal.kernel.core.actor import Actor
from portal.kernel.core.advisory_locks import retried
from portal.kernel.core.errors import Refused
from portal.kernel.law.choices import Channel
from portal.kernel.people import selectors as people
from portal.kernel.people.models.fiduciaries import OWN_CODE


@dataclass(frozen=True)
class Saved:
    """What one Save did; ``receipt`` is None when no box changed."""

    receipt: ConsentReceipt | None
    #: Purposes whose yes waits for the person's parent or guardian.
    held: tuple[str, ...] = ()
    #: Purpose and channel of each yes that waits for a second step of the person's own (``opting_in``).
    unconfirmed: tuple[opt_in_confirmation.Value, ...] = ()


@retried
def save(
    *,
    subject_ref: UUID,
    ticked: frozenset[str],
    shown: Mapping[str, str],
    actor: Actor,
    was_ticked: frozenset[str] | None = None,
    language: str = "en",
    fiduciary: str = OWN_CODE,
    opt_in: str = "",
    now: datetime | None = None,
) -> Saved:
    """Record each box that changed: a new tick is a yes to the text shown, a removed one a withdrawal.

    One transaction for all of it. ``ticked`` are values "purpose:channel"; ``was_ticked``
    those that the page showed ticked, so that a box which the person did not touch stays as it has come to be
    meanwhile (a STOP by SMS is not undone by an old page); None: as it stands now. ``shown`` maps each purpose to the
    SHA-256 of the text the person had before them, and ``opt_in`` the request that this Save confirms, where the law asks
    for two steps (``opting_in``): a yes without it is left out and named in ``unconfirmed``, and all else is kept, so that
    a withdrawal never waits for it. A sender that was refused by itself stays refused beside a new yes to all. A box that is left without a tick refuses again what a stop refused, as long as that
    stop could be undone: the undo ends there. One event for each changed box and address, all under one receipt;
    nothing changed, nothing recorded. The yes of a person for whom somebody else answers is held, as on the questions'
    page; a no holds at once.

    Raises Refused when a text has changed since the page was opened, for a box that is not there; LostRace when somebody else answered for the same address at the same instant.
    """
    at, whose = now or clock.now(), fiduciary_of(fiduciary)
    with transaction.atomic():
        subject_locks.take_all_of(subject_ref)
        offered = offer(subject_ref, at=at, language=language, fiduciary=fiduciary).groups
        known = {box.value for group in offered for box in group.boxes if box.has_address}
        if ticked - known:
            raise Refused(
                _("One of the choices is not offered any more. Look at them again and save."), code="NOT_OFFERED"
            )
        removed: set[tuple[str, str]] = set()
        left_open: set[tuple[str, str]] = set()
        yeses: list[Choice] = []
        held: list[str] = []
        is_held = people.protection_of(subject_ref, at=at) is not None
        for group in offered:
            wanted: list[Choice] = []
            for box in group.boxes:
                before = box.ticked if was_ticked is None else box.value in was_ticked
                if box.value not in ticked:
                    # A removed tick refuses what has ended since the page was opened too.
                    (removed if before else left_open).add((box.purpose, box.channel))
                elif not before and not box.ticked:
                    wanted += _yeses(group, box, subject_ref, shown, opt_in_confirmation.evidence_of(opt_in))
            if not is_held:
                yeses += wanted
            elif wanted and group.notice is not None:
                held.append(group.purpose.code)
                guardian_consents.hold(
                    subject_ref=subject_ref,
                    fiduciary=whose,
                    purpose=group.purpose.code,
                    channels={choice.channel for choice in wanted} - {str(Channel.NONE)},
                    notice=group.notice,
                    actor=actor,
                    now=at,
                )
        unconfirmed = opt_in_confirmation.unconfirmed(
            subject_ref=subject_ref,
            fiduciary=whose,
            wanted=[(choice.purpose, choice.channel, choice.evidence) for choice in yeses],
            at=at,
        )
        choices = refusals_of(subject_ref, whose, removed, at=at)
        choices += refusals_of(subject_ref, whose, left_open, at=at, of_consents=False)
        confirmed = [choice for choice in yeses if (choice.purpose, choice.channel) not in unconfirmed]
        choices += [*confirmed, *refusals_of_senders(subject_ref, whose, confirmed)]
        done = record_all(
            subject_ref=subject_ref,
            fiduciary=fiduciary,
            choices=choices,
            way=Way.PAGE,
            occurred_at=at,
            actor=actor,
            now=at,
        )
    return Saved(done.receipt, tuple(held), unconfirmed)


def _yeses(
    group: Group, box: Box, subject_ref: UUID, shown: Mapping[str, str], pieces: Sequence[Evidence]
) -> list[Choice]:
    if group.notice is None:
        raise Refused(_("This is not asked for yet: its notice is not published."), code="NOTICE_MISSING")
    if shown.get(group.purpose.code) != group.notice.sha256:
        raise Refused(
            _("The text you agree to has changed since you opened this page. Read it again, then save."),
            code="NOTICE_CHANGED",
        )
    return [
        Choice(place, box.purpose, box.channel, Answer.GIVEN, group.notice, pieces)
        for place in addresses_of(subject_ref, box.channel)
    ]
