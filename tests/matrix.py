"""``./run test``: the tests on the stack that the environment names; ``--full``: every Python, both stacks, the long ones, and
mutants of the critical modules.

Without settings the stack is the embedded one (SQLite, no Redis). DATABASE_URL, KEYS_DATABASE_URL and REDIS_URL choose
the other. BROWSER_REQUIRED=1 makes a missing Chromium an error instead of a line. TEST_CLOCK=2028-02-29T18:25:00+00:00
moves the clock of every test process; ``--calendar`` runs everything but browsers and long tests on one such day after the
other, and prints how each ended.
"""

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
#: The shell has no window and no graphics process: it takes a quarter less of the processor.
CHROMIUM_NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
POSTGRES = os.environ.get("MATRIX_DATABASE_URL", "postgres://postgres@127.0.0.1:5432")
TEMPLATES = Path(tempfile.gettempdir()) / f"portal-templates-{os.getuid()}"
REDIS = os.environ.get("MATRIX_REDIS_URL", "redis://127.0.0.1:6379/15")
#: Mutants of the long matrix, and the share in per cent that the tests have to catch.
MUTANTS, CAUGHT_AT_LEAST = 300, 92


def chromium() -> str | None:
    """The browser's path, or None."""
    given = os.environ.get("CHROMIUM", "")
    if given and Path(given).exists():
        return given
    return next((path for name in CHROMIUM_NAMES if (path := shutil.which(name))), None)


def run_pytest(marks: str, extra: list[str], environment: dict[str, str]) -> int:
    """One pytest run in a temporary directory of its own; its exit code."""
    with tempfile.TemporaryDirectory(prefix="portal-tests-") as scratch:
        settings = {**os.environ, **environment, "TMPDIR": scratch}
        # Outside the run's own folder: the next run finds the migrated databases again.
        settings.setdefault("TEST_TEMPLATES", str(TEMPLATES))
        # A hundred processes start in a run: each would compile the portal anew where Python may not keep what it compiled.
        settings.pop("PYTHONDONTWRITEBYTECODE", None)
        # One more than there are cores: who waits for a browser or for a process leaves its core to another.
        workers = (
            [] if any(option.startswith("-n") for option in extra) else ["-n", str(min(4, (os.cpu_count() or 1) + 1))]
        )
        # A worker that has nothing left takes tests of the other's: no long module keeps one core waiting at the end.
        command = [sys.executable, "-m", "pytest", "-q", *workers, "--dist", "worksteal", "-m", marks, *extra]
        return subprocess.run(command, cwd=ROOT, env=settings, check=False).returncode


def quick(extra: list[str]) -> int:
    """Everything but the long tests, on the present stack."""
    browser = chromium()
    if browser is None and os.environ.get("BROWSER_REQUIRED") == "1":
        print(
            "Chromium is missing and browser tests are required: apt install chromium-headless-shell", file=sys.stderr
        )
        return 2
    marks = ["not full"]
    if browser is None:
        marks.append("not browser")
    if not os.environ.get("REDIS_URL"):
        marks.append("not workers")
    environment = {"CHROMIUM": browser} if browser else {}
    code = run_pytest(" and ".join(marks), extra, environment)
    if browser is None:
        print(
            "Browser tests were left out: install Chromium (Debian: apt install chromium-headless-shell) and run this again."
        )
    return code


def full(extra: list[str]) -> int:
    """Every test, long ones too, on both stacks; then the quick ones on every other Python that is here, and the mutants where
    no tests were named.
    """
    browser = chromium()
    if browser is None:
        print("The long matrix needs Chromium: apt install chromium-headless-shell", file=sys.stderr)
        return 2
    stacks = {
        "embedded (SQLite)": {"DATABASE_URL": "", "KEYS_DATABASE_URL": "", "REDIS_URL": ""},
        "PostgreSQL and Redis": {
            "DATABASE_URL": f"{POSTGRES}/portal_full",
            "KEYS_DATABASE_URL": f"{POSTGRES}/portal_full_keys",
            "REDIS_URL": REDIS,
        },
    }
    results: dict[str, int] = {}
    for name, environment in stacks.items():
        marks = "full or not full" if environment["REDIS_URL"] else "not workers"
        print(f"== {name}, Python {sys.version_info.major}.{sys.version_info.minor}", flush=True)
        results[name] = run_pytest(marks, extra, {**environment, "CHROMIUM": browser})
    for name in ("python3.11", "python3.12", "python3.13"):
        path = shutil.which(name)
        if path and not name.endswith(f"3.{sys.version_info.minor}"):
            print(f"== embedded, {name}", flush=True)
            settings = {**os.environ, "PYTHON": path, "CHROMIUM": browser}
            results[name] = subprocess.run(["./run", "test", *extra], cwd=ROOT, env=settings, check=False).returncode
    if all(option.startswith("-") for option in extra):
        print("== mutants", flush=True)
        results["mutants"] = mutants()
    for name, code in results.items():
        print(f"{name}: {'passed' if code == 0 else f'FAILED ({code})'}")
    return max(results.values())


def mutants() -> int:
    """Small faults in the critical modules, chosen by a seed that is printed: 1 where too few of them are caught."""
    counts = ["--count", str(MUTANTS), "--at-least", str(CAUGHT_AT_LEAST)]
    return subprocess.run([sys.executable, "-m", "tests.mutations", *counts], cwd=ROOT, check=False).returncode


def days_of_the_calendar(today: datetime, seed: int) -> list[datetime]:
    """Instants at which a test that rests on the date would fail, in UTC: ends and turns of months, years, days and the law."""
    leap = next(year for year in range(today.year + 1, today.year + 9) if year % 4 == 0)
    turn = datetime(today.year + 1, 1, 1, tzinfo=UTC)
    india = timedelta(hours=5, minutes=30)
    fixed = [
        datetime(today.year + 1, 1, 31, 12, tzinfo=UTC),
        datetime(today.year + 1, 2, 28, 12, tzinfo=UTC),
        datetime(leap, 2, 29, 12, tzinfo=UTC),
        turn - timedelta(minutes=30),
        turn + timedelta(minutes=30),
        turn - india - timedelta(minutes=30),
        turn - india + timedelta(minutes=30),
        # The hour before midnight in India: another day there than here an hour later.
        datetime(today.year + 1, 6, 15, 18, 5, tzinfo=UTC),
        # The day on which the rest of the DPDP Rules holds, and those beside it.
        *(datetime(2027, 5, day, 12, tzinfo=UTC) for day in (12, 13, 14)),
    ]
    chance = random.Random(seed)
    some = [today + timedelta(minutes=chance.randrange(3 * 365 * 24 * 60)) for _day in range(5)]
    return sorted({day.replace(second=0, microsecond=0) for day in (*fixed, *some)})


def calendar(extra: list[str], seed: int) -> int:
    """The quick tests without browsers and workers on each day; 1 where one of them failed."""
    print(f"== calendar, seed {seed}", flush=True)
    results: dict[str, int] = {}
    for day in days_of_the_calendar(datetime.now(tz=UTC), seed):
        print(f"== {day.isoformat()}", flush=True)
        marks = "not full and not browser and not workers"
        results[day.isoformat()] = run_pytest(marks, extra, {"TEST_CLOCK": day.isoformat()})
    for name, code in results.items():
        print(f"{name}: {'passed' if code == 0 else f'FAILED ({code})'}")
    return max(results.values())


def main() -> int:
    parser = argparse.ArgumentParser(prog="./run test", description=__doc__)
    parser.add_argument("--full", action="store_true", help="the long matrix")
    parser.add_argument("--calendar", action="store_true", help="on days that are turns of a month, a year or the law")
    parser.add_argument("--seed", type=int, default=random.randrange(10_000), help="of the five other days")
    options, extra = parser.parse_known_args()
    if options.calendar:
        return calendar(extra, options.seed)
    return full(extra) if options.full else quick(extra)


if __name__ == "__main__":
    sys.exit(main())
