"""Lookup hashes that can be written anew."""

from typing import Any

from portal.core.lookups import LookupColumn
from portal.outbox import sealing
from portal.outbox.services.browsers import DOMAIN


def _address(row: Any) -> str:
    return sealing.unseal(row.sealed, subject_ref=row.message.subject_ref) if row.sealed else ""


LOOKUPS = (
    LookupColumn("outbox.DeliveryAddress", "address_key", _address, with_rows=("message",)),
    LookupColumn("outbox.PushSubscription", "endpoint_key", lambda row: str(row.endpoint), lambda row: DOMAIN),
)
