"""Broadcasts as two people agree to them, for tests."""

from typing import Any

from consent.broadcasts.selectors.segments import Segment
from consent.broadcasts.services import approval, dispatch
from consent.broadcasts.services.content import Plan
from consent.models import Broadcast
from portal.kernel.core import actor, clock
from portal.kernel.outbox.models import Message
from portal.kernel.outbox.services import scheduler
from tests.people.factories import StaffFactory

WORDS = {
    "en": {"subject": "News of Onesetu", "text": "Our new rates start on 1 January."},
    "hi": {"subject": "Onesetu की खबर", "text": "हमारी नई दरें 1 जनवरी से लागू होंगी।"},
    "mr": {"subject": "Onesetu ची बातमी", "text": "आमचे नवे दर 1 जानेवारीपासून लागू होतील."},
}


def maker() -> actor.Actor:
    return actor.staff(StaffFactory(roles=["support"]).pk)


def checker() -> actor.Actor:
    return actor.staff(StaffFactory(roles=["data_protection_officer"]).pk)


def plan(**changes: Any) -> Plan:
    """Promotion by e-mail to everybody, as fast as it goes."""
    usual = {
        "title": "New rates",
        "purpose": "marketing",
        "channels": ["email"],
        "segment": Segment(),
        "per_minute": 60_000,
        "words": WORDS,
    }
    return Plan(**{**usual, **changes})


def proposed(**changes: Any) -> Broadcast:
    return approval.propose(plan=plan(**changes), actor=maker(), now=clock.now())


def agreed(**changes: Any) -> Broadcast:
    """Under way: nothing was done yet."""
    row = proposed(**changes)
    approval.answer(row=row, approve=True, actor=checker(), now=clock.now())
    return row


def carry_on(row: Broadcast, *, seconds: float = 60.0) -> Broadcast:
    """Every turn that can be taken now."""
    dispatch.run(row.pk, seconds=seconds)
    row.refresh_from_db()
    return row


def to_the_end(row: Broadcast, *, rounds: int = 20) -> Broadcast:
    """Turns and sends by turns until the broadcast ended, or for so many rounds."""
    for _round in range(rounds):
        if carry_on(row).ended_at is not None:
            break
        scheduler.sweep(now=clock.now(), limit=10_000)
    return row


def messages(row: Broadcast) -> Any:
    return Message.objects.filter(about=row.about)
