"""Which fields an act of staff changes: field, old value, new value.

The admin's edge watches each act: it names the rows the act is about and what was entered, and the services that make rows
for all others (proposals, invitations, jobs, lines of a thread) name those. The audit event that the act's service writes
takes what was seen, in the service's own transaction: no service hands over old and new values, and none can forget to.
Rows are read from the database again, so that updates without ``save`` are seen and what was rolled back is not. An act
whose service wrote no event after its last change gets one of its own (the hook ``act_done``).
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Model, QuerySet

from portal.kernel.core import answers
from portal.kernel.core.actor import Actor
from portal.kernel.core.data_categories import DataCategory
from portal.kernel.core.text import mask_identity_numbers

#: Stands for a value that nobody may read: the change is recorded, the value is not.
SECRET = "(secret)"  # noqa: S105 - a word for one
#: Of a longer text, a policy say, the beginning tells which it is; the text itself is kept where it belongs.
LONGEST = 2000

Change = dict[str, Any]


@dataclass
class Watch:
    """The rows an act may change, as they were when last told, and what staff entered for it."""

    rows: list[tuple[Model, dict[str, Any]]] = field(default_factory=list)
    entered: dict[str, Any] = field(default_factory=dict)
    made: list[Model] = field(default_factory=list)

    @property
    def proposals(self) -> list[Any]:
        """The rows that wait for the answer of a second person and that a service has made in this act."""
        return [
            row for row in self.made if getattr(row, "made_by_id", None) and getattr(row, "answer", "") == "pending"
        ]

    def take(self) -> dict[str, Change]:
        """Field, old and new value of everything since the last call."""
        found = {name: {"old": None, "new": value} for name, value in self.entered.items()}
        self.entered = {}
        seen: Counter[str] = Counter()
        for place, (row, before) in enumerate(self.rows):
            after = _values(row)
            self.rows[place] = (row, after)
            model = str(row._meta.model_name)
            seen[model] += 1
            number = seen[model] if seen[model] > 1 else ""
            prefix = f"{model}{number}." if len(self.rows) > 1 else ""
            found |= {
                prefix + name: {"old": _shown(row, name, before.get(name)), "new": _shown(row, name, value)}
                for name, value in after.items()
                if before.get(name) != value
            }
        return found


_watch: ContextVar[Watch | None] = ContextVar("watch", default=None)


@contextmanager
def watching(actor: Actor, act: str, *rows: Model, entered: Mapping[str, Any] | None = None) -> Iterator[Watch]:
    """Watch one act. What no audit event took is told at its end; an act that fails tells nothing.

    Inside another watch it has the word alone: the rows of the outer one are not read.
    """
    watch = Watch([(row, _values(row)) for row in rows], _told(entered or {}))
    token = _watch.set(watch)
    try:
        yield watch
        if left := watch.take():
            row = watch.rows[0][0] if watch.rows else None
            answers.act_done.ask(
                actor=actor,
                about=f"admin:{act}" if row is None else about_of(row),
                subject_ref=getattr(row, "subject_ref", None),
                act=act,
                changed=left,
            )
    finally:
        _watch.reset(token)


def watch_row(row: Model) -> None:
    """Add a row to the act that is watched now; nothing outside of one."""
    watch = _watch.get()
    if watch is not None and all(known != row for known, _before in watch.rows):
        watch.rows.append((row, _values(row)))


def watch_created(row: Model) -> None:
    """Add a row that a service has just made to the act that is watched now; nothing outside of one."""
    watch = _watch.get()
    if watch is not None:
        watch.rows.append((row, {}))
        watch.made.append(row)


def watch_entered(answers: Mapping[str, Any]) -> None:
    """Add what staff entered to the act that is watched now; nothing outside of one."""
    watch = _watch.get()
    if watch is not None:
        watch.entered |= _told(answers)


def take() -> dict[str, Change]:
    """What the act that is watched now changed since the last call; empty outside of one."""
    watch = _watch.get()
    return watch.take() if watch is not None else {}


def about_of(row: Model) -> str:
    """``room.model:reference``, the record's name in audit events."""
    return f"{row._meta.label_lower}:{getattr(row, 'reference', row.pk)}"


def _told(answers: Mapping[str, Any]) -> dict[str, Any]:
    """Answers that say something: rows by their key, texts without identity numbers, files not at all."""
    plain = {name: _plain(value) for name, value in answers.items() if not hasattr(value, "read")}
    return {name: value for name, value in plain.items() if value not in (None, "", [])}


def _plain(value: Any) -> Any:
    if isinstance(value, QuerySet | list | tuple):
        return [_plain(member) for member in value]
    if isinstance(value, str):
        return _short(mask_identity_numbers(value)[0])
    return getattr(value, "pk", value)


def _values(row: Model) -> dict[str, Any]:
    """The row's fields as the database has them now; empty for a row that is not there."""
    columns = row._meta.concrete_fields
    found = row._meta.base_manager.filter(pk=row.pk).values_list(*(column.attname for column in columns)).first()
    return {column.name: value for column, value in zip(columns, found, strict=True)} if found else {}


def _shown(row: Model, name: str, value: Any) -> Any:
    categories = getattr(row, "data_categories", {})
    if isinstance(value, bytes | memoryview) or categories.get(name) == DataCategory.CREDENTIAL:
        return SECRET
    return _short(value)


def _short(value: Any) -> Any:
    return f"{value[:LONGEST]}…" if isinstance(value, str) and len(value) > LONGEST else value
