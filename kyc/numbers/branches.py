"""Which branches of banks are known: a dated list that ships in ``kyc/data/branches``, made by ``import_branches``.

The list grows stale the day after it is made: a branch that it lacks is unknown, never wrong. One line a bank: its four
letters, its name (may be empty) and the six characters of each branch, with tabs between the three.
"""

import hashlib
import json
import lzma
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Final

from kyc.numbers.result import IFSC
from portal.kernel.core.data_files import data_of

DATA: Final = data_of("kyc") / "branches"
LIST, LABEL = "branches.txt.xz", "branches.toml"
#: A branch code has six characters; the published list writes those of digits alone as numbers.
BRANCH_LENGTH: Final = 6


@dataclass(frozen=True)
class Branches:
    """A list of branches with its date. ``banks`` holds the name of each bank and its branches, a space around each."""

    as_of: date
    banks: Mapping[str, tuple[str, str]]

    def name(self, bank: str) -> str:
        """The bank's name; empty for a bank that is unknown or has none in the list."""
        return self.banks.get(bank, ("", ""))[0]

    def holds(self, bank: str, branch: str) -> bool:
        return f" {branch} " in self.banks.get(bank, ("", ""))[1]


def written(published: str, names: str) -> str:
    """Our form of the published list (``IFSC.json``: bank to branches) and of the names of banks (``banknames.json``).

    Raises ValueError, naming the code, for one that cannot be a branch.
    """
    called, lines = json.loads(names), []
    for bank, branches in sorted(json.loads(published).items()):
        codes = sorted(str(branch).zfill(BRANCH_LENGTH) for branch in branches)
        for code in codes:
            if IFSC.fullmatch(f"{bank}0{code}") is None:
                raise ValueError(f"{bank}0{code} is not the code of a branch.")
        lines.append("\t".join([bank, " ".join(called.get(bank, "").split()), " ".join(codes)]))
    return "\n".join(lines) + "\n"


def read(text: str, as_of: date) -> Branches:
    rows = (line.split("\t") for line in text.splitlines())
    return Branches(as_of, {bank: (name, f" {codes} ") for bank, name, codes in rows})


def saved(text: str, *, as_of: date, source: str, folder: Path) -> tuple[int, int]:
    """Write the list and its label into a folder. Returns how many banks and branches it holds."""
    packed = lzma.compress(text.encode(), preset=9)
    (folder / LIST).write_bytes(packed)
    banks = read(text, as_of).banks
    branches = sum(len(codes.split()) for _name, codes in banks.values())
    label = {"source": source, "sha256": hashlib.sha256(packed).hexdigest()}
    lines = [f"as_of = {as_of.isoformat()}", f"banks = {len(banks)}", f"branches = {branches}"]
    lines += [f"{key} = {json.dumps(value)}" for key, value in label.items()]
    (folder / LABEL).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return len(banks), branches


def opened(folder: Path) -> Branches:
    """The list in a folder. Raises ValueError for one that is not the list its label names."""
    label = tomllib.loads((folder / LABEL).read_text(encoding="utf-8"))
    packed = (folder / LIST).read_bytes()
    if hashlib.sha256(packed).hexdigest() != label["sha256"]:
        raise ValueError(f"{LIST} is not the list that {LABEL} names.")
    return read(lzma.decompress(packed).decode(), label["as_of"])


@cache
def shipped() -> Branches:
    """The list of the portal, read at the first question."""
    return opened(DATA)
