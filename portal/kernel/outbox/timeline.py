"""What was sent to a person, for the one-person file."""

from django.utils.translation import gettext_lazy as _

from portal.kernel.core.timeline_api import Strand
from portal.kernel.outbox.permissions import Permission

STRANDS = (
    Strand(
        code="messages",
        label=_("Messages"),
        needs=Permission.MESSAGE_VIEW,
        acts=("outbox.",),
        states={"outbox.message.": ("message", "state")},
    ),
)
