"""Open a backup to its last byte, and note that somebody did."""

import structlog
from django.db import DatabaseError, transaction

from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core.actor import Actor
from portal.kernel.vault.backups.manifest import Manifest, Places
from portal.kernel.vault.backups.restore import verify

log = structlog.get_logger(__name__)


def verify_and_note(one: Manifest, *, places: Places, actor: Actor) -> None:
    """Verify a backup; an audit event says that it opens. Where no database takes one, before a restore, the log says so.

    Raises what ``verify`` raises; nothing is noted then.
    """
    verify(one, places=places)
    try:
        with transaction.atomic():
            about = f"vault.backup:{one.name}"
            record(AuditKind.VAULT_BACKUP_VERIFIED, actor=actor, about=about, facts={"backup": one.name})
    except DatabaseError as error:
        log.warning("vault.backup_verified_without_a_trace", backup=one.name, error=type(error).__name__)
