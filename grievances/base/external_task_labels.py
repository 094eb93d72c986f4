"""The words of tasks for systems outside: staff alone read them."""

from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from grievances.base import request_choices

OUTSIDE_WORK: Final[Mapping[str, Any]] = {
    request_choices.OutsideWork.FIND: _("Say what it contains"),
    request_choices.OutsideWork.CORRECT: _("Correct it"),
    request_choices.OutsideWork.ERASE: _("Erase it"),
    request_choices.OutsideWork.STOP: _("Stop using it"),
    request_choices.OutsideWork.TELL: _("Get notified of it"),
}
OUTSIDE_STATES: Final[Mapping[str, Any]] = {
    request_choices.OutsideState.OPEN: _("To be done"),
    request_choices.OutsideState.FAILED: _("It failed"),
    request_choices.OutsideState.DONE: _("Done"),
    request_choices.OutsideState.LEFT: _("Left undone by two people"),
}
DESPITE_TASKS: Final[Mapping[str, Any]] = {
    request_choices.DespiteTasks.NOT_NEEDED: _("They turned out not to be needed"),
    request_choices.DespiteTasks.NO_ANSWER: _("The system outside gives no answer"),
    request_choices.DespiteTasks.FOLLOWS: _("They are done afterwards; their clocks run on"),
}
