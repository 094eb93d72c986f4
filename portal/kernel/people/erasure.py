"""Letting go of people: of names, addresses and logins, and of where they signed in from."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.db import transaction
from django.db.models import Max, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import clock, ports
from portal.kernel.core.actor import THEMSELVES, system
from portal.kernel.core.erasure_api import Kept, Record, of_days
from portal.kernel.core.state_transitions import move
from portal.kernel.people.choices import CUSTOMER_MOVES, CustomerKind, CustomerState
from portal.kernel.people.erasable_fields import ACCOUNT_PARTS
from portal.kernel.people.models import (
    AccountChange,
    AddressChange,
    AgeStatement,
    ContactPoint,
    Customer,
    Device,
    Insolvency,
    Invitation,
    Membership,
    OneTimeCode,
    Principal,
    Protection,
    RegimeEvidence,
    Rest,
    SignIn,
    User,
    WrongCode,
)
from portal.kernel.people.services import contacts, customers, sessions, subjects

ERASER = system("people.erasers")
SUBJECT_OF_USER = Coalesce("user__principal__subject__ref", "user__subject__ref")


def _mine(subject_ref: UUID, prefix: str = "") -> Q:
    return Q(**{f"{prefix}principal__subject__ref": subject_ref}) | Q(**{f"{prefix}subject__ref": subject_ref})


class Accounts:
    """Names, addresses and logins. Their period counts from the end: a closed account, a deactivated staff login.

    Rows that evidence points to stay, empty; the subject's link ends with them. A person who never acted for a customer
    (a recipient known by a number) has no such end and is erased at their wish only.
    """

    name = "people.accounts"
    label = _("Names, addresses and logins")
    retention_class = "account"
    #: Others find their rows by addresses and logins.
    comes_last = True
    parts = ACCOUNT_PARTS
    covers = (
        "people.Customer",
        "people.Principal",
        "people.ContactPoint",
        "people.RegimeEvidence",
        "people.Protection",
        "people.Rest",
        "people.Invitation",
        "people.AccountChange",
        "people.AddressChange",
        "people.AgeStatement",
        "people.User",
        "account.EmailAddress",
        "account.EmailConfirmation",
        "mfa.Authenticator",
        "socialaccount.SocialAccount",
    )

    def kept(self, *, before: datetime) -> Iterable[Kept]:
        for found in (self._customers(before), self._persons(before), self._staff(before)):
            yield from (Kept(ref, 1) for ref in found.values_list("subject__ref", flat=True).iterator())

    def records(self, *, subject_refs: Iterable[UUID]) -> Iterable[Record]:
        refs = list(subject_refs)
        customers = self._customers(None).filter(subject__ref__in=refs).values_list("subject__ref", "closed_at")
        staff = self._staff(None).filter(subject__ref__in=refs).values_list("subject__ref", "deactivated_at")
        ended = dict(self._ended(self._persons(None).filter(subject__ref__in=refs)).values_list("pk", "ended_at"))
        persons = self._persons(None).filter(subject__ref__in=refs).values_list("subject__ref", "pk")
        for ref, began in (*customers, *staff, *((ref, ended.get(pk)) for ref, pk in persons)):
            yield Record(ref, began, by_wish=True)

    def erase(self, *, subject_ref: UUID, before: datetime | None) -> int:
        """One subject is one record: 1 when it was erased now, 0 when it was before, or is not at its end."""
        now = clock.now()
        with transaction.atomic():
            customer = self._customers(before).filter(subject__ref=subject_ref).first()
            if customer is not None:
                return self._empty_customer(customer, now)
            principal = self._persons(before).filter(subject__ref=subject_ref).first()
            if principal is not None:
                return self._empty_person(principal, now)
            login = self._staff(before).filter(subject__ref=subject_ref).first()
            return self._empty_staff(login, now) if login is not None else 0

    def _customers(self, before: datetime | None) -> QuerySet[Customer]:
        rows = Customer.objects.filter(subject__erased_at=None).select_related("subject")
        return rows if before is None else rows.filter(closed_at__lt=before)

    def _persons(self, before: datetime | None) -> QuerySet[Principal]:
        """Persons whose every membership ended, by itself or with its customer, before the day."""
        rows = Principal.objects.filter(subject__erased_at=None).select_related("subject")
        if before is None:
            return rows
        return self._ended(rows).filter(ended_at__lt=before)

    def _ended(self, rows: QuerySet[Principal]) -> QuerySet[Any]:
        """Those of the rows who act for nobody any more, with ``ended_at``; None for who never did."""
        live = Q(memberships__ended_at=None, memberships__customer__state=CustomerState.ACTIVE)
        ended = Max(Coalesce("memberships__ended_at", "memberships__customer__closed_at"))
        still_in = Principal.objects.filter(live).values("pk")
        return rows.exclude(pk__in=still_in).annotate(ended_at=ended)

    def _staff(self, before: datetime | None) -> QuerySet[User]:
        rows = User.objects.filter(is_staff=True, subject__erased_at=None).select_related("subject")
        return rows if before is None else rows.filter(deactivated_at__lt=before)

    def _empty_customer(self, customer: Customer, now: datetime) -> int:
        Insolvency.objects.filter(customer=customer).update(invitation=None, email="")
        Invitation.objects.filter(customer=customer).delete()
        if customer.state == CustomerState.ACTIVE:
            move(customer, CustomerState.CLOSED, moves=CUSTOMER_MOVES, closed_at=now)
        customer.name = ""
        customer.save(update_fields=["name"])
        RegimeEvidence.objects.filter(subject_ref=customer.subject.ref).delete()
        subjects.end(customer.subject, now=now)
        return 1

    def _empty_person(self, principal: Principal, now: datetime) -> int:
        for told in ports.person_erased:
            told(subject_ref=principal.subject.ref, at=now)
        for contact in ContactPoint.objects.filter(principal=principal).select_related("principal__subject"):
            if contact.left_at is None:
                contacts.leave(contact=contact, actor=ERASER, now=now)
            ContactPoint.objects.filter(pk=contact.pk).update(address="", address_key=b"")
        login = User.objects.filter(principal=principal).first()
        if login is not None:
            _empty_login(login, now)
        principal.memberships.filter(ended_at=None).update(ended_at=now)
        principal.full_name, principal.zone = "", "Asia/Kolkata"
        principal.save(update_fields=["full_name", "zone"])
        RegimeEvidence.objects.filter(subject_ref=principal.subject.ref).delete()
        Protection.objects.filter(subject_ref=principal.subject.ref).delete()
        Rest.objects.filter(subject_ref=principal.subject.ref).update(cause="")
        AgeStatement.objects.filter(subject_ref=principal.subject.ref).delete()
        AccountChange.objects.filter(subject_ref=principal.subject.ref).delete()
        subjects.end(principal.subject, now=now)
        return 1

    def _empty_staff(self, login: User, now: datetime) -> int:
        _empty_login(login, now)
        if login.subject is not None:
            subjects.end(login.subject, now=now)
        return 1


def _empty_login(login: User, now: datetime) -> None:
    """Nothing is left to sign in with, and nothing that says whose it was."""
    sessions.end_all(user=login, actor=ERASER, now=now)
    for model in (Authenticator, EmailAddress, SocialAccount, Invitation, AccountChange, AddressChange):
        model.objects.filter(user=login).delete()
    login.email = f"erased-{login.pk}@erased.invalid"
    login.full_name = ""
    login.is_active = False
    login.deactivated_at = login.deactivated_at or now
    login.last_login = None
    login.set_unusable_password()
    login.save(update_fields=["email", "full_name", "is_active", "deactivated_at", "last_login", "password"])


class SignIns:
    """Login history, devices and sessions. Their period counts from the sign-in, or from when a device was last used.

    Codes carry an address and no subject: they are swept after hours, wrong ones after seconds, and here with the
    address's owner. Expired sessions are swept daily.
    """

    name = "people.sign_ins"
    label = _("Sign-ins, devices and codes")
    retention_class = "sign_in"
    covers = (
        "people.SignIn",
        "people.Device",
        "people.OneTimeCode",
        "people.WrongCode",
        "usersessions.UserSession",
        "sessions.Session",
    )

    def kept(self, *, before: datetime) -> Iterable[Kept]:
        counted: Counter[UUID] = Counter()
        for rows in (SignIn.objects.filter(at__lt=before), Device.objects.filter(last_seen_at__lt=before)):
            counted.update(ref for ref in rows.annotate(ref=SUBJECT_OF_USER).values_list("ref", flat=True) if ref)
        return (Kept(ref, count) for ref, count in sorted(counted.items(), key=lambda item: str(item[0])))

    def records(self, *, subject_refs: Iterable[UUID]) -> Iterable[Record]:
        refs = list(subject_refs)
        for rows, began in ((SignIn.objects.order_by("at"), "at"), (Device.objects.order_by("pk"), "last_seen_at")):
            found = rows.annotate(ref=SUBJECT_OF_USER).filter(ref__in=refs)
            yield from of_days(found.values_list("ref", began).iterator())

    def erase(self, *, subject_ref: UUID, before: datetime | None) -> int:
        with transaction.atomic():
            rows = SignIn.objects.filter(_mine(subject_ref, "user__"))
            known = Device.objects.filter(_mine(subject_ref, "user__"))
            if before is not None:
                rows, known = rows.filter(at__lt=before), known.filter(last_seen_at__lt=before)
            else:
                for login in User.objects.filter(_mine(subject_ref)):
                    sessions.end_all(user=login, actor=ERASER, now=clock.now())
                    UserSession.objects.filter(user=login).delete()
                keys = ContactPoint.objects.filter(principal__subject__ref=subject_ref).values_list("address_key")
                for model in (OneTimeCode, WrongCode):
                    model.objects.filter(address_key__in=[bytes(key) for (key,) in keys if key]).delete()
            return int(rows.delete()[0]) + int(known.delete()[0])


class DormantAccounts:
    """Accounts of individuals who have not come near for the period of their class: they are closed.

    From then on their data is kept and ended like that of every closed account (``Accounts``). What counts is the last
    sign-in and whatever else the person did by themself; before the first, the day on which they became known.
    """

    name = "people.dormant"
    label = _("Unused accounts")
    retention_class = "dormant"
    #: Whoever asks for the end has come near: their account is decided on as an account.
    by_schedule_only = True
    covers = ()

    def kept(self, *, before: datetime) -> Iterable[Kept]:
        return (Kept(ref, 1) for ref in self._customers(before).values_list("subject__ref", flat=True).iterator())

    def records(self, *, subject_refs: Iterable[UUID]) -> Iterable[Record]:
        customers = self._customers(None).filter(subject__ref__in=list(subject_refs)).select_related("subject")
        found = list(customers)
        near = self._last_near(found)
        return [Record(customer.subject.ref, near[customer.pk]) for customer in found]

    def erase(self, *, subject_ref: UUID, before: datetime | None) -> int:
        """Close the account: 1 when it was closed now."""
        customer = self._customers(before).filter(subject__ref=subject_ref).first()
        if customer is None:
            return 0
        customers.close(customer=customer, actor=ERASER, now=clock.now())
        return 1

    def _customers(self, before: datetime | None) -> QuerySet[Customer]:
        rows = Customer.objects.filter(
            kind=CustomerKind.INDIVIDUAL,
            state=CustomerState.ACTIVE,
            subject__erased_at=None,
            memberships__ended_at=None,
        )
        if before is None:
            return rows.distinct()
        # An act without a subject would make the whole comparison unknown, and no account dormant.
        acts = AuditEvent.objects.filter(actor_kind__in=THEMSELVES, at__gte=before, subject_ref__isnull=False).values(
            "subject_ref"
        )
        near = Membership.objects.filter(ended_at=None).filter(
            Q(principal__user__last_login__gte=before) | Q(principal__subject__ref__in=acts)
        )
        acted = Q(subject__ref__in=acts) | Q(pk__in=near.values("customer"))
        return rows.filter(created_at__lt=before).exclude(acted).distinct()

    def _last_near(self, found: Sequence[Customer]) -> dict[int, datetime]:
        """When each customer, or who acts for it, was last near; two statements for all of them."""
        members = Membership.objects.filter(customer__in=found, ended_at=None).values_list(
            "customer", "principal__subject__ref", "principal__user__last_login"
        )
        near = {customer.pk: customer.created_at for customer in found}
        refs = {customer.pk: {customer.subject.ref} for customer in found}
        for customer, ref, signed_in in members:
            refs[customer].add(ref)
            near[customer] = max(near[customer], signed_in or near[customer])
        asked: set[UUID] = set().union(*refs.values())
        acts = AuditEvent.objects.filter(subject_ref__among=frozenset(asked), actor_kind__in=THEMSELVES).order_by()
        last = dict(acts.values_list("subject_ref").annotate(last=Max("at")))
        return {pk: max(at, *(last.get(ref, at) for ref in refs[pk])) for pk, at in near.items()}
