"""Runs the campaign, and prints and writes its table. The exit code is 1 where a reader failed."""

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[2]
PAGE: Final = ROOT / "portal/docs/campaigns.md"
BEGIN, END = "<!-- fuzzing: begin -->", "<!-- fuzzing: end -->"
#: What one input may take: megabytes beyond what the reader needs for its examples, and seconds of processor time.
MOST_MEGABYTES, MOST_SECONDS = 200, 20.0
#: Seconds of processor time beyond those of the run after which the kernel ends a process that one input holds; where the
#: machine is busy that takes longer, and one that waits for nothing is ended after ``PATIENCE`` times as long.
HANGS_AFTER: Final = 60
PATIENCE: Final = 10


@dataclass
class Found:
    """What came of one reader: how many inputs, how many of them it read, the worst of them, and the fault if any."""

    reader: str
    inputs: int = 0
    read: int = 0
    slowest: float = 0.0
    megabytes: float = 0.0
    fault: str = ""


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _outcome(reader: Any, data: bytes) -> bool:
    """Whether the reader read it. Raises what is no refusal."""
    try:
        said = reader.ask(data)
    except reader.refusals:
        return False
    return not isinstance(said, str) or not said


def work(name: str, reader: Any, *, seconds: float, seed: int, most: int = 0, last: Path | None = None) -> Found:
    """Break inputs and have them read until the time is over (or ``most`` were read), in this process.

    Each input is in ``last`` while it is read: if the process dies, that is the one.
    """
    from tests.fuzzing.breaking import broken

    examples = reader.examples()
    for example in examples:
        _outcome(reader, example)
    found, rng, before = Found(name), random.Random(f"{seed} {name}"), _peak()
    ends = time.monotonic() + seconds
    while time.monotonic() < ends and not found.fault and (not most or found.inputs < most):
        data = broken(examples, rng)
        if last is not None:
            last.write_bytes(data)
        begun = time.process_time()
        try:
            found.read += _outcome(reader, data)
        except Exception as error:  # noqa: BLE001 - whatever a reader raises is what is looked for
            found.fault = f"{type(error).__name__} at input {found.inputs}"
        taken = time.process_time() - begun
        found.inputs, found.slowest, found.megabytes = found.inputs + 1, max(found.slowest, taken), _peak() - before
        if found.megabytes > MOST_MEGABYTES:
            found.fault = found.fault or f"more than {MOST_MEGABYTES} MB at input {found.inputs - 1}"
        if taken > MOST_SECONDS:
            found.fault = found.fault or f"more than {MOST_SECONDS:.0f} s at input {found.inputs - 1}"
    return found


def _alone(name: str, *, seconds: float, seed: int, kept: Path) -> Found:
    """The same in a process of its own, which may die."""
    last = kept / "".join(letter if letter.isalnum() else "_" for letter in name)
    command = [sys.executable, "-m", "tests.fuzzing", "--only", name, "--seconds", str(seconds), "--seed", str(seed)]
    try:
        ended = subprocess.run(
            [*command, "--last", str(last)],
            cwd=ROOT,
            capture_output=True,
            check=False,
            timeout=PATIENCE * (seconds + HANGS_AFTER),
        )
    except subprocess.TimeoutExpired:
        return Found(name, fault="one input held it")
    if ended.returncode not in {0, 1} or not ended.stdout.strip():
        return Found(name, fault=f"the process ended with {ended.returncode}: {ended.stderr.decode()[-200:]}")
    return Found(**json.loads(ended.stdout.splitlines()[-1]))


def table(found: list[Found], *, seconds: float, seed: int) -> str:
    command = f"python -m tests.fuzzing --seconds {seconds:.0f} --seed {seed} --write"
    lines = [
        f"`{command}`: each reader for {seconds:.0f} seconds, with inputs broken at random.",
        "",
        "| Reader | Inputs | Read all the same | Slowest, s of processor | Memory beyond its examples, MB | Failed |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {each.reader} | {each.inputs:,} | {each.read:,} | {each.slowest:.2f} | {each.megabytes:.0f} | {each.fault or 0} |"
        for each in found
    ]
    return "\n".join(lines)


def written(page: str, text: str) -> str:
    """The page with the table in the place of the one before. Raises ValueError where it has no place for it."""
    before, begin, rest = page.partition(BEGIN)
    _old, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"the page has no place for the table: {BEGIN} {END}")
    return f"{before}{BEGIN}\n{text}\n{END}{after}"


def main() -> int:
    asked = argparse.ArgumentParser(prog="python -m tests.fuzzing", description=__doc__)
    asked.add_argument("--seconds", type=float, default=600.0, help="for each reader")
    asked.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    asked.add_argument("--only", default="", help="the name of one reader")
    asked.add_argument("--last", type=Path, help=argparse.SUPPRESS)
    asked.add_argument("--write", action="store_true", help="put the table into portal/docs/campaigns.md")
    given = asked.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    import django

    django.setup()
    from tests.fuzzing.readers import READERS

    if given.last:
        limit = int(given.seconds) + HANGS_AFTER
        resource.setrlimit(resource.RLIMIT_CPU, (limit, limit))
        one = work(given.only, READERS[given.only], seconds=given.seconds, seed=given.seed, last=given.last)
        print(json.dumps(asdict(one)))
        return int(bool(one.fault))
    kept = Path(tempfile.mkdtemp(prefix="fuzzing-"))
    found = []
    for name in READERS:
        if given.only in {"", name}:
            found.append(_alone(name, seconds=given.seconds, seed=given.seed, kept=kept))
            print(found[-1], flush=True)
    text = table(found, seconds=given.seconds, seed=given.seed)
    print(f"seed {given.seed}\n\n{text}")
    if given.write:
        PAGE.write_text(written(PAGE.read_text(), text))
    failed = Counter(bool(each.fault) for each in found)[True]
    if failed:
        print(f"{failed} of {len(found)} readers failed; the input that each read last is in {kept}")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
