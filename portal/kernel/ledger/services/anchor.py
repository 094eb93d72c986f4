"""The anchor: the last signed checkpoint, kept outside the database.

The database alone cannot show that it was rolled back or rewritten with a stolen key; a copy out of its reach can.
Put LEDGER_ANCHOR on another volume, or on one that every web and worker machine shares.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from portal.kernel.ledger import notes
from portal.kernel.ledger.errors import AnchorUnusable

UNREADABLE = "The ledger's anchor file cannot be read, or it is damaged. See LEDGER_ANCHOR."


@dataclass(frozen=True)
class Anchored:
    """What the anchor remembers of the last signed checkpoint.

    ``spent``: the agreements after a loss that were used here, by their event ids. No restore of the database forgets them.
    """

    size: int
    root: bytes
    note: bytes
    spent: tuple[str, ...] = ()


def read(path: Path | None = None) -> Anchored | None:
    """The anchored checkpoint, or None when nothing was ever anchored. Raises AnchorUnusable for a damaged file."""
    path = path or settings.LEDGER_ANCHOR
    try:
        return parse(path.read_bytes())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise AnchorUnusable(UNREADABLE) from error


def parse(data: bytes) -> Anchored:
    """What an anchor's bytes say. Raises AnchorUnusable for damaged ones."""
    try:
        kept = json.loads(data)
        head = notes.TreeHead("", int(kept["size"]), notes.from_base64(kept["root"]))
        if head.size < 0:
            raise ValueError
        return Anchored(head.size, head.root, kept["note"].encode(), tuple(map(str, kept.get("spent", ()))))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise AnchorUnusable(UNREADABLE) from error


def body_of(anchored: Anchored) -> dict[str, object]:
    """The anchor as it is written."""
    body = {"size": anchored.size, "root": notes.to_base64(anchored.root), "note": anchored.note.decode()}
    return {**body, "spent": list(anchored.spent)} if anchored.spent else body


def write(anchored: Anchored, path: Path | None = None) -> None:
    """Replace the anchor, whole or not at all, and on the disk before this returns."""
    path = path or settings.LEDGER_ANCHOR
    body = body_of(anchored)
    new = path.with_name(path.name + ".new")
    try:
        with new.open("w", encoding="utf-8") as file:
            json.dump(body, file)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
        _sync_directory(path.parent)
    except OSError as error:
        raise AnchorUnusable("The ledger's anchor file cannot be written. See LEDGER_ANCHOR.") from error


@contextmanager
def locked(path: Path | None = None) -> Iterator[None]:
    """One process at a time reads, compares and replaces the anchor (the compare-and-swap), or a copy of it."""
    path = path or settings.LEDGER_ANCHOR
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = path.with_name(path.name + ".lock").open("w")
    except OSError as error:
        raise AnchorUnusable("The ledger's anchor directory cannot be written. See LEDGER_ANCHOR.") from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _sync_directory(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
