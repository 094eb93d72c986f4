"""Bring a backup back and erase again what was erased since it was taken."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from portal.kernel.audit import services as audit
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.core.actor import Actor
from portal.kernel.people.services.restored_access import RestoredAccess, end_restored_access, known_ends
from portal.kernel.retention.choices import ItemState
from portal.kernel.retention.models import ErasureItem
from portal.kernel.retention.services import erasure_replay
from portal.kernel.retention.services.erasure_replay import Replayed
from portal.kernel.vault import backups
from portal.kernel.vault.backups import Manifest, Places, Restored


@dataclass(frozen=True)
class Back:
    """What was put back, what was erased again, how many erasures are still undone (none, unless the log says why), and what
    access came back with the main database (None: that stayed as it was).
    """

    restored: Restored
    replayed: Replayed
    left: int
    access: RestoredAccess | None = None


def restore(
    one: Manifest,
    *,
    places: Places,
    keys_of: Manifest | None,
    only_keys: bool,
    replace: bool,
    now: datetime,
    actor: Actor,
) -> Back:
    """``backups.bring_back`` (or ``bring_back_keys``), then ``erasure_replay.replay``, then one audit event together with the end
    of the sessions and open invitations that came back, and of access that the replaced database knew to have ended.

    Call it before anybody can sign in. Raises what ``bring_back`` raises; then nothing was changed.
    """
    known = None if only_keys else known_ends()
    if only_keys:
        restored = backups.bring_back_keys(one, places=places, replace=replace)
        _leave_marks_again()
    else:
        restored = backups.bring_back(one, places=places, keys_of=keys_of, replace=replace)
    replayed = erasure_replay.replay(now=now, actor=actor)
    left = erasure_replay.undone()
    with transaction.atomic():
        access = None if only_keys else end_restored_access(known=known, actor=actor, now=now)
        audit.record(
            AuditKind.VAULT_BACKUP_RESTORED,
            actor=actor,
            about=f"vault.backup:{one.name}",
            facts={
                "backup": None if only_keys else one.name,
                "keys_backup": restored.keys or None,
                "taken_at": one.taken_at,
                "size": one.size,
                "files": restored.files,
                "keys": restored.ended,
                "marks": replayed.marks,
                "undone": replayed.undone,
                "erased": replayed.erased,
                "redacted": replayed.redacted,
                "sessions": None if access is None else access.sessions,
                "invitations": None if access is None else access.invitations,
                "accounts": None if access is None else access.accounts_ended,
                "roles": None if access is None else access.roles_ended,
                "api_keys": None if access is None else access.api_keys_ended,
            },
            at=now,
        )
    return Back(restored, replayed, left, access)


def _leave_marks_again() -> None:
    """The key database may be older than the main one: what that says was erased has its mark again."""
    items = ErasureItem.objects.filter(state=ItemState.DONE, step__run__needs_approval=True)
    for item in items.select_related("step__run").order_by("pk").iterator(chunk_size=1_000):
        erasure_replay.leave_mark(item)
