"""Until the first release the steps of the tables are written anew: a database that took others is told so.

Django passes over the names that it does not find, and would leave such a database without columns.
"""

from typing import Any

from django.apps import AppConfig, apps
from django.core.management import CommandError
from django.db import connections
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from portal.kernel.core.command_line import REFUSED


def refuse_removed_steps(sender: AppConfig, using: str, **kwargs: Any) -> None:
    """Before ``migrate``: raises CommandError, and nothing was changed, where a step was applied that is there no more."""
    applied = MigrationRecorder(connections[using]).applied_migrations()
    known = MigrationLoader(None).disk_migrations or {}
    ours = {config.label for config in apps.get_app_configs() if not config.name.startswith("django.")}
    gone = sorted(name for name in applied if name[0] in ours and name not in known)
    if gone:
        raise CommandError(
            f"This database was set up before the first release, by steps that no longer exist ({'.'.join(gone[0])} "
            f"and {len(gone) - 1} others). Nothing was changed. Set it up anew: the demonstration by deleting var/.",
            returncode=REFUSED,
        )
