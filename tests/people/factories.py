"""Rows of this room for every test."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import factory
from factory.django import DjangoModelFactory

from portal.kernel.core import addresses, clock
from portal.kernel.core.actor import staff
from portal.kernel.core.ids import new_reference
from portal.kernel.people.choices import ContactKind, CustomerKind, MemberRole, SubjectKind
from portal.kernel.people.models import (
    AddressChange,
    AgeStatement,
    ContactPoint,
    Customer,
    Fiduciary,
    Membership,
    Principal,
    Role,
    RoleGrant,
    Subject,
    User,
)
from portal.kernel.people.services import api_keys
from tests.shipped import every_role

PASSWORD = "correct horse battery staple"


class SubjectFactory(DjangoModelFactory[Subject]):
    kind = SubjectKind.PRINCIPAL
    created_at = factory.LazyFunction(clock.now)

    class Meta:
        model = Subject


class FiduciaryFactory(DjangoModelFactory[Fiduciary]):
    code = factory.Sequence(lambda n: f"client-{n}")
    name = factory.Sequence(lambda n: f"Client {n} Private Limited")
    created_at = factory.LazyFunction(clock.now)

    class Meta:
        model = Fiduciary


class PrincipalFactory(DjangoModelFactory[Principal]):
    """``PrincipalFactory(email="asha@acme.example", phone="+919876543210")`` adds verified contact points."""

    subject = factory.SubFactory(SubjectFactory)
    full_name = factory.Sequence(lambda n: f"Asha Rao {n}")
    created_at = factory.LazyFunction(clock.now)

    class Meta:
        model = Principal
        skip_postgeneration_save = True

    @factory.post_generation
    def email(self: Any, create: bool, extracted: str | None, **kwargs: Any) -> None:
        if extracted:
            ContactPointFactory(principal=self, kind=ContactKind.EMAIL, address=extracted)

    @factory.post_generation
    def phone(self: Any, create: bool, extracted: str | None, **kwargs: Any) -> None:
        if extracted:
            ContactPointFactory(principal=self, kind=ContactKind.PHONE, address=extracted)


class ContactPointFactory(DjangoModelFactory[ContactPoint]):
    """Verified; ``verified_at=None`` for one that is not."""

    principal = factory.SubFactory(PrincipalFactory)
    kind = ContactKind.EMAIL
    address = factory.Sequence(lambda n: f"person{n}@acme.example")
    address_key = factory.LazyAttribute(lambda o: addresses.address_key(o.address))
    added_at = factory.LazyFunction(clock.now)
    verified_at = factory.LazyFunction(clock.now)

    class Meta:
        model = ContactPoint


class CustomerFactory(DjangoModelFactory[Customer]):
    """An organisation; ``CustomerFactory(kind="individual")`` for one person."""

    subject = factory.SubFactory(SubjectFactory, kind=SubjectKind.CUSTOMER)
    reference = factory.LazyFunction(lambda: new_reference("CU"))
    kind = CustomerKind.ORGANISATION
    name = factory.Sequence(lambda n: f"Acme Traders {n}")
    created_at = factory.LazyFunction(clock.now)

    class Meta:
        model = Customer


class MembershipFactory(DjangoModelFactory[Membership]):
    customer = factory.SubFactory(CustomerFactory)
    principal = factory.SubFactory(PrincipalFactory)
    role = MemberRole.OWNER
    joined_at = factory.LazyFunction(clock.now)

    class Meta:
        model = Membership


class CustomerUserFactory(DjangoModelFactory[User]):
    """A customer's login with its person; ``member_of=customer`` (and ``role="member"``) makes it act for one."""

    email = factory.Sequence(lambda n: f"member{n}@acme.example")
    principal = factory.SubFactory(PrincipalFactory)
    password = "!"

    class Meta:
        model = User
        skip_postgeneration_save = True

    @factory.post_generation
    def reached(self: Any, create: bool, extracted: bool | None, **kwargs: Any) -> None:
        ContactPointFactory(principal=self.principal, address=self.email)

    @factory.post_generation
    def of_age(self: Any, create: bool, extracted: bool | None, **kwargs: Any) -> None:
        """``of_age=False`` for somebody who has not said yet whether they are 18 or older."""
        if extracted is not False:
            AgeStatement.objects.get_or_create(
                subject_ref=self.principal.subject.ref, defaults={"stated_at": clock.now()}
            )

    @factory.post_generation
    def member_of(self: Any, create: bool, extracted: Customer | None, **kwargs: Any) -> None:
        if extracted:
            MembershipFactory(customer=extracted, principal=self.principal, **kwargs)


class AddressChangeFactory(DjangoModelFactory[AddressChange]):
    """A change that a login began a moment ago; ``cancelled_at`` for one whose link was used."""

    user = factory.SubFactory(CustomerUserFactory)
    kind = ContactKind.EMAIL
    old_address = factory.LazyAttribute(lambda change: change.user.email)
    new_address = factory.Sequence(lambda n: f"new{n}@acme.example")
    begun_at = factory.LazyFunction(clock.now)

    class Meta:
        model = AddressChange


class StaffFactory(DjangoModelFactory[User]):
    """A staff login; ``StaffFactory(roles=["kyc_maker"])`` has long held roles as ``roles.toml`` describes them."""

    email = factory.Sequence(lambda n: f"staff{n}@onesetu.example")
    full_name = factory.Sequence(lambda n: f"Staff Member {n}")
    is_staff = True
    subject = factory.SubFactory(SubjectFactory, kind=SubjectKind.STAFF)
    password = factory.django.Password(PASSWORD)

    class Meta:
        model = User
        skip_postgeneration_save = True

    @factory.post_generation
    def roles(self: Any, create: bool, extracted: list[str] | None, **kwargs: Any) -> None:
        for code in extracted or ():
            RoleGrantFactory(user=self, role=shipped_role(code))


class RoleGrantFactory(DjangoModelFactory[RoleGrant]):
    user = factory.SubFactory(StaffFactory)
    # Long before any instant at which a test acts: some act at a fixed day, others at an hour of today.
    starts_at = datetime(2020, 1, 1, tzinfo=UTC)
    granted_at = factory.SelfAttribute("starts_at")
    # An auditor of every day that a test tells of.
    data_from = factory.LazyAttribute(lambda row: date(2000, 1, 1) if row.role.needs_scope else None)
    data_to = factory.LazyAttribute(lambda row: date(2199, 12, 31) if row.role.needs_scope else None)

    class Meta:
        model = RoleGrant


def shipped_role(code: str) -> Role:
    """The role as shipped, loaded on first use."""
    if not Role.objects.filter(code=code).exists():
        every_role()
    return Role.objects.get(code=code)


def issued_api_key(fiduciary: Fiduciary, *, scopes: Iterable[str] = ("decisions:ask",)) -> str:
    """The text of a key that two people agreed to; it holds for a year."""
    maker, checker = StaffFactory(roles=["administrator"]), StaffFactory(roles=["data_protection_officer"])
    now = clock.now()
    key = api_keys.propose(
        fiduciary=fiduciary,
        label="A system",
        scopes=scopes,
        expires_at=now + timedelta(days=365),
        actor=staff(maker.pk),
        now=now,
    )
    api_keys.answer(key=key, approve=True, actor=staff(checker.pk), now=now)
    return api_keys.issue(key=key, actor=staff(maker.pk), now=now)
