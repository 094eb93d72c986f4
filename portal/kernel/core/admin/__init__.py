"""Bases of every admin page: access by role, no deletion, no counting of large tables, actions that ask first."""

from portal.kernel.core.admin.actions import service_action
from portal.kernel.core.admin.bases import CappedPaginator, ReadOnlyAdmin, RowsBeside, StaffModelAdmin
from portal.kernel.core.admin.record_access import OpenedWithPurpose

__all__ = ["CappedPaginator", "OpenedWithPurpose", "ReadOnlyAdmin", "RowsBeside", "StaffModelAdmin", "service_action"]
