"""Lookup hashes that can be written anew."""

from kyc.selectors import number_domain
from kyc.services.declared import number_of
from portal.core.lookups import LookupColumn

NUMBERS = LookupColumn("kyc.Document", "number_index", number_of, lambda row: number_domain(row.kind))
