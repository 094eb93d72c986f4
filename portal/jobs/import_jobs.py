"""The kinds of long work that bring rows into a list from a file."""

from django.utils.translation import gettext_lazy as _

from portal.jobs.kinds import Handle
from portal.jobs.services.imports import bringing, taking, trying


class TryImport:
    """The trial: counts and faults, nothing else. Running twice begins anew."""

    name = bringing.TRY
    label = _("Trial of an import")

    def run(self, handle: Handle) -> None:
        trying.try_out(reference=str(handle.parameters["import"]), handle=handle)


class TakeImportIn:
    """What is in order goes in, behind what is in already."""

    name = bringing.TAKE_IN
    label = _("Import into a list")

    def run(self, handle: Handle) -> None:
        taking.take_in(reference=str(handle.parameters["import"]), handle=handle)
