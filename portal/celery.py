"""The task queue. Rooms name their tasks; ``portal.kernel.core.enqueue`` sends them by name, on commit."""

import os
from fnmatch import fnmatchcase
from typing import Any

import structlog
from celery import Celery
from celery.signals import task_revoked

from portal.limits import LONG, QUEUES
from portal.schedule import ROUTES

log = structlog.get_logger(__name__)
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

app = Celery("portal", task_cls="portal.kernel.core.read_only:WaitingTask")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


class TimeLimits:
    """For ``task_annotations``: how long a task may take, by its queue (``portal.limits``).

    Kept by worker processes; the threads of the embedded worker cannot be ended.
    """

    def annotate(self, task: Any) -> dict[str, int]:
        """The two limits of a task in seconds."""
        soft, hard = LONG.get(task.name) or QUEUES[queue_of(task.name)]
        return {"soft_time_limit": soft, "time_limit": hard}

    def annotate_any(self) -> None:
        """Nothing more for all of them."""


def queue_of(name: str) -> str:
    """The queue of a task: its own route, else the first pattern that it fits, else ``default``, as celery routes."""
    patterns = (pattern for pattern in ROUTES if fnmatchcase(name, pattern))
    route = ROUTES.get(name) or ROUTES.get(next(patterns, ""), {})
    return route.get("queue", "default")


@task_revoked.connect(dispatch_uid="portal.expired")
def count_expired(*, request: Any = None, expired: bool = False, **_kwargs: Any) -> None:
    """A task that came too late to be worked on: the sweep after it does its work, and somebody should know why."""
    from portal.kernel.core import task_faults

    if expired:
        log.warning("task.expired", task=getattr(request, "task", ""))
        task_faults.note(task_faults.EXPIRED)
