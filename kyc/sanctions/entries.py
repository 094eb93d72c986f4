"""One entry of a list, in one form for all of them."""

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Literal


class BadListError(ValueError):
    """The file is not such a list, or not a whole one. Nothing of it is taken."""


@dataclass(frozen=True)
class Listed:
    """``uid`` is the list's own name for the entry; ``births`` are ISO days or years; every name is one it may go by."""

    uid: str
    kind: Literal["person", "organisation"]
    names: tuple[str, ...]
    births: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()

    @property
    def sha256(self) -> str:
        """Of the content: an entry that has changed is looked at anew."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def distinct(values: list[str]) -> tuple[str, ...]:
    """Without empty ones and repetitions, in order."""
    return tuple(dict.fromkeys(text for value in values if (text := " ".join(value.split()))))
