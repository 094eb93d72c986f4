"""The task queue. Rooms name their tasks; ``portal.core.enqueue`` sends them by name, on commit."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

app = Celery("portal", task_cls="portal.core.read_only:WaitingTask")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
