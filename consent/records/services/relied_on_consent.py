"""A yes to processing that something rests on: whether it counts, and telling those who rely on it when it is taken back."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from consent.base.rules.status_fold import NO, YES
from consent.records.models.events import ConsentEvent
from consent.records.selectors import history
from portal.kernel.core import ports
from portal.kernel.core.actor import Actor
from portal.kernel.law.choices import Channel
from portal.kernel.people import selectors as people
from portal.kernel.people.models.fiduciaries import OWN_CODE


def standing_yes(*, subject_ref: UUID, purpose: str, at: datetime) -> str:
    """Answers ``answers.consent_standing``: the receipt of the yes to processing that counts at an instant, empty for none."""
    said = history.latest(_said(subject_ref, purpose)).values()
    yes = [event for event in said if history.standing_of(event, at=at) in YES]
    return str(yes[0].receipt.reference) if len(yes) == len(said) and yes else ""


def said_no_since(*, subject_ref: UUID, purpose: str, at: datetime) -> bool:
    """Whether the person said no to processing at that instant or after it: a yes of then is over before it is written."""
    return _said(subject_ref, purpose).filter(answer__in=NO, occurred_at__gte=at).exists()


def taken_back(subject_ref: UUID, events: Iterable[ConsentEvent], *, actor: Actor, at: datetime) -> None:
    """In the transaction of a no: who took something under an earlier yes hears that it is taken back, by its receipts.

    A no to the question that is put again, once the yes has ended, takes back what was taken under that yes too. What was
    said to a client is no word to us, and a yes that the person gave after this no stays.
    """
    noes = [e for e in events if e.answer in NO and e.channel == Channel.NONE and e.fiduciary.is_self]
    said_at = {event.purpose: event.occurred_at for event in noes}
    for purpose in sorted(said_at):
        yeses = _said(subject_ref, purpose).filter(answer__in=YES, occurred_at__lte=said_at[purpose])
        receipts = frozenset(yeses.values_list("receipt__reference", flat=True))
        if not receipts:
            continue
        for told in ports.consent_withdrawn:
            told(purpose=purpose, receipts=receipts, actor=actor, at=at)


def _said(subject_ref: UUID, purpose: str) -> QuerySet[ConsentEvent]:
    refs = people.refs_of(subject_ref)
    return history.events_of(subject_ref, refs=refs).filter(
        fiduciary__code=OWN_CODE, purpose=purpose, channel=Channel.NONE
    )
