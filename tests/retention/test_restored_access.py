"""A restore brings back who could sign in when the backup was taken: sessions and invitations end, the rest is counted."""

import io
from pathlib import Path
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import connections
from django.urls import reverse

from portal.audit.models import AuditEvent
from portal.core import actor, clock
from portal.core.errors import Refused
from portal.people.models import ApiKey, Invitation, RoleGrant, User
from portal.people.services import invitations, sessions, staff
from tests import other_sessions
from tests.people.factories import FiduciaryFactory, StaffFactory, issued_api_key
from tests.retention.factories import house_rule
from tests.retention.marks import answered
from tests.signin.people_who_sign_in import staff_client

# PostgreSQL loads a whole schema and takes some seconds; not `full`, because it says who can sign in after a restore.
pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


@pytest.fixture(autouse=True)
def nobody_else_is_there() -> None:
    """A live server of an earlier test may have left a session behind, and a restore wants the databases for itself."""
    for connection in connections.all():
        other_sessions.end(connection)


def test_what_ended_after_the_backup_opens_nothing_and_what_is_active_again_is_counted(
    tmp_path: Path, settings: Any
) -> None:
    settings.READ_ONLY_SWITCH = tmp_path / "read-only"
    house_rule("backups.life", 30, "calendar_day")
    now, where = clock.now(), ("--data", str(tmp_path / "data"), "--key-files", str(tmp_path / "keys"))
    leaver = StaffFactory(roles=["administrator"])
    browser = staff_client(leaver)
    assert browser.get(reverse("admin:index")).status_code == 200
    invitation = staff.invite(email="new@onesetu.example", full_name="New", actor=actor.staff(leaver.pk), now=now)
    issued_api_key(FiduciaryFactory(code="acme"), scopes=["decisions:ask"])
    answered("backup", *where)

    sessions.end_all(user=leaver, actor=actor.system("tests"), now=now)
    User.objects.filter(pk=leaver.pk).update(is_active=False)
    RoleGrant.objects.filter(user=leaver).update(ends_at=now)
    invitations.cancel(invitation=invitation, actor=actor.system("tests"), now=now)
    ApiKey.objects.update(ended_at=now)
    printed = io.StringIO()
    call_command("restore", "latest", "--replace", *where, stdout=printed)

    assert User.objects.get(pk=leaver.pk).is_active, "the backup knows nothing of the end"
    assert not Session.objects.exists()
    assert browser.get(reverse("admin:index")).status_code == 302
    assert Invitation.objects.get(pk=invitation.pk).cancelled_at is not None
    with pytest.raises(Refused) as refused:
        invitations.by_token(invitations.token_of(invitation), now=clock.now())
    assert refused.value.code == "INVITATION_ENDED"
    staff_now = User.objects.filter(is_staff=True, is_active=True).count()
    assert f"Active now: {staff_now} staff accounts, {RoleGrant.objects.count()} role assignments" in printed.getvalue()
    assert "and 1 API keys. Review them" in printed.getvalue()
    facts = AuditEvent.objects.get(kind="vault.backup.restored").facts
    assert (facts["sessions"], facts["invitations"]) == (1, 1)


def test_a_restore_of_the_keys_alone_ends_no_session(tmp_path: Path, settings: Any) -> None:
    settings.READ_ONLY_SWITCH = tmp_path / "read-only"
    house_rule("backups.life", 30, "calendar_day")
    where = ("--data", str(tmp_path / "data"), "--key-files", str(tmp_path / "keys"))
    staff_client(StaffFactory())
    answered("backup", *where)
    assert answered("restore", "latest", "--only-keys", "--replace", *where)["access"] is None
    assert Session.objects.count() == 1
