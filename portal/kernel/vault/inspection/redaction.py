"""QR codes in pictures, and what must not be kept: covered with black, then looked for once more."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import zxingcpp
from PIL import Image, ImageDraw

from portal.kernel.vault.inspection.result import Fault, RefusedFileError

#: From a text to the places in it, as (start, end), that must not be kept.
Hider = Callable[[str], list[tuple[int, int]]]
#: What is painted around a code or a line, in pixels: the edge of a blurred one is not sharp.
MARGIN = 6
#: A covered picture is searched again; what is found then is covered too, so many times.
ROUNDS = 3
ONLY_QR = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode])
#: A larger picture is made smaller before codes are looked for: a photo of a page then still has three for each module.
ENOUGH_PIXELS = 16_000_000


def hides_nothing(text: str) -> list[tuple[int, int]]:
    """For rooms that have nothing to hide."""
    return []


@dataclass(frozen=True)
class Seen:
    """A text read in a picture and the box around it: left, top, right, bottom."""

    text: str
    box: tuple[int, int, int, int]


#: From a picture to the texts in it: codes here, lines where a machine reads text.
Reader = Callable[[Image.Image], list[Seen]]
#: From pictures to one of their codes alone.
Drawer = Callable[[Iterable[Image.Image], Hider], bytes]


def codes(image: Image.Image) -> list[Seen]:
    """The QR codes of a picture. Other bar codes are not used on the documents we take, and take ten times as long."""
    smaller = max(1, math.ceil(math.sqrt(image.width * image.height / ENOUGH_PIXELS)))
    grey = image.convert("L").reduce(smaller)
    found = zxingcpp.read_barcodes(grey, formats=ONLY_QR, text_mode=zxingcpp.TextMode.Plain)
    return [Seen(code.text, _box(code.position, smaller)) for code in found]


def _box(position: "zxingcpp.Position", scale: int) -> tuple[int, int, int, int]:
    corners = (position.top_left, position.top_right, position.bottom_left, position.bottom_right)
    across, down = [corner.x * scale for corner in corners], [corner.y * scale for corner in corners]
    return min(across), min(down), max(across), max(down)


@dataclass(frozen=True)
class Wish:
    """What a room wants of the kept copy: what is hidden, by which readers it is found, and what draws codes alone."""

    hide: Hider = hides_nothing
    readers: tuple[Reader, ...] = (codes,)
    #: Where a document's text cannot be searched, only its codes are kept, and only those without a number to hide.
    draw: Drawer | None = None

    @property
    def hides(self) -> bool:
        return self.hide is not hides_nothing

    @property
    def reads_pictures(self) -> bool:
        """Whether text in pictures is read too."""
        return len(self.readers) > 1


KEEP_AS_IT_IS = Wish()


def _meet(one: tuple[int, int, int, int], other: tuple[int, int, int, int]) -> bool:
    """Whether two boxes overlap: a line and a part of it are one place."""
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def cover(image: Image.Image, hide: Hider, readers: Iterable[Reader]) -> int:
    """Paint over whatever holds a number to hide, in place; returns how many places were covered.

    Raises RefusedFileError AADHAAR_NUMBER when a number can still be read in the covered picture.
    """
    count = 0
    for read in readers:
        for _round in range(ROUNDS):
            boxes = [seen.box for seen in read(image) if hide(seen.text)]
            if not boxes:
                break
            count += sum(not any(_meet(box, other) for other in boxes[:place]) for place, box in enumerate(boxes))
            brush = ImageDraw.Draw(image)
            for left, top, right, bottom in boxes:
                brush.rectangle((left - MARGIN, top - MARGIN, right + MARGIN, bottom + MARGIN), fill="black")
        else:
            if any(hide(seen.text) for seen in read(image)):
                raise RefusedFileError(Fault.AADHAAR_NUMBER)
    return count
