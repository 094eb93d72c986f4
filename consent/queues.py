"""The queues of this room, as the workplace counts and links them."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from portal.core.queues import Queue

QUEUES = (
    Queue(
        "consent-sent-after",
        _("Sent after a withdrawal"),
        "consent.SendAfterWithdrawal",
        "open=yes",
        ngettext_lazy("message to look into", "messages to look into", "count"),
        tone="err",
    ),
    Queue(
        "consent-defects",
        _("Defects in texts"),
        "consent.PolicyDefect",
        "standing=open",
        ngettext_lazy("defect keeps a text from being published", "defects keep texts from being published", "count"),
        is_figure=False,
    ),
)
