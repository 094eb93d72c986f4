"""Lists taken away: short ones at once, long ones as jobs that keep the filter; each is a row of the register."""

import contextlib
import hashlib
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO, Final, TypeVar, cast

from django.contrib.auth import get_user_model
from django.db import DEFAULT_DB_ALIAS, transaction
from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _

from portal.kernel.audit import services as audit
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.core import actor as actors
from portal.kernel.core import answers, clock, field_changes
from portal.kernel.core.actor import Actor
from portal.kernel.core.admin.lists import page_of, rows_of
from portal.kernel.core.data_categories import personal_fields
from portal.kernel.core.errors import NotAllowed, Refused
from portal.kernel.core.pii_guard import names_a_person, require_plain
from portal.kernel.jobs.export_columns import Produced
from portal.kernel.jobs.job_types import ErasedMeanwhile, Handle
from portal.kernel.jobs.list_writer import InMemory, ListFile
from portal.kernel.jobs.models import ExportDownload, Job, ListExport
from portal.kernel.jobs.services import job_requests
from portal.kernel.jobs.snapshots import snapshot
from portal.kernel.ledger.models import Checkpoint

#: The kind of long work.
LIST: Final = "jobs.list"
#: What is held in memory before it goes to a file that is removed when closed.
SPOOLED: Final = 1024 * 1024
#: How often a file is begun before an erasure that goes on and on stops it.
TRIES: Final = 3
#: Parts of an address that are no filter: what was searched for, the page, the order, and what Django adds.
NO_FILTERS: Final = frozenset({"q", "p", "o", "all", "_changelist_filters", "_facets", "_to_field", "_popup"})

Written = TypeVar("Written")


@dataclass(frozen=True)
class Wish:
    """What somebody wants of a list, and why."""

    resource: Any
    file_format: str
    filters: str
    reason: str
    is_masked: bool = True
    approved_by: Actor | None = None


def told_by(given: QueryDict, model: Any) -> frozenset[str]:
    """Those parts of a list's address that tell of a person, as words that were searched for do: what a field of ``model``
    with personal data holds, or a value that is an address or a number of somebody. They are kept nowhere.
    """
    personal = personal_fields(getattr(model, "data_categories", {}))
    return frozenset(
        name
        for name in set(given) - NO_FILTERS
        if name.partition("__")[0] in personal or any(names_a_person(value) for value in given.getlist(name))
    )


def filters_of(given: QueryDict, *, without: Iterable[str] = ()) -> str:
    """The filters of a list's address, as a query in one order."""
    kept = QueryDict(mutable=True)
    for name in sorted(set(given) - NO_FILTERS - set(without)):
        kept.setlist(name, given.getlist(name))
    return kept.urlencode()


def at_once(wish: Wish, rows: QuerySet[Any], *, actor: Actor) -> tuple[ListExport, BinaryIO]:
    """The finished file, the caller's to close, and its row of the register; row, download and audit event in one transaction.

    Written to the end before a byte leaves. Memory stays constant. Raises NotAllowed for an unmasked list that no other
    person approved, ErasedMeanwhile when somebody was erased during each of the first ``TRIES``.
    """
    return _anew(lambda: _at_once(wish, rows, actor))


def _at_once(wish: Wish, rows: QuerySet[Any], actor: Actor) -> tuple[ListExport, BinaryIO]:
    now, model = clock.now(), wish.resource._meta.model._meta.label
    erased = answers.erased_so_far.ask(model=model)
    target = tempfile.SpooledTemporaryFile(max_size=SPOOLED)  # noqa: SIM115 - the caller closes it
    with snapshot() as using:
        covers = _covered(using)
        made = ListFile(
            wish.resource,
            rows.using(using),
            file_format=wish.file_format,
            is_masked=wish.is_masked,
            mark=lambda count: _mark(actor, now, covers, count),
        )
        target.writelines(made.pieces())
    size = target.tell()
    target.seek(0)
    digest = hashlib.file_digest(cast(Any, target), "sha256").hexdigest()
    target.seek(0)
    if answers.erased_so_far.ask(model=model) != erased:
        target.close()
        raise ErasedMeanwhile(_("People are being erased at this moment. Try again in ten minutes."))
    with transaction.atomic():
        row = _entered(wish, actor=actor, now=now)
        _made(row, rows=made.count, size=size, sha256=digest, ledger_size=covers, actor=actor)
        ExportDownload.objects.create(export=row, fetched_by=actor.label, fetched_at=now)
    return row, cast(BinaryIO, target)


def short(wish: Wish, rows: Sequence[Any], *, actor: Actor) -> tuple[ListExport, bytes]:
    """The file of a short list that is no model's, and its row of the register; row, download and audit event in one transaction.

    The resource of ``wish`` is a ``ShortList``. Raises Refused for a reason that names a person.
    """
    now, covers = clock.now(), _covered(DEFAULT_DB_ALIAS)
    made = ListFile(
        wish.resource,
        InMemory(rows),
        file_format=wish.file_format,
        is_masked=True,
        mark=lambda count: _mark(actor, now, covers, count),
    )
    body = b"".join(made.pieces())
    digest = hashlib.sha256(body).hexdigest()
    with transaction.atomic():
        row = _entered(wish, actor=actor, now=now)
        _made(row, rows=made.count, size=len(body), sha256=digest, ledger_size=covers, actor=actor)
        ExportDownload.objects.create(export=row, fetched_by=actor.label, fetched_at=now)
    return row, body


def ask(wish: Wish, *, actor: Actor) -> ListExport:
    """Put the list in the queue of a worker; its row of the register and its job in the caller's transaction.

    The job keeps the filters, so that it reads what is there when it runs. Raises NotAllowed for an unmasked list that no
    other person approved, Refused for filters too long to keep.
    """
    if len(wish.filters) > 1000:
        raise Refused(_("These filters are too many to keep. Choose fewer."), code="FILTERS_TOO_LONG")
    with transaction.atomic():
        row = _entered(wish, actor=actor, now=clock.now())
        parameters: dict[str, Any] = {
            "export": row.pk,
            "list": row.model,
            "format": row.file_format,
            "filters": row.filters,
            "masked": row.is_masked,
        }
        row.job = job_requests.start(kind=LIST, parameters=parameters, actor=actor)
        row.save(update_fields=["job"])
    return row


def run(handle: Handle, tell: Callable[[int], None] = lambda done: None) -> None:
    """Write the list of a job into its result. Running again begins anew: half a file is never tied to the job.

    Reads with the rights that whoever asked has by now. Raises NotAllowed when they may not have the list any more,
    ErasedMeanwhile when somebody was erased during each of the first ``TRIES``.
    """
    _anew(lambda: _run(handle, tell))


def _anew(write: Callable[[], Written]) -> Written:
    """What is written while nobody is erased whom it may hold: it is begun anew when somebody was."""
    for _again in range(TRIES - 1):
        with contextlib.suppress(ErasedMeanwhile):
            return write()
    return write()


def _run(handle: Handle, tell: Callable[[int], None]) -> None:
    row = ListExport.objects.select_related("job").get(job__reference=handle.reference)
    asker = _asker(row)
    page = page_of(row.model)
    request = _request_of(asker, row)
    if not page.has_export_permission(request):
        raise NotAllowed(_("The person who asked for this list may no longer download it."), code="NOT_ALLOWED")
    resource, now = page.export_resource(), clock.now()
    if not row.is_masked and row.columns != _headings(resource):
        raise NotAllowed(_("The columns are no longer those that another person approved."), code="COLUMNS_CHANGED")
    with snapshot() as using:
        rows = rows_of(request, row.model, row.filters).order_by("pk").using(using)
        total, covers = rows.count(), _covered(using)
        handle.progress(0, total)

        def told(done: int) -> None:
            tell(done)
            # The last step is told when the file is tied to the job, not before.
            handle.progress(min(done, max(total - 1, 0)))

        made = ListFile(
            resource,
            rows,
            file_format=row.file_format,
            is_masked=row.is_masked,
            mark=lambda count: {"export": row.pk, **_mark(asker, now, covers, count)},
            told=told,
        )
        name = f"{row.model.rpartition('.')[2].lower()}-{clock.day(now).isoformat()}.{row.file_format}"
        handle.result(cast(BinaryIO, Produced(made.pieces())), name)
    handle.progress(made.count, made.count)
    stored = Job.objects.select_related("result_file").get(reference=handle.reference).result_file
    if stored is None:
        raise Refused(_("The file was made by another worker."), code="LEASE_LOST")
    with transaction.atomic():
        _made(row, rows=made.count, size=stored.size, sha256=stored.sha256, ledger_size=covers, actor=asker)


def _headings(resource: Any) -> str:
    """The columns as the register keeps them."""
    return ",".join(column.heading for column in resource.columns())[:2000]


def _asker(row: ListExport) -> Actor:
    """Only staff have lists of the admin: ``staff:user:12``."""
    return actors.staff(int(row.made_by.rpartition(":")[2]), via="job")


def _request_of(asker: Actor, row: ListExport) -> HttpRequest:
    """What the list of the admin needs to know whose eyes it is for."""
    request = HttpRequest()
    request.method = "GET"
    request.GET = QueryDict(row.filters)
    user = get_user_model().objects.filter(pk=asker.user_id or 0, is_active=True).first()
    if user is None:
        raise NotAllowed(_("The person who asked for this list no longer has an account."), code="NOT_ALLOWED")
    request.user = user
    request.actor = asker  # type: ignore[attr-defined]
    return request


def _entered(wish: Wish, *, actor: Actor, now: datetime) -> ListExport:
    """A row of the register. Raises NotAllowed where the second person is missing, Refused for a reason that names a person."""
    require_plain(wish.reason)
    second = "" if wish.approved_by is None else wish.approved_by.label
    if not wish.is_masked and second in {"", actor.label}:
        raise NotAllowed(_("A list leaves unmasked only when another person has approved it."))
    model = wish.resource._meta.model
    row = ListExport.objects.create(
        model=model._meta.label,
        resource=type(wish.resource).__name__,
        file_format=wish.file_format,
        columns=_headings(wish.resource),
        filters=wish.filters,
        reason=wish.reason,
        is_masked=wish.is_masked,
        made_by=actor.label,
        approved_by="" if wish.is_masked else second,
        asked_at=now,
    )
    field_changes.watch_created(row)
    return row


def _made(row: ListExport, *, rows: int, size: int, sha256: str, ledger_size: int | None, actor: Actor) -> None:
    ListExport.objects.filter(pk=row.pk).update(
        made_at=clock.now(), rows=rows, size=size, sha256=sha256, ledger_size=ledger_size
    )
    audit.record(
        AuditKind.EXPORT_LIST_MADE,
        actor=actor,
        about=f"jobs.listexport:{row.pk}",
        facts={
            "export": row.pk,
            "model": row.model.lower(),
            "resource": row.resource,
            "format": row.file_format,
            "rows": rows,
            "fields": row.columns[:500],
            "filters": row.filters[:500],
            "masked": row.is_masked,
            "ledger_size": ledger_size,
            "sha256": sha256,
            **({"job": row.job.reference} if row.job else {}),
        },
        personal={},
    )


def _covered(using: str) -> int | None:
    """The size of the newest signed checkpoint in the view that the list is read from."""
    return Checkpoint.objects.using(using).order_by("-size").values_list("size", flat=True).first()


def _mark(actor: Actor, at: datetime, covers: int | None, count: int) -> Mapping[str, str | int | None]:
    """Who made the file, when, and how much is in it: the last thing in it."""
    return {
        "made for": actor.label,
        "at": at.astimezone(clock.IST).isoformat(timespec="seconds"),
        "rows": count,
        "ledger up to": covers,
    }
