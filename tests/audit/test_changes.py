"""An act of staff says which fields it changed, from what to what, whoever wrote the service."""

import pytest
from django.db import transaction

from portal.kernel.audit import services
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor, field_changes
from portal.kernel.people.models import Customer, User
from tests.people.factories import CustomerFactory, StaffFactory

pytestmark = pytest.mark.django_db

WHO = actor.staff(7, address="203.0.113.9", via="admin")


def tell(who: actor.Actor = WHO) -> AuditEvent:
    with transaction.atomic():
        return services.record(AuditKind.PEOPLE_CUSTOMER_CHANGED, actor=who, about="people.customer:1")


def values(event: AuditEvent) -> object:
    found = services.personal_of(event)
    return found and found["values"].get("changes")


def test_the_event_of_an_act_carries_field_old_and_new_value_and_where_from():
    customer = CustomerFactory(name="Acme", kind="organisation")
    with field_changes.watching(WHO, "toy", customer):
        Customer.objects.filter(pk=customer.pk).update(name="Acme Traders", kind="individual")
        event = tell()
    assert event.facts == {"changed": "kind,name"}
    assert services.personal_of(event) == {
        "address": "203.0.113.9",
        "values": {
            "changes": {
                "name": {"old": "Acme", "new": "Acme Traders"},
                "kind": {"old": "organisation", "new": "individual"},
            }
        },
    }
    assert "Acme" not in str(event.facts)


def test_each_event_tells_what_changed_since_the_one_before():
    customer = CustomerFactory(name="Acme")
    with field_changes.watching(WHO, "toy", customer, entered={"why": "A slip."}):
        Customer.objects.filter(pk=customer.pk).update(name="B")
        first = tell()
        Customer.objects.filter(pk=customer.pk).update(name="C")
        second, third = tell(), tell()
    assert values(first) == {"why": {"old": None, "new": "A slip."}, "name": {"old": "Acme", "new": "B"}}
    assert values(second) == {"name": {"old": "B", "new": "C"}}
    assert third.facts == {}


def test_what_no_event_told_is_told_at_the_end_of_the_act():
    customer = CustomerFactory(name="Acme")
    with field_changes.watching(WHO, "toy", customer):
        tell()
        Customer.objects.filter(pk=customer.pk).update(name="B")
    event = AuditEvent.objects.get(kind="admin.act.done")
    assert event.facts == {"act": "toy", "changed": "name"}
    assert values(event) == {"name": {"old": "Acme", "new": "B"}}


def test_an_act_that_failed_tells_nothing():
    with pytest.raises(RuntimeError), field_changes.watching(WHO, "toy", entered={"why": "x"}):
        raise RuntimeError
    assert not AuditEvent.objects.exists()


def test_a_secret_is_said_to_have_changed_and_not_shown():
    user = StaffFactory()
    with field_changes.watching(WHO, "toy", user):
        User.objects.filter(pk=user.pk).update(password="another hash")
        event = tell()
    assert values(event) == {"password": {"old": field_changes.SECRET, "new": field_changes.SECRET}}


def test_fields_of_two_rows_are_told_apart():
    one, other = CustomerFactory(name="A"), StaffFactory(full_name="B")
    with field_changes.watching(WHO, "toy", one, other):
        Customer.objects.filter(pk=one.pk).update(name="C")
        User.objects.filter(pk=other.pk).update(full_name="D")
        event = tell()
    assert event.facts["changed"] == "customer.name,user.full_name"


def test_what_the_system_does_meanwhile_is_not_taken_for_the_act():
    customer = CustomerFactory(name="Acme")
    with field_changes.watching(WHO, "toy", customer):
        Customer.objects.filter(pk=customer.pk).update(name="B")
        assert tell(actor.SYSTEM).facts == {}
        assert tell().facts == {"changed": "name"}


def test_outside_of_an_act_nothing_is_watched():
    customer = CustomerFactory()
    field_changes.watch_row(customer)
    field_changes.watch_created(customer)
    field_changes.watch_entered({"name": "x"})
    assert tell().facts == {}


def test_a_row_that_a_service_made_is_told_with_its_values():
    with field_changes.watching(WHO, "toy"):
        made = CustomerFactory(name="Acme")
        field_changes.watch_created(made)
        event = tell()
    assert "name" in event.facts["changed"].split(",")
    assert values(event)["name"] == {"old": None, "new": "Acme"}


def test_what_was_rolled_back_is_not_told():
    with field_changes.watching(WHO, "toy"):
        with transaction.atomic():
            field_changes.watch_created(CustomerFactory())
            transaction.set_rollback(True)
        assert tell().facts == {}
    assert not AuditEvent.objects.filter(kind="admin.act.done").exists()


def test_two_rows_of_one_kind_are_told_apart():
    one, other = CustomerFactory(name="A"), CustomerFactory(name="B")
    with field_changes.watching(WHO, "toy", one, other):
        Customer.objects.filter(pk__in=[one.pk, other.pk]).update(name="C")
        event = tell()
    assert values(event) == {"customer.name": {"old": "A", "new": "C"}, "customer2.name": {"old": "B", "new": "C"}}


def test_an_act_inside_an_act_tells_its_own_changes_once():
    outer, inner = CustomerFactory(name="A"), CustomerFactory(name="B")
    with field_changes.watching(WHO, "outer", outer):
        Customer.objects.filter(pk=outer.pk).update(name="C")
        with field_changes.watching(WHO, "inner", inner):
            Customer.objects.filter(pk=inner.pk).update(name="D")
    told = {event.facts["act"]: values(event) for event in AuditEvent.objects.filter(kind="admin.act.done")}
    assert told == {"inner": {"name": {"old": "B", "new": "D"}}, "outer": {"name": {"old": "A", "new": "C"}}}


def test_an_identity_number_that_staff_typed_is_cut_and_a_long_text_is_shortened():
    with field_changes.watching(WHO, "toy", entered={"why": "2345 6789 0124 was wrong", "text": "x" * 5000}):
        event = tell()
    assert values(event)["why"]["new"] == "XXXXXXXX0124 was wrong"
    assert len(values(event)["text"]["new"]) == field_changes.LONGEST + 1


def test_the_names_of_very_many_fields_fit_into_one_fact():
    with field_changes.watching(WHO, "toy", entered={f"question_number_{number}": "yes" for number in range(60)}):
        event = tell()
    assert event.facts["changed"].endswith(",…")
    assert len(values(event)) == 60


def test_an_act_that_changes_nothing_costs_two_reads_of_its_row(django_assert_num_queries):
    customer = CustomerFactory()
    with django_assert_num_queries(2), field_changes.watching(WHO, "toy", customer):
        pass
