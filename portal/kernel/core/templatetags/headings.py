"""What stands above a record of the admin, and for it in the lists of an act."""

from typing import Any

from django import template

from portal.kernel.core import records
from portal.kernel.core.admin import labels

register = template.Library()


@register.filter
def heading(row: Any) -> str:
    """A person by name, a rule by its title (``portal.kernel.core.admin.labels``); else what the row says of itself."""
    return labels.heading(row)


@register.filter
def list_name(opts: Any) -> str:
    """What staff call the list of a model, from its ``_meta`` (``portal.kernel.core.records``)."""
    return records.list_name(opts.model)
