"""Lookup hashes that can be written anew."""

from kyc.cases.selectors import number_domain
from kyc.cases.services.declared_values import number_of
from portal.kernel.core.lookup_columns import LookupColumn

NUMBERS = LookupColumn("kyc.Document", "number_index", number_of, lambda row: number_domain(row.kind))
