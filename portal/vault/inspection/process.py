"""The parent's side: start the child, hand it the bytes, judge how it ended."""

import json
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from portal.vault.inspection.kinds import PDF
from portal.vault.inspection.verdict import Fault, Limits, Verdict

ROOT = str(Path(__file__).resolve().parents[3])
#: A bare package in place of ``portal``, whose own would load the task queue and with it the settings.
_START = (
    f"import sys, types; sys.path.insert(0, {ROOT!r}); "
    f"sys.modules['portal'] = types.ModuleType('portal'); sys.modules['portal'].__path__ = [{ROOT + '/portal'!r}]; "
    "from portal.vault.inspection.child import main; main()"
)
LIMITS = Limits()
#: Room for the kept file and its verdict; a child that says more is not believed.
LONGEST_ANSWER = 64 * 1024 * 1024


class ChildFailedError(Exception):
    """The child ended without an answer: killed by a limit, or it crashed on the file."""


def _run(request: dict[str, Any], data: bytes, limits: Limits) -> tuple[dict[str, Any], bytes]:
    """One request to a fresh child without environment. Raises ChildFailedError."""
    header = json.dumps({**request, "limits": asdict(limits)}).encode() + b"\n"
    command = [sys.executable, "-I", "-c", _START]
    try:
        done = subprocess.run(
            command, input=header + data, capture_output=True, timeout=limits.wall_seconds, check=False, env={}
        )
    except subprocess.TimeoutExpired as error:
        raise ChildFailedError("time") from error
    said, _line, out = done.stdout.partition(b"\n")
    if done.returncode != 0 or not said or len(out) > LONGEST_ANSWER:
        raise ChildFailedError(f"exit {done.returncode}")
    return json.loads(said), out


def inspect(
    data: bytes, *, extension: str | None, limits: Limits = LIMITS, find: str = "", hide: str = ""
) -> tuple[Verdict, bytes]:
    """The verdict on an upload and the bytes to keep (empty when refused). Nothing is written to a disk.

    ``extension`` is what the file's name claims, None when the name does not matter. ``find`` and ``hide`` name plain
    functions (``room.module.function``) that the child asks: for the numbers in a PDF's text, and for the places in a text
    that must not be kept. What ``hide`` finds in text and in QR codes is not in the kept copy; a PDF that shows more than
    text is drawn page by page in a second child, which looks for codes on the pages. A child that dies on the file is a
    verdict too, TOO_COMPLEX: the same file would kill the next one.
    """
    if len(data) > limits.size:
        return Verdict(fault=Fault.TOO_LARGE), b""
    try:
        said, kept = _run({"do": "inspect", "extension": extension, "find": find, "hide": hide}, data, limits)
        verdict = Verdict.from_json(said)
        if hide and verdict.mime == PDF and verdict.shows_pictures and verdict.is_accepted:
            return _looked_at(verdict, kept, limits, hide)
    except ChildFailedError as failed:
        return Verdict(fault=Fault.TOO_COMPLEX, detail=str(failed)), b""
    return verdict, kept


def _looked_at(verdict: Verdict, kept: bytes, limits: Limits, hide: str) -> tuple[Verdict, bytes]:
    said, kept = _run({"do": "look", "hide": hide}, kept, limits)
    if said["fault"]:
        return Verdict(fault=Fault(said["fault"])), b""
    return replace(verdict, hidden=verdict.hidden + said["hidden"]), kept


def ask(module: str, data: bytes, *, asked: dict[str, Any], limits: Limits = LIMITS) -> dict[str, Any]:
    """What a plain module of a higher room says about a file, answered in the child: its name is all that room gives.

    ``module.prepare(data, asked, limits)`` loads what it needs and returns how many descriptors stay open and the function
    that answers once the limits hold. Passwords go in ``asked``, through the pipe, and end with the child. Raises
    ChildFailedError when it dies on the file.
    """
    said, _out = _run({"do": "ask", "module": module, "asked": asked}, data, limits)
    return said


def page_as_png(data: bytes, *, mime: str, page: int, limits: Limits = LIMITS) -> bytes:
    """One page (from 1) of a kept document. Raises ChildFailedError."""
    _said, out = _run({"do": "show", "mime": mime, "page": page}, data, limits)
    return out
