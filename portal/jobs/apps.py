from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class JobsConfig(AppConfig):
    name = "portal.jobs"
    verbose_name = _("Long work")

    def ready(self) -> None:
        from portal.core import hooks
        from portal.jobs.export_jobs import ListExports
        from portal.jobs.import_jobs import TakeImportIn, TryImport

        for kind in (ListExports(), TryImport(), TakeImportIn()):
            hooks.job_kinds.register(kind)
