"""Before a yes ends: the person is told once, and may say yes again or no. Who says nothing is left in peace."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import formats, timezone, translation
from django.utils.translation import gettext_lazy as _

from consent.base.choices import Answer, Way
from consent.base.models.notices import NoticeText
from consent.base.rules.status_fold import YES
from consent.base.selectors.notices import notices_for
from consent.notices.models.notifications import EndingTold
from consent.notices.services.person_notifications import address_of_page, reached, tell, waiting
from consent.records.models.state import ConsentState
from consent.records.services import subject_locks
from consent.records.services.addresses import Address, addresses_by_channel
from consent.records.services.consent_events import Choice, Recorded, fiduciary_of, record_all
from consent.suppressions.services.withdrawals import refusals_of, refusals_of_senders
from portal.kernel.core import clock
from portal.kernel.core.actor import Actor
from portal.kernel.core.advisory_locks import retried
from portal.kernel.core.errors import PortalError, Refused
from portal.kernel.law import selectors as law
from portal.kernel.law.choices import Channel
from portal.kernel.law.models import Purpose
from portal.kernel.people import selectors as people
from portal.kernel.people.models import Fiduciary
from portal.kernel.people.models.fiduciaries import OWN_CODE

log = structlog.get_logger(__name__)

#: How long before its end a yes may be renewed, and the person is told.
REMINDER_RULE = "consent.expiry_reminder"
#: The reminder is owed like the confirmation of an answer: it says what happens to an answer of theirs.
PURPOSE = "account_service"
#: People told in one sweep; the rest in the next.
MOST = 500


@dataclass(frozen=True)
class Ending:
    """One purpose whose yes ends soon: the states, the text that a new yes would agree to, and when the first ends."""

    purpose: Purpose
    notice: NoticeText
    states: tuple[ConsentState, ...]

    @property
    def ends_at(self) -> datetime:
        return min(state.expires_at for state in self.states if state.expires_at)

    @property
    def channels(self) -> list[str]:
        """The channels of messages, each once; none for processing that is no message."""
        return list(dict.fromkeys(state.channel for state in self.states if state.channel != Channel.NONE))


def is_soon(ends_at: datetime | None, *, at: datetime) -> bool:
    """Whether a yes that ends then may be renewed at an instant, or has ended already."""
    return ends_at is not None and ends_at <= _soon_until(at)


def _soon_until(now: datetime) -> datetime:
    return now + law.house_rule(REMINDER_RULE, on=clock.day(now)).duration


def _soon(now: datetime, whose: Fiduciary, asked: Collection[str]) -> QuerySet[ConsentState]:
    return ConsentState.objects.filter(
        fiduciary=whose,
        purpose__in=asked,
        answer__in=YES,
        verified=True,
        expires_at__gt=now,
        expires_at__lte=_soon_until(now),
    )


def _asked(at: datetime, language: str) -> dict[str, tuple[Purpose, NoticeText]]:
    """The purposes that may be asked for now, each with the text that a yes agrees to."""
    purposes = {p.code: p for p in law.purposes_in_force(on=clock.day(at)) if p.needs_consent and p.may_be_asked(at)}
    notices = notices_for(purposes, on=clock.day(at), language=language)
    return {code: (purposes[code], text) for code, text in notices.items()}


def endings(subject_ref: UUID, *, at: datetime, language: str = "en", fiduciary: str = OWN_CODE) -> tuple[Ending, ...]:
    """What of the person ends soon and may be renewed, in the order in which it ends.

    A purpose that is not asked for any more, or whose text is not published, cannot be renewed: it ends.
    """
    asked = _asked(at, language)
    rows = _soon(at, fiduciary_of(fiduciary), asked).filter(subject_ref__in=people.refs_of(subject_ref))
    return _by_purpose(list(rows.select_related("event").order_by("expires_at", "pk")), asked)


def _by_purpose(states: Sequence[ConsentState], asked: Mapping[str, tuple[Purpose, NoticeText]]) -> tuple[Ending, ...]:
    codes = dict.fromkeys(state.purpose for state in states)
    return tuple(Ending(*asked[code], tuple(s for s in states if s.purpose == code)) for code in codes)


def remind_who_ends_soon(*, now: datetime, fiduciary: str = OWN_CODE) -> int:
    """Tell everybody whose yes ends within the promised time, once for each yes. Returns how many people were told.

    Each person in a transaction of their own: message, proof that it was told, together or not at all. Two sweeps at
    once tell nobody twice. Of clients' purposes the client tells: there Onesetu is the processor.
    """
    whose, asked = fiduciary_of(fiduciary), set(_asked(now, "en"))
    told = 0
    for subject_ref in waiting(_soon(now, whose, asked).filter(event__ending_told=None), first="expires_at"):
        if told == MOST:
            break
        try:
            told += _remind(subject_ref, whose, asked, now=now)
        except IntegrityError:  # another sweep told it in this instant
            continue
        except PortalError as error:
            log.warning("consent.not_reminded_yet", subject=str(subject_ref), code=error.code)
    return told


def _remind(subject_ref: UUID, whose: Fiduciary, asked: Collection[str], *, now: datetime) -> bool:
    with transaction.atomic():
        rows = _soon(now, whose, asked).filter(subject_ref=subject_ref, event__ending_told=None)
        states = list(rows.select_related("event").order_by("expires_at", "pk"))
        if not states or reached(subject_ref) is None:
            return False
        about = f"consent.event:{states[0].event_id}/ends"
        # Written first: who comes second meets this key before the outbox.
        EndingTold.objects.bulk_create(
            EndingTold(event=state.event, about=about, ends_at=ends_at, told_at=now)
            for state in states
            if (ends_at := state.expires_at) is not None
        )
        sent = tell(
            kind="consent.ends_soon",
            subject_ref=subject_ref,
            purpose=PURPOSE,
            about=about,
            context=lambda: _words(states, now),
            fiduciary=whose.code,
        )
    return sent > 0


def _words(states: Sequence[ConsentState], now: datetime) -> dict[str, str]:
    found = _by_purpose(states, _asked(now, translation.get_language() or "en"))
    return {
        "choices": "\n".join(_line(ending) for ending in found),
        "url": address_of_page("renew"),
        "preferences_url": address_of_page("preferences"),
    }


def _line(ending: Ending) -> str:
    day = formats.date_format(timezone.localtime(ending.ends_at, clock.IST), "j F Y")
    channels = ", ".join(str(Channel(channel).label) for channel in ending.channels)
    said = translation.gettext("%(purpose)s (%(channels)s): ends on %(date)s")
    if not channels:
        said = translation.gettext("%(purpose)s: ends on %(date)s")
    return said % {"purpose": ending.purpose.name, "channels": channels, "date": day}


@retried
def renew(
    *,
    subject_ref: UUID,
    answers: Mapping[str, bool],
    shown: Mapping[str, str],
    actor: Actor,
    language: str = "en",
    fiduciary: str = OWN_CODE,
    way: Way = Way.PAGE,
    now: datetime | None = None,
) -> Recorded:
    """Answer for purposes whose yes ends soon: True renews it on the channels it stands on, False withdraws it now.

    One transaction, one receipt. A purpose that is not named stays as it is and ends by itself. ``shown`` maps each
    purpose to the SHA-256 of the text the person had before them. A no also counts where the yes does not end soon any
    more, since it was renewed in another window: whatever stands of it is withdrawn. A sender that was refused by itself stays
    refused.

    Raises Refused for a yes to a purpose that does not end soon, or whose text has changed since the page was opened.
    """
    at = now or clock.now()
    with transaction.atomic():
        subject_locks.take_all_of(subject_ref)
        open_ones = {e.purpose.code: e for e in endings(subject_ref, at=at, language=language, fiduciary=fiduciary)}
        late = set(answers) - set(open_ones)
        if any(answers[code] for code in late):
            raise Refused(_("One of these was answered already, or has ended. Load the page again."), code="NOT_ENDING")
        places = addresses_by_channel(subject_ref)
        choices: list[Choice] = []
        whose, refs = fiduciary_of(fiduciary), people.refs_of(subject_ref)
        for code, is_yes in answers.items():
            if code in late:
                standing = ConsentState.objects.filter(
                    fiduciary=whose, purpose=code, answer__in=YES, subject_ref__in=refs
                )
                choices += _choices(standing.select_related("event").order_by("pk"), places, agreed=None)
                undoable = {(code, str(channel)) for channel in places}
                choices += refusals_of(subject_ref, whose, undoable, at=at, of_consents=False)
                continue
            ending = open_ones[code]
            if is_yes and shown.get(code) != ending.notice.sha256:
                raise Refused(
                    _("The text you agree to has changed since you opened this page. Read it again, then save."),
                    code="NOTICE_CHANGED",
                )
            choices += _choices(ending.states, places, agreed=ending.notice if is_yes else None)
        choices += refusals_of_senders(subject_ref, whose, choices)
        return record_all(
            subject_ref=subject_ref,
            fiduciary=fiduciary,
            choices=choices,
            way=way,
            occurred_at=at,
            actor=actor,
            now=at,
        )


def _choices(
    states: Iterable[ConsentState], places: Mapping[str, Collection[Address]], *, agreed: NoticeText | None
) -> list[Choice]:
    """Each yes renewed by the text that is agreed to, or withdrawn where there is none."""
    answer = Answer.WITHDRAWN if agreed is None else Answer.RENEWED
    found = []
    for state in states:
        key, event = bytes(state.address_key), state.event
        held = next((place for place in places[state.channel] if key in place.keys), None)
        place = held or Address(event.address_kind, (key,), is_verified=event.address_verified)
        found.append(Choice(place, state.purpose, state.channel, answer, agreed))
    return found
