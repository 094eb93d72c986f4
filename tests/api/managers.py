"""A consent manager that signs its requests, and the entries of our book that it signs under."""

import base64
import json
from typing import Any
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.test import Client

from portal.kernel.core import actor, clock, webhook_signatures
from portal.kernel.registers.models import ConsentManager
from portal.kernel.registers.senders.services import sender_entries
from tests.people.factories import StaffFactory
from tests.registers.factories import registered_manager

PATH = "/api/v1/consent-manager/"
NUMBER = "DPB/CM/0007"


def registered(key, **changes) -> ConsentManager:
    public = base64.b64encode(key.public_key().public_bytes_raw()).decode()
    return registered_manager(**{"board_number": NUMBER, "public_key": public, **changes})


def renewed(manager) -> Ed25519PrivateKey:
    """The manager's new key, in a new entry of the book."""
    sender_entries.end(manager, actor=actor.staff(StaffFactory(roles=["administrator"]).pk), now=clock.now())
    new = Ed25519PrivateKey.generate()
    registered(new, starts_at=clock.now())
    return new


def signed(key, given: dict[str, Any], **changes) -> tuple[bytes, dict[str, str]]:
    body = json.dumps(given).encode()
    at = changes.pop("at", clock.now())
    headers = webhook_signatures.sign_by_key(body, message_id=changes.pop("name", str(uuid4())), at=at, key=key)
    return body, {**headers, "Consent-Manager": NUMBER, **changes}


def send(act: str, body: bytes, headers: dict[str, str]) -> Any:
    return Client(raise_request_exception=False).post(
        PATH + act, body, content_type="application/json", headers=headers
    )


def sms(link, notice=None, **more):
    given = {"link": str(link.ref), "purpose": "marketing", "channel": "sms", **more}
    return given if notice is None else {**given, "notice_sha256": notice.binding.sha256}
