"""The queues of this room, as the workplace counts and links them."""

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from consent.base.permissions import Permission
from portal.kernel.core.queues import Queue, Where, Work

QUEUES = (
    Queue(
        "consent-sent-after",
        _("Messages sent after opt-out"),
        "consent.SendAfterWithdrawal",
        "open=yes",
        ngettext_lazy("message to investigate", "messages to investigate", "count"),
        tone="err",
        work=Work(
            Where.CHECK,
            str(Permission.SEND_NOTE),
            lambda sent: _now("Investigate message sent after opt-out"),
            about=lambda sent: f"{sent.get_channel_display()} {sent.recipient_code}",
        ),
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
