"""Pages of a PDF, drawn and looked at: codes made of lines or of many pictures, and text that only a picture shows.

A page on which something must be covered is made anew as the picture of itself, without its text. It works on a copy that
was judged and written anew before, because the library that draws opens the document itself and is left descriptors.
"""

import io

import pikepdf
from PIL import Image

from portal.kernel.vault.inspection import page_images
from portal.kernel.vault.inspection.image_sanitiser import QUALITY
from portal.kernel.vault.inspection.redaction import Wish, cover

#: A page as wide as A4 is drawn with so many points to the inch: three for each module of a small code.
PPI = 200.0
#: A code of 121 modules, as wide as a card is high, needs more; a letter with its card has two pages.
CODES_PPI, MOST_PAGES = 300.0, 4


def looked_at(data: bytes, document: int, wish: Wish) -> tuple[int, bytes]:
    """How many places were covered on the pages of the document at that descriptor, and the document as it is kept then.

    A PNG of its codes where only those are wished for. Raises RefusedFileError: AADHAAR_NUMBER, NO_CODE.
    """
    covered: dict[int, Image.Image] = {}
    count = 0
    with pikepdf.open(io.BytesIO(data)) as source:
        if wish.draw is not None:
            drawn = (_page(document, number, CODES_PPI) for number in range(min(len(source.pages), MOST_PAGES)))
            return 0, wish.draw(drawn, wish.hide)
        for number in range(len(source.pages)):
            image = _page(document, number, PPI)
            found = cover(image, wish.hide, wish.readers)
            if found:
                covered[number] = image
                count += found
        return count, _made_anew(source, covered) if covered else data


def _page(document: int, number: int, ppi: float) -> Image.Image:
    return Image.open(io.BytesIO(page_images.drawn(document, number + 1, ppi=ppi))).convert("RGB")


def _made_anew(source: pikepdf.Pdf, covered: dict[int, Image.Image]) -> bytes:
    """The document with some pages as pictures. Into a new file: nothing that only an old page led to comes along."""
    with pikepdf.new() as made:
        for number, page in enumerate(source.pages):
            if number not in covered:
                made.pages.append(page)
                continue
            left, bottom, right, top = (float(side) for side in page.mediabox)
            width, height = (
                (top - bottom, right - left) if page.get("/Rotate", 0) % 180 else (right - left, top - bottom)
            )
            picture = covered[number]
            height = width * picture.height / picture.width
            out = io.BytesIO()
            picture.save(out, "JPEG", quality=QUALITY)
            stream = made.make_stream(
                out.getvalue(),
                Type=pikepdf.Name.XObject,
                Subtype=pikepdf.Name.Image,
                Width=picture.width,
                Height=picture.height,
                ColorSpace=pikepdf.Name.DeviceRGB,
                BitsPerComponent=8,
                Filter=pikepdf.Name.DCTDecode,
            )
            shown = made.add_blank_page(page_size=(width, height))
            shown.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Page=stream))
            shown.Contents = made.make_stream(f"q {width} 0 0 {height} 0 0 cm /Page Do Q".encode())
        out = io.BytesIO()
        made.save(out, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)
        return out.getvalue()
