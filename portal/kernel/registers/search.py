"""What of this room a search finds: headers and numbers that messages come from, and templates."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal.kernel.core.search_api import Asked, Found, Hits
from portal.kernel.registers.base.choices import SenderKind
from portal.kernel.registers.senders.models.senders import Sender
from portal.kernel.registers.senders.models.templates import ContentTemplate
from portal.kernel.registers.senders.selectors import senders


def find(asked: Asked) -> Found:
    """Answers ``ports.finders``. A header may be given as it stands above a message, with prefix and suffix."""
    if asked.reference or "@" in asked.text:
        return
    same = Q()
    for kind in SenderKind:
        if value := senders.normal_form(kind, asked.text):
            same |= Q(kind=kind, value=value)
    if same:
        yield Hits("registers.Sender", _("by the header or number"), Sender.objects.filter(same))
    named = ContentTemplate.objects.filter(template_id=asked.text)
    yield Hits("registers.ContentTemplate", _("by its number"), named)
