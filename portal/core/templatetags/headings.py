"""What stands above a record of the admin, and for it in the lists of an act."""

from typing import Any

from django import template

from portal.core.admin import speaking

register = template.Library()


@register.filter
def heading(row: Any) -> str:
    """A person by name, a rule by its title (``portal.core.admin.speaking``); else what the row says of itself."""
    return speaking.heading(row)
