"""Ways to sign in that the settings add to the sign-in page of staff, and the company logins of a login."""

from typing import Any

from allauth.socialaccount.models import SocialAccount
from django import template
from django.conf import settings

from portal.fronts.signin.provider import PROVIDERS, is_set_up

register = template.Library()


def _name_of(kind: str) -> str:
    return str(getattr(settings, f"SIGNIN_{kind.upper()}_NAME"))


@register.simple_tag
def company_providers() -> list[tuple[str, str]]:
    """Kind and name of each provider that is set up."""
    return [(kind, _name_of(kind)) for kind in PROVIDERS if is_set_up(kind)]


@register.simple_tag
def company_logins(user: Any) -> list[tuple[int, str]]:
    """Number and provider of each company login that is bound to a login."""
    rows = SocialAccount.objects.filter(user=user).order_by("pk")
    return [(row.pk, _name_of(row.provider)) for row in rows]
