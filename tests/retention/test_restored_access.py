"""A restore brings back who could sign in when the backup was taken: what the replaced database knew to have ended ends again."""

import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import connections, transaction
from django.urls import reverse

from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor, clock
from portal.kernel.core.errors import Refused
from portal.kernel.people.models import ApiKey, Invitation, RoleGrant, User
from portal.kernel.people.selectors import grants_in_force
from portal.kernel.people.services import api_keys, invitations, sessions, staff
from portal.kernel.people.services.restored_access import KnownEnds, end_restored_access
from portal.kernel.retention.services import backup_restore
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


def test_where_nothing_says_what_ended_sessions_and_invitations_end_and_what_is_active_again_is_counted(
    tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.READ_ONLY_SWITCH = tmp_path / "read-only"
    house_rule("backups.life", 30, "calendar_day")
    monkeypatch.setattr(backup_restore, "known_ends", lambda: None)  # as on a new machine
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


def key_of(code: str) -> ApiKey:
    issued_api_key(FiduciaryFactory(code=code))
    return ApiKey.objects.latest("pk")


def backup_at(tmp_path: Path, settings: Any) -> tuple[str, ...]:
    settings.READ_ONLY_SWITCH = tmp_path / "read-only"
    house_rule("backups.life", 30, "calendar_day")
    where = ("--data", str(tmp_path / "data"), "--key-files", str(tmp_path / "keys"))
    answered("backup", *where)
    return where


def test_what_the_replaced_database_knew_to_have_ended_ends_again_and_the_rest_stays(
    tmp_path: Path, settings: Any
) -> None:
    leaver, stays = StaffFactory(roles=["administrator", "kyc_maker"]), StaffFactory(roles=["administrator"])
    moved = StaffFactory(roles=["kyc_maker", "kyc_checker"])
    old, new = key_of("acme"), key_of("beta")
    where = backup_at(tmp_path, settings)

    system, now = actor.system("tests"), clock.now()
    staff.deactivate(user=leaver, actor=actor.staff(stays.pk), now=now)
    RoleGrant.objects.filter(user=moved, role__code="kyc_maker").update(ends_at=now)
    with transaction.atomic():
        api_keys.end_without_person([old], actor=system, now=now)
    access = answered("restore", "latest", "--replace", *where)["access"]

    assert {name: access[name] for name in ("accounts_ended", "roles_ended", "api_keys_ended", "is_known")} == {
        "accounts_ended": 1,
        "roles_ended": 1,
        "api_keys_ended": 1,
        "is_known": True,
    }
    active = set(User.objects.filter(is_staff=True, is_active=True).values_list("pk", flat=True))
    assert {leaver.pk, stays.pk, moved.pk} & active == {stays.pk, moved.pk}
    in_force = grants_in_force(RoleGrant.objects.filter(user__in=[leaver, stays, moved]), now=clock.now())
    assert set(in_force.values_list("user_id", "role__code")) == {
        (stays.pk, "administrator"),
        (moved.pk, "kyc_checker"),
    }
    assert ApiKey.objects.get(pk=old.pk).ended_at is not None
    assert ApiKey.objects.get(pk=new.pk).ended_at is None
    by_restore = AuditEvent.objects.filter(actor_ref=actor.system("restore").ref)
    kinds = by_restore.values_list("kind", flat=True)
    assert {"people.staff.deactivated", "roles.grant.ended", "people.api_key.ended"} <= set(kinds)
    facts = by_restore.get(kind="vault.backup.restored").facts
    assert (facts["accounts"], facts["roles"], facts["api_keys"]) == (1, 1, 1)


def test_the_last_administrator_of_the_backup_stays_and_is_counted_among_those_to_review(
    tmp_path: Path, settings: Any
) -> None:
    leaver = StaffFactory(roles=["administrator"])
    where = backup_at(tmp_path, settings)
    staff.deactivate(user=leaver, actor=actor.staff(StaffFactory(roles=["administrator"]).pk), now=clock.now())
    access = answered("restore", "latest", "--replace", *where)["access"]
    assert (access["accounts_ended"], access["accounts"]) == (0, 1)


def test_ends_of_another_installation_end_nothing_here() -> None:
    here, key = StaffFactory(roles=["administrator"]), key_of("acme")
    grant = RoleGrant.objects.get(user=here)
    other = KnownEnds(
        accounts={here.pk: here.created_at - timedelta(days=1)},
        roles={grant.pk: (here.pk, grant.role_id, grant.starts_at - timedelta(days=1), clock.now())},
        api_keys={key.pk: b"another"},
    )
    back = end_restored_access(known=other, actor=actor.system("restore"), now=clock.now())
    assert (back.accounts_ended, back.roles_ended, back.api_keys_ended) == (0, 0, 0)


def test_a_restore_of_the_keys_alone_ends_no_session(tmp_path: Path, settings: Any) -> None:
    settings.READ_ONLY_SWITCH = tmp_path / "read-only"
    house_rule("backups.life", 30, "calendar_day")
    where = ("--data", str(tmp_path / "data"), "--key-files", str(tmp_path / "keys"))
    staff_client(StaffFactory())
    answered("backup", *where)
    assert answered("restore", "latest", "--only-keys", "--replace", *where)["access"] is None
    assert Session.objects.count() == 1
