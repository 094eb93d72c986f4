"""The kinds of long work that bring rows into a list from a file."""

from django.utils.translation import gettext_lazy as _

from portal.kernel.jobs.job_types import Handle
from portal.kernel.jobs.services.imports import dry_run, ingestion, lifecycle


class TryImport:
    """The trial: counts and faults, nothing else. Running twice begins anew."""

    name = lifecycle.TRY
    label = _("Trial of an import")

    def run(self, handle: Handle) -> None:
        dry_run.try_out(reference=str(handle.parameters["import"]), handle=handle)


class TakeImportIn:
    """What is in order goes in, behind what is in already."""

    name = lifecycle.TAKE_IN
    label = _("Import into a list")

    def run(self, handle: Handle) -> None:
        ingestion.take_in(reference=str(handle.parameters["import"]), handle=handle)
