"""The queues of this room, as the workplace counts and links them."""

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from portal.kernel.core.queues import Queue, Tab, Where, Work
from portal.kernel.outbox.choices import MessageState
from portal.kernel.outbox.permissions import Permission

QUEUES = (
    Queue(
        "messages-dead",
        _("Messages not delivered"),
        "outbox.Message",
        f"state__exact={MessageState.DEAD}",
        ngettext_lazy("message needs a decision", "messages need a decision", "count"),
        tone="err",
        tab=Tab(_("Failed"), -10, str(Permission.MESSAGE_RETRY)),
        work=Work(
            Where.CHECK,
            str(Permission.MESSAGE_RETRY),
            lambda message: _now("Deal with undelivered message"),
            about=lambda message: message.get_channel_display(),
            act="try-again",
        ),
    ),
)
