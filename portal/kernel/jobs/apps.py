from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class JobsConfig(AppConfig):
    name = "portal.kernel.jobs"
    verbose_name = _("Background jobs")

    def ready(self) -> None:
        from portal.kernel.core import ports
        from portal.kernel.jobs.export_jobs import ListExports
        from portal.kernel.jobs.import_jobs import TakeImportIn, TryImport

        for kind in (ListExports(), TryImport(), TakeImportIn()):
            ports.job_kinds.register(kind)
