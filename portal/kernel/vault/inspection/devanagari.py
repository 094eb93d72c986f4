"""Digits of Devanagari in pictures, which the models of the extra ``ocr`` do not know.

That digits stand there is told, not which ones: the two scripts lie far apart, but from font to font a digit of one of them
looks like another. Each becomes ``UNREAD``, and whoever hides numbers judges by how many stand together.
"""

import importlib
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

import fontpkg_noto_sans
import fontpkg_noto_sans_devanagari
from PIL import Image, ImageDraw, ImageFont

from portal.kernel.vault.inspection.result import UNREAD

DIGITS = "०१२३४५६७८९"
#: Two digits have other shapes in Nepali, which older fonts use for Hindi and Marathi too.
NEPALI = "५८"
LATIN = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghkmnopqrstuvwxyz/"
WEIGHTS = (300, 700)
#: A line is looked at with this height, a shape in a square of this side, its edges in so many directions.
HEIGHT, SIDE, DIRECTIONS = 80, 32, 8
#: What is smaller is dust; what is lower than this share of the line's letters is a mark between them.
DUST, MARK = 25, 0.35
#: A wider gap than this share of the height parts two groups.
GAP = 0.45
#: A shape may be a digit when it is so like one, and no more than so much liker to a letter or digit of the other script.
LEAST, DOUBT = 0.75, 0.05
#: Words hang on one line: the shape of a whole one is wider than that.
WIDEST = 1.7
#: How many groups of four a number has, and how many shapes a group that was split or run together may show.
GROUPS, GROUP = (3, 4), range(3, 6)


@dataclass(frozen=True)
class Shape:
    left: int
    right: int
    height: int
    #: How like a digit of Devanagari it is, and how like anything of the other script.
    digit: float
    other: float


def _np() -> Any:
    return importlib.import_module("numpy")


def _cv2() -> Any:
    return importlib.import_module("cv2")


def read(picture: Any, corners: Any) -> str:
    """The digits in the box with these corners, each as ``UNREAD``, groups of them parted; empty where it shows none."""
    line = _upright(picture, corners)
    # It may stand on its head: the right way up is the one in which more of it is known, in whatever script.
    ways = (_shapes(line), _shapes(line[::-1, ::-1]))
    return _groups(max(ways, key=lambda shapes: sum(max(shape.digit, shape.other) for shape in shapes)))


def warm() -> None:
    """Draw what shapes are compared with: the fonts are read then."""
    _known()


def _upright(picture: Any, corners: Any) -> Any:
    """The box as a picture of its own, its longer side across."""
    np, cv2 = _np(), _cv2()
    corners = np.asarray(corners, dtype=np.float32)
    width = int(max(np.linalg.norm(corners[0] - corners[1]), np.linalg.norm(corners[2] - corners[3]), 1))
    height = int(max(np.linalg.norm(corners[0] - corners[3]), np.linalg.norm(corners[1] - corners[2]), 1))
    straight = np.float32([[0, 0], [width, 0], [width, height], [0, height]])
    turn = cv2.getPerspectiveTransform(corners, straight)
    line = cv2.warpPerspective(picture, turn, (width, height), borderMode=cv2.BORDER_REPLICATE, flags=cv2.INTER_CUBIC)
    return np.rot90(line) if height >= 1.5 * width else line


def _shapes(line: Any) -> list[Shape]:
    """What hangs together in a line, from left to right, without dust and small marks."""
    np, cv2 = _np(), _cv2()
    grey = cv2.cvtColor(np.ascontiguousarray(line), cv2.COLOR_RGB2GRAY)
    scale = HEIGHT / grey.shape[0]
    grey = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    grey = cv2.GaussianBlur(grey, (0, 0), 1.0)
    threshold, _picture = cv2.threshold(grey, 0, 1, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    ink = (grey <= threshold).astype(np.uint8)
    if ink.mean() > 0.5:  # light on dark
        ink = 1 - ink
    _count, parts, sizes, _centres = cv2.connectedComponentsWithStats(ink, connectivity=8)
    found = [
        (left, top, width, height, part)
        for part, (left, top, width, height, area) in enumerate(sizes)
        if part and area >= DUST
    ]
    usual = float(np.median([height for *_box, height, _part in found])) if found else 0.0
    shapes = []
    for left, top, width, height, part in sorted(found):
        if height < MARK * usual:
            continue
        if width > WIDEST * height:
            shapes.append(Shape(left, left + width, height, 0.0, 1.0))
            continue
        seen = _seen(parts[top : top + height, left : left + width] == part)
        digits, others = _known()
        shapes.append(Shape(left, left + width, height, float((digits @ seen).max()), float((others @ seen).max())))
    return shapes


def _groups(shapes: list[Shape]) -> str:
    """Runs of digits, ``UNREAD`` for each, their groups parted by a space and the runs by a mark."""
    runs: list[list[Shape]] = [[]]
    for shape in shapes:
        if shape.digit >= LEAST and shape.digit >= shape.other - DOUBT:
            runs[-1].append(shape)
        elif runs[-1]:
            runs.append([])
    return " | ".join(" ".join(UNREAD * count for count in _evened(_counts(run))) for run in runs if _is_sure(run))


def _is_sure(run: list[Shape]) -> bool:
    """One shape may deceive; a run of them is of one script."""
    return sum(shape.digit - shape.other for shape in run) > 0 and len(run) >= min(GROUP)


def _counts(run: list[Shape]) -> list[int]:
    usual, counts = median(shape.height for shape in run), [1]
    for before, shape in pairwise(run):
        if shape.left - before.right > GAP * usual:
            counts.append(0)
        counts[-1] += 1
    return counts


def _evened(counts: list[int]) -> list[int]:
    """Three or four neighbouring groups with one shape too many or too few are a number all the same."""
    counts = list(counts)
    for groups in GROUPS:
        for first in range(len(counts) - groups + 1):
            some = counts[first : first + groups]
            if all(count in GROUP for count in some) and abs(sum(some) - 4 * groups) <= 1:
                counts[first : first + groups] = [4] * groups
    return counts


def _seen(shape: Any) -> Any:
    """What a shape (an array that is true where there is ink) looks like, as a vector: its edges by place and direction."""
    np, cv2 = _np(), _cv2()
    height, width = shape.shape
    scale = (SIDE - 4) / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(shape.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    square = np.zeros((SIDE, SIDE), np.float32)
    top, left = (SIDE - size[1]) // 2, (SIDE - size[0]) // 2
    square[top : top + size[1], left : left + size[0]] = small
    square = cv2.GaussianBlur(square, (0, 0), 1.5)
    down, across = np.gradient(square)
    strength, angle = np.hypot(across, down), (np.arctan2(down, across) / (2 * np.pi) % 1) * DIRECTIONS
    parts = []
    for direction in range(DIRECTIONS):
        nearness = np.clip(1 - np.minimum((angle - direction) % DIRECTIONS, (direction - angle) % DIRECTIONS), 0, 1)
        parts.append(cv2.GaussianBlur(strength * nearness, (0, 0), 3.0)[3::5, 3::5].ravel())
    edges = np.sqrt(np.maximum(np.concatenate(parts), 0))
    ink = cv2.resize(square, (12, 12), interpolation=cv2.INTER_AREA).ravel()
    ink = ink - ink.mean()
    return np.concatenate([0.8 * edges / (np.linalg.norm(edges) + 1e-6), 0.6 * ink / (np.linalg.norm(ink) + 1e-6)])


@cache
def _known() -> tuple[Any, Any]:
    """What the digits of Devanagari, and the letters and digits of the other script, look like in the portal's own fonts."""
    np = _np()
    ours, theirs = _font(fontpkg_noto_sans_devanagari.ROOT), _font(fontpkg_noto_sans.ROOT)
    drawn: tuple[list[Any], list[Any]] = ([], [])
    for weight in WEIGHTS:
        for font in (ours, theirs):
            font.set_variation_by_axes(
                [weight if "eight" in str(axis["name"]) else 100 for axis in font.get_variation_axes()]
            )
        drawn[0].extend(_seen(_drawn(digit, ours)) for digit in DIGITS)
        drawn[0].extend(_seen(_drawn(digit, ours, language="ne")) for digit in NEPALI)
        drawn[1].extend(_seen(_drawn(letter, theirs)) for letter in LATIN)
    return np.array(drawn[0]), np.array(drawn[1])


def _font(root: Path) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(next(str(path) for path in sorted(root.rglob("*.ttf")) if "Italic" not in path.name), 64)


def _drawn(text: str, font: ImageFont.FreeTypeFont, language: str | None = None) -> Any:
    picture = Image.new("L", (140, 140))
    ImageDraw.Draw(picture).text((40, 20), text, font=font, fill=255, language=language)
    return _np().asarray(picture.crop(picture.getbbox())) > 127
