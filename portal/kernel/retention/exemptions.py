"""Personal data that no eraser covers, each with its reason. Another reason is a decision: say why in one sentence, at the
model (``Record.kept``), or here for a table that is no model of ours.
"""

from collections.abc import Mapping
from functools import cache

from portal.kernel.core import records

#: Tables of libraries, and those between two models.
OF_NO_MODEL: dict[str, str] = {
    "admin.LogEntry": "Stays empty: an act in the admin is an audit event.",
    "socialaccount.SocialApp": "Not used: the providers of company sign-in are in the settings.",
    "socialaccount.SocialToken": "Not used: no token of a provider is kept.",
    "auth.Group": "Not used: roles are rows of people.",
    "auth.Group_permissions": "Not used: roles are rows of people.",
    "auth.Permission": "Names of Django's own permissions, no personal data.",
    "contenttypes.ContentType": "Names of models, no personal data.",
    "consent.Broadcast_templates": "Which registered templates a broadcast goes under: references only.",
    "registers.ContentTemplate_senders": "Which template goes with which header: references only.",
}


@cache
def reasons() -> Mapping[str, str]:
    """Each exempt table by ``room.Model``, with its reason. Asked after the models are loaded."""
    return OF_NO_MODEL | {label: record.kept for label, record in records.by_label().items() if record.kept}
