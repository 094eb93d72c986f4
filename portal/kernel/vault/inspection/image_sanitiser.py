"""Pictures are decoded and written anew: what hides in metadata, comments or behind the picture does not survive."""

import errno
import io
import math

from PIL import Image, ImageFilter, ImageOps, ImageStat, UnidentifiedImageError

from portal.kernel.vault.inspection.file_types import JPEG, PNG, refuse_tail
from portal.kernel.vault.inspection.redaction import KEEP_AS_IT_IS, Wish, cover
from portal.kernel.vault.inspection.result import Fault, Limits, Notice, RefusedFileError, Search, Verdict

FORMATS = {JPEG: "JPEG", PNG: "PNG"}
QUALITY = 90
#: The longer side of a page as the review desk shows it.
SHOWN_SIDE, LARGE_SIDE = 1600, 3200
#: The side of the picture in which edges are measured, and how: each point against its four neighbours.
EDGES_SIDE = 1000
SMALLEST_SIDE = 32
LAPLACIAN = ImageFilter.Kernel((3, 3), (0, 1, 0, 1, -4, 1, 0, 1, 0), scale=1, offset=128)


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
    clean = upright.convert("RGB")
    clean.info = {}  # a comment or a profile in it would be written again
    return clean


def sharpness(image: Image.Image) -> float:
    """The variance of the Laplacian: how much a picture changes from one point to the next, the same at every size."""
    grey = image.convert("L")
    grey.thumbnail((EDGES_SIDE, EDGES_SIDE))
    if min(grey.size) < SMALLEST_SIDE:
        return math.inf  # too small to say
    edges = ImageOps.crop(
        grey.filter(LAPLACIAN), 1
    )  # the outermost points have no four neighbours and stay as they are
    return float(ImageStat.Stat(edges).var[0])


def rewritten(data: bytes, mime: str, limits: Limits, wish: Wish = KEEP_AS_IT_IS) -> tuple[Verdict, bytes]:
    """The verdict and the picture as kept, with what must not be kept covered."""
    refuse_tail(data, mime)
    image = opened(data, mime, limits)
    notices = (Notice.BLURRED,) if sharpness(image) < limits.sharpness else ()
    hidden = cover(image, wish.hide, wish.readers) if wish.hides else 0
    if wish.draw is not None:
        return Verdict(mime=PNG, pages=1, search=Search.SEARCHED, notices=notices), wish.draw([image], wish.hide)
    out = io.BytesIO()
    options = {"quality": QUALITY} if mime == JPEG else {"optimize": False}
    image.save(out, FORMATS[mime], **options)
    verdict = Verdict(
        mime=mime,
        pages=1,
        width=image.width,
        height=image.height,
        search=Search.SEARCHED if wish.reads_pictures else Search.NOT_SEARCHED,
        hidden=hidden,
        notices=notices,
    )
    return verdict, out.getvalue()


def shown(data: bytes, mime: str, limits: Limits, *, side: int = SHOWN_SIDE) -> bytes:
    """The picture for the review desk, as PNG."""
    image = opened(data, mime, limits)
    image.thumbnail((side, side))
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()
