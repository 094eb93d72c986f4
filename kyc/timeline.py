"""What was sent, checked and decided for KYC, for the one-person file."""

from django.utils.translation import gettext_lazy as _

from kyc.base.choices import DocumentState
from kyc.base.permissions import Permission
from portal.kernel.core.timeline_api import GIVEN, Strand

STRANDS = (
    Strand(
        code="documents",
        label=_("Documents"),
        needs=Permission.DOCUMENT_VIEW,
        acts=("kyc.", "vault.file.stored"),
        states={
            "kyc.document.uploaded": ("document", f"{GIVEN}{DocumentState.RECEIVED}"),
            "kyc.document.refused": ("document", f"{GIVEN}{DocumentState.REFUSED}"),
            "kyc.document.checked": ("document", f"{GIVEN}{DocumentState.CHECKED}"),
            "kyc.document.moved": ("document", "to"),
            "kyc.case.opened": ("case", f"{GIVEN}open"),
            "kyc.case.moved": ("case", "to"),
        },
    ),
)
