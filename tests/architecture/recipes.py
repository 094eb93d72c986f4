"""Recipes of ``portal/docs/architecture.md`` carried out: a copy of the tree is changed, run, and what was touched is counted."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests.architecture import floor_plan
from tests.architecture.test_structure import ROOT
from tests.templates import FOLDER

LEFT_OUT = shutil.ignore_patterns(".git", ".venv*", "var", "node_modules", "__pycache__", ".*_cache", ".hypothesis")
WORDS = tuple(f"portal/locale/{language}/LC_MESSAGES/django.po" for language in ("hi", "mr"))
#: What a process of its own must not take over from the test that starts it.
OF_THIS_PROCESS = {"DJANGO_SETTINGS_MODULE", "PORTAL_VAR", "TEST_PROCESS", "PYTEST_XDIST_WORKER", "PYTEST_ADDOPTS"}
SNAPSHOTS = "tests/architecture/snapshots"
#: A line below each recipe.
ASKED = "Tests and snapshots that will ask you:"


class Tree:
    """A copy of the tree, to try a change in."""

    def __init__(self, folder: Path) -> None:
        self.root = Path(shutil.copytree(ROOT, folder, ignore=LEFT_OUT, symlinks=True))

    def write(self, name: str, text: str) -> None:
        """A new file."""
        assert not (self.root / name).exists(), f"{name} is there already"
        (self.root / name).write_text(text)

    def insert(self, name: str, before: str, text: str, *, times: int = 1) -> None:
        """Write into a file, before what is there, once or wherever it is (-1); what is there no more makes the recipe untrue."""
        path = self.root / name
        old = path.read_text()
        assert before in old, f"{name}: the recipe is not true any more"
        path.write_text(old.replace(before, text + before, times))

    def say(self, **said: tuple[str, str]) -> None:
        """Words of customers: English with ``_`` for a space, and what it is in Hindi and in Marathi."""
        for number, name in enumerate(WORDS):
            path = self.root / name
            entries = (f'\nmsgid "{key.replace("_", " ")}"\nmsgstr "{words[number]}"\n' for key, words in said.items())
            path.write_text(path.read_text() + "".join(entries))
            made = [sys.executable, "-m", "babel.messages.frontend", "compile", "--use-fuzzy"]
            self._run(*made, "-i", str(path), "-o", str(path.with_suffix(".mo")))

    def migrate(self, app: str) -> None:
        """Write the migration. It says nothing of the day: the same change finds the same template of a database."""
        self._run(sys.executable, "manage.py", "makemigrations", app, "-n", "added", "--no-header")

    def make(self, command: str) -> None:
        """Run a module that writes what is made from something else."""
        self._run(sys.executable, "-m", command)

    def test(self, *names: str) -> set[str]:
        """Run tests in the copy, and return the snapshots that had to be written anew."""
        folder = self.root / SNAPSHOTS
        before = {path.name: path.read_bytes() for path in folder.iterdir()}
        command = [sys.executable, "-m", "pytest", "-q", "-n0", "-p", "no:cacheprovider", *names]
        self._run(*command, UPDATE_SNAPSHOTS="1")
        return {f"{SNAPSHOTS}/{name}" for name, was in before.items() if (folder / name).read_bytes() != was}

    def _run(self, *command: str, **environment: str) -> None:
        inherited = {name: value for name, value in os.environ.items() if name not in OF_THIS_PROCESS}
        # Beside the others: a copy's database is wanted by nobody else, and takes the place of none.
        inherited["TEST_TEMPLATES"] = str(FOLDER.with_name(f"{FOLDER.name}-recipes"))
        ended = subprocess.run(
            command, cwd=self.root, env=inherited | environment, check=False, capture_output=True, text=True
        )
        assert ended.returncode == 0, (ended.stdout + ended.stderr)[-4_000:]

    def touched(self) -> set[str]:
        """Every file of the product that is new or another one, without those that are made from it."""
        files = (path for path in self.root.rglob("*") if path.is_file() and path.suffix not in {".mo", ".pyc"})
        names = {str(path.relative_to(self.root)) for path in files}
        return {name for name in names if not name.startswith(("tests/", "var/")) and self._differs(name)}

    def _differs(self, name: str) -> bool:
        before = ROOT / name
        return not before.exists() or before.read_bytes() != (self.root / name).read_bytes()


def recipe(name: str) -> tuple[set[str], set[str]]:
    """The files and folders that a recipe names, and those of the tests that it says will ask."""
    found = re.search(rf"\*\*{name}\.\*\*(.*)\n\n?{ASKED}(.*)", floor_plan.PAGE.read_text(encoding="utf-8"))
    assert found is not None, f"the page has no such recipe with its tests: {name}"
    product, tests = (set(re.findall(r"`([\w./]+)`", part)) for part in found.groups())
    return product, tests


def unnamed(touched: set[str], named: set[str]) -> list[str]:
    """What was touched and stands in no recipe, by its file or its folder. A migration is said in a word."""
    return sorted(
        name
        for name in touched
        if "/migrations/" not in name and not any(name == each or name.startswith(f"{each}/") for each in named)
    )
