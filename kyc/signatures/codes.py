"""QR codes in pictures and PDFs."""

import io
from collections.abc import Iterator
from typing import Any

import pikepdf
import zxingcpp
from PIL import Image

from portal.kernel.vault.inspection import file_types, image_sanitiser, page_images
from portal.kernel.vault.inspection.result import Fault, Limits, RefusedFileError

#: A code of 121 modules on a card drawn at less than this cannot be read.
DRAWN_PPI = 300.0
FORMATS = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode])
#: A letter with its card has two pages.
MOST_PAGES = 4
MOST_PICTURES = 40


def warm() -> None:
    """Look for a code once, before the limits; and open a locked PDF, for which the library wants a device of the system."""
    in_picture(Image.new("RGB", (40, 40), "white"))
    out = io.BytesIO()
    with pikepdf.new() as pdf:
        pdf.save(out, encryption=pikepdf.Encryption(user="a", owner="a", R=6))
    _opened(out.getvalue(), "a").close()


def in_picture(picture: Image.Image) -> list[str]:
    """The text of each QR code, in no order."""
    found = zxingcpp.read_barcodes(picture, formats=FORMATS, text_mode=zxingcpp.TextMode.Plain)
    return [one.text for one in found]


def in_file(data: bytes, limits: Limits, document: int) -> Iterator[str]:
    """The texts in a JPEG, PNG or PDF. A PDF's pictures are read as they are, then its pages as they look.

    ``document`` is the PDF as an open file in memory (``page_images.in_memory``). Raises RefusedFileError as the inspection does.
    """
    mime = file_types.sniff(data, None)
    if mime != file_types.PDF:
        yield from in_picture(image_sanitiser.opened(data, mime, limits))
        return
    for picture in _pictures(data, limits):
        yield from in_picture(picture)
    for page in range(1, min(_page_count(data), MOST_PAGES) + 1):
        drawn = page_images.drawn(document, page, ppi=DRAWN_PPI)
        yield from in_picture(image_sanitiser.opened(drawn, file_types.PNG, limits))


def in_pictures_of(data: bytes, limits: Limits, *, password: str) -> Iterator[str]:
    """The texts in the pictures of a PDF that may have a password; its pages are not drawn. Raises RefusedFileError."""
    for picture in _pictures(data, limits, password):
        yield from in_picture(picture)


def _opened(data: bytes, password: str = "") -> pikepdf.Pdf:
    try:
        return pikepdf.open(io.BytesIO(data), password=password, attempt_recovery=False, suppress_warnings=True)
    except pikepdf.PasswordError as error:
        raise RefusedFileError(Fault.ENCRYPTED) from error
    except (pikepdf.PdfError, RuntimeError) as error:
        raise RefusedFileError(Fault.ENCRYPTED if b"/Encrypt" in data else Fault.CORRUPT) from error


def _page_count(data: bytes) -> int:
    with _opened(data) as pdf:
        return len(pdf.pages)


def _pictures(data: bytes, limits: Limits, password: str = "") -> Iterator[Image.Image]:
    with _opened(data, password) as pdf:
        found: list[Any] = [
            one for one in pdf.objects if isinstance(one, pikepdf.Stream) and str(one.get("/Subtype", "")) == "/Image"
        ]
        for one in found[:MOST_PICTURES]:
            if int(one.get("/Width", 0)) * int(one.get("/Height", 0)) > limits.pixels:
                raise RefusedFileError(Fault.TOO_MANY_PIXELS)
            try:
                yield pikepdf.PdfImage(one).as_pil_image().convert("RGB")
            except (pikepdf.PdfError, RuntimeError, ValueError, TypeError, NotImplementedError, OSError, KeyError):
                continue  # a form of picture that the library does not unpack is read from the drawn page
