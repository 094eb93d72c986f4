"""States of an erasure run and of what it does to one person in one room."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class RunState(models.TextChoices):
    PLANNED = "planned", _("Planned: waits for two people")
    APPROVED = "approved", _("Approved")
    RUNNING = "running", _("Running")
    DONE = "done", _("Finished")
    FAILED = "failed", _("Finished, but not everything could be erased")
    REFUSED = "refused", _("Refused")
    STALE = "stale", _("Cancelled")


#: A run that is in RUNNING when its process dies stays there: whoever carries on takes the items that are left.
MOVES: dict[str, set[str]] = {
    RunState.PLANNED: {RunState.APPROVED, RunState.REFUSED, RunState.STALE},
    RunState.APPROVED: {RunState.RUNNING, RunState.STALE},
    RunState.RUNNING: {RunState.DONE, RunState.FAILED},
    RunState.DONE: set(),
    RunState.FAILED: set(),
    RunState.REFUSED: set(),
    RunState.STALE: set(),
}


#: What is still to come to an end.
OPEN_RUNS = (RunState.PLANNED, RunState.APPROVED, RunState.RUNNING)


class Cause(models.TextChoices):
    """Why there is a run."""

    SCHEDULE = "schedule", _("Its time is over")
    REQUEST = "request", _("The person asked for it")
    CHILD = "child", _("The person is a child")


class ItemState(models.TextChoices):
    """What became of one person's records in one room. All but the first two are ends."""

    PLANNED = "planned", _("To be erased")
    TOLD = "told", _("The person is notified first")
    DONE = "done", _("Erased")
    HELD = "held", _("Kept: a legal hold or a duty of law")
    DISPUTED = "disputed", _("Kept: an open dispute")
    CHANGED = "changed", _("Kept: something changed since the plan")
    CAME_BACK = "came_back", _("Kept: the person came back")
    UNTOLD = "untold", _("Retained: the person cannot be notified first, as a law requires")
    FAILED = "failed", _("Could not be erased")


#: What still has to be done.
OPEN_ITEMS = (ItemState.PLANNED, ItemState.TOLD)


class BooksKind(models.TextChoices):
    """What a company keeps by financial year."""

    INVOICE = "invoice", _("Invoices")
    PAYOUT = "payout", _("Payouts and settlements")
    LICENCE = "licence", _("Licences and their returns")
    FILING = "filing", _("Filings to authorities")


class Relation(models.TextChoices):
    """Who reports that somebody is under 18."""

    PARENT = "parent", _("I am a parent or guardian")
    TEACHER = "teacher", _("I teach or look after the child")
    SELF = "self", _("I am the child")
    OTHER = "other", _("Someone else")


class ChildState(models.TextChoices):
    OPEN = "open", _("Nothing is frozen yet")
    FROZEN = "frozen", _("Frozen, to be decided")
    ERASING = "erasing", _("Decided: being erased")
    ERASED = "erased", _("Erased but for what a law keeps")
    LIFTED = "lifted", _("No child: the freeze has ended")
    NOBODY = "nobody", _("No one we know")


#: A report is decided once; what is found wrong later is a new report or the lifting of a protection.
CHILD_MOVES: dict[str, set[str]] = {
    ChildState.OPEN: {ChildState.FROZEN, ChildState.NOBODY, ChildState.LIFTED},
    ChildState.FROZEN: {ChildState.ERASING, ChildState.LIFTED},
    ChildState.ERASING: {ChildState.ERASED},
    ChildState.ERASED: set(),
    ChildState.LIFTED: set(),
    ChildState.NOBODY: set(),
}


class ChildOutcome(models.TextChoices):
    CHILD = "child", _("A child: erase what no law keeps")
    ADULT = "adult", _("No child: end the freeze")
    NOBODY = "nobody", _("No one we know is meant")
