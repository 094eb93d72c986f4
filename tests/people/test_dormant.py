"""An account that nobody used for long is closed; whoever came near, by any way, keeps it."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from portal.kernel.audit import services as audit
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.core import actor, clock
from portal.kernel.people.choices import CustomerState
from portal.kernel.people.erasure import DormantAccounts
from portal.kernel.people.models import Customer, User
from tests.people.factories import CustomerFactory, CustomerUserFactory

pytestmark = pytest.mark.django_db
eraser = DormantAccounts()
LONG_AGO = clock.now() - timedelta(days=1500)
BEFORE = clock.now() - timedelta(days=1100)


@pytest.fixture
def asha() -> User:
    """An individual who signed in once, long ago."""
    customer = CustomerFactory(kind="individual", created_at=LONG_AGO)
    login: User = CustomerUserFactory(member_of=customer)
    User.objects.filter(pk=login.pk).update(last_login=LONG_AGO)
    return login


def customer_of(login: User) -> Customer:
    found: Customer = login.principal.memberships.get().customer  # type: ignore[union-attr]
    return found


def test_an_unused_account_is_closed_and_nothing_of_it_is_erased_yet(asha: User) -> None:
    customer = customer_of(asha)
    (kept,) = eraser.kept(before=BEFORE)
    (record,) = eraser.records(subject_refs=[customer.subject.ref])
    assert (kept.subject_ref, record.began_at) == (customer.subject.ref, LONG_AGO)
    assert eraser.erase(subject_ref=customer.subject.ref, before=BEFORE) == 1
    customer.refresh_from_db()
    assert (customer.state, customer.name != "") == (CustomerState.CLOSED, True)
    assert eraser.erase(subject_ref=customer.subject.ref, before=BEFORE) == 0


def signs_in(login: User) -> None:
    User.objects.filter(pk=login.pk).update(last_login=clock.now())


def says_no_to_a_message(login: User) -> None:
    ref: Any = login.principal.subject.ref  # type: ignore[union-attr]
    with transaction.atomic():
        audit.record(
            AuditKind.PEOPLE_CONTACT_ADDED,
            actor=actor.stranger(),
            about="people.principal:1",
            facts={},
            subject_ref=ref,
        )


def is_an_organisation(login: User) -> None:
    Customer.objects.update(kind="organisation")


@pytest.mark.parametrize("comes_near", [signs_in, says_no_to_a_message, is_an_organisation])
def test_whoever_came_near_keeps_the_account(asha: User, comes_near: Any) -> None:
    comes_near(asha)
    assert list(eraser.kept(before=BEFORE)) == []
    assert eraser.erase(subject_ref=customer_of(asha).subject.ref, before=BEFORE) == 0


def test_an_act_without_a_subject_keeps_nobodys_account(asha: User) -> None:
    with transaction.atomic():
        audit.record(
            AuditKind.PEOPLE_CONTACT_ADDED,
            actor=actor.stranger(),
            about="people.principal:1",
            facts={},
            subject_ref=None,
        )
    assert [kept.subject_ref for kept in eraser.kept(before=BEFORE)] == [customer_of(asha).subject.ref]


@pytest.mark.parametrize("number", [1, 7])
def test_when_many_accounts_were_last_used_is_asked_in_three_statements(
    number: int, django_assert_num_queries: Any
) -> None:
    began = {}
    for days in range(number):
        customer = CustomerFactory(kind="individual", created_at=LONG_AGO)
        login = CustomerUserFactory(member_of=customer)
        signed_in = LONG_AGO + timedelta(days=days)
        User.objects.filter(pk=login.pk).update(last_login=signed_in)
        began[customer.subject.ref] = signed_in
    acted = CustomerUserFactory(member_of=CustomerFactory(kind="individual", created_at=LONG_AGO))
    says_no_to_a_message(acted)
    unknown = CustomerFactory(kind="individual", created_at=LONG_AGO)
    began |= {unknown.subject.ref: LONG_AGO}
    with django_assert_num_queries(3):
        found = {record.subject_ref: record.began_at for record in eraser.records(subject_refs=list(began))}
    assert found == began
    (record,) = eraser.records(subject_refs=[customer_of(acted).subject.ref])
    assert record.began_at is not None
    assert record.began_at > clock.now() - timedelta(hours=1)
