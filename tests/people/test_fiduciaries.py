import pytest
from django.core.management import call_command
from django.urls import reverse

from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import clock
from portal.kernel.core.actor import SYSTEM
from portal.kernel.core.errors import Refused
from portal.kernel.people.models import Fiduciary
from portal.kernel.people.services import fiduciaries
from tests.people.factories import StaffFactory
from tests.signin.people_who_sign_in import staff_client

pytestmark = pytest.mark.django_db


def test_onesetu_itself_is_there_once_however_often_the_command_runs():
    call_command("sync_roles")
    call_command("sync_roles")
    own = Fiduciary.objects.get()
    assert (own.code, own.is_self) == ("onesetu", True)
    assert AuditEvent.objects.filter(kind="people.fiduciary.created").count() == 1


def test_a_client_is_added_once_with_its_event():
    now = clock.now()
    client = fiduciaries.add_client(code="acme-bank", name=" Acme Bank ", actor=SYSTEM, now=now)
    assert (client.name, client.is_self) == ("Acme Bank", False)
    assert AuditEvent.objects.filter(kind="people.fiduciary.created").count() == 1
    with pytest.raises(Refused) as refused:
        fiduciaries.add_client(code="acme-bank", name="Another", actor=SYSTEM, now=now)
    assert refused.value.code == "CODE_TAKEN"


@pytest.mark.parametrize(("code", "name"), [("Acme Bank", "Acme"), ("", "Acme"), ("-a", "Acme"), ("acme", " ")])
def test_a_client_needs_a_name_and_a_code(code, name):
    with pytest.raises(Refused) as refused:
        fiduciaries.add_client(code=code, name=name, actor=SYSTEM, now=clock.now())
    assert refused.value.code == "CODE_FORMAT"
    assert not Fiduciary.objects.exists()


def test_an_administrator_adds_a_client_and_a_code_that_is_taken_is_said_beside_the_form():
    client = staff_client(StaffFactory(roles=["administrator"]))
    address = reverse("admin:people_fiduciary_add")
    assert client.post(address, {"name": "Acme Bank", "code": "acme-bank"}).status_code == 302
    assert Fiduciary.objects.filter(code="acme-bank", is_self=False).exists()
    again = client.post(address, {"name": "Acme Bank", "code": "acme-bank"})
    assert again.status_code == 422
    assert "There is a fiduciary with this code." in again.text
