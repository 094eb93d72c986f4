"""The staff's pages of this room."""

from portal.people.admin import api_keys, customers, roles, staff

__all__ = ["api_keys", "customers", "roles", "staff"]
