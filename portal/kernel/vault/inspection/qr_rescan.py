"""A picture of the codes of a document and of nothing else.

Only some documents want it, and what draws codes is half of what a picture's child would load.
"""

import io
from collections.abc import Iterable

import segno
from PIL import Image

from portal.kernel.vault.inspection.redaction import Hider, codes, hides_nothing
from portal.kernel.vault.inspection.result import Fault, RefusedFileError

#: So many of one document, each module so many pixels wide.
MOST_CODES, CODE_SCALE = 4, 4


def warm() -> None:
    """Use the library once: what it loads late must be loaded before the limits close the door."""
    drawn_anew([code("warm")], hides_nothing)


def drawn_anew(images: Iterable[Image.Image], hide: Hider) -> bytes:
    """A picture of the codes in some pictures, drawn from what they say: nothing that stood around them comes along.

    Raises RefusedFileError NO_CODE where none can be read, or each holds a number to hide.
    """
    said = list(dict.fromkeys(seen.text for image in images for seen in codes(image) if not hide(seen.text)))
    if not said:
        raise RefusedFileError(Fault.NO_CODE)
    drawn = [code(text) for text in said[:MOST_CODES]]
    paper = Image.new("L", (max(one.width for one in drawn), sum(one.height for one in drawn)), "white")
    at = 0
    for one in drawn:
        paper.paste(one, (0, at))
        at += one.height
    out = io.BytesIO()
    paper.save(out, "PNG")
    return out.getvalue()


def code(text: str) -> Image.Image:
    """A QR code that says this."""
    out = io.BytesIO()
    segno.make_qr(text, error="l", boost_error=False).save(out, kind="png", scale=CODE_SCALE)
    return Image.open(out).convert("L")
