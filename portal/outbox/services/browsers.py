"""Notices in a browser: switched on and off by the person, one browser at a time."""

import base64
import binascii
import hashlib
from datetime import datetime
from typing import Final
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric import ec
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from portal.audit.kinds import AuditKind
from portal.audit.services import record
from portal.core import ciphers, outgoing
from portal.core.actor import Actor
from portal.core.errors import NotFound, Refused
from portal.outbox.channels.push import MOST_BROWSERS
from portal.outbox.models import PushSubscription
from portal.people.selectors import refs_of

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
    with transaction.atomic():
        PushSubscription.objects.filter(endpoint_key__in=ciphers.blind_indexes(endpoint, domain=DOMAIN)).delete()
        row = PushSubscription.objects.create(
            subject_ref=subject_ref,
            endpoint=endpoint,
            endpoint_key=ciphers.blind_index(endpoint, domain=DOMAIN),
            p256dh=p256dh,
            auth=auth,
            browser=browser[:80],
            made_at=now,
            used_at=now,
        )
        mine = PushSubscription.objects.filter(subject_ref__in=refs_of(subject_ref)).order_by("-used_at", "-pk")
        mine.filter(pk__in=list(mine.values_list("pk", flat=True)[MOST_BROWSERS:])).delete()
        _record(AuditKind.OUTBOX_BROWSER_ADDED, row, actor, now)
    return row


def switch_off(*, subject_ref: UUID, pk: int, actor: Actor, now: datetime) -> None:
    """Forget one browser of the person. Raises NotFound for anybody else's."""
    with transaction.atomic():
        row = PushSubscription.objects.filter(subject_ref__in=refs_of(subject_ref), pk=pk).first()
        if row is None:
            raise NotFound("There is no such browser.")
        _record(AuditKind.OUTBOX_BROWSER_REMOVED, row, actor, now)
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
        outgoing.require_public(endpoint)
    except (ValueError, binascii.Error, outgoing.Unreachable):
        raise Refused(_("This browser did not give us what notices need. Try again."), code="NO_BROWSER") from None


def _decoded(text: str) -> bytes:
    plain = text.rstrip("=")
    return base64.b64decode(plain + "=" * (-len(plain) % 4), altchars=b"-_", validate=True)


def _record(kind: AuditKind, row: PushSubscription, actor: Actor, at: datetime) -> None:
    facts = {"channel": "push"}
    record(kind, actor=actor, about=f"outbox.browser:{row.pk}", facts=facts, subject_ref=row.subject_ref, at=at)
