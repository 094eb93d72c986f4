"""What another system is told about a person, as a row of the caller's transaction."""

import json
from collections.abc import Mapping
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction

from portal.kernel.core import addresses, clock
from portal.kernel.core.enqueue import enqueue
from portal.kernel.core.errors import Refused
from portal.kernel.law.choices import MessageCategory
from portal.kernel.outbox import encryption
from portal.kernel.outbox.choices import WEBHOOK
from portal.kernel.outbox.models import DeliveryAddress, Message, MessageBody
from portal.kernel.outbox.services import messages


def post_webhook(
    *,
    kind: str,
    subject_ref: UUID,
    url: str,
    purpose: str,
    about: str,
    data: Mapping[str, object],
    fiduciary: str = "onesetu",
    after: Message | None = None,
) -> Message:
    """Promise to tell one system one thing, in the caller's transaction; a worker sends it after the commit.

    The body is ``{"type": kind, "timestamp": ..., "data": data}``, kept encrypted under the subject's key. The same kind
    about the same thing again returns the first message: name the receiver in ``about``. No send gate is asked: that a
    processor stops is owed to the person, whatever the person said (DPDP Act s.6(6)). ``after`` is the message that has
    to leave first (``services.delivery_order``). A system may be down for longer than a mailbox: it is tried for about two days
    (``OUTBOX_WEBHOOK_ATTEMPTS``), so that what is mended on the next working day still hears everything in order. Raises Refused for what is no address of a system; whether it is a public one is seen
    at each attempt.
    """
    once = {"kind": kind, "subject_ref": subject_ref, "channel": WEBHOOK, "about": about}
    with transaction.atomic():
        earlier = Message.objects.filter(**once).first()
        if earlier is not None:
            return earlier
        host = _host(url)
        now = clock.now()
        values = {
            **messages.new_identity(now),
            "attempts_allowed": settings.OUTBOX_WEBHOOK_ATTEMPTS,
            "after": after,
            "purpose": purpose,
            "category": MessageCategory.POLICY_AND_SECURITY,
            "language": "en",
            "template_language": "en",
            "fiduciary": fiduciary,
            "only_here": True,
        }
        try:
            with transaction.atomic():
                message = Message.objects.create(**once, **values)
        except IntegrityError:  # somebody else promised it in this instant
            known = Message.objects.filter(**once).first()
            if known is None:  # no, somebody else took the place behind ``after``
                raise
            return known
        body = json.dumps({"type": kind, "timestamp": clock.stamp(now), "data": dict(data)}, ensure_ascii=False)
        both = json.dumps({"subject": kind, "body": body, "opens": []}, ensure_ascii=False)
        words, address = encryption.seal_all([both, url], subject_ref=subject_ref)
        MessageBody.objects.create(message=message, sealed=words, created_at=now)
        DeliveryAddress.objects.create(
            message=message,
            sealed=address,
            address_key=addresses.address_key(url),
            masked=f"{host}/…"[:80],
            created_at=now,
        )
        enqueue("portal.outbox.tasks.deliver_message", message.pk)
        return message


def _host(url: str) -> str:
    try:
        parts = urlsplit(url)
        host = parts.netloc if parts.hostname and parts.username is None else ""
    except ValueError:
        host = ""
    if not host or (parts.scheme != "https" and host not in settings.OUTGOING_PRIVATE_HOSTS):
        raise Refused("Give the address of a system, like https://system.example/webhooks.", code="WEBHOOK_ADDRESS")
    return host
