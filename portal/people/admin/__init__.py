"""The staff's pages of this room."""

from portal.people.admin import customers, roles, staff

__all__ = ["customers", "roles", "staff"]
