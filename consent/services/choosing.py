"""The preference page's one Save: which boxes changed, and what follows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from consent.models import ConsentEvent, ConsentState, NoticeText
from consent.rules.fold import NO, YES
from consent.selectors import history
from consent.selectors.notices import notice_for
from consent.services.addresses import Address, addresses_by_channel, addresses_of
from consent.services.recording import Choice, Recorded, fiduciary_of, record_all
from consent.services.withdrawing import places_of
from consent.states import Answer, Way
from portal.core import clock
from portal.core.actor import Actor
from portal.core.errors import Refused
from portal.law import selectors as law
from portal.law.models import Purpose
from portal.law.states import MESSAGE_CHANNELS, MessageCategory
from portal.people.models.fiduciaries import OWN_CODE

#: Categories a person chooses about; the others are owed and stand on the page as text.
CHOSEN = (MessageCategory.PROMOTIONAL, MessageCategory.SERVICE)


@dataclass(frozen=True)
class Box:
    """One tick box. ``last`` is the person's latest answer about it; ``blocked`` when somebody else there said no."""

    purpose: str
    channel: str
    ticked: bool
    last: ConsentEvent | None
    has_address: bool
    blocked: bool = False

    @property
    def value(self) -> str:
        return f"{self.purpose}:{self.channel}"


@dataclass(frozen=True)
class Group:
    """One purpose with its boxes and the exact text that a tick agrees to; without a text it is not asked for yet."""

    purpose: Purpose
    notice: NoticeText | None
    boxes: tuple[Box, ...]

    @property
    def is_asked(self) -> bool:
        return self.notice is not None


def groups(subject_ref: UUID, *, at: datetime, language: str = "en", fiduciary: str = OWN_CODE) -> list[Group]:
    """What the person may choose, as it stands now: promotional purposes first, then service updates."""
    on = at.astimezone(clock.IST).date()
    whose = fiduciary_of(fiduciary)
    said = history.latest(history.events_of(subject_ref).filter(fiduciary=whose))
    places = addresses_by_channel(subject_ref)
    purposes = [p for p in law.purposes_in_force(on=on) if p.message_category in CHOSEN and p.needs_consent]
    found = []
    for purpose in sorted(purposes, key=lambda p: (CHOSEN.index(MessageCategory(p.message_category)), p.code)):
        boxes = tuple(
            _box(purpose.code, channel, places[channel], said, subject_ref, whose.pk)
            for channel in MESSAGE_CHANNELS
            if channel in purpose.channels
        )
        found.append(Group(purpose, notice_for(purpose.code, on=on, language=language), boxes))
    return found


def _box(
    purpose: str,
    channel: str,
    places: list[Address],
    said: Mapping[tuple[int, bytes, str, str], ConsentEvent],
    subject_ref: UUID,
    fiduciary_id: int,
) -> Box:
    own = [event for (_f, _key, p, c), event in said.items() if p == purpose and c == channel]
    last = max(own, key=lambda event: (event.occurred_at, event.pk), default=None)
    ticked = any(event.answer in YES and not _is_over(event) for event in own)
    blocked = (
        ticked
        and ConsentState.objects.filter(
            fiduciary_id=fiduciary_id,
            address_key__in=[key for place in places for key in place.keys],
            purpose=purpose,
            channel=channel,
            answer__in=NO,
        )
        .exclude(subject_ref__in={event.subject_ref for event in own} | {subject_ref})
        .exists()
    )
    return Box(purpose, str(channel), ticked, last, has_address=bool(places), blocked=blocked)


def _is_over(event: ConsentEvent) -> bool:
    return event.expires_at is not None and event.expires_at <= clock.now()


def save(
    *,
    subject_ref: UUID,
    ticked: frozenset[str],
    shown: Mapping[str, str],
    actor: Actor,
    language: str = "en",
    fiduciary: str = OWN_CODE,
    now: datetime | None = None,
) -> Recorded:
    """Record each box that changed: a new tick is a yes to the text shown, a removed one a withdrawal.

    ``ticked`` are values "purpose:channel"; ``shown`` maps each purpose to the SHA-256 of the text the person had
    before them. One event for each changed box and address, all under one receipt; nothing changed, nothing recorded.
    Raises Refused when a text has changed since the page was opened, or for a box that is not there.
    """
    at = now or clock.now()
    offered = groups(subject_ref, at=at, language=language, fiduciary=fiduciary)
    known = {box.value for group in offered for box in group.boxes if box.has_address}
    if ticked - known:
        raise Refused(_("One of the choices is not offered any more. Look at them again and save."), code="NOT_OFFERED")
    choices: list[Choice] = []
    for group in offered:
        for box in group.boxes:
            if box.value in ticked and not box.ticked:
                choices += _yeses(group, box, subject_ref, shown)
            elif box.ticked and box.value not in ticked:
                choices += _withdrawals(box, subject_ref, fiduciary)
    return record_all(
        subject_ref=subject_ref,
        fiduciary=fiduciary,
        choices=choices,
        way=Way.PAGE,
        occurred_at=at,
        actor=actor,
        now=at,
    )


def _yeses(group: Group, box: Box, subject_ref: UUID, shown: Mapping[str, str]) -> list[Choice]:
    if group.notice is None:
        raise Refused(_("This is not asked for yet: its notice is not published."), code="NOTICE_MISSING")
    if shown.get(group.purpose.code) != group.notice.sha256:
        raise Refused(
            _("The text you agree to has changed since you opened this page. Read it again, then save."),
            code="NOTICE_CHANGED",
        )
    return [
        Choice(place, box.purpose, box.channel, Answer.GIVEN, group.notice)
        for place in addresses_of(subject_ref, box.channel)
    ]


def _withdrawals(box: Box, subject_ref: UUID, fiduciary: str) -> list[Choice]:
    whose = fiduciary_of(fiduciary)
    said = history.latest(history.events_of(subject_ref).filter(fiduciary=whose))
    found = []
    for place in places_of(subject_ref, whose, box.purpose, box.channel):
        before = next(
            (said[key] for key in said if key[1] in place.keys and key[2:] == (box.purpose, box.channel)), None
        )
        if before is not None and before.answer in YES:
            text = (
                before.notice_version.texts.filter(sha256=before.notice_sha256).first()
                if before.notice_version
                else None
            )
            found.append(Choice(place, box.purpose, box.channel, Answer.WITHDRAWN, text))
    return found
