from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EvidenceConfig(AppConfig):
    name = "portal.evidence"
    verbose_name = _("Evidence")

    def ready(self) -> None:
        """Make packs as jobs, and check what the registers show."""
        from django.core.checks import Tags, register

        from portal.core import hooks
        from portal.evidence import job_kinds, registers

        hooks.job_kinds.register(job_kinds.MakePack())
        register(registers.check_registers, Tags.models)
