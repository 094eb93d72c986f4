"""Bundles of one person's file as jobs: made by a worker, fetched from their own page once two people have signed."""

import tempfile
from typing import BinaryIO, cast

from django.utils.translation import gettext_lazy as _

from portal.fronts.evidence.models import PersonFile
from portal.fronts.evidence.person import sign_off
from portal.fronts.evidence.person.subject_bundle import make_bundle
from portal.kernel.core import actor, clock
from portal.kernel.jobs.job_types import Handle


class MakePersonFile:
    """Parameter: ``file``, the reference of the proposal. The first run that ends counts; its hash stands in the ledger."""

    name = sign_off.JOB
    label = _("Put a person's file together")

    def run(self, handle: Handle) -> None:
        """Raises Refused when the entries are not those that were proposed, NotSealed when the ledger cannot be sealed now."""
        row = PersonFile.objects.get(reference=str(handle.parameters["file"]))
        if row.sha256:  # an earlier run died behind its last step: its result lies with the job
            return
        doer = actor.system(f"jobs.job:{handle.reference}")
        with tempfile.TemporaryFile() as target:
            stream = cast(BinaryIO, target)
            made = make_bundle(row=row, target=stream, actor=doer, now=clock.now(), progress=handle.progress)
            target.seek(0)
            handle.result(stream, f"person-file-{row.reference}.zip")
            sign_off.finished(row, made, actor=doer, now=clock.now())
