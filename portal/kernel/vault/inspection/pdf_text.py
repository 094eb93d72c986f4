"""The text that a PDF's pages show: to search it, and to take out of the file what must not be kept.

Not a layout: order and gaps are those of the file. Text whose font does not say what it means is counted as unreadable, so
that a page never says "searched" about it.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pikepdf

from portal.kernel.vault.inspection.pdf_drawings import appearances
from portal.kernel.vault.inspection.pdf_fonts import Font
from portal.kernel.vault.inspection.redaction import Hider
from portal.kernel.vault.inspection.result import Fault, RefusedFileError, Search

DEEPEST_FORM = 8
#: A form drawn on many pages is read so often; a file whose forms draw each other cannot keep us busy.
MOST_READINGS = 20
#: A gap in a TJ array wider than this (thousandths of the font size) reads as a space.
SPACE = 180
#: A code drawn with lines has more of them than this.
LINES_OF_A_CODE = 200
#: Bytes of one page's or form's instructions; each becomes an object of its own when they are read.
LONGEST_CONTENT = 16 * 1024 * 1024
PAGE_ENDS = "\n"


class Place(NamedTuple):
    """Where a string stands: which stream, which instruction, which part of a TJ array (0 for a plain string)."""

    stream: int
    instruction: int
    part: int
    #: How many bytes one code has.
    width: int


class Piece(NamedTuple):
    """One string as shown, with how many characters each of its codes gives; a gap has no place."""

    text: str
    place: Place | None = None
    lengths: tuple[int, ...] = ()


@dataclass
class DocumentText:
    pieces: list[Piece] = field(default_factory=list)
    #: Strings beside the shown text: what a reader says aloud in place of it, by stream and instruction.
    asides: list[tuple[str, int, int]] = field(default_factory=list)
    streams: list[Any] = field(default_factory=list)
    numbers: dict[Any, int] = field(default_factory=dict)
    has_pictures: bool = False
    has_unreadable: bool = False
    lines: int = 0

    def _kept(self, *, glued: bool) -> Iterator[Piece]:
        return (piece for piece in self.pieces if piece.place or not glued or piece.text == PAGE_ENDS * 2)

    def number_of(self, content: Any) -> int:
        """The number of a stream, the same one each time it is drawn."""
        key = content.objgen if isinstance(content, pikepdf.Stream) else content.obj.objgen
        if key not in self.numbers:
            self.numbers[key] = len(self.streams)
            self.streams.append(content)
        return self.numbers[key]

    @property
    def texts(self) -> list[str]:
        """The text with gaps as spaces and new lines, and once more with the gaps closed: a number may be set digit by
        digit. Then what stands beside it.
        """
        joined = ["".join(piece.text for piece in self._kept(glued=glued)) for glued in (False, True)]
        return [*joined, *(text for text, _stream, _instruction in self.asides)]

    @property
    def shows_pictures(self) -> bool:
        """Whether a number may stand on a page in something else than text."""
        return self.has_pictures or self.has_unreadable or self.lines > LINES_OF_A_CODE

    def search(self) -> Search:
        """How much of what the pages show was searched."""
        has_text = any(piece.place and piece.text.strip() for piece in self.pieces)
        if not self.has_pictures and not self.has_unreadable:
            return Search.SEARCHED
        return Search.PARTLY if has_text else Search.NOT_SEARCHED

    def to_take_out(self, hide: Hider) -> tuple[int, dict[Place, set[int]]]:
        """How many numbers to hide were met, and which codes of which strings show them."""
        found: dict[Place, set[int]] = defaultdict(set)
        count = 0
        for glued in (False, True):
            pieces = list(self._kept(glued=glued))
            spans = hide("".join(piece.text for piece in pieces))
            count = max(count, len(spans))
            for place, code in _codes_in(pieces, spans):
                found[place].add(code)
        return count, dict(found)


def _codes_in(pieces: list[Piece], spans: list[tuple[int, int]]) -> Iterator[tuple[Place, int]]:
    at = 0
    for piece in pieces:
        end = at + len(piece.text)
        if piece.place and any(first < end and at < after for first, after in spans):
            for code, length in enumerate(piece.lengths):
                if any(first < at + length and at < after for first, after in spans):
                    yield piece.place, code
                at += length
        at = end


class _Reader:
    def __init__(self, out: DocumentText, readings: dict[Any, int]) -> None:
        self.out = out
        self.readings = readings
        self.font: Font | None = None
        self.saved: list[Font | None] = []

    def gap(self, text: str) -> None:
        """One gap is as good as many: each instruction that moves the place of writing would add its own to a number."""
        last = self.out.pieces[-1] if self.out.pieces else None
        if text == PAGE_ENDS * 2 or last is None or last.place is not None:
            self.out.pieces.append(Piece(text))

    def show(self, operand: Any, stream: int, instruction: int, part: int = 0) -> None:
        raw = bytes(operand) if isinstance(operand, pikepdf.String) else b""
        if not raw:
            return
        if self.font is None or not self.font.is_readable:
            self.out.has_unreadable = True
            return
        parts = self.font.read(raw)
        text = "".join(parts)
        self.out.has_unreadable |= "\ufffd" in text or not self.font.is_sure
        place = Place(stream, instruction, part, self.font.width)
        self.out.pieces.append(Piece(text, place, tuple(map(len, parts))))

    def array(self, operand: Any, stream: int, number: int) -> None:
        for part, value in enumerate(operand if isinstance(operand, pikepdf.Array) else ()):
            if isinstance(value, pikepdf.String):
                self.show(value, stream, number, part)
            elif not isinstance(value, pikepdf.Object) and value < -SPACE:
                self.gap(" ")

    def read(self, content: Any, resources: Any, depth: int = 0) -> None:
        """One page, form or appearance; what it draws inside is read where it is drawn."""
        if _size(content) > LONGEST_CONTENT:
            raise RefusedFileError(Fault.TOO_COMPLEX)
        stream = self.out.number_of(content)
        for number, instruction in enumerate(pikepdf.parse_content_stream(content)):
            if isinstance(instruction, pikepdf.ContentStreamInlineImage):
                self.out.has_pictures = True
                continue
            operator, operands = str(instruction.operator), instruction.operands
            if operator in {"Tj", "'", '"'}:
                if operator != "Tj":
                    self.gap("\n")
                self.show(operands[-1], stream, number)
            elif operator == "TJ":
                self.array(operands[0], stream, number)
            elif operator in {"BDC", "DP"}:
                self.out.asides += [(text, stream, number) for text in _strings(operands[1])]
            else:
                self._one(operator, operands, resources, depth)
        for pattern in _streams_of(resources, "/Pattern"):
            self.form(pattern, resources, depth)

    def _one(self, operator: str, operands: Any, resources: Any, depth: int) -> None:
        if operator == "Tf":
            self._choose(_entry(resources, "/Font", operands[0]))
        elif operator == "gs":
            state = _entry(resources, "/ExtGState", operands[0])
            if isinstance(state, pikepdf.Dictionary) and "/Font" in state:
                self._choose(state["/Font"][0])
        elif operator == "q":
            self.saved.append(self.font)
        elif operator == "Q" and self.saved:
            self.font = self.saved.pop()
        elif operator in {"Td", "TD", "T*", "Tm", "ET"}:
            self.gap("\n")
        elif operator in {"re", "l"}:
            self.out.lines += 1
        elif operator == "Do":
            self.form(_entry(resources, "/XObject", operands[0]), resources, depth)

    def _choose(self, font: Any) -> None:
        self.font = Font(font) if isinstance(font, pikepdf.Dictionary) else None

    def form(self, form: Any, resources: Any, depth: int) -> None:
        if not isinstance(form, pikepdf.Stream):
            return
        self.readings[form.objgen] = self.readings.get(form.objgen, 0) + 1
        if str(form.get("/Subtype", "")) == "/Image":
            self.out.has_pictures = True
        elif depth < DEEPEST_FORM and self.readings[form.objgen] <= MOST_READINGS:
            self.read(form, form.get("/Resources", resources), depth + 1)
        else:
            self.out.has_unreadable = True


def _size(content: Any) -> int:
    """The unpacked bytes of a page or a form: a small file may hold a very long one."""
    if isinstance(content, pikepdf.Stream):
        return len(content.read_bytes())
    held = content.obj.get("/Contents", [])
    parts = [held] if isinstance(held, pikepdf.Stream) else list(held)
    return sum(len(part.read_bytes()) for part in parts if isinstance(part, pikepdf.Stream))


def _entry(resources: Any, kind: str, name: Any) -> Any:
    return resources.get(kind, {}).get(str(name)) if resources is not None else None


def _streams_of(resources: Any, kind: str) -> list[Any]:
    held = resources.get(kind) if resources is not None else None
    return list(held.values()) if isinstance(held, pikepdf.Dictionary) else []


def _strings(value: Any) -> Iterator[str]:
    """Strings of a direct dictionary or array; what is indirect is met in the walk through all objects."""
    if isinstance(value, pikepdf.String):
        yield str(value)
    elif isinstance(value, pikepdf.Dictionary):
        for child in value.values():
            yield from _strings(child)
    elif isinstance(value, pikepdf.Array):
        for child in value:
            yield from _strings(child)


def read_text(pdf: pikepdf.Pdf) -> DocumentText:
    """The text of every page, of the forms and patterns drawn on it, and of what its comments and fields look like."""
    out = DocumentText()
    readings: dict[Any, int] = {}
    for page in pdf.pages:
        reader = _Reader(out, readings)
        reader.read(page, page.resources)
        for appearance in appearances(page):
            reader.form(appearance, None, 0)
        reader.gap(PAGE_ENDS * 2)
    return out


def take_out(pdf: pikepdf.Pdf, text: DocumentText, hide: Hider) -> int:
    """Take numbers to hide out of the streams that show them, in place; returns how many were met.

    The digits go from the file itself, not from sight only: nothing is painted over text that stays.
    """
    count, codes = text.to_take_out(hide)
    changed: dict[int, dict[int, dict[Place | None, set[int]]]] = defaultdict(lambda: defaultdict(dict))
    for place, which in codes.items():
        changed[place.stream][place.instruction][place] = which
    for said, stream, instruction in text.asides:
        if hide(said):
            count = max(count, 1)
            changed[stream][instruction][None] = set()
    for stream, instructions in changed.items():
        content = text.streams[stream]
        parsed = enumerate(pikepdf.parse_content_stream(content))
        out = [_without(one, instructions[number]) if number in instructions else one for number, one in parsed]
        written = pikepdf.unparse_content_stream(out)
        if isinstance(content, pikepdf.Stream):
            content.write(written)
        else:
            content.Contents = pdf.make_stream(written)
    return count


def _without(instruction: Any, places: dict[Place | None, set[int]]) -> Any:
    """The instruction without some codes of its strings, or without what a reader would say in place of it."""
    operands = list(instruction.operands)
    for place, codes in places.items():
        if place is None:
            operands[1] = pikepdf.Dictionary()
        elif isinstance(operands[-1], pikepdf.Array):
            parts = list(operands[-1])
            parts[place.part] = _shorter(parts[place.part], codes, place.width)
            operands[-1] = pikepdf.Array(parts)
        else:
            operands[-1] = _shorter(operands[-1], codes, place.width)
    return pikepdf.ContentStreamInstruction(operands, instruction.operator)


def _shorter(string: Any, codes: set[int], width: int) -> pikepdf.String:
    raw = bytes(string)
    kept = (raw[at : at + width] for at in range(0, len(raw), width) if at // width not in codes)
    return pikepdf.String(b"".join(kept))
