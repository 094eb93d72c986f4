from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class JobsConfig(AppConfig):
    name = "portal.jobs"
    verbose_name = _("Long work")

    def ready(self) -> None:
        from portal.core import hooks
        from portal.jobs.export_jobs import ListExports
        from portal.jobs.import_jobs import TakeImportIn, TryImport
        from portal.jobs.models import Job, ListImport

        for kind in (ListExports(), TryImport(), TakeImportIn()):
            hooks.job_kinds.register(kind)
        hooks.work.register(("JB", Job))
        hooks.work.register(("IM", ListImport))
