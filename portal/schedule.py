"""What beat runs, and how often. Seconds are technical intervals; the law's periods are rows in ``portal.law``."""

from typing import Any

from celery.schedules import crontab

#: Tasks sorted by name. ``expires`` keeps a stopped worker from waking up to a pile of the same task.
BEAT: dict[str, dict[str, Any]] = {
    "portal.jobs.tasks.sweep": {
        "task": "portal.jobs.tasks.sweep",
        "schedule": 30.0,
        "options": {"expires": 25},
    },
}

__all__ = ["BEAT", "crontab"]
