"""The book of disclosures: read only, because a program writes it."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from portal.kernel.core import clock
from portal.kernel.core.admin import ReadOnlyAdmin
from portal.kernel.core.admin.filters import one_of
from portal.kernel.jobs.audited_export import AuditedExport, resource_of
from portal.kernel.law import selectors as law
from portal.kernel.registers.base.labels import values
from portal.kernel.registers.base.permissions import Permission
from portal.kernel.registers.recipients.models.disclosures import Disclosure
from portal.kernel.registers.recipients.models.recipients import Recipient


def _recipients() -> list[tuple[str, str]]:
    """From the book of recipients: small, where this one has a row for each value that left."""
    return [(code, code) for code in Recipient.objects.order_by("code").values_list("code", flat=True).distinct()]


def _purposes() -> list[tuple[str, str]]:
    return [(purpose.code, purpose.name) for purpose in law.purposes_in_force(on=clock.day(clock.now()))]


@admin.register(Disclosure)
class DisclosureAdmin(AuditedExport, ReadOnlyAdmin):
    """What left for a third party, field by field, without a value."""

    view_permission = Permission.DISCLOSURE_VIEW
    export_resource = resource_of(
        Disclosure, "reference recipient_code subject_ref fields purpose basis receipt about disclosed_at"
    )
    list_display = ("reference", "recipient_code", "what", "purpose", "basis", "receipt", "about", "disclosed_at")
    list_filter = (("recipient_code", one_of(_recipients)), ("purpose", one_of(_purposes)), "basis")
    search_fields = ("reference", "recipient_code", "about")
    search_help_text = _("A reference, for example OS-DI-7K4M-9QXN, or what it is about")
    fields = ("reference", "recipient_code", "what", "purpose", "basis", "receipt", "about", "disclosed_at")

    @admin.display(description=_("Kinds of values"))
    def what(self, obj: Disclosure) -> str:
        return values(obj.fields)
