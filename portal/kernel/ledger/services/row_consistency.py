"""Check V9: the rows that repeat an entry for people to read are there, and say what its leaf says."""

import json
from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import Any, Protocol

from django.db import models, transaction
from django.db.models import Exists, OuterRef

from portal.kernel.core import ports
from portal.kernel.ledger import commitment
from portal.kernel.ledger.models import Entry, Leaf, Payload
from portal.kernel.ledger.services import checkpoints

CHECK = "V9"


class Repeats(Protocol):
    """What a room registers in ``ports.ledger_rows``: its rows that repeat entries of a kind, each by its ``entry``.

    ``since`` are members of the payload that leaves of older versions do not have: there nothing is compared.
    """

    kind: str
    model: type[models.Model]
    since: frozenset[str]

    def said(self, entries: Sequence[int]) -> Mapping[int, Mapping[str, Any]]:
        """For each of the entries that has a row: the members its payload has to have, None for those it has not."""


class Fail(Protocol):
    def __call__(self, check: str, message: str, *, index: int | None = None) -> None:
        """Note a failure."""


class Comparison:
    """The rows of a chunk of entries, read once, compared entry by entry."""

    def __init__(self, entries: Sequence[int], fail: Fail) -> None:
        self._fail = fail
        self._found = [(repeats, repeats.said(entries)) for repeats in ports.ledger_rows] if entries else []

    def check_presence(self, index: int, entry: int, kind: str) -> None:
        """An entry of the kind has its row, and one of another kind has none. Holds for redacted entries too."""
        for repeats, said in self._found:
            if (entry in said) != (kind == repeats.kind):
                what = "has no row" if kind == repeats.kind else "has a row that belongs to another kind"
                self._fail(CHECK, f"The entry {what} in {repeats.model._meta.label}.", index=index)

    def check_columns(self, index: int, entry: int, kind: str, body: bytes) -> None:
        """The row says what the leaf commits to. Failures name columns, never what stands in them."""
        for repeats, said in self._found:
            if kind == repeats.kind and entry in said:
                other = _differing(said[entry], json.loads(body), repeats.since)
                if other:
                    message = f"A row of {repeats.model._meta.label} says something else than the content: "
                    self._fail(CHECK, f"{message}{', '.join(other)}.", index=index)


def check_lone_rows(fail: Fail, *, most: int) -> None:
    """No row stands there for an entry that does not exist. Reads whole tables."""
    entries = Entry.objects.filter(pk=OuterRef("entry_id"))
    for repeats in ports.ledger_rows:
        lone = repeats.model._default_manager.filter(~Exists(entries)).order_by("pk").values_list("pk", flat=True)
        for pk in lone[:most]:
            fail(CHECK, f"Row {pk} of {repeats.model._meta.label} has no entry.")


def agreeing(repeats: Repeats, entries: Collection[int]) -> set[int]:
    """Of the entries those of the room's kind whose row says what the leaf commits to. Reads only, in two statements.

    Stricter than V9: an entry without content agrees with nothing, since nothing shows what it was about.
    """
    said = repeats.said(list(entries))
    kept = Payload.objects.filter(entry__in=list(said), entry__kind=repeats.kind)
    rows = kept.values_list("entry_id", "entry__leaf_hash", "body", "salt")
    return {
        entry
        for entry, leaf, body, salt in rows
        if commitment.leaf_hash(bytes(salt), bytes(body)) == bytes(leaf)
        and not _differing(said[entry], json.loads(bytes(body)), repeats.since)
    }


def raise_alarm(entries: Collection[int]) -> None:
    """What V9 does that meets a row of these entries which says something else: signing stops, as soon as the caller's
    transaction is over. For a writer that was about to rest on such a row.
    """
    index = Leaf.objects.filter(entry__in=entries).order_by("pk").values_list("pk", flat=True).first()
    transaction.on_commit(partial(checkpoints.stop_signing, check=CHECK, index=index))


def _differing(wanted: Mapping[str, Any], content: Mapping[str, Any], since: frozenset[str]) -> list[str]:
    compared = (member for member in wanted if member in content or member not in since)
    return sorted(member for member in compared if not _is_same(content.get(member), wanted[member]))


def _is_same(one: Any, other: Any) -> bool:
    """Whether two values are written alike: 1 is not true, and the order of members says nothing."""
    if type(one) is type(other):
        if one is None or isinstance(one, str | int):
            return bool(one == other)
        if isinstance(one, dict):
            return one.keys() == other.keys() and all(_is_same(one[name], other[name]) for name in one)
    return _plain(one) == _plain(other)


_plain = json.JSONEncoder(sort_keys=True).encode
