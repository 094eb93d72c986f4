"""Fields of an account that end while a rule keeps its names and addresses.

The note that someone else decides for a person is not among them: it protects the person while anything of theirs is here.
"""

from typing import Final
from uuid import UUID

from allauth.account.models import EmailConfirmation
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from portal.kernel.core import clock
from portal.kernel.core.actor import system
from portal.kernel.core.erasure_api import FieldPart
from portal.kernel.people.models import (
    AccountChange,
    AddressChange,
    AgeStatement,
    Insolvency,
    Invitation,
    Principal,
    RegimeEvidence,
    Rest,
    User,
)
from portal.kernel.people.services import sessions

ERASER = system("people.erasers")
#: What a record says of whose zone is not known.
ZONE: Final = "Asia/Kolkata"


def _login(subject_ref: UUID, prefix: str = "") -> Q:
    return Q(**{f"{prefix}principal__subject__ref": subject_ref}) | Q(**{f"{prefix}subject__ref": subject_ref})


def _usable_logins(subject_ref: UUID) -> QuerySet[User]:
    """Logins with which someone can still sign in, or that say when someone did."""
    ended = Q(password__startswith=UNUSABLE_PASSWORD_PREFIX, last_login=None, is_active=False)
    return User.objects.filter(_login(subject_ref)).exclude(ended)


def _end_logins(logins: QuerySet[User]) -> None:
    now = clock.now()
    for login in logins:
        sessions.end_all(user=login, actor=ERASER, now=now)
        login.is_active, login.last_login = False, None
        login.set_unusable_password()
        login.save(update_fields=["is_active", "last_login", "password"])


def _end_invitations(rows: QuerySet[Invitation]) -> None:
    Insolvency.objects.filter(invitation__in=rows.values("pk")).update(invitation=None, email="")
    rows.delete()


def _part(label: object, fields: str, rows: object, end: object) -> FieldPart:
    return FieldPart(label, frozenset(fields.split()), rows, end)  # type: ignore[arg-type]


ACCOUNT_PARTS: Final = (
    _part(
        _("passwords and last sign-ins"),
        "people.User.password people.User.last_login",
        _usable_logins,
        _end_logins,
    ),
    _part(
        _("methods of signing in"),
        "mfa.Authenticator.*",
        lambda ref: Authenticator.objects.filter(_login(ref, "user__")),
        lambda rows: rows.delete(),
    ),
    _part(
        _("company logins"),
        "socialaccount.SocialAccount.*",
        lambda ref: SocialAccount.objects.filter(_login(ref, "user__")),
        lambda rows: rows.delete(),
    ),
    _part(
        _("codes that confirm an email address"),
        "account.EmailConfirmation.*",
        lambda ref: EmailConfirmation.objects.filter(_login(ref, "email_address__user__")),
        lambda rows: rows.delete(),
    ),
    _part(
        _("changes of your address"),
        "people.AddressChange.old_address people.AddressChange.new_address",
        lambda ref: AddressChange.objects.filter(_login(ref, "user__")),
        lambda rows: rows.delete(),
    ),
    _part(
        _("earlier nominees"),
        "people.AccountChange.before",
        lambda ref: AccountChange.objects.filter(subject_ref=ref),
        lambda rows: rows.delete(),
    ),
    _part(
        _("invitations"),
        "people.Invitation.address people.Invitation.address_key",
        lambda ref: Invitation.objects.filter(Q(customer__subject__ref=ref) | _login(ref, "user__")),
        _end_invitations,
    ),
    _part(
        _("time zone"),
        "people.Principal.zone",
        lambda ref: Principal.objects.filter(subject__ref=ref).exclude(zone=ZONE),
        lambda rows: rows.update(zone=ZONE),
    ),
    _part(
        _("the countries whose law applies to you"),
        "people.RegimeEvidence.regime people.RegimeEvidence.ground",
        lambda ref: RegimeEvidence.objects.filter(subject_ref=ref),
        lambda rows: rows.delete(),
    ),
    _part(
        _("your statement of age"),
        "people.AgeStatement.stated_at",
        lambda ref: AgeStatement.objects.filter(subject_ref=ref),
        lambda rows: rows.delete(),
    ),
    _part(
        _("reports that you cannot act"),
        "people.Rest.cause",
        lambda ref: Rest.objects.filter(subject_ref=ref).exclude(cause=""),
        lambda rows: rows.update(cause=""),
    ),
)
