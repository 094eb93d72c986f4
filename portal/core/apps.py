from django.apps import AppConfig
from django.core.checks import Tags, register
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class CoreConfig(AppConfig):
    name = "portal.core"
    verbose_name = _("Core")

    def ready(self) -> None:
        """Freeze append-only tables after every ``migrate`` and register the house's checks."""
        from portal.core import append_only, database_role, system_checks

        post_migrate.connect(append_only.freeze_after_migrate, sender=self, dispatch_uid="append_only")
        register(append_only.check_frozen, Tags.database)
        register(database_role.check_role, Tags.database, deploy=True)
        system_checks.register_all()
