"""Deferred opt-outs, which came while the database was away: kept on this machine's disk, recorded in order with the time at
which they came (``portal.kernel.core.spool``).

A link of a message proves itself. A page for whom a session is needed carries a *ticket* in its stop button, sealed by us
when the page was made: it says whose stop it is, so that no session has to be read. A code cannot be checked without the
database: it is checked when the opt-out is recorded, and a new code is sent where it was wrong.
"""

import threading
import time
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import structlog
from django.db import connections

from consent.base.rules.status_fold import ONE_PRESS
from consent.collection.services import inbound_replies, opt_out_tickets, public_opt_outs
from consent.collection.services.inbound_replies import Inbound
from consent.collection.services.opt_out_tickets import CODE, PERSON, PROVEN
from consent.suppressions.services import one_click_unsubscribe
from consent.suppressions.services.address_opt_outs import stop_everybody_for
from consent.suppressions.services.withdrawals import stop_all_promotional
from portal.kernel.core import clock, database_clock, read_only
from portal.kernel.core.actor import customer, stranger
from portal.kernel.core.errors import Refused
from portal.kernel.core.former_settings import read_setting
from portal.kernel.core.spool import Played, Spool
from portal.kernel.law.choices import Channel
from portal.kernel.people import signin_limits
from portal.kernel.people.choices import CodePurpose
from portal.kernel.people.models.fiduciaries import OWN_CODE, Fiduciary
from portal.kernel.people.models.invitations import OneTimeCode
from portal.kernel.people.models.people import Principal
from portal.kernel.people.services import codes

STOPS: Final = Spool("stops", same_within=ONE_PRESS)
THESE, ALL = "these", "all"
VIA: Final = "kept"
#: Seconds between two looks whether the database is back.
LOOKS: Final = (1, 2, 5, 15, 30)

#: Our rule that says for how long an opt-out that could not be recorded is kept for people to look at.
REFUSED_FOR: Final = "consent.refused_stops"
#: Until the rules are loaded.
DEFAULT_REFUSED: Final = timedelta(days=90)

log = structlog.get_logger(__name__)
_playing: Final = threading.Lock()


def keep_link(token: str, *, act: str, at: datetime) -> None:
    """Keep the stop of a message's link: ``THESE`` or ``ALL``. Asks no database.

    Raises NotFound for a link that we never made, Refused for another act, CannotKeep where it is not on the disk.
    """
    if act not in {THESE, ALL}:
        raise Refused("Choice not found.")
    reference = one_click_unsubscribe.reference_in(token)
    STOPS.keep({"kind": "link", "reference": reference, "act": act}, source=reference, at=at)
    wake()


def keep_ticket(ticket: str, *, act: str, typed: str, language: str, at: datetime) -> None:
    """Keep the stop of a page by its ticket. ``act``: everybody, or whom the page named; ``typed``: the code, if one was.

    Asks no database. Raises NotFound for a ticket that we did not make or whose time is over, Refused where a code is
    asked for and none was typed, CannotKeep as ``keep_link``.
    """
    held = opt_out_tickets.opened(ticket, at=at)
    if held["of"] not in {PERSON, CODE, PROVEN}:
        raise Refused("No page stops anything with this.")
    if held["of"] == CODE and len(codes.digits_of(typed)) != codes.DIGITS:
        raise Refused("A code is needed.")
    entry = {"kind": "ticket", **held, "act": act[:200], "typed": typed[:40], "language": language[:8]}
    STOPS.keep(entry, source=f"user:{held['user']}" if held["of"] == PERSON else f"code:{held['code']}", at=at)
    wake()


def keep_messages(messages: Iterable[Inbound], *, name: str, at: datetime) -> None:
    """Keep what people wrote to us, whose signature was checked: each by itself, in the order in which it came.

    ``name`` is the number of the signed message. Raises CannotKeep as ``keep_link``: then the sender is told to come again,
    and what was kept already is taken once all the same.
    """
    for place, one in enumerate(messages):
        row = {**asdict(one), "said_at": one.said_at and one.said_at.isoformat()}
        STOPS.keep({"kind": "message", "message": row}, source=f"{name}:{place}", at=at)
    wake()


def record_waiting() -> Played:
    """Record what waits on this machine, each in transactions of its own. A second time does no harm.

    Not while the portal is read-only: in a restore what a stop is about may not be back yet.
    """
    if read_only.is_on():
        return Played(waiting=STOPS.waiting())
    played = STOPS.play(_record_by_database_clock)
    if STOPS.refused() and (ended := STOPS.end_refused(before=refused_kept_since(clock.now()))):
        log.error("deferred_opt_outs.ended", count=ended)
    return played


def retry_refused() -> Played:
    """Record what could not be recorded, once its cause is fixed, with the time at which each came."""
    STOPS.put_back()
    return record_waiting()


def refused_kept_since(at: datetime) -> datetime:
    """An opt-out that could not be recorded and came before this is deleted, by the rule in force (``REFUSED_FOR``)."""
    return at - signin_limits.length(REFUSED_FOR, now=at, otherwise=DEFAULT_REFUSED)


def wake() -> None:
    """Record what waits as soon as the database is back, in a thread of this process; one of them at a time."""
    if read_setting("DEFERRED_OPT_OUTS_THREAD") and STOPS.waiting() and _playing.acquire(blocking=False):
        threading.Thread(target=_until_nothing_waits, name="deferred-opt-outs", daemon=True).start()


def _until_nothing_waits() -> None:
    try:
        looks = iter(LOOKS)
        pause = next(looks)
        while STOPS.waiting():
            time.sleep(pause)
            played = record_waiting()
            pause = next(looks, LOOKS[-1]) if not played.taken else LOOKS[0]
            connections.close_all()  # one that broke stays broken
    finally:
        _playing.release()


def _record_by_database_clock(entry: dict[str, Any], at: datetime) -> None:
    """A stop does not wait until somebody has set this machine's clock."""
    with database_clock.used():
        _record(entry, at)


def _record(entry: dict[str, Any], at: datetime) -> None:
    if entry["kind"] == "message":
        _take_message(entry["message"], at)
    elif entry["kind"] == "link":
        stop = one_click_unsubscribe.stop_all if entry["act"] == ALL else one_click_unsubscribe.stop_these
        stop(one_click_unsubscribe.way_out_of(entry["reference"]), actor=stranger(via=VIA), occurred_at=at)
    elif entry["of"] == PERSON:
        _stop_of_person(entry, at)
    else:
        _stop_by_code(entry, at)


def _take_message(row: dict[str, Any], at: datetime) -> None:
    said_at = datetime.fromisoformat(row["said_at"]) if row["said_at"] else at
    inbound_replies.take([Inbound(**{**row, "channel": Channel(row["channel"]), "said_at": min(said_at, at)})])


def _stop_of_person(entry: dict[str, Any], at: datetime) -> None:
    ref, who = UUID(entry["ref"]), customer(entry["user"], via=VIA)
    principal = Principal.objects.filter(subject__ref=ref).first() if not entry["fiduciary"] else None
    if principal is not None:
        stop_everybody_for(principal=principal, actor=who, language=entry["language"], occurred_at=at, again=False)
    else:
        stop_all_promotional(
            subject_ref=ref, fiduciary=entry["fiduciary"] or OWN_CODE, actor=who, occurred_at=at, is_press=True
        )


def _stop_by_code(entry: dict[str, Any], at: datetime) -> None:
    code = _code_of(entry, at)
    if code is None:
        _answer_with_a_new_code(entry)
        return
    common: dict[str, Any] = {
        "code": code,
        "language": entry["language"],
        "actor": stranger(via=VIA),
        "occurred_at": at,
    }
    act = entry["act"]
    if act == ALL or (entry["of"] == CODE and not act):
        public_opt_outs.stop_everybody(**common)
        return
    also = Fiduciary.objects.filter(code=entry["also"]).first() if entry["also"] else None
    named = public_opt_outs.senders_to(code, also=also)
    single = next((one for one in public_opt_outs.single_senders_to(code, named) if one.act == act), None)
    whose = single.fiduciary if single else next((one for one in named if one.code == act), None)
    if whose is None:
        raise Refused("No one has this name at this address.")
    public_opt_outs.stop(fiduciary=whose, sender=single, **common)


def _code_of(entry: dict[str, Any], at: datetime) -> OneTimeCode | None:
    """The code that proves the address; None where it was wrong, or cannot be checked any more."""
    row = OneTimeCode.objects.filter(pk=entry["code"], purpose=CodePurpose.STOP, browser=entry["browser"]).first()
    if entry["of"] == PROVEN:
        # Swept meanwhile: that it was typed is what the ticket says.
        about = {"kind": entry["kind_of"], "address": entry["address"], "browser": entry["browser"], "used_at": at}
        return row or OneTimeCode(purpose=CodePurpose.STOP, **about)
    if row is None:
        return None
    if row.used_at is not None:  # by this stop, before its process or the database went away
        return row if codes.plain(row) == codes.digits_of(entry["typed"]) else None
    try:
        return codes.redeem(
            purpose=CodePurpose.STOP,
            kind=row.kind,
            address=row.address,
            typed=entry["typed"],
            browser=entry["browser"],
            now=at,
        )
    except Refused:
        return None


def _answer_with_a_new_code(entry: dict[str, Any]) -> None:
    """The person was told that a wrong code is answered with a new one; where too many were sent, the last is theirs."""
    try:
        public_opt_outs.ask_code(
            kind=entry["kind_of"],
            address=entry["address"],
            language=entry["language"],
            browser=entry["browser"],
            now=clock.now(),
        )
    except Refused as refused:
        log.warning("deferred_opt_outs.no_new_code", code=refused.code)
