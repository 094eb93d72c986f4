"""Changes in the admin: fields and codes are facts, a person's values are not."""

import json
import uuid

import pytest
from django.db import transaction
from django.test import RequestFactory

from portal.audit import services
from portal.audit.admin_changes import AuditedChanges
from portal.audit.kinds import AuditKind
from portal.audit.models import AuditEvent
from portal.core import actor, hooks
from portal.core.errors import Refused
from portal.ledger.services import payload_of
from portal.people.models import User
from portal.workplace.site import StaffSite
from tests.people.factories import StaffFactory

pytestmark = pytest.mark.django_db

WHO = actor.staff(7, address="203.0.113.9", via="admin")


def change(obj, **values):
    before = services.values_of(obj)
    for name, value in values.items():
        setattr(obj, name, value)
    with transaction.atomic():
        return services.record_change(obj=obj, before=before, actor=WHO)


def test_a_personal_value_goes_to_the_erasable_part_and_a_code_to_the_facts():
    login = StaffFactory(full_name="Asha Rao")
    event = change(login, full_name="Asha Iyer", is_active=False)
    assert event.kind == AuditKind.ADMIN_RECORD_CHANGED
    assert event.facts["fields"] == "full_name,is_active"
    assert json.loads(event.facts["changes"]) == {"is_active": ["True", "False"]}
    assert services.personal_of(event) == {
        "address": "203.0.113.9",
        "values": {"full_name": {"old": "Asha Rao", "new": "Asha Iyer"}},
    }
    assert "Asha" not in str(payload_of(event.entry)) + str(event.facts)


def test_a_new_row_is_recorded_with_all_its_values():
    login = StaffFactory(full_name="Asha Rao", email="asha@example.test")
    with transaction.atomic():
        event = services.record_change(obj=login, before=None, actor=WHO)
    assert event.kind == AuditKind.ADMIN_RECORD_ADDED
    values = services.personal_of(event)["values"]
    assert values["email"] == {"old": None, "new": "asha@example.test"}
    assert "example.test" not in str(event.facts)


def test_a_form_saved_unchanged_leaves_no_event():
    assert change(StaffFactory()) is None


def test_a_long_or_suspicious_value_is_never_a_fact(monkeypatch):
    login = StaffFactory()
    monkeypatch.setattr(User, "data_categories", dict.fromkeys(User.data_categories, "none"))
    event = change(login, full_name="9876543210 is a number", email="x" * 101)
    assert json.loads(event.facts["changes"]) == {}
    assert set(services.personal_of(event)["values"]) == {"full_name", "email"}


def test_the_admin_form_records_what_it_saves():
    class LoginAdmin(AuditedChanges):
        pass

    login = StaffFactory(full_name="Asha Rao")
    request = RequestFactory().post("/")
    request.actor = WHO
    login.full_name = "Asha Iyer"
    LoginAdmin(User, StaffSite()).save_model(request, login, form=None, change=True)
    event = AuditEvent.objects.get(kind=AuditKind.ADMIN_RECORD_CHANGED)
    assert services.personal_of(event)["values"]["full_name"] == {"old": "Asha Rao", "new": "Asha Iyer"}
    assert User.objects.get(pk=login.pk).full_name == "Asha Iyer"


def test_opening_a_persons_record_says_why_and_from_where():
    subject = uuid.uuid4()
    about = "people.customer:OS-CU-7K4M-9QX2"
    hooks.record_opened.ask(actor=WHO, about=about, subject_ref=subject, purpose="support", ticket="OS-GR-7K4M-9QX2")
    event = AuditEvent.objects.get(kind=AuditKind.ADMIN_RECORD_OPENED)
    assert (event.about, event.subject_ref) == (about, subject)
    assert event.facts == {"purpose": "support", "ticket": "OS-GR-7K4M-9QX2"}
    assert services.personal_of(event) == {"address": "203.0.113.9", "values": {}}


def test_a_persons_number_is_no_ticket():
    with pytest.raises(Refused, match="reference of a ticket"):
        hooks.record_opened.ask(actor=WHO, about="x:1", subject_ref=None, purpose="support", ticket="98765 43210")
    assert not AuditEvent.objects.exists()
