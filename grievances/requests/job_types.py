"""Long work of requests: putting somebody's copy together."""

from django.utils.translation import gettext_lazy as _

from grievances.base.models.data_copies import Bundle
from grievances.requests.services import data_copies
from portal.kernel.core.errors import NotFound
from portal.kernel.jobs.job_types import Handle


class PutTogether:
    """Parameter: ``bundle``. Run again it goes on with the parts that wait."""

    name = data_copies.JOB
    label = _("Build data copy")

    def run(self, handle: Handle) -> None:
        """Raises NotFound for a copy that there is not."""
        rows = Bundle.objects.select_related("request__ticket__fiduciary")
        bundle = rows.filter(pk=int(str(handle.parameters["bundle"]))).first()
        if bundle is None:
            raise NotFound("Data copy not found.", code="NO_SUCH_BUNDLE")
        data_copies.run(bundle, progress=handle.progress)
