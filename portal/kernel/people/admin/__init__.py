"""The staff's pages of this room."""

from portal.kernel.people.admin import absences, api_keys, customers, insolvencies, merge_requests, roles, staff

__all__ = ["absences", "api_keys", "customers", "insolvencies", "merge_requests", "roles", "staff"]
