"""Backups: the data in one place, the keys in another, so that neither opens anything alone.

A backup is a folder of its name in each of two places. BACKUP_DIR holds the main database and the stored files, each
encrypted under a key of this one backup; BACKUP_KEYS_DIR holds that key, wrapped by BACKUP_KEY, and the key database,
encrypted under BACKUP_KEY. Ending the small second folder ends every copy of the first, wherever it lies.
"""

from portal.kernel.vault.backups.create import take
from portal.kernel.vault.backups.expiry import Cleared, remove_expired
from portal.kernel.vault.backups.manifest import Manifest, Places, found, one, unreadable
from portal.kernel.vault.backups.restore import Restored, bring_back, bring_back_keys, verify
from portal.kernel.vault.backups.verification import verify_and_note

__all__ = [
    "Cleared",
    "Manifest",
    "Places",
    "Restored",
    "bring_back",
    "bring_back_keys",
    "found",
    "one",
    "remove_expired",
    "take",
    "unreadable",
    "verify",
    "verify_and_note",
]
