"""The child process: reads one request from standard input, answers on standard output, and can do nothing else.

After its libraries are loaded it gives up memory, time and every new file descriptor: no file can be opened and no
connection made. It knows no key and no name; the bytes never lie on a disk. The libraries for PDFs are as large as all
the rest, so that a picture's child does not load them.
"""

import codecs
import importlib
import io
import json
import resource
import sys
from typing import TYPE_CHECKING, Any

from PIL import Image

from portal.vault.inspection import images, kinds
from portal.vault.inspection.verdict import Fault, Limits, RefusedFileError, Verdict

if TYPE_CHECKING:
    from portal.vault.inspection.pdfs import Finder

#: The EXIF tag that says which way up a photo was taken.
TURNED = 0x0112


def warm(*, is_pdf: bool) -> None:
    """Use each library once: what they load late must be loaded before the limits close the door."""
    for name in ("ascii", "latin-1", "utf-8", "utf-16-be", "unicode_escape"):
        codecs.lookup(name)
    tags = Image.Exif()
    tags[TURNED] = 6
    for mime, form in images.FORMATS.items():
        out = io.BytesIO()
        Image.new("RGBA" if mime == kinds.PNG else "RGB", (2, 1)).save(out, form, exif=tags)
        images.rewritten(out.getvalue(), mime, Limits())
    kinds.named(b"%PDF-1.7")
    if is_pdf:
        _pdfs().warm()


def _pdfs() -> Any:
    return importlib.import_module("portal.vault.inspection.pdfs")


def confine(limits: Limits, *, descriptors: int = 0) -> None:
    """From here on: so much memory and processor time, no new file, connection, process or core dump."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory, limits.memory))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_seconds, limits.cpu_seconds + 1))
    resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))


def finder(name: str) -> "Finder":
    """The function ``room.module.function`` from texts to numbers by type; one that finds nothing without a name.

    A higher room gives its name, because this process is fresh and this room may not import that one. A file in whose
    text it finds something under "aadhaar" is refused.
    """
    if not name:
        return lambda texts: {}
    module, _dot, function = name.rpartition(".")
    found: Finder = getattr(importlib.import_module(module), function)
    return found


def inspect(data: bytes, extension: str | None, limits: Limits, find: "Finder") -> tuple[Verdict, bytes]:
    """The verdict and, for a file that may be kept, the bytes to keep."""
    try:
        if len(data) > limits.size:
            raise RefusedFileError(Fault.TOO_LARGE)
        mime = kinds.sniff(data, extension)
        return _pdfs().rewritten(data, limits, find) if mime == kinds.PDF else images.rewritten(data, mime, limits)
    except RefusedFileError as refused:
        return Verdict(fault=refused.fault, detail=refused.detail), b""
    except (MemoryError, RecursionError):
        return Verdict(fault=Fault.TOO_COMPLEX), b""


def main() -> None:
    given = sys.stdin.buffer
    request: dict[str, Any] = json.loads(given.readline())
    data = given.read()
    limits = Limits(**request["limits"])
    said: dict[str, Any] = {}
    is_pdf = kinds.begins_as_pdf(data)
    warm(is_pdf=is_pdf)
    if request["do"] == "inspect":
        find = finder(str(request["find"]) if is_pdf else "")
        confine(limits)
        verdict, out = inspect(data, request["extension"], limits, find)
        said = verdict.as_json()
    elif request["do"] == "ask":
        module = importlib.import_module(request["module"])
        descriptors, answer = module.prepare(data, request["asked"], limits)
        confine(limits, descriptors=descriptors)
        said, out = answer(), b""
    elif request["mime"] == kinds.PDF:
        pages = importlib.import_module("portal.vault.inspection.pages")
        document = pages.in_memory(data)
        pages.warm()
        confine(limits, descriptors=document + 2)
        out = pages.drawn(document, int(request["page"]))
    else:
        confine(limits)
        out = images.shown(data, str(request["mime"]), limits)
    sys.stdout.buffer.write(json.dumps(said).encode() + b"\n" + out)
    sys.stdout.buffer.flush()
