"""End backups whose time is over, and say of what is left."""

import shutil
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core import clock
from portal.kernel.core.actor import Actor
from portal.kernel.law import selectors as law
from portal.kernel.vault.backups import manifest
from portal.kernel.vault.backups.create import LIFE, alone
from portal.kernel.vault.backups.manifest import UNFINISHED, Manifest, Places


@dataclass
class Cleared:
    """``left``: names of folders whose time is over, or cannot be told, and that this BACKUP_KEY did not write."""

    removed: list[Manifest] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


def remove_expired(*, places: Places, now: datetime, actor: Actor) -> Cleared:
    """End every backup whose time is over, the keys first: without them the data opens nothing. One audit event each.

    What this BACKUP_KEY did not write is not ended: it is left and named, unless its own manifest says that its time is
    not over, which is believed for no longer than a backup is kept. Where nothing is left an audit event says that too.
    A run that dies, or fails with OSError, is taken up by the next. Raises Refused while a backup is taken.
    """
    cleared, longest = Cleared(), now + law.house_rule(LIFE, on=clock.day(now)).duration
    with alone(places):
        for name in manifest.names(places):
            known = manifest.known(name, places)
            if known is None:
                until = manifest.claimed_end(name, places)
                if until is None or not now < until <= longest:
                    cleared.left.append(name)
            elif known.is_expired(now):
                _remove(known, places, actor)
                cleared.removed.append(known)
        if not cleared.left:
            with transaction.atomic():
                facts = {"removed": len(cleared.removed)}
                record(AuditKind.VAULT_BACKUP_CLEARED, actor=actor, about="vault.backup", facts=facts)
    return cleared


def _remove(one: Manifest, places: Places, actor: Actor) -> None:
    """The keys get the name of what is unfinished first: however this ends, the next run removes what is left of them."""
    keys, data = places.keys / one.name, places.data / one.name
    if keys.exists():
        shutil.rmtree(keys.rename(keys.with_name(f"{one.name}{UNFINISHED}")))
    with transaction.atomic():
        facts = {"backup": one.name, "expires_at": one.expires_at}
        record(AuditKind.VAULT_BACKUP_REMOVED, actor=actor, about=f"vault.backup:{one.name}", facts=facts)
    if data.exists():
        shutil.rmtree(data)
