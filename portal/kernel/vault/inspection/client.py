"""The parent's side: what a child is asked, and what its answer or its end says of the file."""

import json
from dataclasses import asdict, replace
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from portal.kernel.vault.inspection import sandbox, worker_pool
from portal.kernel.vault.inspection.file_types import PDF, PNG, begins_as_pdf
from portal.kernel.vault.inspection.result import Fault, Limits, Search, Verdict

ChildFailedError = worker_pool.ChildFailedError
LIMITS = Limits()
#: What reads text in pictures, and what it needs: seconds for twenty pages, and room for the models. A machine that does
#: nothing else comes to the end of the processor time first: then the file is too much, and not the machine too busy.
READING_PACKAGES = ("rapidocr", "onnxruntime")
READING_LIMITS: dict[str, Any] = {"cpu_seconds": 200, "wall_seconds": 300.0, "memory": 3 * 1024 * 1024 * 1024}
#: Room for the kept file and its verdict; a child that says more is not believed.
LONGEST_ANSWER = 64 * 1024 * 1024


def _run(request: dict[str, Any], data: bytes, limits: Limits) -> tuple[dict[str, Any], bytes]:
    """One request to a fresh child without environment. Raises ChildFailedError for a child that the file brought down.

    Raises Unavailable where nothing is known of the file: a machine that is too busy gave the child no time, or the system
    ended it from outside, for want of memory.
    """
    is_pdf = begins_as_pdf(data)
    functions = [request.get("find") if is_pdf else "", request.get("hide")]
    modules = [name.rpartition(".")[0] for name in functions if name]
    header = json.dumps({**request, "limits": asdict(limits)}).encode() + b"\n"
    answer = worker_pool.ask(
        header + data,
        is_pdf=is_pdf,
        modules=[*modules, *filter(None, [request.get("module")])],
        seconds=limits.wall_seconds,
        longest=LONGEST_ANSWER,
    )
    said, _line, out = answer.partition(b"\n")
    return json.loads(said), out


def longest_wait() -> float:
    """The most seconds that ``inspect`` takes: two children, one after the other."""
    wall_seconds: float = READING_LIMITS["wall_seconds"] if can_read_pictures() else LIMITS.wall_seconds
    return 2 * (wall_seconds + worker_pool.GRACE)


@cache
def can_read_pictures() -> bool:
    """Whether text in pictures can be read here: the extra ``ocr`` is installed."""
    return all(find_spec(name) is not None for name in READING_PACKAGES)


def given() -> sandbox.Given:
    """What the kernel of this system takes from a child. Raises ChildFailedError, Unavailable, OSError."""
    said, _out = _run({"do": "seal", "network": str(Path(sandbox.NETWORK).readlink())}, b"", LIMITS)
    return sandbox.Given(**said)


def inspect(
    data: bytes,
    *,
    extension: str | None,
    limits: Limits = LIMITS,
    find: str = "",
    hide: str = "",
    codes_only: bool = False,
) -> tuple[Verdict, bytes]:
    """The verdict on an upload and the bytes to keep (empty when refused). Nothing is written to a disk.

    ``extension`` is what the file's name claims, None when the name does not matter. ``find`` and ``hide`` name plain
    functions (``room.module.function``) that the child asks: for the numbers in a PDF's text, and for the places in a text
    that must not be kept. What ``hide`` finds in text, in QR codes and, where it can be read, in pictures, is not in the
    kept copy; a PDF that shows more than text is drawn page by page in a second child, which looks at the pages. With
    ``codes_only`` a picture of its QR codes, drawn anew, is all that is kept. A child that dies on the file is a verdict
    too, TOO_COMPLEX: the same file would kill the next one. Raises Unavailable, which is no verdict, for one that a busy
    machine did not let come to its end.
    """
    if len(data) > limits.size:
        return Verdict(fault=Fault.TOO_LARGE), b""
    reads_pictures = bool(hide) and not codes_only and can_read_pictures()
    limits = replace(limits, **READING_LIMITS) if reads_pictures else limits
    wish = {"hide": hide, "codes_only": codes_only, "reads_pictures": reads_pictures}
    try:
        # A PDF's pictures are read on its drawn pages: the first child has no use for the models.
        first = {**wish, "reads_pictures": reads_pictures and not begins_as_pdf(data)}
        said, kept = _run({"do": "inspect", "extension": extension, "find": find, **first}, data, limits)
        verdict = Verdict.from_json(said)
        if verdict.is_accepted and verdict.mime == PDF and (codes_only or (hide and verdict.shows_pictures)):
            return _looked_at(verdict, kept, limits, wish)
    except ChildFailedError as failed:
        return Verdict(fault=Fault.TOO_COMPLEX, detail=str(failed)), b""
    return verdict, kept


def _looked_at(verdict: Verdict, kept: bytes, limits: Limits, wish: dict[str, Any]) -> tuple[Verdict, bytes]:
    said, kept = _run({"do": "look", **wish}, kept, limits)
    if said["fault"]:
        return Verdict(fault=Fault(said["fault"])), b""
    if wish["codes_only"]:
        return replace(verdict, mime=PNG, pages=1, search=Search.SEARCHED, hidden=0), kept
    search = Search.SEARCHED if wish["reads_pictures"] else verdict.search
    return replace(verdict, hidden=verdict.hidden + said["hidden"], search=search), kept


def ask(module: str, data: bytes, *, asked: dict[str, Any], limits: Limits = LIMITS) -> dict[str, Any]:
    """What a plain module of a higher room says about a file, answered in the child: its name is all that room gives.

    ``module.prepare(data, asked, limits)`` loads what it needs and returns how many descriptors stay open and the function
    that answers once the limits hold. Passwords go in ``asked``, through the pipe, and end with the child. Raises
    ChildFailedError when it dies on the file, Unavailable as ``inspect``.
    """
    return ask_for_bytes(module, data, asked=asked, limits=limits)[0]


def ask_for_bytes(
    module: str, data: bytes, *, asked: dict[str, Any], limits: Limits = LIMITS
) -> tuple[dict[str, Any], bytes]:
    """As ``ask``, of a module whose answer has bytes beside it."""
    return _run({"do": "ask", "module": module, "asked": asked}, data, limits)


def page_as_png(
    data: bytes,
    *,
    mime: str,
    page: int,
    mark: str = "",
    is_large: bool = False,
    limits: Limits = LIMITS,
) -> bytes:
    """One page (from 1) of a kept document, with ``mark`` written over it.

    Raises ChildFailedError, Unavailable.
    """
    asked = {"do": "show", "mime": mime, "page": page, "mark": mark, "is_large": is_large}
    _said, out = _run(asked, data, limits)
    return out
