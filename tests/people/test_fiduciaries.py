import pytest
from django.core.management import call_command

from portal.audit.models import AuditEvent
from portal.people.models import Fiduciary

pytestmark = pytest.mark.django_db


def test_onesetu_itself_is_there_once_however_often_the_command_runs():
    call_command("sync_roles")
    call_command("sync_roles")
    own = Fiduciary.objects.get()
    assert (own.code, own.is_self) == ("onesetu", True)
    assert AuditEvent.objects.filter(kind="people.fiduciary.created").count() == 1
