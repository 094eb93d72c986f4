import gc
import sys

from django.apps import AppConfig
from django.core.checks import Tags, register
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _

#: Objects made before the collector looks for cycles among them. Python's own 700 or 2,000 is for small programs: one
#: page, one task or one migration makes more, and each look goes through what still lives.
LOOK_AFTER = 10_000


class CoreConfig(AppConfig):
    name = "portal.kernel.core"
    verbose_name = _("Core")

    def ready(self) -> None:
        """Freeze append-only tables, register the house's checks and its lookup, and settle the collector.

        Ends the process (SystemExit, 2) where production has unfit settings.
        """
        from portal.kernel.core import (
            append_only,
            database_role,
            former_settings,
            ids,
            in_lookup,  # noqa: F401 - registers itself
            migration_guard,
            records,
            system_checks,
        )
        from portal.kernel.core.admin import lookup_allowlist

        ids.add_kinds(records.prefixes())
        pre_migrate.connect(migration_guard.refuse_removed_steps, sender=self, dispatch_uid="removed_steps")
        post_migrate.connect(append_only.freeze_after_migrate, sender=self, dispatch_uid="append_only")
        register(append_only.check_frozen, Tags.database)
        register(database_role.check_role, Tags.database, deploy=True)
        register(database_role.check_apart, Tags.database, deploy=True)
        register(former_settings.check_former_names, Tags.compatibility)
        register(lookup_allowlist.check_pages, Tags.admin)
        register(records.check, Tags.models)
        system_checks.register_all()
        system_checks.end_unfit_start(sys.argv)  # the checks of all rooms are registered by now
        # The last room to be ready: what the imports made lives as long as the process and need not be looked through.
        gc.freeze()
        gc.set_threshold(LOOK_AFTER, *gc.get_threshold()[1:])
