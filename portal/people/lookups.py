"""Lookup hashes that can be written anew."""

from portal.core.lookups import LookupColumn

CONTACTS = LookupColumn("people.ContactPoint", "address_key", lambda row: str(row.address))
