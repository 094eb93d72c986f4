"""Stopping on the public page: whoever reads a code at an address may stop promotion there, with a login or without.

Asking for a code does the same work for every address: one row and one task. Only the task looks who is there, and it
sends a code to everybody.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Q, QuerySet

from consent.base.choices import Way
from consent.base.rules.status_fold import YES
from consent.records.models.events import ConsentEvent, ConsentReceipt
from consent.records.models.suppressions import Suppression
from consent.records.selectors import sender_consents
from consent.records.services import confirmations
from consent.records.services.addresses import Address
from consent.records.services.confirmations import Reply
from consent.suppressions.services.address_opt_outs import (
    ANSWERED_BY,
    CODE_LETTER,
    holder_of,
    ours_first,
    place_of,
    stop_at_address,
    stranger_at,
)
from consent.suppressions.services.undos import undo_stops
from portal.kernel.core import clock
from portal.kernel.core.actor import Actor
from portal.kernel.core.advisory_locks import retried
from portal.kernel.core.enqueue import enqueue
from portal.kernel.core.errors import NotFound
from portal.kernel.law import selectors as law
from portal.kernel.outbox.models import Message
from portal.kernel.outbox.services import post
from portal.kernel.people.choices import CodePurpose
from portal.kernel.people.models.fiduciaries import Fiduciary
from portal.kernel.people.models.invitations import OneTimeCode
from portal.kernel.people.services import codes

#: The code proves an address: it goes out whatever was stopped there.
PURPOSE: Final = "policy_and_security"
#: Earlier stops that the page lists: a technical limit.
MOST_SHOWN: Final = 20
#: For how long the page stays open behind a code that was typed: a promise of the house.
OPEN_RULE: Final = "consent.stop_page_life"


def ask_code(*, kind: str, address: str, language: str, browser: str, now: datetime) -> OneTimeCode:
    """Insert a code for the address and have it sent, in one transaction. Looks nothing up. Raises as ``codes.issue``."""
    with transaction.atomic():
        code = codes.issue(purpose=CodePurpose.STOP, kind=kind, address=address, browser=browser, now=now)
        enqueue("consent.tasks.send_stop_code", code.pk, language)
    return code


def send_code(code_id: int, *, language: str, now: datetime) -> bool:
    """Send a code to its address, in one transaction; twice is harmless. False where it was used or is over."""
    code = OneTimeCode.objects.filter(pk=code_id, purpose=CodePurpose.STOP, used_at=None, expires_at__gt=now).first()
    if code is None:
        return False
    with transaction.atomic():
        holder = holder_of(code.kind, code.address)
        post(
            kind=CODE_LETTER,
            subject_ref=holder.subject.ref if holder is not None else stranger_at(_place(code), now=now),
            channel=ANSWERED_BY[code.kind],
            address=code.address,
            language=language,
            purpose=PURPOSE,
            about=f"people.code:{code.pk}",
            context={
                "code": codes.plain(code),
                "minutes": str((code.expires_at - code.made_at) // timedelta(minutes=1)),
            },
            only_here=True,
        )
    return True


def enter_code(*, code: OneTimeCode, typed: str, browser: str, now: datetime) -> OneTimeCode:
    """Use up the code that was typed, or one that was sent to the same address before. Raises Refused as ``codes.redeem``.

    The same code once more, on the page that it was typed into, is a second press of the same button.
    """
    if code.used_at is not None and code.browser == browser and codes.plain(code) == codes.digits_of(typed):
        return proven(code.pk, browser=browser, now=now)
    return codes.redeem(
        purpose=CodePurpose.STOP, kind=code.kind, address=code.address, typed=typed, browser=browser, now=now
    )


def proven(code_id: int, *, browser: str, now: datetime) -> OneTimeCode:
    """The code that opened the page in this browser. Raises NotFound for any other, and when the page's time is over."""
    rule = law.house_rule(OPEN_RULE, on=clock.day(now))
    since = now - rule.duration
    found = OneTimeCode.objects.filter(
        pk=code_id, purpose=CodePurpose.STOP, browser=browser, used_at__isnull=False, used_at__gt=since
    ).first()
    if found is None:
        raise NotFound("No code was typed here.")
    return found


def leave(code: OneTimeCode) -> None:
    """Shut the pages behind a code for good, in one statement: its tickets fit no more."""
    OneTimeCode.objects.filter(pk=code.pk).update(browser="")


def open_until(code: OneTimeCode) -> datetime:
    """Until when the page is open behind a code that was typed."""
    if code.used_at is None:
        return code.expires_at
    return code.used_at + law.house_rule(OPEN_RULE, on=clock.day(code.used_at)).duration


def keys_of(code: OneTimeCode) -> Sequence[bytes]:
    """The lookup hashes of the address that a code proved."""
    return _place(code).keys


def senders_to(code: OneTimeCode, *, also: Fiduciary | None = None) -> list[Fiduciary]:
    """Whose messages one may stop by name: ours, whose messages came to the address or who had a yes there, and who led here.

    Nobody else is named: who our clients are is nobody's business who gets none of their messages. A no makes nobody
    known: "stop everybody" says one to each.
    """
    keys = _place(code).keys
    wrote = Message.objects.filter(destination__address_key__in=keys, sent_at__isnull=False).values("fiduciary")
    agreed = ConsentEvent.objects.filter(Q(answer__in=YES) | Q(way=Way.IMPORT), address_key__in=keys).values(
        "fiduciary"
    )
    named = Fiduciary.objects.filter(is_self=True) | Fiduciary.objects.filter(code__in=wrote)
    named |= Fiduciary.objects.filter(pk__in=agreed)
    if also is not None:
        named |= Fiduciary.objects.filter(pk=also.pk)
    return sorted(named.distinct(), key=ours_first)


@dataclass(frozen=True, slots=True)
class SingleSender:
    """A header, number or code that the address had a consent for by itself."""

    fiduciary: Fiduciary
    channel: str
    value: str
    #: Since when it is stopped at the address, by itself or with all others.
    stopped_at: datetime | None = None

    @property
    def act(self) -> str:
        """As the form names it."""
        return f"{self.fiduciary.code}:{self.channel}:{self.value}"


def single_senders_to(code: OneTimeCode, named: Sequence[Fiduciary]) -> list[SingleSender]:
    """The senders of those fiduciaries that somebody at the address consented to by name, and may stop by name. Reads only."""
    keys, of = _place(code).keys, {one.pk: one for one in named}
    agreed = ConsentEvent.objects.filter(address_key__in=keys, fiduciary__in=of, sender__gt="", answer__in=YES)
    found: dict[tuple[int, str, str], datetime] = {}
    for fiduciary, channel, value, purpose in (
        agreed.order_by("fiduciary", "channel", "sender")
        .values_list("fiduciary", "channel", "sender", "purpose")
        .distinct()
    ):
        said = sender_consents.answered_at(fiduciary, keys, purpose, channel, sender=value)
        if said is not None and said.word.answer in YES:
            place = (fiduciary, channel, value)
            found[place] = max(said.said_at, found.get(place, said.said_at))
    stops = Suppression.objects.filter(address_key__in=keys)
    since: dict[tuple[int, str, str], datetime] = {}
    for place, said_at in found.items():
        both = stops.filter(Suppression.covering(channel=place[1], header=place[2]), fiduciary=place[0])
        at = (
            both.filter(suppressed_at__gte=said_at)
            .order_by("suppressed_at")
            .values_list("suppressed_at", flat=True)
            .first()
        )
        if at is not None:
            since[place] = at
    return [SingleSender(of[place[0]], place[1], place[2], since.get(place)) for place in found]


def earlier_receipts(code: OneTimeCode) -> list[ConsentReceipt]:
    """The receipts of stops in force at the address without an answer of a person we know, such as a STOP by SMS; the newest
    first. Those with answers of a person are for the browser that stopped, and for the person's account: a number may have
    another holder by now.
    """
    rows = Suppression.objects.filter(address_key__in=_place(code).keys, event=None, lift=None)
    found = ConsentReceipt.objects.filter(pk__in=rows.values("receipt"))
    return list(found.order_by("-pk")[:MOST_SHOWN])


@dataclass(frozen=True, slots=True)
class Press:
    """What one press behind a code stopped: a receipt of each company, our own first, all of one instant."""

    receipts: tuple[ConsentReceipt, ...]
    is_undone: bool

    @property
    def reference(self) -> str:
        """As the button of its undo names it."""
        return self.receipts[0].reference


def presses_behind(code: OneTimeCode) -> list[Press]:
    """What was stopped since a code opened the page, the newest first. One query."""
    found: dict[datetime, dict[int, ConsentReceipt]] = {}
    undone: set[int] = set()
    rows = _stopped_behind(code).select_related("receipt", "lift").order_by("pk")
    for row in rows:
        found.setdefault(row.receipt.made_at, {})[row.receipt_id] = row.receipt
        if hasattr(row, "lift"):
            undone.add(row.receipt_id)
    return [
        Press(tuple(of.values()), is_undone=bool(undone & of.keys())) for _at, of in sorted(found.items(), reverse=True)
    ]


def stop(
    *,
    code: OneTimeCode,
    fiduciary: Fiduciary,
    language: str,
    actor: Actor,
    sender: SingleSender | None = None,
    occurred_at: datetime | None = None,
    now: datetime | None = None,
) -> list[ConsentReceipt]:
    """Stop everything promotional of one fiduciary, or of one ``sender`` of it, at the address of the code, and confirm it there.

    One transaction. Empty where it was stopped behind this code already. ``occurred_at``: when it was pressed, if before.
    """
    receipt = _stop(code, fiduciary, language, actor, now, sender=sender, confirms=True, occurred_at=occurred_at)
    return [receipt] if receipt is not None else []


@retried
def stop_everybody(
    *,
    code: OneTimeCode,
    language: str,
    actor: Actor,
    occurred_at: datetime | None = None,
    now: datetime | None = None,
) -> list[ConsentReceipt]:
    """Stop everything promotional of everybody who sends through us today: a receipt each, one confirmation, one transaction.

    Empty where everybody was stopped behind this code already. ``occurred_at``: when it was pressed, if before.
    """
    at = now or clock.now()  # one instant for all: the receipts of one press are known by it
    with transaction.atomic():
        everybody = sorted(Fiduciary.objects.all(), key=ours_first)
        stopped = [_stop(code, one, language, actor, at, confirms=False, occurred_at=occurred_at) for one in everybody]
        receipts = [receipt for receipt in stopped if receipt is not None]
        if receipts:
            holder = holder_of(code.kind, code.address)
            confirmations.answer_for_everybody(receipts, _reply(code, language), on_dashboard=holder is not None)
    return receipts


def undo(
    *, receipts: Sequence[ConsentReceipt], code: OneTimeCode, actor: Actor, now: datetime | None = None
) -> list[ConsentReceipt]:
    """Undo the stops of one press, all of them or none, each under a receipt of its own. Raises as ``undo_stop``."""
    return undo_stops(receipts=receipts, actor=actor, place=_place(code), now=now)


def _stop(
    code: OneTimeCode,
    fiduciary: Fiduciary,
    language: str,
    actor: Actor,
    now: datetime | None,
    *,
    confirms: bool,
    sender: SingleSender | None = None,
    occurred_at: datetime | None = None,
) -> ConsentReceipt | None:
    return stop_at_address(
        kind=code.kind,
        address=code.address,
        fiduciary=fiduciary,
        way=Way.CODE,
        actor=actor,
        reply_to=_reply(code, language),
        confirms=confirms,
        channel=sender.channel if sender is not None else "",
        header=sender.value if sender is not None else "",
        again=not _was_stopped_behind(code, fiduciary, sender),
        occurred_at=occurred_at,
        now=now,
    )


def _was_stopped_behind(code: OneTimeCode, fiduciary: Fiduciary, sender: SingleSender | None) -> bool:
    """Whether the same, or all of the fiduciary, was stopped since the page was opened: a second press is no second stop."""
    pressed = _stopped_behind(code).filter(
        fiduciary=fiduciary, header__in={"", sender.value if sender is not None else ""}, lift=None
    )
    return pressed.exists()


def _stopped_behind(code: OneTimeCode) -> QuerySet[Suppression]:
    """What was stopped at the address of a code, by a code, since this one was typed."""
    if code.used_at is None:
        return Suppression.objects.none()
    return Suppression.objects.filter(way=Way.CODE, address_key__in=keys_of(code), recorded_at__gte=code.used_at)


def _reply(code: OneTimeCode, language: str) -> Reply:
    return Reply(ANSWERED_BY[code.kind], code.address, language)


def _place(code: OneTimeCode) -> Address:
    return place_of(code.kind, code.address)
