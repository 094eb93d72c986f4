"""Web push: a notice to each browser in which the person switched notices on (RFC 8030, 8291 and 8292).

A notice says that there is something to read, in the words of the subject line; the words themselves stand on the
messages page, after signing in, because a notice shows on a locked screen.
"""

import base64
import functools
import json
from datetime import timedelta
from email.utils import parseaddr
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from webpush import WebPush, WebPushSubscription
from webpush.vapid import VAPID

from portal.kernel.audit.kinds import AuditKind
from portal.kernel.core import actor, clock, http_client
from portal.kernel.outbox import audit_events
from portal.kernel.outbox.channels.gateway import retry_after
from portal.kernel.outbox.channels.protocol import Accepted, Outgoing, PermanentFailure, TemporaryFailure
from portal.kernel.outbox.models import PushSubscription
from portal.kernel.people.selectors import refs_of

PUSH_SERVICE = actor.system("portal.outbox.channels.push")
#: For how long a push service keeps a notice for a browser that is switched off.
KEPT: Final = timedelta(days=3)
#: Seconds for one browser; a person has at most MOST_BROWSERS, all of which are asked within the lease.
TIMEOUT: Final = 5
MOST_BROWSERS: Final = 8
GONE: Final = frozenset({404, 410})


class PushChannel:
    """A browser shows one notice for each message, however often it is sent: the notice's tag is the reference."""

    takes_idempotency_key = True

    def send(self, message: Outgoing) -> Accepted:
        """Accepted when one browser at least took it. A browser that is gone (404, 410) is forgotten."""
        refs = refs_of(message.subject_ref) if message.subject_ref else set()
        notice = _notice(message)
        taken, later = 0, TemporaryFailure("PUSH_NOT_TAKEN")
        found = PushSubscription.objects.filter(subject_ref__in=refs).order_by("-used_at")[:MOST_BROWSERS]
        browsers = list(found)
        for browser in browsers:
            answer = _hand_over(browser, notice, topic=message.reference)
            if answer is None:
                later = TemporaryFailure("PUSH_UNREACHABLE")
            elif 200 <= answer.status < 300:
                taken += 1
                PushSubscription.objects.filter(pk=browser.pk).update(used_at=clock.now())
            elif answer.status in GONE:
                _forget(browser)
            else:
                later = TemporaryFailure(f"PUSH_{answer.status}", retry_after=retry_after(answer))
        if taken:
            return Accepted()
        if PushSubscription.objects.filter(pk__in=[browser.pk for browser in browsers]).exists():
            raise later
        raise PermanentFailure("NO_BROWSER")


def _forget(browser: PushSubscription) -> None:
    """Delete the row, unless its owner switched the same browser on again meanwhile, and say that it is gone."""
    with transaction.atomic():
        count, _by_model = PushSubscription.objects.filter(pk=browser.pk).delete()
        if count:
            kind = AuditKind.OUTBOX_BROWSER_REMOVED
            audit_events.record_browser(kind, browser, actor=PUSH_SERVICE, at=clock.now(), code="GONE")


def public_key() -> str:
    """What a browser is asked to subscribe with (the "application server key"); empty where push is not set up."""
    if not settings.VAPID_PRIVATE_KEY:
        return ""
    return str(VAPID.get_application_server_key(_private_key(settings.VAPID_PRIVATE_KEY).public_key()))


@functools.lru_cache(maxsize=2)
def _private_key(text: str) -> ec.EllipticCurvePrivateKey:
    """Raises ValueError for what is no key of the curve."""
    plain = text.strip()
    raw = bytes.fromhex(plain) if len(plain) == 64 else base64.urlsafe_b64decode(plain + "=" * (-len(plain) % 4))
    if len(raw) != 32:
        raise ValueError("VAPID_PRIVATE_KEY is 32 bytes in base64url or hex.")
    return ec.derive_private_key(int.from_bytes(raw), ec.SECP256R1())


def _notice(message: Outgoing) -> bytes:
    with translation.override(message.language):
        said = {
            "title": message.subject,
            "body": _("Open it to read it."),
            "lang": message.language,
            "tag": message.reference,
            "url": reverse("privacy:message", args=[message.reference]),
        }
    return json.dumps(said, ensure_ascii=False).encode()


def _hand_over(browser: PushSubscription, notice: bytes, *, topic: str) -> http_client.Answer | None:
    """The push service's answer; None when nobody answered."""
    key = _private_key(settings.VAPID_PRIVATE_KEY)
    sealed = WebPush(
        private_key=key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        public_key=key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        subscriber=parseaddr(settings.DEFAULT_FROM_EMAIL)[1],
        ttl=int(KEPT.total_seconds()),
    ).get(notice, subscription_of(browser))
    headers = {**sealed.headers, "content-type": "application/octet-stream", "topic": topic}
    try:
        return http_client.request("POST", browser.endpoint, body=sealed.encrypted, headers=headers, timeout=TIMEOUT)
    except (http_client.Unreachable, http_client.BrokenOff):
        return None


def subscription_of(browser: PushSubscription) -> WebPushSubscription:
    """The row in the library's form."""
    keys = {"p256dh": browser.p256dh, "auth": browser.auth}
    return WebPushSubscription.model_validate({"endpoint": browser.endpoint, "keys": keys})
