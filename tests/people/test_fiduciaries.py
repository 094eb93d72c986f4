import pytest
from django.core.management import call_command

from portal.audit.models import AuditEvent
from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.errors import Refused
from portal.people.models import Fiduciary
from portal.people.services import fiduciaries

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
