"""Cookies that were in an answer of ours and should not have been."""

from django.contrib import admin

from consent.base.permissions import Permission
from consent.collection.models.cookies import CookieDefect
from portal.kernel.core.admin import ReadOnlyAdmin
from portal.kernel.jobs.audited_export import AuditedExport, resource_of


@admin.register(CookieDefect)
class CookieDefectAdmin(AuditedExport, ReadOnlyAdmin):
    export_resource = resource_of(CookieDefect, "id name fault page first_at last_at")
    view_permission = Permission.NOTICE_VIEW
    list_display = ("name", "fault", "page", "first_at", "last_at")
    list_filter = ("fault",)
    fields = ("name", "fault", "page", "first_at", "last_at")
