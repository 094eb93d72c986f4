"""Lines of text in pictures, read by machine where the extra ``ocr`` is installed. A hint, never a proof.

The models come with the package and are loaded before the child gives up its files.
"""

import importlib
import logging
from functools import cache
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from portal.kernel.vault.inspection import devanagari
from portal.kernel.vault.inspection.redaction import Seen
from portal.kernel.vault.inspection.result import UNREAD

#: Letters that a machine takes for digits and the other way round.
LIKE_DIGITS = str.maketrans("OoQDIl|ZSB", "0000111258")
#: A larger picture is read smaller: text that fills a page stays legible.
LONGEST_SIDE = 2600
#: How sure the machine says it is of a line: below the first it is not believed; above the second the script is its own,
#: if the line is not so short that another one may look the same.
BELIEVED, SURE, SHORT = 0.5, 0.93, 6
#: Parts of one line stand on one height and no further apart than so many times it.
GAP = 3


@cache
def _engine() -> Any:
    """One engine, one thread: a child works on one file and ends."""
    logging.disable(logging.CRITICAL)
    quiet = {
        "Global.log_level": "critical",
        "Global.text_score": 0.0,
        "EngineConfig.onnxruntime.intra_op_num_threads": 1,
        "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        "EngineConfig.onnxruntime.enable_cpu_mem_arena": False,
    }
    return importlib.import_module("rapidocr").RapidOCR(params=quiet)


def warm() -> None:
    """Read a picture with text once: the models for finding, turning and reading are loaded then."""
    picture = Image.new("RGB", (400, 120), "white")
    ImageDraw.Draw(picture).text((20, 30), "Warm 1234", font=ImageFont.load_default(size=40), fill="black")
    lines(picture)
    devanagari.warm()


def lines(image: Image.Image) -> list[Seen]:
    """The lines of text in a picture, each part by itself and neighbours on one height joined."""
    scale = max(1.0, max(image.size) / LONGEST_SIDE)
    smaller = image.resize((round(image.width / scale), round(image.height / scale))) if scale > 1 else image
    picture = importlib.import_module("numpy").asarray(smaller.convert("RGB"))
    said = _engine()(picture[:, :, ::-1])
    if said.txts is None:
        return []
    found, digits = [], []
    for text, corners, score in zip(said.txts, said.boxes, said.scores, strict=True):
        if score >= BELIEVED:
            found.append(Seen(str(text), _box(corners, scale)))
        may_be_other = score < SURE or len(text) <= SHORT
        if may_be_other and UNREAD in (marks := devanagari.read(picture, corners)):
            digits.append(Seen(marks, _box(corners, scale)))
    found += _joined(found)
    found += [*digits, *_joined(digits)]
    return found + [Seen(text, one.box) for one in found if (text := one.text.translate(LIKE_DIGITS)) != one.text]


def _box(corners: Any, scale: float) -> tuple[int, int, int, int]:
    across, down = [float(x) * scale for x, _y in corners], [float(y) * scale for _x, y in corners]
    return int(min(across)), int(min(down)), int(max(across)) + 1, int(max(down)) + 1


def _joined(parts: list[Seen]) -> list[Seen]:
    """A number printed in groups may be read as three lines."""
    found = []
    for first in parts:
        text, box = first.text, first.box
        height = box[3] - box[1]
        for part in sorted(parts, key=lambda one: one.box[0]):
            is_beside = 0 <= part.box[0] - box[2] + height // 2 <= GAP * height
            if is_beside and abs(part.box[1] - first.box[1]) < height // 2 and part is not first:
                text = f"{text} {part.text}"
                box = (min(box[0], part.box[0]), min(box[1], part.box[1]), part.box[2], max(box[3], part.box[3]))
        if box != first.box:
            found.append(Seen(text, box))
    return found
