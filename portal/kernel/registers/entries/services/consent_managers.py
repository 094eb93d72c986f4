"""Registering consent managers: number, name and key, by two people."""

import base64
import binascii
import re
from datetime import datetime
from typing import Final

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from portal.kernel.core.actor import Actor
from portal.kernel.core.ed25519 import is_sound
from portal.kernel.people.models import Fiduciary
from portal.kernel.registers.base.permissions import Act
from portal.kernel.registers.base.services.entry_fields import at_field
from portal.kernel.registers.entries.models.consent_managers import ConsentManager
from portal.kernel.registers.senders.services import sender_entries

_NUMBER: Final = re.compile(r"[A-Z0-9][A-Z0-9/.\-]{3,39}")


def propose(
    *,
    fiduciary: Fiduciary,
    board_number: str,
    name: str,
    public_key: str,
    starts_at: datetime,
    actor: Actor,
    now: datetime,
) -> ConsentManager:
    """Propose a manager. It may act for linked people once another person agrees, from ``starts_at`` on.

    Raises Refused for a number or a key that is none; NotAllowed.
    """
    number, key = board_number.strip().upper(), public_key.strip()
    if not _NUMBER.fullmatch(number):
        raise at_field(
            "board_number", _("Enter the number as it appears in the Board's list."), code="BOARD_NUMBER_FORMAT"
        )
    if not is_key(key):
        raise at_field("public_key", _("Enter the Ed25519 key: 32 bytes in base64."), code="KEY_FORMAT")
    if not name.strip():
        raise at_field("name", _("Enter the manager's name."), code="NAME_MISSING")
    with transaction.atomic():
        return sender_entries.propose(
            ConsentManager,
            act=Act.MANAGER_REGISTER,
            fiduciary=fiduciary,
            starts_at=starts_at,
            fields={"board_number": number, "name": name.strip(), "public_key": key},
            actor=actor,
            now=now,
        )


def is_key(text: str) -> bool:
    """Whether a text is 32 bytes in base64, and no key under which anybody can sign."""
    try:
        return is_sound(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        return False
