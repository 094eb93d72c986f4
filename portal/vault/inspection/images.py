"""Pictures are decoded and written anew: what hides in metadata, comments or behind the picture does not survive."""

import errno
import io
from collections.abc import Sequence

from PIL import Image, ImageOps, UnidentifiedImageError

from portal.vault.inspection.covering import Hider, Reader, codes, cover, hides_nothing
from portal.vault.inspection.kinds import JPEG, PNG, refuse_tail
from portal.vault.inspection.verdict import Fault, Limits, RefusedFileError, Verdict

FORMATS = {JPEG: "JPEG", PNG: "PNG"}
QUALITY = 90
#: The longer side of a page as the review desk shows it.
SHOWN_SIDE = 1600


def opened(data: bytes, mime: str, limits: Limits) -> Image.Image:
    """The decoded picture, upright, without alpha. Raises RefusedFileError: TOO_MANY_PIXELS, CORRUPT."""
    Image.MAX_IMAGE_PIXELS = None  # the size is read and judged before a pixel is decoded
    try:
        image: Image.Image = Image.open(io.BytesIO(data), formats=[FORMATS[mime]])
        if image.width * image.height > limits.pixels:
            raise RefusedFileError(Fault.TOO_MANY_PIXELS)
        image.load()
        upright = ImageOps.exif_transpose(image)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        if isinstance(error, OSError) and error.errno == errno.EMFILE:  # the limit of the child, no fault of the file
            raise
        raise RefusedFileError(Fault.CORRUPT) from error
    if upright.mode in {"RGBA", "LA", "PA"} or "transparency" in upright.info:
        clear = upright.convert("RGBA")
        paper = Image.new("RGBA", clear.size, "white")
        upright = Image.alpha_composite(paper, clear)
    return upright.convert("RGB")


def rewritten(
    data: bytes, mime: str, limits: Limits, hide: Hider = hides_nothing, readers: Sequence[Reader] = (codes,)
) -> tuple[Verdict, bytes]:
    """The verdict and the picture as kept, with what must not be kept covered."""
    refuse_tail(data, mime)
    image = opened(data, mime, limits)
    hidden = cover(image, hide, readers) if hide is not hides_nothing else 0
    out = io.BytesIO()
    options = {"quality": QUALITY} if mime == JPEG else {"optimize": False}
    image.save(out, FORMATS[mime], **options)
    return Verdict(mime=mime, pages=1, width=image.width, height=image.height, hidden=hidden), out.getvalue()


def shown(data: bytes, mime: str, limits: Limits) -> bytes:
    """The picture for the review desk, as PNG."""
    image = opened(data, mime, limits)
    image.thumbnail((SHOWN_SIDE, SHOWN_SIDE))
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()
