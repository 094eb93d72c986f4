"""The staff's pages of this room."""

from portal.people.admin import absences, api_keys, customers, insolvencies, merging, roles, staff

__all__ = ["absences", "api_keys", "customers", "insolvencies", "merging", "roles", "staff"]
