"""What of this room a search finds: headers and numbers that messages come from, and templates."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal.core.finding import Asked, Found, Hits
from portal.registers.models.senders import Sender
from portal.registers.models.templates import ContentTemplate
from portal.registers.selectors import senders
from portal.registers.states import SenderKind


def find(asked: Asked) -> Found:
    """Answers ``hooks.finders``. A header may be given as it stands above a message, with prefix and suffix."""
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
