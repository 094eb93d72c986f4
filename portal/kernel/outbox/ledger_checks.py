"""What audit events state of messages: check V11 holds the rows against them."""

from typing import Final

from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import SUBJECT, StatedRows
from portal.kernel.outbox.models import Message

_SENT: Final = AuditKind.OUTBOX_MESSAGE_SENT

MESSAGES: Final = StatedRows(
    model=Message,
    about="outbox.message",
    at_first={"sent_at": None},
    fields={
        "subject_ref": {_SENT: SUBJECT},
        "sent_at": {_SENT: "sent_at"},
        "kind": {_SENT: "kind"},
        "channel": {_SENT: "channel"},
        "purpose": {_SENT: "purpose"},
        "template_language": {_SENT: "language"},
        "template_sha256": {_SENT: "template_version"},
    },
)
