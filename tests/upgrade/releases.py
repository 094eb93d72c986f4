"""The code of the last release, as files beside those of today."""

import subprocess
import tarfile
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
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
        """Migrations of the release that are others today, or gone."""
        return sorted(
            str(path.relative_to(old))
            for path in old.glob("**/migrations/*.py")
            if not _is_same(path, ROOT / path.relative_to(old))
        )


def last() -> Release:
    return Release(**tomllib.loads(NAMED_IN.read_text()))


def _is_same(before: Path, now: Path) -> bool:
    return now.is_file() and now.read_bytes() == before.read_bytes()


def _git(*arguments: str) -> "subprocess.CompletedProcess[str]":
    try:
        return subprocess.run(["git", "-C", str(ROOT), *arguments], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return subprocess.CompletedProcess(arguments, 127, "", "git is missing")
