"""Lookup hashes that can be written anew."""

from typing import Any

from grievances.base import encryption
from portal.kernel.core.lookup_columns import LookupColumn


def _address(row: Any) -> str:
    return encryption.unseal(row.address_sealed, subject_ref=row.ticket.subject_ref)["address"]


def _of_nominee(name: str) -> Any:
    return lambda row: encryption.unseal(row.sealed, subject_ref=row.subject_ref).get(name, "") if row.sealed else ""


LOOKUPS = (
    LookupColumn("grievances.TicketContact", "address_key", _address, with_rows=("ticket",)),
    LookupColumn("grievances.Nominee", "email_key", _of_nominee("email")),
    LookupColumn("grievances.Nominee", "phone_key", _of_nominee("phone")),
)
