"""The queues of this room, as the workplace counts and links them."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from portal.kernel.core.queues import Queue

QUEUES = (
    Queue(
        "consent-sent-after",
        _("Messages sent after opt-out"),
        "consent.SendAfterWithdrawal",
        "open=yes",
        ngettext_lazy("message to investigate", "messages to investigate", "count"),
        tone="err",
    ),
    Queue(
        "consent-defects",
        _("Policy issues"),
        "consent.PolicyDefect",
        "standing=open",
        ngettext_lazy("issue blocks a publication", "issues block a publication", "count"),
        is_figure=False,
    ),
)
