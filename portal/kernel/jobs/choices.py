"""States of a job and of an import, and the moves between them."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class JobState(models.TextChoices):
    QUEUED = "queued", _("Waiting to start")
    RUNNING = "running", _("Running")
    DONE = "done", _("Finished")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")


# RUNNING goes back to QUEUED when the worker died and its lease ran out.
MOVES: dict[str, set[str]] = {
    JobState.QUEUED: {JobState.RUNNING, JobState.CANCELLED, JobState.FAILED},
    JobState.RUNNING: {JobState.DONE, JobState.FAILED, JobState.CANCELLED, JobState.QUEUED},
    JobState.DONE: set(),
    JobState.FAILED: {JobState.QUEUED},
    JobState.CANCELLED: set(),
}
FINISHED = (JobState.DONE, JobState.FAILED, JobState.CANCELLED)


class ImportState(models.TextChoices):
    """Where a file that was brought stands."""

    TRYING = "trying", _("Being tried")
    TRIED = "tried", _("Tried: waits for your word")
    TAKING = "taking", _("Being imported")
    DONE = "done", _("Imported")
    UNREADABLE = "unreadable", _("Cannot be read")
    GIVEN_UP = "given_up", _("Cancelled")


# TAKING to GIVEN_UP: the rest is given up, what is in stays.
IMPORT_MOVES: dict[str, set[str]] = {
    ImportState.TRYING: {ImportState.TRIED, ImportState.UNREADABLE, ImportState.GIVEN_UP},
    ImportState.TRIED: {ImportState.TAKING, ImportState.GIVEN_UP},
    ImportState.TAKING: {ImportState.DONE, ImportState.GIVEN_UP},
    ImportState.DONE: set(),
    ImportState.UNREADABLE: set(),
    ImportState.GIVEN_UP: set(),
}
#: With these the file is still there.
IMPORTS_OPEN = (ImportState.TRYING, ImportState.TRIED, ImportState.TAKING)


class RowOutcome(models.TextChoices):
    """What a row of a file does to the list it goes into."""

    NEW = "new", _("new")
    CHANGED = "changed", _("changed")
    SAME = "same", _("the same")
    FAULTY = "faulty", _("at fault")
