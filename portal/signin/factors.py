"""Has this session shown the second factor? Asked by the admin site before any page."""

from typing import Any

from allauth.account.internal.flows.login import get_authentication_records, record_authentication
from allauth.mfa.models import Authenticator
from django.http import HttpRequest


def has_shown_second_factor(request: HttpRequest) -> bool:
    """True once a code of the login's own factor (or a recovery code) was accepted in this session.

    The factor must still exist: after a reset the record of the old one opens nothing. The library has no setting that
    makes the second factor a must, and its record must be asked for this user, or it answers for nobody.
    """
    user: Any = request.user
    if not user.is_authenticated or not user.is_staff:
        return False
    shown = [record.get("id") for record in get_authentication_records(request, user) if record["method"] == "mfa"]
    return bool(shown) and Authenticator.objects.filter(user_id=user.pk, type=Authenticator.Type.TOTP).exists()


def setting_up_shows_it(request: HttpRequest, user: Any, authenticator: Authenticator, **kwargs: Any) -> None:
    """Whoever sets up the factor has just typed a code of it: no second one is asked for."""
    if authenticator.type == Authenticator.Type.TOTP:
        record_authentication(request, user, method="mfa", id=authenticator.pk, type=authenticator.type)
