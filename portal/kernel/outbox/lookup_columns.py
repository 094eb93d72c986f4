"""Lookup hashes that can be written anew."""

from typing import Any

from portal.kernel.core.lookup_columns import LookupColumn
from portal.kernel.outbox import encryption
from portal.kernel.outbox.services.push_subscriptions import DOMAIN


def _address(row: Any) -> str:
    return encryption.unseal(row.sealed, subject_ref=row.message.subject_ref) if row.sealed else ""


LOOKUPS = (
    LookupColumn("outbox.DeliveryAddress", "address_key", _address, with_rows=("message",)),
    LookupColumn("outbox.PushSubscription", "endpoint_key", lambda row: str(row.endpoint), lambda row: DOMAIN),
)
