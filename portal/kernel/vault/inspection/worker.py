"""The child process: reads one request from standard input, answers on standard output, and can do nothing else.

Before it loads anything it may read nothing but libraries; when they are loaded it gives up memory, time, its account,
every new file descriptor and every system call that it does not need (``confinement``): no file can be opened and no
connection made. It knows no key and no name; the bytes never lie on a disk. It is a copy of a process that has loaded what
earlier requests wanted and seen none of their files (``original``); what only some requests want is loaded for those
alone: the libraries for PDFs are as large as all the rest.
"""

import codecs
import importlib
import io
import json
import resource
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image

from portal.kernel.vault.inspection import file_types, image_sanitiser, sandbox, watermark
from portal.kernel.vault.inspection.redaction import KEEP_AS_IT_IS, Drawer, Reader, Wish, codes, hides_nothing
from portal.kernel.vault.inspection.result import Fault, Limits, RefusedFileError, Verdict

if TYPE_CHECKING:
    from portal.kernel.vault.inspection.pdf_sanitiser import Finder

#: How finely a page of a PDF is drawn, as it is and magnified.
NORMAL_PPI, LARGE_PPI = 110.0, 220.0
#: The EXIF tag that says which way up a photo was taken.
TURNED = 0x0112
#: What the library for pictures loads only when a file wants it: profiles of colours, and photos of two frames, as most
#: phones take them.
LATE = ("PIL.ImageCms", "PIL.MpoImagePlugin")
ROOT = str(Path(__file__).resolve().parents[4])


def warm(*, is_pdf: bool) -> None:
    """Use each library once: what they load late must be loaded before the limits close the door."""
    warm_for_pictures()
    if is_pdf:
        warm_for_pdfs()


@cache
def warm_for_pictures() -> None:
    """Once in a process; a copy of a warm one is warm."""
    for name in ("ascii", "latin-1", "utf-8", "utf-16-be", "unicode_escape"):
        codecs.lookup(name)
    for name in LATE:
        importlib.import_module(name)
    tags = Image.Exif()
    tags[TURNED] = 6
    for mime, form in image_sanitiser.FORMATS.items():
        out = io.BytesIO()
        Image.new("RGBA" if mime == file_types.PNG else "RGB", (2, 1)).save(out, form, exif=tags)
        image_sanitiser.rewritten(out.getvalue(), mime, Limits())
    file_types.named(b"%PDF-1.7")


@cache
def warm_for_pdfs() -> None:
    """As ``warm_for_pictures``, beside it."""
    _pdfs().warm()


def _pdfs() -> Any:
    return importlib.import_module("portal.kernel.vault.inspection.pdf_sanitiser")


def _looking() -> Any:
    return importlib.import_module("portal.kernel.vault.inspection.page_scan")


def _pages() -> Any:
    return importlib.import_module("portal.kernel.vault.inspection.page_images")


def _drawing(data: bytes) -> int:
    """The descriptor of a document in memory, with the library that draws it ready."""
    document: int = _pages().in_memory(data)
    _pages().warm()
    return document


def confine(limits: Limits, *, descriptors: int = 0) -> None:
    """From here on: so much memory and processor time, no new file, connection, process, program or core dump.

    With ``descriptors`` a library may open the one document that lies in memory, to read it.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory, limits.memory))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_seconds, limits.cpu_seconds + 1))
    resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))
    sandbox.hide_memory()
    sandbox.be_nobody()
    sandbox.allow_only(sandbox.DRAWING if descriptors else sandbox.READING)


def packages(request: dict[str, Any]) -> set[str]:
    """The packages of ours that a request has loaded, by their folders."""
    modules = (request.get("find"), request.get("hide"), request.get("module"))
    return {"portal", *(str(name).partition(".")[0] for name in modules if name)}


def _is_apart(network: str) -> bool:
    """Whether this process has another network than the one who asks, who says which."""
    return str(Path(sandbox.NETWORK).readlink()) != network


def named(name: str) -> Any:
    """The function ``room.module.function``.

    A higher room gives its name, because this process is fresh and this room may not import that one.
    """
    module, _dot, function = name.rpartition(".")
    return getattr(importlib.import_module(module), function)


def finds_nothing(texts: Iterable[str]) -> dict[str, list[str]]:
    """For rooms that want no numbers read."""
    return {}


def inspect(
    data: bytes, extension: str | None, limits: Limits, find: "Finder", wish: Wish = KEEP_AS_IT_IS
) -> tuple[Verdict, bytes]:
    """The verdict and, for a file that may be kept, the bytes to keep."""
    try:
        if len(data) > limits.size:
            raise RefusedFileError(Fault.TOO_LARGE)
        mime = file_types.sniff(data, extension)
        if mime == file_types.PDF:
            judged: tuple[Verdict, bytes] = _pdfs().rewritten(data, limits, find, wish)
            return judged
        return image_sanitiser.rewritten(data, mime, limits, wish)
    except RefusedFileError as refused:
        return Verdict(fault=refused.fault, detail=refused.detail), b""
    except (MemoryError, RecursionError):
        return Verdict(fault=Fault.TOO_COMPLEX), b""


def wished(request: dict[str, Any]) -> Wish:
    """What the parent wishes of the kept copy, with what reads pictures loaded where it asks for that."""
    readers: tuple[Reader, ...] = (codes,)
    if request.get("reads_pictures"):
        reading = importlib.import_module("portal.kernel.vault.inspection.ocr")
        reading.warm()
        readers = (codes, reading.lines)
    hide = named(request["hide"]) if request.get("hide") else hides_nothing
    return Wish(hide, readers, draw=_drawer() if request.get("codes_only") else None)


def _drawer() -> Drawer:
    anew = importlib.import_module("portal.kernel.vault.inspection.qr_rescan")
    anew.warm()
    drawer: Drawer = anew.drawn_anew
    return drawer


def look(data: bytes, document: int, wish: Wish) -> tuple[dict[str, Any], bytes]:
    """The pages of a copy written anew, drawn and searched: what was covered or the fault, and the copy as kept then."""
    try:
        count, out = _looking().looked_at(data, document, wish)
    except RefusedFileError as refused:
        return {"fault": refused.fault, "hidden": 0}, b""
    return {"fault": None, "hidden": count}, out


def main() -> None:
    given = sys.stdin.buffer
    request: dict[str, Any] = json.loads(given.readline())
    data = given.read()
    limits = Limits(**request["limits"])
    said: dict[str, Any] = {}
    has_only_libraries = sandbox.leave_only_files(sandbox.libraries(ROOT, packages(request)))
    is_pdf = file_types.begins_as_pdf(data)
    warm(is_pdf=is_pdf)
    find = named(request["find"]) if request.get("find") and is_pdf else finds_nothing
    wish = wished(request)
    if request["do"] == "seal":
        is_apart = _is_apart(request["network"])
        calls = sandbox.allow_only(sandbox.READING)
        said, out = {"calls": calls, "files": has_only_libraries, "apart": is_apart}, b""
    elif request["do"] == "inspect":
        confine(limits)
        verdict, out = inspect(data, request["extension"], limits, find, wish)
        said = verdict.as_json()
    elif request["do"] == "ask":
        module = importlib.import_module(request["module"])
        descriptors, answer = module.prepare(data, request["asked"], limits)
        confine(limits, descriptors=descriptors)
        answered = answer()
        said, out = answered if isinstance(answered, tuple) else (answered, b"")
    elif is_pdf:
        document = _drawing(data)
        watermark.warm()
        if request["do"] == "look":
            _looking()
            confine(limits, descriptors=document + 2)
            said, out = look(data, document, wish)
        else:
            confine(limits, descriptors=document + 2)
            ppi = LARGE_PPI if request["is_large"] else NORMAL_PPI
            drawn = _pages().drawn(document, int(request["page"]), ppi=ppi)
            out = watermark.stamped(drawn, mark=str(request["mark"]))
    else:
        watermark.warm()
        confine(limits)
        side = image_sanitiser.LARGE_SIDE if request["is_large"] else image_sanitiser.SHOWN_SIDE
        drawn = image_sanitiser.shown(data, str(request["mime"]), limits, side=side)
        out = watermark.stamped(drawn, mark=str(request["mark"]))
    sys.stdout.buffer.write(json.dumps(said).encode() + b"\n" + out)
    sys.stdout.buffer.flush()
