"""PDFs: the whole graph of objects is walked, then the file is written anew without what nobody needs to read it."""

import importlib
import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import pikepdf
from pikepdf.sanitize import Sanitizer
from PIL import Image

from portal.kernel.vault.inspection import pdf_drawings
from portal.kernel.vault.inspection.file_types import PDF, refuse_tail
from portal.kernel.vault.inspection.image_sanitiser import QUALITY
from portal.kernel.vault.inspection.pdf_text import DocumentText, read_text, take_out
from portal.kernel.vault.inspection.redaction import KEEP_AS_IT_IS, Hider, Wish, codes, cover
from portal.kernel.vault.inspection.result import Fault, Limits, RefusedFileError, Verdict

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
#: What the library and its decoders raise on a picture that they cannot make one of.
UNDECODED = (
    pikepdf.PikepdfError,
    AttributeError,
    IndexError,
    KeyError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    ZeroDivisionError,
)
#: What may follow on opening: the way to a page.
HARMLESS_ON_OPENING = frozenset({"/GoTo"})


def warm() -> None:
    """Use the library once, on an empty page."""
    Image.init()
    importlib.import_module("pikepdf.jbig2")
    with pikepdf.new() as pdf:
        page = pdf.add_blank_page()
        shown = Image.new("RGB", (32, 32))
        picture = pdf.make_stream(b"", Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image)
        _replace(picture, shown)
        page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(P=picture))
        page.Contents = pdf.make_stream(b"BT (1) Tj ET /P Do")
        out = io.BytesIO()
        pdf.save(out)
    # A hider of nothing that is not ``hides_nothing``: its way through the file is walked too.
    rewritten(out.getvalue(), Limits(), lambda texts: {}, Wish(hide=lambda text: []))


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


def _children(value: Any) -> list[tuple[Any, Any, Any]]:
    pairs = enumerate(value) if isinstance(value, pikepdf.Array) else value.items()
    return [(child, value, key) for key, child in pairs]


@dataclass(frozen=True)
class Text:
    """A string beside the pages' text, and where it stands: comments, form fields, titles, metadata."""

    text: str
    holder: Any = None
    key: Any = None


def walk(pdf: pikepdf.Pdf, limits: Limits) -> Iterator[Text]:
    """Judges every dictionary and stream; gives every text string for the search.

    Raises RefusedFileError: ACTIVE_CONTENT, EMBEDDED_FILE, TOO_MANY_PIXELS, TOO_COMPLEX.
    """
    waiting: list[tuple[Any, Any, Any]] = [(value, None, None) for value in (pdf.trailer, *pdf.objects)]
    seen: set[tuple[int, int]] = set()
    visited = 0
    while waiting:
        value, holder, key = waiting.pop()
        if isinstance(value, pikepdf.String):
            yield Text(str(value), holder, key)
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
            yield Text(value.read_bytes().decode("utf-8", "replace"))
        waiting += _children(value)


def _name_of_stream(value: Any) -> str:
    return _name(value.get("/Type")) if isinstance(value, pikepdf.Stream) else ""


def _judge_picture(value: Any, limits: Limits) -> None:
    if not isinstance(value, pikepdf.Stream) or _name(value.get("/Subtype")) != "/Image":
        return
    width, height = value.get("/Width", 0), value.get("/Height", 0)
    if isinstance(width, int) and isinstance(height, int) and width * height > limits.pixels:
        raise RefusedFileError(Fault.TOO_MANY_PIXELS)


#: What the library raises for a file that is no whole PDF: errors of its own, and what C++ and Python say of bad values.
_BROKEN: Final = (
    *(pikepdf.PikepdfError, pikepdf.PdfError, RuntimeError, ValueError),
    *(TypeError, KeyError, AttributeError, IndexError),
)


def _open(data: bytes) -> pikepdf.Pdf:
    try:
        pdf = pikepdf.open(io.BytesIO(data), attempt_recovery=False, suppress_warnings=True)
    except pikepdf.PasswordError as error:
        raise RefusedFileError(Fault.ENCRYPTED) from error
    except _BROKEN as error:
        # Some encryption cannot even be tried here: the library wants a device of the system, which is closed.
        fault = Fault.ENCRYPTED if b"/Encrypt" in data else Fault.CORRUPT
        raise RefusedFileError(fault) from error
    if pdf.is_encrypted:
        raise RefusedFileError(Fault.ENCRYPTED)
    return pdf


def rewritten(data: bytes, limits: Limits, find: Finder, wish: Wish = KEEP_AS_IT_IS) -> tuple[Verdict, bytes]:
    """The verdict and the PDF as kept, without the numbers to hide. Raises RefusedFileError for each fault.

    What a page shows by several pictures or by lines together is looked at when the page is drawn: see ``looking``.
    """
    pdf = _open(data)
    refuse_tail(data, PDF)
    pages = len(pdf.pages)
    if not pages:
        raise RefusedFileError(Fault.CORRUPT)
    if pages > limits.pages:
        raise RefusedFileError(Fault.TOO_MANY_PAGES)
    try:
        strings = list(walk(pdf, limits))
        pdf_drawings.judge(pdf, limits)
        text = read_text(pdf)
        found = find([*text.texts, *(string.text for string in strings)])
        hidden = _without_numbers(pdf, text, strings, wish.hide)
        if wish.hides:
            hidden += _without_pictures_of_numbers(pdf, wish)
        kept = _written(pdf)
        if hidden:
            _prove(kept, limits, wish.hide)
    except _BROKEN as error:
        raise RefusedFileError(Fault.CORRUPT, type(error).__name__) from error
    verdict = Verdict(
        mime=PDF,
        pages=pages,
        search=text.search(),
        numbers=found,
        hidden=hidden,
        shows_pictures=text.shows_pictures,
    )
    return verdict, kept


def _without_numbers(pdf: pikepdf.Pdf, text: DocumentText, strings: list[Text], hide: Hider) -> int:
    """Take numbers out of the text of the pages and out of the strings beside it; returns how many were met.

    What was typed into a form goes as a whole: a number may stand in it four digits to a field.
    """
    count = take_out(pdf, text, hide)
    beside = [string for string in strings if hide(string.text)]
    for string in beside:
        if string.holder is not None:
            string.holder[string.key] = pikepdf.String(_crossed_out(string.text, hide))
    if count or beside:
        for value in pdf.objects:
            if isinstance(value, pikepdf.Dictionary) and {"/FT", "/Parent", "/Fields"} & set(value.keys()):
                _drop(value, "/V", "/DV", "/RV", "/NeedAppearances")
    return count + len(beside)


def _drop(value: Any, *keys: str) -> None:
    for key in keys:
        if key in value:
            del value[key]


def _crossed_out(text: str, hide: Hider) -> str:
    for start, end in reversed(hide(text)):
        text = f"{text[:start]}{'X' * (end - start)}{text[end:]}"
    return text


def _without_pictures_of_numbers(pdf: pikepdf.Pdf, wish: Wish) -> int:
    """Paint over codes with numbers in each picture of the file, drawn on a page or not; returns how many were covered.

    Text in pictures is read on the drawn page, once for all of them.
    """
    count = 0
    for value in pdf.objects:
        if not isinstance(value, pikepdf.Stream) or _name(value.get("/Subtype")) != "/Image":
            continue
        try:
            image = pikepdf.PdfImage(value).as_pil_image().convert("RGB")
        except UNDECODED:
            continue  # what cannot be decoded here, some only by another program, is looked at on the drawn page
        covered = cover(image, wish.hide, (codes,))
        if covered:
            count += covered
            _replace(value, image)
    return count


def _replace(value: Any, image: Image.Image) -> None:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=QUALITY)
    _drop(value, "/Decode", "/DecodeParms", "/ImageMask", "/Mask", "/SMaskInData", "/Intent")
    value.Width, value.Height, value.BitsPerComponent, value.ColorSpace = *image.size, 8, pikepdf.Name.DeviceRGB
    value.write(out.getvalue(), filter=pikepdf.Name.DCTDecode)


def _prove(kept: bytes, limits: Limits, hide: Hider) -> None:
    """The file as kept is searched once more. Raises RefusedFileError AADHAAR_NUMBER when a number is still in it."""
    with pikepdf.open(io.BytesIO(kept)) as pdf:
        strings = [string.text for string in walk(pdf, limits)]
        if any(hide(text) for text in [*read_text(pdf).texts, *strings]):
            raise RefusedFileError(Fault.AADHAAR_NUMBER)


def _written(pdf: pikepdf.Pdf) -> bytes:
    """Unreachable objects, older versions of the file, metadata, thumbnails and links to elsewhere are left out."""
    cleaner = Sanitizer().remove_javascript().remove_external_access().remove_attachments().remove_multimedia()
    cleaner.remove_thumbnails().remove_private_app_data().remove_web_capture().apply(pdf)
    for value in pdf.objects:
        if isinstance(value, pikepdf.Dictionary | pikepdf.Stream):
            _drop(value, "/Metadata")
    _drop(pdf.Root, "/OpenAction", "/PieceInfo")
    _drop(pdf.trailer, "/Info")
    out = io.BytesIO()
    pdf.save(out, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return out.getvalue()
