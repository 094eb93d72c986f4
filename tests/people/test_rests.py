"""Reports that a person died: what opens again when one of them was wrong."""

import pytest

from portal.kernel.core import actor, clock
from portal.kernel.people.models import Rest
from portal.kernel.people.services import incapacity
from tests.people.factories import CustomerUserFactory

pytestmark = pytest.mark.django_db


def report(subject_ref, because):
    return incapacity.note(subject_ref=subject_ref, cause="death", because=because, actor=actor.SYSTEM, now=clock.now())


def verified(subject_ref, because):
    row = report(subject_ref, because)
    incapacity.put_to_rest(row=row, actor=actor.SYSTEM, now=clock.now())
    return row


def lift(row):
    incapacity.lift(row=Rest.objects.get(pk=row.pk), actor=actor.SYSTEM, now=clock.now())


def is_open(login):
    login.refresh_from_db()
    return login.is_active


def test_a_login_stays_closed_while_another_verified_report_stands():
    login = CustomerUserFactory()
    ref = login.principal.subject.ref
    first, second = verified(ref, "grievances.ticket:1"), verified(ref, "grievances.ticket:2")
    assert not is_open(login)
    lift(first)
    assert not is_open(login)
    lift(second)
    assert is_open(login)


def test_a_report_that_nobody_verified_keeps_no_login_closed():
    login = CustomerUserFactory()
    ref = login.principal.subject.ref
    first = verified(ref, "grievances.ticket:1")
    report(ref, "grievances.ticket:2")
    lift(first)
    assert is_open(login)
