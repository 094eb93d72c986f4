"""A page as somebody looks at it: with a mark over it that says who looks and when."""

import io

from PIL import Image, ImageDraw, ImageFont

#: Of the page's width: how large the letters of the mark are.
LETTERS = 48
#: How far lines of the mark stand apart, in lines.
APART = 7
SLANT = 25
#: Readable over white and over black, and what stands under it stays readable.
INK = (120, 20, 20, 90)


def warm() -> None:
    """Load the letters and what draws them, before no file can be opened any more."""
    out = io.BytesIO()
    Image.new("RGB", (64, 64)).save(out, "PNG")
    stamped(out.getvalue(), mark="warm")


def stamped(page: bytes, *, mark: str) -> bytes:
    """The page (PNG) with the mark over all of it; an empty mark is none."""
    if not mark:
        return page
    picture: Image.Image = Image.open(io.BytesIO(page), formats=["PNG"]).convert("RGBA")
    picture = Image.alpha_composite(picture, _layer(picture.size, mark)).convert("RGB")
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def _layer(size: tuple[int, int], mark: str) -> Image.Image:
    """The mark again and again, slanted, so that no part of the page is without it."""
    height = max(size[0] // LETTERS, 8)
    letters = ImageFont.load_default(height)
    side = int((size[0] ** 2 + size[1] ** 2) ** 0.5) + 1
    layer = Image.new("RGBA", (side, side), (0, 0, 0, 0))
    draw = ImageDraw.Draw(layer)
    line = f"{mark}     " * (1 + side // max(int(draw.textlength(mark, font=letters)), 1))
    for row, y in enumerate(range(0, side, height * APART)):
        draw.text((-(row % 2) * height * APART, y), line, font=letters, fill=INK)
    turned = layer.rotate(SLANT, resample=Image.Resampling.BILINEAR)
    left, top = (side - size[0]) // 2, (side - size[1]) // 2
    return turned.crop((left, top, left + size[0], top + size[1]))
