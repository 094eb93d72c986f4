"""The queues of the lowest rooms, which have no pages of their own, and the counting of all queues."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.admin.exceptions import NotRegistered
from django.contrib.admin.options import IncorrectLookupParameters
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from portal.kernel.core import access, clock, ports
from portal.kernel.core.admin.bases import CappedPaginator
from portal.kernel.core.admin.lists import counts, page_of, rows_of
from portal.kernel.core.queues import HandsOut, Queue, Where, Work
from portal.kernel.jobs.choices import FINISHED, JobState
from portal.kernel.jobs.job_types import label_of
from portal.kernel.jobs.permissions import Permission as JobPermission
from portal.kernel.retention.permissions import Permission as RetentionPermission

_UNFINISHED = ",".join(sorted(str(state) for state in JobState if state not in FINISHED))

QUEUES = (
    Queue(
        "clocks-late",
        _("Overdue"),
        "law.Clock",
        "when=late",
        ngettext_lazy("deadline is overdue", "deadlines are overdue", "count"),
        tone="err",
    ),
    Queue(
        "clocks-today",
        _("Due today"),
        "law.Clock",
        "when=today",
        ngettext_lazy("deadline ends today", "deadlines end today", "count"),
    ),
    Queue(
        "jobs-running",
        _("Background jobs"),
        "jobs.Job",
        f"state__in={_UNFINISHED}",
        ngettext_lazy("job queued or running", "jobs queued or running", "count"),
        tone="",
    ),
    Queue(
        "jobs-failed",
        _("Failed background jobs"),
        "jobs.Job",
        f"state__exact={JobState.FAILED}",
        ngettext_lazy("job failed", "jobs failed", "count"),
        tone="err",
        is_figure=False,
        work=Work(
            Where.CHECK,
            str(JobPermission.JOB_RESTART),
            lambda job: label_of(job.kind),
            about=lambda job: _now("Background job failed"),
            act="restart-job",
        ),
    ),
    Queue(
        "erasures-failed",
        _("Failed erasures"),
        "retention.ErasureRun",
        "open=failed",
        ngettext_lazy("run did not erase everything", "runs did not erase everything", "count"),
        tone="err",
        is_figure=False,
        work=Work(
            Where.CHECK,
            str(RetentionPermission.RUN_APPROVE),
            lambda run: _now("Investigate failed erasure"),
            about=lambda run: run.get_cause_display(),
        ),
    ),
)


@dataclass(frozen=True)
class Counted:
    """A queue as one login sees it now."""

    queue: Queue
    count: int
    url: str

    @property
    def number(self) -> str:
        """The count; of very many only that there are more, as the list itself says."""
        return str(self.count) if self.count < CappedPaginator.CAP else f"{CappedPaginator.CAP - 1}+"

    @property
    def words(self) -> str:
        return str(self.queue.words % {"count": self.count})


def url_of(model: str, query: str) -> str:
    """The address of a list with its filters."""
    name = model.replace(".", "_").lower()
    return f"{reverse(f'admin:{name}_changelist')}?{query}"


def open_to(request: HttpRequest, model: str) -> bool:
    """Whether there is a list of this model and the login may see it."""
    try:
        return bool(page_of(model).has_view_permission(request))
    except (LookupError, NotRegistered):
        return False


def counted(request: HttpRequest, queues: Iterable[Queue]) -> list[Counted]:
    """Those of the queues that this login may open, each with its number: one query for all of them.

    A view that was kept when its list had other filters is left out.
    """
    seen: list[Queue] = []
    rows = []
    for queue in queues:
        if open_to(request, queue.model):
            with suppress(IncorrectLookupParameters):
                rows.append(rows_of(request, queue.model, queue.query))
                seen.append(queue)
    numbers = counts(rows)
    return [Counted(queue, n, url_of(queue.model, queue.query)) for queue, n in zip(seen, numbers, strict=True)]


def of_the_first_page(request: HttpRequest) -> list[Counted]:
    """The queues whose number stands among the figures of this login: no work to take that only colleagues may do."""
    user: Any = request.user
    now = clock.now()
    asked = [
        one for one in ports.queues if one.is_figure and (not one.figure_for or access.allowed(user, one.figure_for))
    ]
    return [one for one in counted(request, asked) if not one.count or _may_take(one.queue, user, now)]


def _may_take(queue: Queue, user: Any, now: datetime) -> bool:
    """Whether its rows are no work to take, or this login may do that work; asked only of what is there."""
    return queue.work is None or queue.work.where != Where.TAKE or queue.work.can(user, now=now)


def handed_out(request: HttpRequest) -> list[HandsOut]:
    """What this login may be handed, by kinds of work."""
    return [one for one in ports.hands_out if access.allowed(request.user, one.permission)]
