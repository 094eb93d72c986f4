"""A list that staff bring is scrubbed by a worker; list and result lie encrypted and end together."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, BinaryIO, Final, cast
from uuid import UUID, uuid4

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from consent.decisions.services import list_scrub
from consent.decisions.services.bulk_decisions import Question
from portal.kernel.core import clock
from portal.kernel.core.actor import Actor, system
from portal.kernel.core.errors import NotFound
from portal.kernel.jobs import services as jobs
from portal.kernel.jobs.export_columns import Produced
from portal.kernel.jobs.job_types import Handle
from portal.kernel.jobs.models import Job
from portal.kernel.vault.choices import RetentionClass
from portal.kernel.vault.models import StoredFile
from portal.kernel.vault.services import files

SCRUB: Final = "consent.scrub"
FILE: Final = "consent.scrub"


def bring(*, question: Question, content: BinaryIO, actor: Actor, now: datetime) -> Job:
    """Keep a list encrypted and put its scrub in the queue. List and result are destroyed when the result expires.

    Raises Refused for a question that is a no whatever the address, and for a file that is no list.
    """
    list_scrub.Scrub(question)
    lines = list_scrub.lines_of(content)
    file_ref = uuid4()
    # Before any lock is taken: it may be long. What a dying process leaves without a job, the vault's sweep finds.
    stored = files.store(content, subject_ref=file_ref, retention_class=RetentionClass.EXPORT, kind=FILE, actor=actor)
    try:
        with transaction.atomic():
            return jobs.start(kind=SCRUB, parameters=_asked(question, stored, lines), actor=actor, file_ref=file_ref)
    except BaseException:
        with transaction.atomic():
            files.discard(stored, actor=actor)
        raise


def _asked(question: Question, stored: StoredFile, lines: int) -> dict[str, Any]:
    return {
        "file": str(stored.pk),
        "lines": lines,
        "purpose": question.purpose,
        "channel": question.channel,
        "fiduciary": question.fiduciary,
        "header": question.header,
        "template": question.template,
        "at": clock.stamp(question.at),
    }


def run(handle: Handle) -> None:
    """Scrub the job's list into its result, then keep the row and the leaf. Running twice makes a second result and row.

    Raises NotFound when the list has expired or was scrubbed already.
    """
    asked = handle.parameters
    stored = StoredFile.objects.filter(pk=UUID(str(asked["file"]))).first()
    if stored is None:
        raise NotFound(_("This list no longer exists. Upload it again."), code="EXPIRED")
    worker = system(f"jobs.job:{handle.reference}")
    scrub = list_scrub.Scrub(_question(asked))
    total = int(str(asked.get("lines") or 0)) or None
    handle.progress(0, total)
    with files.open_stream(stored, actor=worker, reason="list to be scrubbed") as source:
        lines = scrub.lines(source, progress=lambda done: handle.progress(done, total))
        name = f"scrubbed-{asked['purpose']}-{asked['channel']}-{clock.now():%Y-%m-%d}.csv"
        handle.result(cast(BinaryIO, Produced(lines)), name)
    list_scrub.note(scrub.done, actor=worker, now=clock.now())
    handle.progress(scrub.done.total, scrub.done.total)


def _question(asked: Mapping[str, Any]) -> Question:
    return Question(
        purpose=str(asked["purpose"]),
        channel=str(asked["channel"]),
        at=datetime.fromisoformat(str(asked["at"])),
        fiduciary=str(asked["fiduciary"]),
        header=str(asked["header"]) if asked["header"] else None,
        template=str(asked["template"]) if asked["template"] else None,
    )
