"""The kind of long work that writes a list of the admin into a file."""

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from portal.kernel.jobs.job_types import Handle, Json
from portal.kernel.jobs.services import exports


class ListExports:
    """Running twice makes a second file in the place of the first."""

    name = exports.LIST
    label = _("Export of a list")

    def reads(self, parameters: Mapping[str, Json]) -> str:
        """The model whose list it is."""
        return str(parameters["list"])

    def run(self, handle: Handle) -> None:
        """Raises NotAllowed when whoever asked may not have the list any more."""
        exports.run(handle)
