"""What of KYC leaves in an export: references, kinds, states and dates; the number masked, as every list shows it."""

from typing import Any

from kyc.base.models.cases import Case
from kyc.base.models.documents import Document
from portal.kernel.jobs.audited_export import AuditedResource


class CaseResource(AuditedResource):
    class Meta(AuditedResource.Meta):
        model = Case
        fields = (
            "reference",
            "customer__reference",
            "customer__kind",
            "state",
            "opened_at",
            "review_since",
            "decided_at",
            "rekyc_on",
            "retained_until",
        )
        export_order = fields


class DocumentResource(AuditedResource):
    """Of a file that its customer has not sent only that it is there."""

    #: Masked when it was written; there is nothing more to hide.
    masks = {"number_display": str}

    class Meta(AuditedResource.Meta):
        model = Document
        fields = (
            "reference",
            "case__reference",
            "kind",
            "state",
            "number_display",
            "searched",
            "fault",
            "uploaded_at",
            "sent_at",
            "checked_at",
            "expires_on",
        )
        export_order = fields

    def dehydrate_number_display(self, row: Document) -> Any:
        return _sent(row, "number_display")

    def dehydrate_searched(self, row: Document) -> Any:
        return _sent(row, "searched")

    def dehydrate_fault(self, row: Document) -> Any:
        return _sent(row, "fault")

    def dehydrate_expires_on(self, row: Document) -> Any:
        return _sent(row, "expires_on")


def _sent(row: Document, name: str) -> Any:
    return "" if row.sent_at is None else getattr(row, name)
