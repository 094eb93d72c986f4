"""The audit log names the fields that an act changed; old and new values are shown with a reason, and never without a trace."""

import pytest
from django.db import transaction

from portal.kernel.audit import services
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.models import AuditEvent, AuditPersonal
from portal.kernel.core import actor, field_changes
from portal.kernel.people.models import Customer
from tests.people.factories import CustomerFactory

LIST = "/admin/audit/auditevent/"


@pytest.fixture
def renamed(db: None) -> AuditEvent:
    """The event of a staff member who changed a customer's name."""
    who = actor.staff(7, address="203.0.113.9", via="admin")
    customer = CustomerFactory(name="Acme <b>")
    with field_changes.watching(who, "change", customer), transaction.atomic():
        Customer.objects.filter(pk=customer.pk).update(name="Acme Traders")
        return services.record(AuditKind.PEOPLE_CUSTOMER_CHANGED, actor=who, about="people.customer:1")


def reveal(client, event, **answer):
    return client.post(f"{LIST}{event.pk}/do/reveal-values/", {"answer": "1", **answer})


def test_the_list_and_the_page_of_an_event_name_the_fields_and_hide_the_values(staff, renamed):
    client = staff("auditor")
    for path in (LIST, f"{LIST}{renamed.pk}/change/"):
        page = client.get(path).text
        assert "Fields changed" in page
        assert "name" in page
        assert not any(value in page for value in ("Acme", "203.0.113.9"))


def test_the_list_shows_the_first_fields_and_the_page_all_of_them(staff, db):
    who = actor.staff(7, via="admin")
    with field_changes.watching(who, "add", entered=dict.fromkeys("abcd", "yes")), transaction.atomic():
        event = services.record(AuditKind.PEOPLE_CUSTOMER_CHANGED, actor=who, about="people.customer:1")
    client = staff("auditor")
    assert "a, b, c, …" in client.get(LIST).text
    assert "a, b, c, d" in client.get(f"{LIST}{event.pk}/change/").text


def test_old_and_new_value_and_network_address_are_shown_with_a_reason_that_is_recorded(staff, renamed):
    client = staff("data_protection_officer")
    assert f"{LIST}{renamed.pk}/do/reveal-values/" in client.get(f"{LIST}{renamed.pk}/change/").text
    assert reveal(client, renamed, reason="", ticket="").status_code == 422
    page = reveal(client, renamed, reason="An auditor asked.", ticket="audit").text
    assert "name: from Acme &lt;b&gt; to Acme Traders" in page
    assert "Network address: 203.0.113.9" in page
    look = AuditEvent.objects.get(kind="admin.value.revealed")
    assert (look.about, look.facts["ticket"]) == (f"audit.auditevent:{renamed.pk}", "audit")
    assert services.personal_of(look)["values"]["reason"] == "An auditor asked."


def test_whoever_may_only_read_the_log_reveals_nothing(staff, renamed):
    assert reveal(staff("auditor"), renamed, reason="Curious.", ticket="audit").status_code == 403
    assert not AuditEvent.objects.filter(kind="admin.value.revealed").exists()


def test_of_an_event_whose_values_were_erased_nothing_is_offered(staff, renamed):
    AuditPersonal.objects.filter(pk=renamed.pk).delete()
    page = staff("data_protection_officer").get(f"{LIST}{renamed.pk}/change/").text
    assert "reveal-values" not in page
