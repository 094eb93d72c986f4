"""The text that a PDF's pages show, for searching. Not a layout: order and gaps are those of the file.

Fonts are read through their ToUnicode map or, for simple fonts, their names of glyphs (ISO 32000-1, 9.10). Text whose
font tells neither is counted as unreadable, so that a page never says "searched" about it.
"""

import re
from dataclasses import dataclass, field
from typing import Any

import pikepdf

from portal.vault.inspection.verdict import Search

_GLYPHS = {
    f"/{name}": str(digit)
    for digit, name in enumerate(["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"])
}
_GLYPHS |= {"/space": " ", "/hyphen": "-", "/period": ".", "/slash": "/", "/colon": ":"}
DEEPEST_FORM = 8
#: A gap in a TJ array wider than this (thousandths of the font size) reads as a space.
SPACE = 180


@dataclass
class DocumentText:
    #: The text with gaps as spaces and new lines, and once more with the gaps closed: a number may be set digit by digit.
    spaced: list[str] = field(default_factory=list)
    glued: list[str] = field(default_factory=list)
    has_pictures: bool = False
    has_unreadable: bool = False

    @property
    def texts(self) -> list[str]:
        return ["".join(self.spaced), "".join(self.glued)]

    def search(self) -> Search:
        """How much of what the pages show was searched."""
        has_text = any(part.strip() for part in self.glued)
        if not self.has_pictures and not self.has_unreadable:
            return Search.SEARCHED
        return Search.PARTLY if has_text else Search.NOT_SEARCHED


class Font:
    """Turns the bytes of one font's strings into text."""

    def __init__(self, dictionary: Any) -> None:
        self.width = 2 if str(dictionary.get("/Subtype", "")) == "/Type0" else 1
        self.map: dict[int, str] = {}
        mapping = dictionary.get("/ToUnicode")
        if isinstance(mapping, pikepdf.Stream):
            self.map = _unicode_map(mapping.read_bytes())
        self.is_readable = bool(self.map) or (self.width == 1 and str(dictionary.get("/Subtype", "")) != "/Type3")
        if self.width == 1 and not self.map:
            self._names(dictionary.get("/Encoding"))

    def _names(self, encoding: Any) -> None:
        if not isinstance(encoding, pikepdf.Dictionary) or "/Differences" not in encoding:
            return
        code = 0
        for entry in encoding["/Differences"]:
            if isinstance(entry, pikepdf.Name):
                self.map[code] = _glyph(str(entry))
                code += 1
            else:
                code = int(entry)

    def read(self, raw: bytes) -> str:
        codes = [int.from_bytes(raw[at : at + self.width], "big") for at in range(0, len(raw), self.width)]
        plain = self.width == 1
        return "".join(self.map.get(code, chr(code) if plain and code >= 32 else "\ufffd") for code in codes)


def _glyph(name: str) -> str:
    if name in _GLYPHS:
        return _GLYPHS[name]
    match = re.fullmatch(r"/(?:uni|u)([0-9A-F]{4,6})", name)
    if match:
        return chr(int(match.group(1), 16))
    return name[1] if len(name) == 2 else "\ufffd"


_HEX = rb"<\s*([0-9A-Fa-f\s]*)>"
_CHARS = re.compile(rb"beginbfchar(.*?)endbfchar", re.DOTALL)
_RANGES = re.compile(rb"beginbfrange(.*?)endbfrange", re.DOTALL)
_PAIR = re.compile(_HEX + rb"\s*" + _HEX)
_RANGE = re.compile(_HEX + rb"\s*" + _HEX + rb"\s*(?:" + _HEX + rb"|\[(.*?)\])", re.DOTALL)
LONGEST_RANGE = 65_536


def _text_of(hexadecimal: bytes) -> str:
    raw = bytes.fromhex(hexadecimal.decode().replace("\n", "").replace(" ", ""))
    return raw.decode("utf-16-be", "replace") if len(raw) > 1 else raw.decode("latin-1")


def _number(hexadecimal: bytes) -> int:
    return int(b"0" + b"".join(hexadecimal.split()), 16)


def _unicode_map(cmap: bytes) -> dict[int, str]:
    found: dict[int, str] = {}
    for block in _CHARS.findall(cmap):
        for code, text in _PAIR.findall(block):
            found[_number(code)] = _text_of(text)
    for block in _RANGES.findall(cmap):
        for first, last, start, listed in _RANGE.findall(block):
            low, high = _number(first), min(_number(last), _number(first) + LONGEST_RANGE)
            if listed:
                texts = [_text_of(text) for text in re.findall(_HEX, listed)]
                found.update(zip(range(low, high + 1), texts, strict=False))
            elif text := _text_of(start):
                found.update({low + at: text[:-1] + chr(ord(text[-1]) + at) for at in range(high - low + 1)})
    return found


class _Reader:
    def __init__(self, out: DocumentText) -> None:
        self.out = out
        self.font: Font | None = None

    def show(self, operand: Any) -> None:
        raw = bytes(operand) if isinstance(operand, pikepdf.String) else b""
        if not raw:
            return
        if self.font is None or not self.font.is_readable:
            self.out.has_unreadable = True
            return
        text = self.font.read(raw)
        self.out.has_unreadable |= "\ufffd" in text
        self.out.spaced.append(text)
        self.out.glued.append(text)

    def array(self, operand: Any) -> None:
        for part in operand if isinstance(operand, pikepdf.Array) else ():
            if isinstance(part, pikepdf.String):
                self.show(part)
            elif not isinstance(part, pikepdf.Object) and part < -SPACE:
                self.out.spaced.append(" ")

    def read(self, content: Any, resources: Any, depth: int = 0) -> None:
        fonts = resources.get("/Font", {}) if resources is not None else {}
        forms = resources.get("/XObject", {}) if resources is not None else {}
        for instruction in pikepdf.parse_content_stream(content):
            if isinstance(instruction, pikepdf.ContentStreamInlineImage):
                self.out.has_pictures = True
                continue
            self._one(str(instruction.operator), instruction.operands, fonts, forms, resources, depth)

    def _one(self, operator: str, operands: Any, fonts: Any, forms: Any, resources: Any, depth: int) -> None:
        if operator == "Tf":
            font = fonts.get(str(operands[0]))
            self.font = Font(font) if isinstance(font, pikepdf.Dictionary) else None
        elif operator in {"Tj", "'", '"'}:
            if operator != "Tj":
                self.out.spaced.append("\n")
            self.show(operands[-1])
        elif operator == "TJ":
            self.array(operands[0])
        elif operator in {"Td", "TD", "T*", "Tm", "ET"}:
            self.out.spaced.append("\n")
        elif operator == "Do":
            self._form(forms.get(str(operands[0])), resources, depth)

    def _form(self, form: Any, resources: Any, depth: int) -> None:
        if not isinstance(form, pikepdf.Stream):
            return
        if str(form.get("/Subtype", "")) == "/Image":
            self.out.has_pictures = True
        elif depth < DEEPEST_FORM:
            self.read(form, form.get("/Resources", resources), depth + 1)
        else:
            self.out.has_unreadable = True


def read_text(pdf: pikepdf.Pdf) -> DocumentText:
    """The text of every page and of the forms drawn on it."""
    out = DocumentText()
    for page in pdf.pages:
        _Reader(out).read(page, page.resources)
        for parts in (out.spaced, out.glued):
            parts.append("\n")
    return out
