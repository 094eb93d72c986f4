"""Has this session shown the second factor? Asked by the admin site before any page."""

from typing import Any, Final

from allauth.account.internal.flows.login import get_authentication_records, record_authentication
from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from allauth.mfa.utils import decrypt
from allauth.socialaccount.models import SocialAccount
from django.db import transaction
from django.http import HttpRequest

from portal.kernel.people.choices import SECOND_FACTORS

#: Where a factor's row keeps the counter of the last code that was accepted.
LAST_COUNTER: Final = "last_counter"
#: The type of the record where a provider of company sign-in asked for the second factor, and its word counts.
OF_COMPANY: Final = "company"


def has_shown_second_factor(request: HttpRequest) -> bool:
    """True once a code of the login's own factor (or a recovery code) was accepted in this session, or the provider of company
    sign-in asked for one that counts.

    That very factor must still exist: after a reset, or once a passkey was removed, its record opens nothing. The library has
    no setting that makes the second factor a must, and its record must be asked for this user, or it answers for nobody.
    """
    user: Any = request.user
    if not user.is_authenticated or not user.is_staff:
        return False
    return bool(_shown(request, user))


def _shown(request: HttpRequest, user: Any) -> list[dict[str, Any]]:
    """The session's records of factors that still count; none once the login has no factor left.

    A record of recovery codes counts by its type: new codes replace the row of the old ones. One of a provider counts while
    the company login that opened the session is still bound to the user.
    """
    every = get_authentication_records(request, user)
    records = [record for record in every if record["method"] == "mfa"]
    if not records:
        return []
    there = dict(Authenticator.objects.filter(user_id=user.pk).values_list("pk", "type"))
    if not set(there.values()) & set(SECOND_FACTORS):
        return []
    by_type = {str(Authenticator.Type.RECOVERY_CODES)}
    if any(record.get("type") == OF_COMPANY for record in records) and _is_bound(every, user):
        by_type.add(OF_COMPANY)
    return [record for record in records if record.get("type") in by_type or record.get("id") in there]


def _is_bound(records: list[dict[str, Any]], user: Any) -> bool:
    opened = [record for record in records if record["method"] == "socialaccount"]
    mine = SocialAccount.objects.filter(user_id=user.pk)
    return any(mine.filter(provider=record["provider"], uid=record["uid"]).exists() for record in opened)


def shown_at(request: HttpRequest) -> float:
    """When this session last showed a factor (POSIX seconds), 0 where it did not. A factor that a provider of company sign-in
    asked for has no time that is known here: it may have been hours before the provider's answer, so it does not count.
    """
    own = [record for record in _shown(request, request.user) if record.get("type") != OF_COMPANY]
    return max((float(record["at"]) for record in own), default=0.0)


def confirm_page(user: Any) -> str:
    """The name of the page on which this login shows a factor it has; where it has none, the one that sets up the first."""
    types = set(Authenticator.objects.filter(user_id=user.pk).values_list("type", flat=True))
    if Authenticator.Type.TOTP in types:
        return "mfa_reauthenticate"
    return "mfa_reauthenticate_webauthn" if Authenticator.Type.WEBAUTHN in types else "mfa_activate_totp"


def method_of(request: HttpRequest, user: Any) -> str:
    """By what this session was signed in: ``passkey``, ``company`` or ``password``."""
    records = get_authentication_records(request, user)
    if any(record.get("passwordless") for record in records):
        return "passkey"
    return "company" if any(record["method"] == "socialaccount" for record in records) else "password"


def setting_up_shows_it(
    sender: Any, request: HttpRequest, user: Any, authenticator: Authenticator, **kwargs: Any
) -> None:
    """Whoever sets up the factor has just typed a code of it, or used the passkey: no second one is asked for."""
    if authenticator.type == Authenticator.Type.TOTP:
        use_counter(authenticator, request.POST.get("code", ""))
    if authenticator.type in SECOND_FACTORS:
        record_authentication(request, user, method="mfa", id=authenticator.pk, type=authenticator.type)


def use_counter(authenticator: Authenticator, code: str) -> bool:
    """Use up the period of a code of the app; False where it, or a later one, was used before (RFC 6238, 5.2).

    The counter of the last accepted code lies in the factor's row: whatever is forgotten beside it, and by whichever process
    the code is read, no code of that period or an earlier one works again. Opens its own transaction.
    """
    with transaction.atomic():
        row = Authenticator.objects.select_for_update().get(pk=authenticator.pk)
        secret = decrypt(row.data["secret"])
        fits = [
            counter
            for counter in yield_hotp_counters_from_time()
            if compare_user_code(actual=code, expected=format_hotp_value(hotp_value(secret, counter)))
        ]
        fresh = [counter for counter in fits if counter > row.data.get(LAST_COUNTER, -1)]
        if not fresh:
            return False
        row.data[LAST_COUNTER] = max(fresh)
        row.save(update_fields=["data"])
    return True
