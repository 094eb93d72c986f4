"""Named queues of work: each is a list of the admin with chosen filters, so that its number and its rows cannot disagree."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


@dataclass(frozen=True)
class Tab:
    """A queue as a tab: its short name, its order among the tabs (below 0: before the list itself), and the permission of
    those who work on it. Others see the list alone.
    """

    label: Any
    order: int
    permission: str


class Where(StrEnum):
    """The group of the first page in which a row of a queue is listed where no deadline puts it further up."""

    HELD = "held"
    TAKE = "take"
    CHECK = "check"


@dataclass(frozen=True)
class Work:
    """What a row of a queue asks for on the first page of those with ``permission``, of whom ``can`` may ask more.

    ``verb`` says what to do about a row, ``about`` what it is, ``owner`` is the label under which its record has deadlines
    (empty: none), and ``act`` the name of the action of the list's admin page that is offered in the row.
    """

    where: Where
    permission: str
    verb: Callable[[Any], Any]
    about: Callable[[Any], Any] = lambda row: ""
    owner: Callable[[Any], str] = lambda row: ""
    act: str = ""
    #: What of its rows is read along.
    related: tuple[str, ...] = ()
    can: Callable[..., bool] = lambda user, *, now: True
    #: Its verb says more than that of the deadline of its record.
    is_exact: bool = True


@dataclass(frozen=True)
class Facts:
    """What the first page says of the record of a deadline: its row, who has it and what it is about. Records of one
    ``cause`` are one row, which ``several`` names (a lazy ``ngettext`` over ``count``).
    """

    row: Any = None
    holder: Any = None
    about: Any = ""
    cause: str = ""
    several: Any = ""


@dataclass(frozen=True)
class Queue:
    """One queue. Its rows are those of the list of ``model`` under ``query``, for whoever may see that list.

    ``words`` says what its number counts (a lazy ``ngettext`` over ``count``). ``tone`` is the mark of a queue that is not
    empty; ``is_pressing`` makes it red, asked only then.
    """

    code: str
    label: Any
    model: str
    query: str
    words: Any
    tone: str = "warn"
    is_pressing: Callable[[datetime], bool] | None = None
    #: Whether the first page shows its number among the figures; the page of all queues shows every one.
    is_figure: bool = True
    #: The permission without which it is no figure even to those who may see the list; empty: for all of them.
    figure_for: str = ""
    #: Its tab on the page of its list; None: it is found under the queues only.
    tab: Tab | None = None
    #: What its rows ask for on the first page; None: they are counted there at most.
    work: Work | None = None


@dataclass(frozen=True)
class HandsOut:
    """Work of which a login is handed what is due first, or the posted ``record``: a button that posts to the address named.

    ``labels`` are beginnings of the labels of what it hands out and of proposals that it opens.
    """

    label: Any
    permission: str
    url_name: str
    labels: tuple[str, ...] = ()
