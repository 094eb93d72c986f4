from django.apps import AppConfig
from django.core.checks import Tags, register
from django.utils.translation import gettext_lazy as _


class VaultConfig(AppConfig):
    name = "portal.kernel.vault"
    verbose_name = _("Encrypted files")

    def ready(self) -> None:
        """Register the production rules of this room; the one that starts a process is asked by ``check --deploy`` only."""
        from portal.kernel.core.admin import labels as core_labels
        from portal.kernel.core.system_checks import PRODUCTION
        from portal.kernel.vault import labels as vault_labels
        from portal.kernel.vault import system_checks

        core_labels.say(vault_labels.ClassNames, fields=("retention_class",))
        register(system_checks.the_scanner_has_an_address, Tags.security, PRODUCTION)
        register(system_checks.the_child_is_confined, Tags.security, deploy=True)
