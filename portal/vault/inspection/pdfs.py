"""PDFs: the whole graph of objects is walked, then the file is written anew without what nobody needs to read it."""

import io
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pikepdf
from pikepdf.sanitize import Sanitizer

from portal.vault.inspection.kinds import PDF, refuse_tail
from portal.vault.inspection.pdf_text import DocumentText, read_text
from portal.vault.inspection.verdict import Fault, Limits, RefusedFileError, Verdict

#: From texts to the numbers in them, by type.
Finder = Callable[[Iterable[str]], dict[str, list[str]]]
#: A raw search misses scripts in object streams, and a look at top-level objects misses nested dictionaries: so each
#: dictionary and array is visited, from the trailer and from every object of the file.
ACTIVE_KEYS = frozenset({"/AA", "/JS", "/JavaScript", "/XFA"})
ACTIVE_ACTIONS = frozenset(
    [
        "/JavaScript",
        "/Launch",
        "/SubmitForm",
        "/ImportData",
        "/GoToR",
        "/GoToE",
        "/Rendition",
        "/Movie",
        "/Sound",
        "/RichMediaExecute",
    ]
)
ACTIVE_ANNOTATIONS = frozenset({"/RichMedia", "/Screen", "/Movie", "/Sound", "/3D"})
EMBEDDING_KEYS = frozenset({"/EmbeddedFiles", "/EF"})
#: What may follow on opening: the way to a page.
HARMLESS_ON_OPENING = frozenset({"/GoTo"})


def warm() -> None:
    """Use the library once, on an empty page."""
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        out = io.BytesIO()
        pdf.save(out)
    rewritten(out.getvalue(), Limits(), lambda texts: {})


def _name(value: Any) -> str:
    return str(value) if isinstance(value, pikepdf.Name) else ""


def _judge(dictionary: Any) -> None:
    keys = set(dictionary.keys())
    action, kind = _name(dictionary.get("/S")), _name(dictionary.get("/Subtype"))
    if keys & EMBEDDING_KEYS or kind == "/FileAttachment" or _name(dictionary.get("/Type")) == "/EmbeddedFile":
        raise RefusedFileError(Fault.EMBEDDED_FILE)
    if keys & ACTIVE_KEYS or action in ACTIVE_ACTIONS or kind in ACTIVE_ANNOTATIONS:
        raise RefusedFileError(Fault.ACTIVE_CONTENT)
    opening = dictionary.get("/OpenAction")
    if isinstance(opening, pikepdf.Dictionary) and _name(opening.get("/S")) not in HARMLESS_ON_OPENING:
        raise RefusedFileError(Fault.ACTIVE_CONTENT)


def _children(value: Any) -> list[Any]:
    if isinstance(value, pikepdf.Array):
        return list(value)
    return [child for _key, child in value.items()]


def walk(pdf: pikepdf.Pdf, limits: Limits) -> Iterator[str]:
    """Judges every dictionary and stream; gives every text string (comments, form fields, titles) for the search.

    Raises RefusedFileError: ACTIVE_CONTENT, EMBEDDED_FILE, TOO_MANY_PIXELS, TOO_COMPLEX.
    """
    waiting: list[Any] = [pdf.trailer, *pdf.objects]
    seen: set[tuple[int, int]] = set()
    visited = 0
    while waiting:
        value = waiting.pop()
        if isinstance(value, pikepdf.String):
            yield str(value)
            continue
        if not isinstance(value, pikepdf.Dictionary | pikepdf.Array | pikepdf.Stream):
            continue
        if value.is_indirect:
            if value.objgen in seen:
                continue
            seen.add(value.objgen)
        visited += 1
        if visited > limits.objects:
            raise RefusedFileError(Fault.TOO_COMPLEX)
        if not isinstance(value, pikepdf.Array):
            _judge(value)
            _judge_picture(value, limits)
        if _name_of_stream(value) == "/Metadata":
            yield value.read_bytes().decode("utf-8", "replace")
        waiting += _children(value)


def _name_of_stream(value: Any) -> str:
    return _name(value.get("/Type")) if isinstance(value, pikepdf.Stream) else ""


def _judge_picture(value: Any, limits: Limits) -> None:
    if not isinstance(value, pikepdf.Stream) or _name(value.get("/Subtype")) != "/Image":
        return
    width, height = value.get("/Width", 0), value.get("/Height", 0)
    if isinstance(width, int) and isinstance(height, int) and width * height > limits.pixels:
        raise RefusedFileError(Fault.TOO_MANY_PIXELS)


def _open(data: bytes) -> pikepdf.Pdf:
    try:
        pdf = pikepdf.open(io.BytesIO(data), attempt_recovery=False, suppress_warnings=True)
    except pikepdf.PasswordError as error:
        raise RefusedFileError(Fault.ENCRYPTED) from error
    except (pikepdf.PdfError, RuntimeError) as error:
        # Some encryption cannot even be tried here: the library wants a device of the system, which is closed.
        fault = Fault.ENCRYPTED if b"/Encrypt" in data else Fault.CORRUPT
        raise RefusedFileError(fault) from error
    if pdf.is_encrypted:
        raise RefusedFileError(Fault.ENCRYPTED)
    return pdf


def rewritten(data: bytes, limits: Limits, find: Finder) -> tuple[Verdict, bytes]:
    """The verdict and the PDF as kept. Raises RefusedFileError for each fault."""
    pdf = _open(data)
    refuse_tail(data, PDF)
    pages = len(pdf.pages)
    if not pages:
        raise RefusedFileError(Fault.CORRUPT)
    if pages > limits.pages:
        raise RefusedFileError(Fault.TOO_MANY_PAGES)
    try:
        strings = list(walk(pdf, limits))
        text = read_text(pdf)
        kept = _written(pdf)
    except (pikepdf.PdfError, RuntimeError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise RefusedFileError(Fault.CORRUPT, type(error).__name__) from error
    found = find([*text.texts, *strings])
    if found.pop("aadhaar", None):
        raise RefusedFileError(Fault.AADHAAR_NUMBER)
    return Verdict(mime=PDF, pages=pages, search=DocumentText.search(text), numbers=found), kept


def _written(pdf: pikepdf.Pdf) -> bytes:
    """Unreachable objects, older versions of the file, metadata, thumbnails and links to elsewhere are left out."""
    cleaner = Sanitizer().remove_javascript().remove_external_access().remove_attachments().remove_multimedia()
    cleaner.remove_thumbnails().remove_private_app_data().remove_web_capture().apply(pdf)
    for key in ("/Metadata", "/OpenAction", "/PieceInfo"):
        if key in pdf.Root:
            del pdf.Root[key]
    if "/Info" in pdf.trailer:
        del pdf.trailer["/Info"]
    out = io.BytesIO()
    pdf.save(out, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return out.getvalue()
