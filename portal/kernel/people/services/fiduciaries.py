"""Whose processing it is: Onesetu itself, and the clients it works for."""

import re
from datetime import datetime
from typing import Final

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core.actor import Actor
from portal.kernel.core.errors import Refused
from portal.kernel.people.models import Fiduciary
from portal.kernel.people.models.fiduciaries import OWN_CODE

_CODE: Final = re.compile(r"[a-z0-9][a-z0-9-]{1,39}")


def ensure_own(*, actor: Actor, now: datetime) -> Fiduciary:
    """Insert Onesetu itself when it is not there yet; safe to repeat."""
    with transaction.atomic():
        own, made = Fiduciary.objects.get_or_create(
            code=OWN_CODE, defaults={"name": "Onesetu", "is_self": True, "created_at": now}
        )
        if made:
            record(
                AuditKind.PEOPLE_FIDUCIARY_CREATED,
                actor=actor,
                about=f"people.fiduciary:{own.code}",
                facts={"fiduciary": own.code},
                at=now,
            )
    return own


def add_client(*, code: str, name: str, actor: Actor, now: datetime) -> Fiduciary:
    """Insert a client for whom Onesetu is processor, with its audit event.

    Nothing can be sent in its name before two people registered its senders. Raises Refused for a code that is taken or
    is none, or an empty name.
    """
    if not _CODE.fullmatch(code) or not name.strip():
        raise Refused(_("Give a name, and a code of lower-case letters, digits and hyphens."), code="CODE_FORMAT")
    try:
        with transaction.atomic():
            client = Fiduciary.objects.create(code=code, name=name.strip(), created_at=now)
            record(
                AuditKind.PEOPLE_FIDUCIARY_CREATED,
                actor=actor,
                about=f"people.fiduciary:{code}",
                facts={"fiduciary": code},
                at=now,
            )
    except IntegrityError as error:
        raise Refused(_("There is a fiduciary with this code."), code="CODE_TAKEN") from error
    return client
