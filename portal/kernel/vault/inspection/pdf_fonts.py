"""From the bytes of a font's strings to text: its ToUnicode map or, for simple fonts, its names of glyphs (ISO 32000-1, 9.10)."""

import re
from typing import Any

import pikepdf

_GLYPHS = {
    f"/{name}": str(digit)
    for digit, name in enumerate(["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"])
}
_GLYPHS |= {"/space": " ", "/hyphen": "-", "/period": ".", "/slash": "/", "/colon": ":"}
#: The flag of a font that does not use the standard set of Latin characters (ISO 32000-1, table 123).
SYMBOLIC = 1 << 2


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
        #: An embedded font of symbols may number its glyphs as it likes: what is read of it may be something else.
        self.is_sure = bool(self.map) or not _numbers_its_own(dictionary.get("/FontDescriptor"))

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

    def read(self, raw: bytes) -> list[str]:
        """The text of each code of a string."""
        codes = [int.from_bytes(raw[at : at + self.width], "big") for at in range(0, len(raw), self.width)]
        plain = self.width == 1
        return [self.map.get(code, chr(code) if plain and code >= 32 else "\ufffd") for code in codes]


def _numbers_its_own(descriptor: Any) -> bool:
    if not isinstance(descriptor, pikepdf.Dictionary) or not {"/FontFile", "/FontFile2", "/FontFile3"} & set(
        descriptor.keys()
    ):
        return False
    return bool(int(descriptor.get("/Flags", 0)) & SYMBOLIC)


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
