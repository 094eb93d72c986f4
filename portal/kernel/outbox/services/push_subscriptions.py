"""Notices in a browser: switched on and off by the person, one browser at a time."""

import base64
import binascii
import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import Final
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric import ec
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from portal.kernel.audit.kinds import AuditKind
from portal.kernel.core import advisory_locks, ciphers, http_client
from portal.kernel.core.actor import Actor
from portal.kernel.core.errors import NotFound, Refused
from portal.kernel.outbox import audit_events
from portal.kernel.outbox.channels.push import MOST_BROWSERS
from portal.kernel.outbox.models import PushSubscription
from portal.kernel.people.selectors import refs_of

DOMAIN: Final = "push"
LONGEST_ENDPOINT: Final = 1000
_SECRET_BYTES: Final = 16


def switch_on(
    *, subject_ref: UUID, endpoint: str, p256dh: str, auth: str, browser: str, actor: Actor, now: datetime
) -> PushSubscription:
    """Show notices in this browser from now on. A browser belongs to whoever switched it on last.

    Beyond MOST_BROWSERS the one that was used least recently is forgotten. Raises Refused when the values are none of a
    browser's, or the push service is not one in public.
    """
    _require_browser(endpoint, p256dh, auth)
    key = ciphers.blind_index(endpoint, domain=DOMAIN)
    with transaction.atomic():
        # Two windows may send the same browser at once, or two browsers of one person be one too many.
        advisory_locks.take(f"outbox.browser:{key.hex()}", f"outbox.browsers:{subject_ref}")
        known = ciphers.blind_indexes(endpoint, domain=DOMAIN)
        _forget(PushSubscription.objects.filter(endpoint_key__in=known), code="SWITCHED_ON_AGAIN", actor=actor, now=now)
        row = PushSubscription.objects.create(
            subject_ref=subject_ref,
            endpoint=endpoint,
            endpoint_key=key,
            p256dh=p256dh,
            auth=auth,
            browser=browser[:80],
            made_at=now,
            used_at=now,
        )
        mine = PushSubscription.objects.filter(subject_ref__in=refs_of(subject_ref)).order_by("-used_at", "-pk")
        _forget(mine[MOST_BROWSERS:], code="TOO_MANY", actor=actor, now=now)
        audit_events.record_browser(AuditKind.OUTBOX_BROWSER_ADDED, row, actor=actor, at=now)
    return row


def _forget(rows: Iterable[PushSubscription], *, code: str, actor: Actor, now: datetime) -> None:
    for row in rows:
        audit_events.record_browser(AuditKind.OUTBOX_BROWSER_REMOVED, row, actor=actor, at=now, code=code)
        row.delete()


def switch_off(*, subject_ref: UUID, pk: int, actor: Actor, now: datetime) -> None:
    """Forget one browser of the person. Raises NotFound for anybody else's."""
    with transaction.atomic():
        mine = PushSubscription.objects.select_for_update().filter(subject_ref__in=refs_of(subject_ref))
        row = mine.filter(pk=pk).first()
        if row is None:
            raise NotFound("Browser not found.")
        audit_events.record_browser(AuditKind.OUTBOX_BROWSER_REMOVED, row, actor=actor, at=now)
        row.delete()


def of(subject_ref: UUID) -> list[tuple[PushSubscription, str]]:
    """The person's browsers, each with the SHA-256 of its endpoint, by which a browser knows itself in the list."""
    rows = PushSubscription.objects.filter(subject_ref__in=refs_of(subject_ref)).order_by("made_at", "pk")
    return [(row, hashlib.sha256(row.endpoint.encode()).hexdigest()) for row in rows]


def _require_browser(endpoint: str, p256dh: str, auth: str) -> None:
    try:
        if len(endpoint) > LONGEST_ENDPOINT or len(_decoded(auth)) != _SECRET_BYTES:
            raise ValueError
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), _decoded(p256dh))
        http_client.require_public(endpoint)
    except (ValueError, binascii.Error, http_client.Unreachable):
        raise Refused(_("This browser did not give us what notices need. Try again."), code="NO_BROWSER") from None


def _decoded(text: str) -> bytes:
    plain = text.rstrip("=")
    return base64.b64decode(plain + "=" * (-len(plain) % 4), altchars=b"-_", validate=True)
