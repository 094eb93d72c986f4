"""The frame of the pages that are made without a request."""

from django import template

from portal.fronts.selfservice.page_context import StaticFrame

register = template.Library()


@register.simple_tag
def static_frame() -> StaticFrame:
    """Header and footer for the error pages: no database and no session is asked."""
    return StaticFrame()
