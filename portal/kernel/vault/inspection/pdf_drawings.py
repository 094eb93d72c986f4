"""How much a PDF has drawn: a form that draws a form ten times, seven deep, is two kilobytes and ten million drawings.

Counted before anything is drawn, from the instructions that draw something else: each stream is read once a page and for
each meaning that its names have, and what it draws counts as often as it is drawn.
"""

import re
from collections import Counter
from dataclasses import dataclass
from typing import Any, Final

import pikepdf

from portal.kernel.vault.inspection.result import Fault, Limits, RefusedFileError

#: The instructions that draw another stream: a form, a pattern, a mask of a graphics state.
_DRAWING: Final = "Do scn SCN gs"
#: Where a font draws its glyphs by streams: also those that show text, and that say in which font.
_WRITING: Final = _DRAWING + " Tf Tj TJ ' \" q Q"
_SHOWING: Final = ("Tj", "TJ", "'", '"')
_WRITES: Final = re.compile(rb"(?<![!-~])(?:Tf|q|Q)(?![!-~])|Tj|TJ|['\"]")
#: So many of those in one stream are held in memory at once.
MOST_WRITING: Final = 400_000
#: What one drawing costs beside its bytes: saving and restoring a state, and finding the stream.
EACH: Final = 256
#: The same of a glyph: a page of text has some thousands.
EACH_GLYPH: Final = 32
#: Streams that draw each other; writers of documents come to a handful.
DEEPEST: Final = 64


@dataclass(frozen=True, slots=True)
class _Where:
    """What names mean to a stream: its own resources or those of whoever draws it, and behind both those of the page."""

    resources: Any
    page: Any
    #: The stream or page whose resources these are: one without its own draws other things elsewhere.
    owner: tuple[int, int]

    def entry(self, kind: str, name: Any) -> Any:
        for resources in (self.resources, self.page):
            held = resources.get(kind) if isinstance(resources, pikepdf.Dictionary) else None
            if isinstance(held, pikepdf.Dictionary):
                return held.get(str(name))
        return None

    def every(self, kind: str) -> list[Any]:
        held = [one.get(kind) for one in (self.resources, self.page) if isinstance(one, pikepdf.Dictionary)]
        return [value for one in held if isinstance(one, pikepdf.Dictionary) for value in one.values()]

    def of(self, stream: Any) -> "_Where":
        own = stream.get("/Resources")
        return self if own is None else _Where(own, self.page, stream.objgen)


class _Count:
    """The bytes that each stream of a page has drawn, with all that it draws; those of a file, so each is read once."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.known: dict[tuple[Any, ...], int] = {}
        self.open: list[tuple[int, int]] = []

    def of_stream(self, stream: Any, where: _Where, font: Any = None) -> int:
        if not isinstance(stream, pikepdf.Stream) or str(stream.get("/Subtype", "")) == "/Image":
            return EACH
        where = where.of(stream)
        key = (stream.objgen, where.owner, _name_of(font))
        if key in self.known:
            return self.known[key]
        if stream.objgen in self.open or len(self.open) >= DEEPEST:  # it draws itself
            raise RefusedFileError(Fault.TOO_COMPLEX)
        self.open.append(stream.objgen)
        self.known[key] = self.of_content(stream, stream.read_bytes(), where, font)
        self.open.pop()
        return self.known[key]

    def of_content(self, content: Any, data: bytes, where: _Where, font: Any = None) -> int:
        """``font``: the one that is in use as the content begins, where its glyphs are streams."""
        total = EACH + len(data)
        writes = font is not None or self._has_such_fonts(where)
        if writes and sum(1 for _written in _WRITES.finditer(data)) > MOST_WRITING:
            raise RefusedFileError(Fault.TOO_COMPLEX)
        kept: list[Any] = []
        for instruction in pikepdf.parse_content_stream(content, operators=_WRITING if writes else _DRAWING):
            if isinstance(instruction, pikepdf.ContentStreamInlineImage):
                continue
            operator, operands = str(instruction.operator), instruction.operands
            if operator == "q":
                kept.append(font)
            elif operator == "Q":
                font = kept.pop() if kept else font
            elif operator == "Tf" and operands:
                font = _of_streams(where.entry("/Font", operands[0]))
            elif operator in _SHOWING and operands:
                total += self._glyphs(operands[-1], font, where) if font is not None else 0
            elif operands and isinstance(operands[-1], pikepdf.Name):  # no colour of numbers
                if operator == "gs":
                    font = _font_of_state(where.entry("/ExtGState", operands[-1]), font)
                total += self._drawn(operator, operands[-1], where, font)
            if total > self.most:
                raise RefusedFileError(Fault.TOO_COMPLEX)
        return total

    def _has_such_fonts(self, where: _Where) -> bool:
        key = ("fonts", where.owner)
        if key not in self.known:
            fonts, states = (where.every(kind) for kind in ("/Font", "/ExtGState"))
            self.known[key] = any(_of_streams(font) is not None for font in fonts) or any(
                _font_of_state(state, None) is not None for state in states
            )
        return bool(self.known[key])

    def _drawn(self, operator: str, name: Any, where: _Where, font: Any) -> int:
        if operator == "Do":
            return self.of_stream(where.entry("/XObject", name), where, font)
        if operator == "gs":
            state = where.entry("/ExtGState", name)
            mask = state.get("/SMask") if isinstance(state, pikepdf.Dictionary) else None
            return self.of_stream(mask.get("/G"), where) if isinstance(mask, pikepdf.Dictionary) else 0
        return self.of_stream(where.entry("/Pattern", name), where)

    def _glyphs(self, shown: Any, font: Any, where: _Where) -> int:
        texts = shown if isinstance(shown, pikepdf.Array) else [shown]
        codes = Counter(b"".join(bytes(text) for text in texts if isinstance(text, pikepdf.String)))
        inside = where.of(font)
        total = 0
        for code, times in codes.items():
            total += times * self._glyph(code, font, inside)
            if total > self.most:
                raise RefusedFileError(Fault.TOO_COMPLEX)
        return total

    def _glyph(self, code: int, font: Any, where: _Where) -> int:
        """What one glyph draws; of a code that the font itself does not name, the most that any of its glyphs does."""
        key = ("glyph", code, *_name_of(font), where.owner)
        if key not in self.known:
            procedures = font.get("/CharProcs")
            name = _names(font).get(code)
            every = list(procedures.values()) if isinstance(procedures, pikepdf.Dictionary) else []
            drawn = [procedures.get(name)] if name is not None and every else every
            costs = [self.of_stream(one, where, font) for one in drawn if isinstance(one, pikepdf.Stream)]
            self.known[key] = EACH_GLYPH + max(costs, default=EACH) - EACH
        return self.known[key]


def _of_streams(font: Any) -> Any:
    """The font, if it draws its glyphs by instructions (Type 3); else None."""
    return font if isinstance(font, pikepdf.Dictionary) and str(font.get("/Subtype", "")) == "/Type3" else None


def _font_of_state(state: Any, font: Any) -> Any:
    set_here = state.get("/Font") if isinstance(state, pikepdf.Dictionary) else None
    return _of_streams(set_here[0]) if isinstance(set_here, pikepdf.Array) and len(set_here) else font


def _name_of(font: Any) -> tuple[Any, ...]:
    """A font as part of a key; one that is no object of its own by what it says."""
    if font is None:
        return ()
    return (font.objgen,) if font.is_indirect else (font.unparse(),)


def _names(font: Any) -> dict[int, str]:
    """The glyph of each code that the font names."""
    coding = font.get("/Encoding")
    differences = coding.get("/Differences") if isinstance(coding, pikepdf.Dictionary) else None
    found: dict[int, str] = {}
    code = 0
    for one in differences if isinstance(differences, pikepdf.Array) else ():
        if isinstance(one, pikepdf.Name):
            found[code] = str(one)
            code += 1
        else:
            code = int(one)
    return found


def judge(pdf: pikepdf.Pdf, limits: Limits) -> None:
    """Add up what all pages have drawn. Raises RefusedFileError TOO_COMPLEX above the limit, and for a form within itself."""
    total = 0
    for page in pdf.pages:
        count = _Count(limits.drawn)
        where = _Where(page.resources, page.resources, page.obj.objgen)
        held: Any = page.obj.get("/Contents", [])
        parts = [held] if isinstance(held, pikepdf.Stream) else list(held)
        data = b"\n".join(part.read_bytes() for part in parts if isinstance(part, pikepdf.Stream))
        total += count.of_content(page, data, where)
        for appearance in appearances(page):
            total += count.of_stream(appearance, where)
        if total > limits.drawn:
            raise RefusedFileError(Fault.TOO_COMPLEX)


def appearances(page: Any) -> list[Any]:
    """The streams that comments and fields of a page look like."""
    found: list[Any] = []
    for annotation in page.obj.get("/Annots", ()):
        held: Any = annotation.get("/AP", {}) if isinstance(annotation, pikepdf.Dictionary) else {}
        for value in held.values():
            found += [value] if isinstance(value, pikepdf.Stream) else list(value.values())
    return found
