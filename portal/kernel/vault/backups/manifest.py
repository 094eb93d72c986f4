"""What a backup says of itself. The manifest lies in both places and holds no personal data."""

import contextlib
import hmac
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings

from portal.kernel.core.errors import NotFound, Refused
from portal.kernel.vault.backups import key_wrap

FILE = "manifest.json"
FORM = 1
#: A folder that is being written. A run that died leaves it; the next one removes it.
UNFINISHED = ".unfinished"


@dataclass(frozen=True)
class Part:
    """One encrypted file: its bytes and their SHA-256, as they lie on the disk."""

    bytes: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """``name`` is the folder in both places; times are ISO 8601 in UTC; ``size`` and ``root`` are the ledger's head."""

    name: str
    taken_at: str
    expires_at: str
    vendor: str
    size: int
    root: str
    files: int
    fingerprints: dict[str, str]
    parts: dict[str, Part] = field(default_factory=dict)
    form: int = FORM

    def is_expired(self, now: datetime) -> bool:
        return datetime.fromisoformat(self.expires_at) <= now


@dataclass(frozen=True)
class Places:
    """Where data and keys of backups lie."""

    data: Path
    keys: Path

    @classmethod
    def given(cls, data: Path | None = None, keys: Path | None = None) -> "Places":
        """The places of the settings, or others. Raises Refused when one lies in the other."""
        chosen = cls((data or settings.BACKUP_DIR).absolute(), (keys or settings.BACKUP_KEYS_DIR).absolute())
        if chosen.data == chosen.keys or chosen.data in chosen.keys.parents or chosen.keys in chosen.data.parents:
            raise Refused(
                "Keys and data must be stored apart: choose two folders of which neither is inside the other."
            )
        return chosen


def write(manifest: Manifest, folder: Path) -> None:
    """Write the manifest with its seal, on the disk before this returns."""
    body = asdict(manifest)
    text = json.dumps(body, sort_keys=True)
    with (folder / FILE).open("w", encoding="utf-8") as file:
        json.dump({**body, "seal": key_wrap.seal_of(text.encode())}, file, sort_keys=True, indent=1)
        file.flush()
        os.fsync(file.fileno())


def read(folder: Path) -> Manifest:
    """Raises Refused for one that is damaged, of another form, or not written with this BACKUP_KEY."""
    try:
        body: dict[str, Any] = json.loads((folder / FILE).read_text(encoding="utf-8"))
        seal = body.pop("seal")
        text = json.dumps(body, sort_keys=True)
        body["parts"] = {name: Part(**part) for name, part in body["parts"].items()}
        manifest = Manifest(**body)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Refused(f"The manifest of {folder.name} is damaged or of another release.") from error
    if manifest.form != FORM or manifest.name != folder.name:
        raise Refused(f"The manifest of {folder.name} belongs to another backup or release.")
    if not hmac.compare_digest(key_wrap.seal_of(text.encode()), str(seal)):
        raise Refused(f"{folder.name} was made under another BACKUP_KEY, or its manifest was changed.")
    return manifest


def found(places: Places) -> list[Manifest]:
    """Every finished backup whose keys are there and whose manifest this BACKUP_KEY wrote, the newest first; reads only."""
    return [known for _name, known in _every(places) if known is not None]


def unreadable(places: Places) -> list[str]:
    """The names of folders whose manifest is damaged or of another BACKUP_KEY: a person has to look at them."""
    return [name for name, known in _every(places) if known is None]


def _every(places: Places) -> Iterator[tuple[str, Manifest | None]]:
    folders = (path.parent for path in places.keys.glob(f"*/{FILE}") if not path.parent.name.endswith(UNFINISHED))
    for folder in sorted(folders, key=lambda folder: folder.name, reverse=True):
        try:
            yield folder.name, read(folder)
        except Refused:
            yield folder.name, None


def names(places: Places) -> list[str]:
    """The name of everything that is or was a backup, in either place, whether or not anything of it can be read."""
    found_in = (path for place in (places.keys, places.data) for path in place.glob("bk-*") if path.is_dir())
    return sorted({path.name for path in found_in if not path.name.endswith(UNFINISHED)})


def known(name: str, places: Places) -> Manifest | None:
    """What this BACKUP_KEY wrote of a backup, from whichever place has it whole; None where neither has."""
    for place in (places.keys, places.data):
        with contextlib.suppress(Refused, OSError):
            return read(place / name)
    return None


def claimed_end(name: str, places: Places) -> datetime | None:
    """Until when a backup is kept by the word of a manifest whose seal was not looked at; None where it says nothing."""
    for place in (places.keys, places.data):
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            end = datetime.fromisoformat(json.loads((place / name / FILE).read_text(encoding="utf-8"))["expires_at"])
            if end.tzinfo is not None:
                return end
    return None


def one(name: str, places: Places) -> Manifest:
    """The backup of this name, or the newest for ``latest``. Raises NotFound."""
    if name == "latest":
        there = found(places)
        if not there:
            raise NotFound(f"There is no backup in {places.keys} that this BACKUP_KEY wrote.")
        return there[0]
    if not name or "/" in name or not (places.keys / name / FILE).is_file():
        raise NotFound(f"There is no backup {name} in {places.keys}.")
    return read(places.keys / name)
