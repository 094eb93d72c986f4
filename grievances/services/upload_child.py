"""The child process that opens a stranger's file. Started with ``python -I``; it knows nothing of the portal.

Reads ``in`` in the directory it is given, writes ``out`` there, and prints one JSON object: ``media_type`` or ``reason``.
"""

import json
import resource
import sys
from pathlib import Path
from typing import Any

MEMORY = 1024 * 1024 * 1024
CPU_SECONDS = 20
LARGEST_OUTPUT = 40 * 1024 * 1024
MOST_PIXELS = 50_000_000
MOST_PAGES = 100
ACTIVE = frozenset(
    [
        "/OpenAction",
        "/AA",
        "/JS",
        "/JavaScript",
        "/Launch",
        "/SubmitForm",
        "/ImportData",
        "/GoToR",
        "/GoToE",
        "/RichMedia",
        "/XFA",
        "/Rendition",
    ]
)
EMBEDDED = frozenset(["/EmbeddedFile", "/EmbeddedFiles", "/Filespec"])


class RefusedFile(Exception):
    """Carries the code of the one thing that is wrong."""


def limit() -> None:
    """Less memory, time and disk than the machine has; no new processes' files beyond ours."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_OUTPUT, LARGEST_OUTPUT))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def judge(place: Path) -> str:
    """Write the safe form of the file and return its type. Raises RefusedFile."""
    head = (place / "in").open("rb").read(8)
    if head.startswith(b"%PDF-"):
        return safe_pdf(place)
    if head.startswith(b"\xff\xd8\xff"):
        return safe_image(place, "JPEG")
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return safe_image(place, "PNG")
    raise RefusedFile("TYPE")


def safe_image(place: Path, kind: str) -> str:
    """Decode every pixel and encode them anew: metadata, tails and hidden parts stay behind."""
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = None  # our own limit, and an error instead of a warning
    with Image.open(place / "in", formats=(kind,)) as image:
        if image.width * image.height > MOST_PIXELS:
            raise RefusedFile("TOO_MANY_PIXELS")
        image.load()
        upright = ImageOps.exif_transpose(image)
        plain = upright.convert("RGB" if kind == "JPEG" or upright.mode not in {"L", "RGB", "RGBA"} else upright.mode)
        clean = Image.frombytes(plain.mode, plain.size, plain.tobytes())
        clean.save(place / "out", kind)
    return "image/jpeg" if kind == "JPEG" else "image/png"


def safe_pdf(place: Path) -> str:
    """Walk every object from the trailer; refuse what acts or carries other files; write a new file of the rest."""
    import pikepdf

    try:
        with pikepdf.open(place / "in") as pdf:
            if len(pdf.pages) > MOST_PAGES:
                raise RefusedFile("TOO_MANY_PAGES")
            if pdf.is_encrypted:
                raise RefusedFile("ENCRYPTED")
            walk(pdf.trailer)
            if "/Info" in pdf.trailer:
                del pdf.trailer["/Info"]
            if "/Metadata" in pdf.Root:
                del pdf.Root["/Metadata"]
            pdf.save(place / "out")
    except pikepdf.PasswordError as error:
        raise RefusedFile("ENCRYPTED") from error
    return "application/pdf"


def walk(start: Any) -> None:
    """Every dictionary and array that can be reached, each once. Raises RefusedFile for a name that acts."""
    import pikepdf

    seen: set[tuple[int, int]] = set()
    waiting = [start]
    while waiting:
        item = waiting.pop()
        if getattr(item, "is_indirect", False):
            if item.objgen in seen:
                continue
            seen.add(item.objgen)
        if isinstance(item, pikepdf.Array):
            waiting.extend(child for child in item if isinstance(child, pikepdf.Object))
        elif isinstance(item, pikepdf.Dictionary | pikepdf.Stream):
            for name, child in item.items():
                judge_name(name, child)
                if isinstance(child, pikepdf.Object):
                    waiting.append(child)


def judge_name(name: str, child: Any) -> None:
    """A key, or the value of /S, /Type or /Subtype, that makes a viewer act."""
    named = {name} | ({str(child)} if name in {"/S", "/Type", "/Subtype"} else set())
    if named & EMBEDDED:
        raise RefusedFile("EMBEDDED_FILE")
    if named & ACTIVE:
        raise RefusedFile("ACTIVE_CONTENT")


def main() -> None:
    """Print the verdict. Any other failure of a library means that the file cannot be opened."""
    place = Path(sys.argv[1])
    limit()
    try:
        verdict = {"media_type": judge(place)}
    except RefusedFile as refused:
        verdict = {"reason": str(refused)}
    except Exception:  # noqa: BLE001 - whatever a library says of a stranger's file, the file is what is wrong
        verdict = {"reason": "CORRUPT"}
    sys.stdout.write(json.dumps(verdict))


if __name__ == "__main__":
    main()
