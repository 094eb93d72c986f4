"""May a person be asked for a yes again? After a no, not before the rest that the law gives is over.

The person may say yes at any time: this is about our asking, in a message, at sign-in or in a reminder.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from consent.models import Suppression
from consent.rules.fold import NO
from consent.selectors import history
from consent.services.addresses import addresses_by_channel
from portal.core import clock
from portal.core.errors import PortalError
from portal.law import selectors as law
from portal.law.models import LegalRule
from portal.law.services.timing import dates_of
from portal.people import selectors as people
from portal.people.models.fiduciaries import OWN_CODE

#: TRAI TCCCPR 2018 (in force 2025), and Cal. Civ. Code 1798.135(c)(4).
RULES = ("IN-TRAI-90D", "CA-12M")


def rests_until(
    subject_ref: UUID,
    *,
    purpose: str,
    at: datetime,
    fiduciary: str = OWN_CODE,
    channels: Iterable[str] = (),
    zone: str = "Asia/Kolkata",
) -> datetime | None:
    """The first instant at which we may ask the person about a purpose again; None when we may now.

    Counts from their last no that still stands, at whatever address (of ``channels``, if given), and from a stop at an
    address of theirs; the latest of the rules that apply to them. Reads only.
    """
    noes = _standing_noes(subject_ref, purpose=purpose, fiduciary=fiduciary, channels=frozenset(map(str, channels)))
    if not noes:
        return None
    last = max(noes)
    ends = [dates_of(rule, last, zone).due for rule in _rules(subject_ref, last)]
    until = max(ends, default=None)
    return until if until is not None and until > at else None


def _standing_noes(subject_ref: UUID, *, purpose: str, fiduciary: str, channels: frozenset[str]) -> list[datetime]:
    refs = people.refs_of(subject_ref)
    said = history.latest(history.events_of(subject_ref, refs=refs).filter(fiduciary__code=fiduciary, purpose=purpose))
    found = [
        event.occurred_at
        for event in said.values()
        if event.answer in NO and (not channels or event.channel in channels)
    ]
    reached = addresses_by_channel(subject_ref)
    keys = {key for places in reached.values() for place in places for key in place.keys}
    stops = Suppression.objects.filter(
        fiduciary__code=fiduciary, address_key__in=keys, purpose__in=("", purpose), header="", lift=None
    )
    if channels:
        stops = stops.filter(channel__in=("", *channels))
    yes_at = max((event.occurred_at for event in said.values() if event.answer not in NO), default=None)
    return found + [at for at in stops.values_list("suppressed_at", flat=True) if yes_at is None or at > yes_at]


def _rules(subject_ref: UUID, said_at: datetime) -> list[LegalRule]:
    """The rules in force on the day of the no, under the person's laws and our profile."""
    day = said_at.astimezone(clock.IST).date()
    regimes, profile = people.regimes_of(subject_ref), law.profile(on=day)
    found = []
    for key in RULES:
        try:
            rule = law.legal_rule(key, on=day)
        except PortalError:
            continue
        if rule.jurisdiction in regimes and profile.applies(rule.switch):
            found.append(rule)
    return found
