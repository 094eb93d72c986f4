"""What a consent manager signed, kept beside the answers that were recorded from it, and checked again."""

import base64
import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.utils.translation import gettext as _

from consent.collection.models.consent_managers import ManagerRequest
from consent.records.services.consent_events import Recorded
from consent.records.services.evidence import Evidence
from portal.kernel.core.errors import Refused
from portal.kernel.core.webhook_signatures import KEY_MARK, SignedByKey
from portal.kernel.registers.entries.models.consent_managers import ConsentManager

REQUEST: Final = "consent_manager_request"
#: A request is kept with its number: printable, and no address of anybody's, nor a telephone number.
_NUMBER: Final = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9._:=+/-]{1,128}")


@dataclass(frozen=True)
class Heard:
    """A request whose signature held under the key of this entry of the book."""

    manager: ConsentManager
    signed: SignedByKey
    body: bytes

    @property
    def evidence(self) -> list[Evidence]:
        """What the leaf of each answer commits to."""
        return [{"type": REQUEST, "sha256": hashlib.sha256(self.body).hexdigest()}]


def require_number(signed: SignedByKey) -> None:
    """Raises Refused (REQUEST_NUMBER) for a request whose number could name somebody: it is kept for as long as the answers."""
    if not _NUMBER.fullmatch(signed.message_id):
        raise Refused(
            "Number your requests with at least one letter, and with letters, digits and . _ : = + / - only.",
            code="REQUEST_NUMBER",
        )


def keep(heard: Heard, done: Recorded, *, now: datetime) -> None:
    """Keep the request behind the answers that were recorded from it, in their transaction; nothing where none was."""
    if done.receipt is None or not done.events:
        return
    ManagerRequest.objects.create(
        receipt=done.receipt,
        manager=heard.manager,
        message_id=heard.signed.message_id,
        timestamp=heard.signed.timestamp,
        signature=heard.signed.signature,
        body=heard.body,
        taken_at=now,
    )


def holds(kept: ManagerRequest) -> bool:
    """Whether the signature that was kept holds under the public key of its entry in the book."""
    signed = SignedByKey(kept.message_id, kept.timestamp, kept.signature)
    return signed.holds(bytes(kept.body), public_key=base64.b64decode(kept.manager.public_key))


def described(kept: ManagerRequest) -> list[str]:
    """A kept request in lines: what was signed, with which key of our book, and whether the signature holds."""
    values = {"name": kept.manager.name, "number": kept.manager.board_number, "entry": kept.manager_id}
    return [
        _("The signature is valid under the key in our register.")
        if holds(kept)
        else _("The signature is not valid under the key in our register. Inform the data protection officer."),
        _("Key: %(name)s, %(number)s, entry %(entry)s of the register.") % values,
        f"Ed25519: {kept.manager.public_key}",
        f"webhook-id: {kept.message_id}",
        f"webhook-timestamp: {kept.timestamp}",
        f"webhook-signature: {KEY_MARK}{kept.signature}",
        bytes(kept.body).decode(),
    ]
