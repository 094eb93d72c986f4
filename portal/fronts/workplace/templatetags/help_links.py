"""Help where it is needed: the way from a list or a record to what its states mean."""

from django import template
from django.urls import reverse

from portal.fronts.workplace.help_glossary import ANCHORS

register = template.Library()


@register.filter
def help_on(model: str) -> str:
    """The address of what the states of ``room.Model`` mean; empty where its states need no words."""
    return f"{reverse('admin:help')}#{ANCHORS[model]}" if model in ANCHORS else ""
