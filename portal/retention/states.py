"""States of an erasure run."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class RunState(models.TextChoices):
    RUNNING = "running", _("Running")
    DONE = "done", _("Finished")
    FAILED = "failed", _("Finished, but not everything could be erased")
    BROKEN_OFF = "broken_off", _("Broken off: the next run goes on")


MOVES: dict[str, set[str]] = {
    RunState.RUNNING: {RunState.DONE, RunState.FAILED, RunState.BROKEN_OFF},
    RunState.DONE: set(),
    RunState.FAILED: set(),
    RunState.BROKEN_OFF: set(),
}
