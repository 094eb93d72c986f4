"""Evidence packs as jobs: made by a worker, fetched from the evidence page."""

import tempfile
from datetime import date, datetime
from typing import BinaryIO, cast

from django.utils.translation import gettext_lazy as _

from portal.fronts.evidence import packs
from portal.fronts.evidence.period import Period
from portal.fronts.evidence.permissions import Permission
from portal.kernel.core import actor, clock
from portal.kernel.jobs.job_types import Handle
from portal.kernel.jobs.models import Job
from portal.kernel.people.models import User

EVIDENCE_PACK = "evidence.pack"


class MakePack:
    """Parameters: ``from`` and ``to`` (days), ``until`` where the last is today (a time), ``sample``, ``seed`` and ``drawn`` (references of frozen samples). Running twice gives the same bytes again."""

    name = EVIDENCE_PACK
    label = _("Make an evidence pack")
    needs = Permission.PACK_MAKE
    #: Registers without a column of personal data (evidence.E001); attachments end by their own rule, not with a person.
    holds_people = False

    def run(self, handle: Handle) -> None:
        """Raises Refused for a period that ends ahead of now, NotSealed when the ledger cannot be sealed now."""
        given = handle.parameters
        until = datetime.fromisoformat(str(given["until"])) if given.get("until") else None
        period = Period(date.fromisoformat(str(given["from"])), date.fromisoformat(str(given["to"])), until)
        drawn = given.get("drawn")
        references = tuple(str(one) for one in drawn) if isinstance(drawn, list) else ()
        sample = packs.Sample(int(str(given["sample"])), int(str(given["seed"])), references)
        with tempfile.TemporaryFile() as target:
            packs.make_pack(
                period=period,
                sample=sample,
                target=cast(BinaryIO, target),
                actor=actor.system(f"jobs.job:{handle.reference}"),
                reader=_asked_by(handle.reference),
                now=clock.now(),
                progress=handle.progress,
            )
            target.seek(0)
            handle.result(cast(BinaryIO, target), f"evidence-{period.first_day}-{period.last_day}.zip")


def _asked_by(reference: str) -> User | None:
    """The staff login that started the job."""
    label = Job.objects.filter(reference=reference).values_list("started_by", flat=True).first() or ""
    number = label.rpartition(":")[2]
    found = User.objects.filter(pk=number, is_staff=True).first() if number.isdecimal() else None
    return found if found is not None and actor.staff(found.pk).label == label else None
