"""Named queues of work: each is a list of the admin with chosen filters, so that its number and its rows cannot disagree."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Tab:
    """A queue as a tab: its short name, its order among the tabs (below 0: before the list itself), and the permission of
    those who work on it. Others see the list alone.
    """

    label: Any
    order: int
    permission: str


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


@dataclass(frozen=True)
class HandsOut:
    """Work of which a login is handed what is due first: a button that posts to the address named."""

    label: Any
    permission: str
    url_name: str
