"""What beat runs, and how often. Seconds are technical intervals; the law's periods are rows in ``portal.law``."""

from typing import Any

from celery.schedules import crontab

#: Tasks sorted by name. ``expires`` keeps a stopped worker from waking up to a pile of the same task.
BEAT: dict[str, dict[str, Any]] = {}

__all__ = ["BEAT", "crontab"]
