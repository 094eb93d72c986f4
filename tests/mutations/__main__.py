"""Makes mutants of the critical modules, one at a time in a copy of the tree, and says which of them no test noticed.

``python -m tests.mutations --count 300 --seed 7``: so many, chosen by the seed, which is printed. A mutant is caught when
a test of its module (``targets``) fails or does not come to its end in time. ``--minutes`` ends the run early;
``--at-least`` is the share, in per cent, below which the exit code is 1: of those that were run, without the survivors that
``explained.toml`` names, which no test can catch. The stack is that of the environment.
"""

import argparse
import os
import random
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections import Counter
from collections.abc import Sequence
from importlib.util import cache_from_source
from pathlib import Path

from tests.matrix import TEMPLATES
from tests.mutations.changes import Mutant, mutants_of
from tests.mutations.targets import TARGETS

ROOT = Path(__file__).resolve().parents[2]
LEFT_OUT = shutil.ignore_patterns(".git", ".venv*", "var", "node_modules", "__pycache__", ".*_cache", ".hypothesis")
MARKS = "not full and not workers and not browser"
#: What a test process keeps in its environment: a run that is started by one is a run of its own.
OF_THIS_PROCESS = {"DJANGO_SETTINGS_MODULE", "PORTAL_VAR", "TEST_PROCESS", "PYTEST_XDIST_WORKER", "PYTEST_ADDOPTS"}
#: So many times what the tests take on the code as it is, and at least this.
PATIENCE, LEAST_SECONDS = 4, 60
#: So many characters of what failing tests printed are shown.
LAST_WORDS = 4_000
CAUGHT, TIMED_OUT, SURVIVED, EXPLAINED = "caught", "timed out", "survived", "explained"
WHY = Path(__file__).with_name("explained.toml")
FAILED_TESTS, NO_TESTS = 1, 5


def copied(root: Path, scratch: Path) -> Path:
    """A copy of the tree in which modules are changed."""
    return Path(shutil.copytree(root, scratch / "tree", ignore=LEFT_OUT, symlinks=True))


def run_tests(tree: Path, tests: Sequence[str], *, seconds: float | None = None) -> tuple[int | None, str]:
    """The exit code of pytest over some files in a tree, None when the time was up, and what it printed."""
    environment = {name: value for name, value in os.environ.items() if name not in OF_THIS_PROCESS}
    environment["TMPDIR"] = str(tree.parent)
    environment.setdefault("TEST_TEMPLATES", str(TEMPLATES))
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-m", MARKS, *tests]
    try:
        done = subprocess.run(
            command, cwd=tree, env=environment, timeout=seconds, check=False, capture_output=True, text=True
        )
    except subprocess.TimeoutExpired:
        return None, ""
    return done.returncode, done.stdout + done.stderr


def result_of(tree: Path, module: str, mutant: Mutant, tests: Sequence[str], *, seconds: float) -> str:
    """Whether the tests notice a mutant. The module is afterwards as it was."""
    place = tree / module
    original = place.read_bytes()
    try:
        _write(place, mutant.text.encode())
        code, _said = run_tests(tree, tests, seconds=seconds)
    finally:
        _write(place, original)
    if code is None:
        return TIMED_OUT
    return CAUGHT if code else SURVIVED


def _write(place: Path, text: bytes) -> None:
    """Python takes what it compiled for a text of the same length and second: it must compile this one."""
    place.write_bytes(text)
    Path(cache_from_source(str(place))).unlink(missing_ok=True)


def chosen(root: Path, targets: dict[str, tuple[str, ...]], *, count: int, seed: int) -> list[tuple[str, Mutant]]:
    """So many mutants of the modules, all of them equally likely; the same for the same seed and the same code."""
    every = [(module, mutant) for module in sorted(targets) for mutant in mutants_of((root / module).read_text())]
    return random.Random(seed).sample(every, min(count, len(every)))


def explanations() -> dict[tuple[str, ...], str]:
    """Why a mutant that survives is none that a test could catch: by module, text of its line, kind, before and after."""
    rows = tomllib.loads(WHY.read_text())["survivor"]
    return {(row["module"], row["line"], row["kind"], row["before"], row["after"]): row["why"] for row in rows}


def key_of(module: str, original: str, mutant: Mutant) -> tuple[str, ...]:
    """How an explanation names a mutant: by the text of its line, which stays where the number of the line moves."""
    line = original.splitlines()[mutant.line - 1].strip()
    return module, line, mutant.kind, mutant.before, mutant.after


def seconds_for(tree: Path, tests: Sequence[str]) -> float:
    """How long a mutant's tests may take. Raises SystemExit where there are none, or where they fail twice on the code as it
    is; of tests that fail once and then pass, what they said is printed: a mutant may be counted as caught by their mood.
    """
    for last in (False, True):
        began = time.monotonic()
        code, said = run_tests(tree, tests)
        if not code:
            return max(LEAST_SECONDS, PATIENCE * (time.monotonic() - began))
        print(said[-LAST_WORDS:], flush=True)
        if last or code == NO_TESTS:
            break
    why = "there are none" if code == NO_TESTS else f"exit code {code}"
    raise SystemExit(f"The tests of the unchanged code do not pass ({why}): {' '.join(tests)}")


def run(
    root: Path,
    targets: dict[str, tuple[str, ...]],
    *,
    count: int,
    seed: int,
    minutes: float | None = None,
    after: int = 0,
) -> Counter[str]:
    """Run the mutants and print a line for each that survived, with how many were tried by then, so that a run which is broken
    off says something too and goes on ``after`` them; then how many of each module were caught.
    """
    print(f"seed {seed}", flush=True)
    until = None if minutes is None else time.monotonic() + minutes * 60
    why = explanations()
    results: Counter[str] = Counter()
    rows: Counter[tuple[str, str]] = Counter()
    patience: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="mutations-") as scratch:
        tree = copied(root, Path(scratch))
        for module, mutant in chosen(root, targets, count=count, seed=seed)[after:]:
            if until is not None and time.monotonic() > until:
                break
            if module not in patience:
                patience[module] = seconds_for(tree, targets[module])
            result = result_of(tree, module, mutant, targets[module], seconds=patience[module])
            if result == SURVIVED and key_of(module, (tree / module).read_text(), mutant) in why:
                result = EXPLAINED
            results[result] += 1
            rows[module, result] += 1
            if result == SURVIVED:
                place = f"{module}:{mutant.line}"
                tried = f"{after + results.total()} of {count}"
                print(f"survived  {tried}  {place}  {mutant.kind}: {mutant.before}  ->  {mutant.after}", flush=True)
    for module in sorted({module for module, _result in rows}):
        print(
            f"{module:44}"
            + "".join(f"  {rows[module, each]:3} {each}" for each in (CAUGHT, TIMED_OUT, SURVIVED, EXPLAINED))
        )
    return results


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutations", description=__doc__)
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--minutes", type=float, default=None)
    parser.add_argument(
        "--after", type=int, default=0, help="leave out so many, which a run that was broken off has tried"
    )
    parser.add_argument("--at-least", type=float, default=0)
    parser.add_argument("--module", action="append", help="only this one of the critical modules")
    options = parser.parse_args()
    targets = {module: TARGETS[module] for module in options.module or TARGETS}
    seed = secrets.randbelow(1_000_000) if options.seed is None else options.seed
    results = run(ROOT, targets, count=options.count, seed=seed, minutes=options.minutes, after=options.after)
    total = results.total() - results[EXPLAINED]
    caught = total - results[SURVIVED]
    share = 100 * caught / total if total else 0.0
    print(
        f"{results.total()} mutants: {caught} caught ({results[TIMED_OUT]} timed out), {results[SURVIVED]} survived, "
        f"{results[EXPLAINED]} explained: {share:.1f} %"
    )
    return int(share < options.at_least)


if __name__ == "__main__":
    sys.exit(main())
