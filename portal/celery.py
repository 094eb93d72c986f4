"""The task queue. Rooms name their tasks; ``portal.core.enqueue`` sends them by name, on commit."""

import os
from typing import Any

from celery import Celery
from celery.signals import beat_init, worker_init
from django.core.exceptions import ImproperlyConfigured

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

app = Celery("portal", task_cls="portal.core.read_only:WaitingTask")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@beat_init.connect(dispatch_uid="portal.production")
@worker_init.connect(dispatch_uid="portal.production")
def refuse_unfit_production(**_kwargs: Any) -> None:
    """A worker with missing keys would write what nobody can read again, and a timetable would keep it at that."""
    from portal.core import system_checks

    try:
        system_checks.refuse_unfit_production()
    except ImproperlyConfigured as error:
        raise SystemExit(str(error)) from error  # celery only logs what else a listener raises
