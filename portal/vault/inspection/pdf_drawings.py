"""How much a PDF has drawn: a form that draws a form ten times, seven deep, is two kilobytes and ten million drawings.

Counted before anything is drawn, from the instructions that draw something else: each stream is read once, and what it
draws counts as often as it is drawn.
"""

from typing import Any, Final

import pikepdf

from portal.vault.inspection.verdict import Fault, Limits, RefusedFileError

#: The instructions that draw another stream: a form, a pattern, a mask of a graphics state.
_DRAWING: Final = "Do scn SCN gs"
#: What one drawing costs beside its bytes: saving and restoring a state, and finding the stream.
EACH: Final = 256


class _Count:
    """The bytes that each stream has drawn, with all that it draws; those of a file, so each is read once."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.known: dict[tuple[int, int], int] = {}
        self.open: set[tuple[int, int]] = set()

    def of_stream(self, stream: Any, resources: Any) -> int:
        if not isinstance(stream, pikepdf.Stream) or str(stream.get("/Subtype", "")) == "/Image":
            return EACH
        key = stream.objgen
        if key in self.known:
            return self.known[key]
        if key in self.open:  # it draws itself
            raise RefusedFileError(Fault.TOO_COMPLEX)
        self.open.add(key)
        self.known[key] = self.of_content(stream, len(stream.read_bytes()), stream.get("/Resources", resources))
        self.open.remove(key)
        return self.known[key]

    def of_content(self, content: Any, size: int, resources: Any) -> int:
        total = EACH + size
        for instruction in pikepdf.parse_content_stream(content, operators=_DRAWING):
            if isinstance(instruction, pikepdf.ContentStreamInlineImage) or not instruction.operands:
                continue
            total += self._drawn(str(instruction.operator), instruction.operands[-1], resources)
            if total > self.most:
                raise RefusedFileError(Fault.TOO_COMPLEX)
        return total

    def _drawn(self, operator: str, name: Any, resources: Any) -> int:
        if not isinstance(name, pikepdf.Name):  # a colour of numbers
            return 0
        if operator == "Do":
            return self.of_stream(_entry(resources, "/XObject", name), resources)
        if operator == "gs":
            state = _entry(resources, "/ExtGState", name)
            mask = state.get("/SMask") if isinstance(state, pikepdf.Dictionary) else None
            return self.of_stream(mask.get("/G"), resources) if isinstance(mask, pikepdf.Dictionary) else 0
        return self.of_stream(_entry(resources, "/Pattern", name), resources)


def _entry(resources: Any, kind: str, name: Any) -> Any:
    held = resources.get(kind) if isinstance(resources, pikepdf.Dictionary) else None
    return held.get(str(name)) if isinstance(held, pikepdf.Dictionary) else None


def judge(pdf: pikepdf.Pdf, limits: Limits) -> None:
    """Add up what all pages have drawn. Raises RefusedFileError TOO_COMPLEX above the limit, and for a form within itself."""
    count = _Count(limits.drawn)
    total = 0
    for page in pdf.pages:
        held: Any = page.obj.get("/Contents", [])
        parts = [held] if isinstance(held, pikepdf.Stream) else list(held)
        size = sum(len(part.read_bytes()) for part in parts if isinstance(part, pikepdf.Stream))
        total += count.of_content(page, size, page.resources)
        for appearance in appearances(page):
            total += count.of_stream(appearance, None)
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
