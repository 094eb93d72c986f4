"""Bundles of one person's file as jobs: made by a worker, fetched from their own page once two people have signed."""

import tempfile
from typing import BinaryIO, cast

from django.utils.translation import gettext_lazy as _

from portal.core import actor, clock
from portal.evidence.models import PersonFile
from portal.evidence.person import signing
from portal.evidence.person.bundles import make_bundle
from portal.jobs.kinds import Handle


class MakePersonFile:
    """Parameter: ``file``, the reference of the proposal. The first run that ends counts; its hash stands in the ledger."""

    name = signing.JOB
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
            signing.finished(row, made, actor=doer, now=clock.now())
