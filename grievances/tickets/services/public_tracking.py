"""Following a grievance without an account: a code to the address it was filed with, or the tracking key.

The person's request does the same work whether the pair of reference and address is right, wrong or unknown: it stores
one row and sends one task. Only the task looks the pair up.
"""

import hmac
import secrets
from datetime import datetime

from django.db import transaction
from django.db.models import F

from grievances.base import selectors
from grievances.base.models.ticket import Ticket, TicketContact
from grievances.base.models.tracking import TrackingCode
from grievances.tickets.services import intake, notifications
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core import addresses, ciphers
from portal.kernel.core.actor import Actor
from portal.kernel.core.enqueue import enqueue
from portal.kernel.core.text import ascii_digits

CODE = "grievances.tracking.code"
CODE_DIGITS = 6
#: Tries per code. A technical limit: at six digits five tries guess one in 200,000.
MOST_TRIES = 5


def ask_code(*, reference: str, kind: str, address: str, at: datetime) -> str:
    """Store a request to track and return the browser's secret for it. Looks nothing up."""
    secret = secrets.token_urlsafe(32)
    with transaction.atomic():
        code = TrackingCode.objects.create(
            secret_hash=ciphers.blind_index(secret, domain=selectors.CODE_SECRET),
            reference=reference,
            address_kind=kind,
            address_keys=b"".join(addresses.address_keys(address)),
            asked_at=at,
            expires_at=at + selectors.promise(selectors.CODE_LIFE, at=at),
        )
        enqueue("grievances.tasks.send_tracking_code", code.pk)
    return secret


def send_code(*, code_id: int, at: datetime) -> bool:
    """Match a request to a grievance and send its code. Returns whether the pair was right. Runs once per request.

    The code goes to the e-mail address of the grievance, by whichever contact it was asked for. Where none was given there
    is no letter: that person has the tracking key.
    """
    with transaction.atomic():
        alive = TrackingCode.objects.filter(pk=code_id, looked_up_at=None, expires_at__gt=at)
        if alive.update(looked_up_at=at) != 1:
            return False
        code = TrackingCode.objects.get(pk=code_id)
        keys = _split(bytes(code.address_keys))
        contact = (
            TicketContact.objects.filter(ticket__reference=code.reference, kind=code.address_kind, address_key__in=keys)
            .select_related("ticket__fiduciary")
            .first()
        )
        if contact is None:
            return False
        digits = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"
        TrackingCode.objects.filter(pk=code.pk).update(ticket=contact.ticket, code_hash=_code_hashes(code, digits)[0])
        if TicketContact.objects.filter(ticket=contact.ticket, kind=addresses.EMAIL).exists():
            minutes = str(int(selectors.promise(selectors.CODE_LIFE, at=at).total_seconds() // 60))
            notifications.tell(
                contact.ticket,
                "tracking_code",
                about=f"code/{code.pk}",
                now=at,
                context={"code": digits, "minutes": minutes},
            )
        return True


def send_waiting(*, at: datetime, most: int = 200) -> int:
    """Look up the requests whose nudge was lost, oldest first. Returns how many letters were promised."""
    waiting = TrackingCode.objects.filter(looked_up_at=None, expires_at__gt=at).order_by("asked_at")[:most]
    return sum(send_code(code_id=code.pk, at=at) for code in waiting)


def enter_code(*, secret: str, typed: str, actor: Actor, at: datetime) -> Ticket | None:
    """Open the view for a right code or tracking key. None for everything else, in the same steps.

    Each call costs a try, right or wrong; a code opens once, within its time, in at most five tries.
    """
    digits = "".join(character for character in ascii_digits(typed) if character.isdigit())
    with transaction.atomic():
        code = selectors.tracking_code(secret)
        if code is None:
            return None
        counted = TrackingCode.objects.filter(pk=code.pk, used_at=None, expires_at__gt=at, tries__lt=MOST_TRIES).update(
            tries=F("tries") + 1
        )
        if not _is_right(code, digits) or not counted:
            return None
        opened = TrackingCode.objects.filter(pk=code.pk, used_at=None).update(
            used_at=at, view_until=at + selectors.promise(selectors.VIEW_LIFE, at=at)
        )
        if not opened or code.ticket is None:
            return None
        _opened(code, actor, at)
        return code.ticket


def open_view(*, ticket: Ticket, kind: str, actor: Actor, at: datetime) -> str:
    """Open the view for somebody who has just shown who they are by another code, sent to this address of the ticket or to one
    of their account; returns its secret.
    """
    secret = secrets.token_urlsafe(32)
    with transaction.atomic():
        code = TrackingCode.objects.create(
            secret_hash=ciphers.blind_index(secret, domain=selectors.CODE_SECRET),
            reference=ticket.reference,
            address_kind=kind,
            address_keys=b"",
            ticket=ticket,
            asked_at=at,
            expires_at=at,
            looked_up_at=at,
            used_at=at,
            view_until=at + selectors.promise(selectors.VIEW_LIFE, at=at),
        )
        _opened(code, actor, at, shows_address=False)
    return secret


def close_view(*, secret: str) -> None:
    """End the view before its time, at the person's wish."""
    code = selectors.tracking_code(secret)
    if code is not None:
        TrackingCode.objects.filter(pk=code.pk).update(view_until=None)


def _is_right(code: TrackingCode, digits: str) -> bool:
    """Compare with the code and with the key, always both, under every lookup key; a row without them is compared with
    chance.
    """
    ticket = code.ticket
    wanted_code = bytes(code.code_hash) if code.code_hash else secrets.token_bytes(33)
    wanted_key = bytes(ticket.tracking_key_hash) if ticket and ticket.tracking_key_hash else secrets.token_bytes(33)
    answers = [hmac.compare_digest(typed, wanted_code) for typed in _code_hashes(code, digits)]
    answers += [hmac.compare_digest(typed, wanted_key) for typed in intake.tracking_key_hashes(code.reference, digits)]
    return any(answers)


def _opened(code: TrackingCode, actor: Actor, at: datetime, *, shows_address: bool = True) -> None:
    ticket = code.ticket
    if ticket is None:
        return
    if shows_address:
        TicketContact.objects.filter(
            ticket=ticket, kind=code.address_kind, verified_at=None, kind__in=[addresses.EMAIL]
        ).update(verified_at=at)
    record(
        AuditKind.GRIEVANCES_TICKET_TRACKED,
        actor=actor,
        about=ticket.about,
        facts={"reference": ticket.reference, "channel": code.address_kind},
        subject_ref=ticket.subject_ref,
        at=at,
    )


def _code_hashes(code: TrackingCode, digits: str) -> list[bytes]:
    return ciphers.blind_indexes(f"{code.pk}:{digits}", domain=CODE)


def _split(keys: bytes) -> list[bytes]:
    return [keys[place : place + ciphers.INDEX_LENGTH] for place in range(0, len(keys), ciphers.INDEX_LENGTH)]
