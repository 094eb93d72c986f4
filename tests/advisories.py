"""Known vulnerabilities of the locked packages, from a file in this project: no check of a change needs a network.

``python -m tests.advisories`` holds the three locks against the file and says of which day it is. ``python -m
tests.advisories COPY`` writes the file anew from a copy of the Python Packaging Advisory Database (a git repository):
only identifiers and ranges of versions of the packages in the locks, not its sentences.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Any, Final

import yaml
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT: Final = Path(__file__).resolve().parent.parent
FILE: Final = Path(__file__).with_name("data") / "advisories.json"
LOCKS: Final = tuple(ROOT / f"requirements{part}.lock" for part in ("", "-test", "-extras"))
#: Advisories of a pinned version that do not concern us, each with the reason.
ACCEPTED: Final[dict[str, str]] = {}
OLD_DAYS: Final = 30
_PIN: Final = re.compile(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)", re.MULTILINE)


def pins(locks: Iterable[Path] = LOCKS) -> dict[str, set[str]]:
    """The versions that the locks name, by package."""
    found: dict[str, set[str]] = {}
    for lock in locks:
        for name, version in _PIN.findall(lock.read_text()):
            found.setdefault(canonicalize_name(name), set()).add(version)
    return found


def problems(pinned: dict[str, set[str]], known: dict[str, Any]) -> Iterator[str]:
    """One line for each package that the file does not cover, and for each advisory that a pinned version has."""
    packages: dict[str, list[dict[str, Any]]] = known["packages"]
    for name, versions in sorted(pinned.items()):
        if name not in packages:
            yield f"{name}: the file was written before this package was locked; write it anew"
        for advisory in packages.get(name, []):
            affected = sorted(version for version in versions if is_affected(version, advisory))
            if affected and advisory["id"] not in ACCEPTED:
                yield f"{name} {', '.join(affected)}: {advisory['id']} ({', '.join(advisory['aliases']) or 'no alias'})"


def is_affected(version: str, advisory: dict[str, Any]) -> bool:
    """Whether a version lies in one of the ranges (OSV schema: events in their order), or is listed by itself."""
    if version in advisory["versions"]:
        return True
    own = Version(version)
    return any(
        Version(span["introduced"]) <= own
        and ("fixed" not in span or own < Version(span["fixed"]))
        and ("last_affected" not in span or own <= Version(span["last_affected"]))
        for span in advisory["ranges"]
    )


def spans(events: Iterable[dict[str, str]]) -> Iterator[dict[str, str]]:
    """The events of a range as spans: each from where it was introduced to where it ended."""
    span: dict[str, str] = {}
    for event in events:
        if "introduced" in event:
            if span:
                yield span
            span = {"introduced": event["introduced"]}
        elif span:
            span |= event
    if span:
        yield span


def advisory_of(text: str) -> dict[str, Any] | None:
    """What the file keeps of an advisory; None for one that was withdrawn."""
    given = yaml.safe_load(text)
    if given.get("withdrawn"):
        return None
    ranges = [found for each in given["affected"] for found in each.get("ranges", []) if found["type"] == "ECOSYSTEM"]
    found = [span for each in ranges for span in spans(each["events"])]
    listed = {str(version) for each in given["affected"] for version in each.get("versions", [])}
    # A list of all versions in a range says nothing more than the range.
    alone = sorted(version for version in listed if not found)
    return {"id": given["id"], "aliases": sorted(given.get("aliases", [])), "ranges": found, "versions": alone}


def written(copy: Path) -> dict[str, Any]:
    """The content of the file, from the newest state of a git repository."""

    def git(*arguments: str) -> str:
        return subprocess.run(["git", "-C", copy, *arguments], check=True, capture_output=True, text=True).stdout

    packages: dict[str, list[dict[str, Any]]] = {name: [] for name in sorted(pins())}
    for path in git("ls-tree", "-r", "--name-only", "HEAD", "vulns/").splitlines():
        name = canonicalize_name(path.split("/")[1])
        if name in packages and (found := advisory_of(git("show", f"HEAD:{path}"))):
            packages[name].append(found)
    as_of = git("log", "-1", "--format=%cs").strip()
    return {"source": "Python Packaging Advisory Database, CC BY 4.0", "as_of": as_of, "packages": packages}


def main(arguments: list[str]) -> int:
    """Check, or write anew from a copy of the database; 1 where something is to be done."""
    if arguments:
        FILE.write_text(json.dumps(written(Path(arguments[0])), indent=1) + "\n")
    known = json.loads(FILE.read_text())
    found = list(problems(pins(), known))
    print(*found, sep="\n", end="\n" if found else "")
    print(summary(known, len(found), today=date.today()))  # noqa: DTZ011 - the age of a file
    return 1 if found else 0


def summary(known: dict[str, Any], found: int, *, today: date) -> str:
    """One line: of which day the file is, how old, and what it cannot say."""
    age = (today - date.fromisoformat(known["as_of"])).days
    line = f"{len(known['packages'])} packages against the advisories known on {known['as_of']}, {age} days ago: {found} to act on"
    doubt = ". TOO OLD: what became known since is not in it; write it anew"
    return line + (doubt if age > OLD_DAYS else "")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
