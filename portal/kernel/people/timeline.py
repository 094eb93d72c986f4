"""The record of a person and their sign-ins, for the one-person file."""

from django.utils.translation import gettext_lazy as _

from portal.kernel.core.timeline_api import Strand
from portal.kernel.people.permissions import Permission

STRANDS = (
    Strand(
        code="record",
        label=_("Record and addresses"),
        needs=Permission.CUSTOMER_VIEW,
        acts=("people.", "roles."),
        states={
            "people.protection.noted": ("protection", "=noted"),
            "people.protection.ended": ("protection", "=ended"),
            "people.rest.": ("rest", "state"),
        },
    ),
    Strand(code="sign_ins", label=_("Sign-ins"), needs=Permission.CUSTOMER_VIEW, acts=("signin.",)),
)
