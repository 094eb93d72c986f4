"""Lookup hashes that can be written anew."""

from portal.kernel.core.lookup_columns import LookupColumn
from portal.kernel.core.text import sorted_words

CONTACTS = LookupColumn("people.ContactPoint", "address_key", lambda row: str(row.address))
PERSONS = LookupColumn(
    "people.Principal",
    "name_key",
    lambda row: sorted_words(row.full_name),
    lambda row: str(row._meta.get_field("name_key").domain),
)
ACCOUNTS = LookupColumn(
    "people.Customer",
    "name_key",
    lambda row: sorted_words(row.name),
    lambda row: str(row._meta.get_field("name_key").domain),
)
