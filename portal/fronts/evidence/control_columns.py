"""The columns of the list of controls as a file."""

from collections.abc import Callable
from typing import Any

from portal.fronts.evidence.catalogue import shipped
from portal.fronts.evidence.controls import Control
from portal.kernel.core import clock
from portal.kernel.jobs.export_columns import Cell, Column
from portal.kernel.jobs.list_writer import ShortList

#: The kind of control in words, and the control.
Row = tuple[str, Control]


def _of(value: Callable[[Control], Cell]) -> Callable[[Row], Cell]:
    return lambda row: value(row[1])


def _framework(framework: str) -> Callable[[Row], Cell]:
    return lambda row: row[1].requirements(framework)


def _searched(control: Control) -> str:
    return "; ".join(f"{words}: {found.broken} of {found.population}" for words, found in control.searched)


_COLUMNS: list[tuple[str, Callable[[Row], Cell], str]] = [
    ("kind", lambda row: row[0], "kind of control"),
    ("code", _of(lambda control: control.code), "code"),
    ("control", _of(lambda control: control.says), "control"),
    ("state", _of(lambda control: str(control.state)), "state"),
    ("population", _of(lambda control: control.population), "cases in the period"),
    ("met", _of(lambda control: control.met), "cases met"),
    ("missed", _of(lambda control: control.missed), "cases missed"),
    ("running", _of(lambda control: control.running), "running and not due yet"),
    ("searched", _of(_searched), "what was searched for, found among how many"),
    ("is_judged", _of(lambda control: control.is_judged), "a person judges it"),
    ("missed_rows", _of(lambda control: " ".join(control.failed)), "the cases missed, each as register:row of a pack"),
    ("named", _of(lambda control: "; ".join(control.named)), "what was found that is no row of a register"),
    ("derived_from", _of(lambda control: control.derived_from), "register of a pack that shows it"),
    ("last_evidence", _of(lambda control: control.last), "last evidence"),
    ("owner", _of(lambda control: control.topic.owner if control.topic else ""), "owner role"),
    *((code, _framework(code), str(about["name"])) for code, about in shipped()["frameworks"].items()),
    ("note", _of(lambda control: control.note), "note"),
    ("as_of", _of(lambda control: clock.stamp(control.asked_at)), "asked as of"),
]
LIST: Any = ShortList("Controls", [(Column(heading, value), words) for heading, value, words in _COLUMNS])
