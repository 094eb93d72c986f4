"""What stands above a record of the admin, and for it in the lists of an act."""

from typing import Any

from django import template

from portal.core import records
from portal.core.admin import speaking

register = template.Library()


@register.filter
def heading(row: Any) -> str:
    """A person by name, a rule by its title (``portal.core.admin.speaking``); else what the row says of itself."""
    return speaking.heading(row)


@register.filter
def list_name(opts: Any) -> str:
    """What staff call the list of a model, from its ``_meta`` (``portal.core.records``)."""
    return records.list_name(opts.model)
