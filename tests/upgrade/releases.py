"""The code of the last release, as files beside those of today."""

import re
import subprocess
import tarfile
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OURS = "(?:portal|kyc|consent|grievances)"
NAMED_IN = Path(__file__).with_name("last_release.toml")


@dataclass(frozen=True)
class Release:
    """A commit, and whether anybody was given it: until then its migrations may still be edited."""

    commit: str
    released: bool

    def unpack(self, target: Path) -> Path:
        """Its files in a directory of their own. Skips where the repository does not have the commit."""
        found = _git("cat-file", "-e", f"{self.commit}^{{commit}}")
        if found.returncode != 0:
            pytest.skip(
                f"no upgrade tried: this copy of the repository has no commit {self.commit[:12]} ({NAMED_IN.name})"
            )
        packed = target.with_suffix(".tar")
        done = _git("archive", f"--output={packed}", self.commit)
        assert done.returncode == 0, done.stderr
        with tarfile.open(packed) as archive:
            archive.extractall(target, filter="data")
        packed.unlink()
        return target

    def edited(self, old: Path) -> list[str]:
        """Migrations of the release that do something else today, or are gone. An app may have moved to another folder."""
        today = {_migration(path): path for path in ROOT.glob("*/**/migrations/*.py") if ".venv" not in path.parts[-6:]}
        return sorted(
            str(path.relative_to(old))
            for path in old.glob("**/migrations/*.py")
            if not _is_same(path, today.get(_migration(path)))
        )


def last() -> Release:
    return Release(**tomllib.loads(NAMED_IN.read_text()))


def _migration(path: Path) -> tuple[str, str]:
    """The label of its app and its name: what the table of applied migrations knows of it."""
    return path.parent.parent.name, path.name


def _is_same(before: Path, now: Path | None) -> bool:
    return now is not None and _done_by(now) == _done_by(before)


def _done_by(path: Path) -> str:
    """The text of a migration without where our modules stand."""
    text = re.sub(rf"^import {OURS}\S*\n", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return re.sub(rf"\b{OURS}(?:\.[a-z_]+)+", "ours", text)


def _git(*arguments: str) -> "subprocess.CompletedProcess[str]":
    try:
        return subprocess.run(["git", "-C", str(ROOT), *arguments], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return subprocess.CompletedProcess(arguments, 127, "", "git is missing")
