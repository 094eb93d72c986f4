"""The words of tasks for systems outside: staff alone read them."""

from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from grievances.base import request_choices as states

OUTSIDE_WORK: Final[Mapping[str, Any]] = {
    states.OutsideWork.FIND: _("Say what it holds"),
    states.OutsideWork.CORRECT: _("Correct it"),
    states.OutsideWork.ERASE: _("Erase it"),
    states.OutsideWork.STOP: _("Stop using it"),
    states.OutsideWork.TELL: _("Be told of it"),
}
OUTSIDE_STATES: Final[Mapping[str, Any]] = {
    states.OutsideState.OPEN: _("To be done"),
    states.OutsideState.FAILED: _("It failed"),
    states.OutsideState.DONE: _("Done"),
    states.OutsideState.LEFT: _("Left undone by two people"),
}
DESPITE_TASKS: Final[Mapping[str, Any]] = {
    states.DespiteTasks.NOT_NEEDED: _("They turned out not to be needed"),
    states.DespiteTasks.NO_ANSWER: _("The system outside gives no answer"),
    states.DespiteTasks.FOLLOWS: _("They are done afterwards; their clocks run on"),
}
