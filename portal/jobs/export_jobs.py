"""The kind of long work that writes a list of the admin into a file."""

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from portal.jobs.kinds import Handle, Json
from portal.jobs.services import exporting


class ListExports:
    """Running twice makes a second file in the place of the first."""

    name = exporting.LIST
    label = _("Export of a list")

    def reads(self, parameters: Mapping[str, Json]) -> str:
        """The model whose list it is."""
        return str(parameters["list"])

    def run(self, handle: Handle) -> None:
        """Raises NotAllowed when whoever asked may not have the list any more."""
        exporting.run(handle)
