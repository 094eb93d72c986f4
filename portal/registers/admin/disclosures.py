"""The book of disclosures: read only, because a program writes it."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from portal.core.admin import ReadOnlyAdmin
from portal.jobs.audited_export import AuditedExport, resource_of
from portal.registers.models import Disclosure
from portal.registers.permissions import Permission
from portal.registers.words import values


@admin.register(Disclosure)
class DisclosureAdmin(AuditedExport, ReadOnlyAdmin):
    """What left for a third party, field by field, without a value."""

    view_permission = Permission.DISCLOSURE_VIEW
    export_resource = resource_of(
        Disclosure, "reference recipient_code subject_ref fields purpose basis receipt about disclosed_at"
    )
    list_display = ("reference", "recipient_code", "what", "purpose", "basis", "receipt", "about", "disclosed_at")
    list_filter = ("recipient_code", "purpose", "basis")
    search_fields = ("reference", "recipient_code", "about")
    search_help_text = _("A reference, for example OS-DI-7K4M-9QX2, or what it is about")
    fields = ("reference", "recipient_code", "what", "purpose", "basis", "receipt", "about", "disclosed_at")

    @admin.display(description=_("Kinds of values"))
    def what(self, obj: Disclosure) -> str:
        return values(obj.fields)
