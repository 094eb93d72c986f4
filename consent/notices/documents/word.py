"""A Word document (.docx) as plain text: its words, and the numbers that Word counts for its paragraphs.

What was struck out in a tracked change, what is hidden and the table of contents are left out. Nothing that the file refers
to is fetched; a file with macros is refused.
"""

import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from lxml import etree

from consent.notices.documents.blocks import Block, UnreadableError, alphabetic, plain, roman

#: Of all parts that are read together.
MOST_UNPACKED: Final = 24 * 1024 * 1024
_READ: Final = ("word/document.xml", "word/numbering.xml", "word/styles.xml")
_LEFT_OUT = frozenset({"del", "moveFrom", "instrText", "delText", "Fallback", "pPr", "rPr", "footnoteReference"})
_PLACE = re.compile(r"%([1-9])")


def read(data: bytes) -> str:
    """The words of a document. Raises UnreadableError for what is no such file, has macros or is locked by a password."""
    parts = _parts(data)
    document = _root(parts["word/document.xml"])
    body = next((one for one in document if _name(one) == "body"), None)
    if body is None:
        raise UnreadableError("UNREADABLE")
    styles = _Styles.read(_root(parts["word/styles.xml"]) if "word/styles.xml" in parts else None)
    numbering = _Numbering.read(_root(parts["word/numbering.xml"]) if "word/numbering.xml" in parts else None)
    return plain(_blocks(body, styles, numbering))


def smallest() -> bytes:
    """A document of one letter."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("word/document.xml", "<document><body><p><r><t>a</t></r></p></body></document>")
    return made.getvalue()


def _parts(data: bytes) -> dict[str, bytes]:
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise UnreadableError("OLD_WORD")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            names = {one.filename: one for one in packed.infolist()}
            if any(name.lower().endswith("vbaproject.bin") for name in names):
                raise UnreadableError("MACROS")
            if "word/document.xml" not in names:
                raise UnreadableError("UNREADABLE")
            wanted = [names[name] for name in _READ if name in names]
            if sum(one.file_size for one in wanted) > MOST_UNPACKED:
                raise UnreadableError("TOO_MUCH")
            return {one.filename: _unpacked(packed, one) for one in wanted}
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError) as error:
        raise UnreadableError("UNREADABLE") from error


def _unpacked(packed: zipfile.ZipFile, part: zipfile.ZipInfo) -> bytes:
    with packed.open(part) as opened:
        read = opened.read(MOST_UNPACKED + 1)
    if len(read) > MOST_UNPACKED:
        raise UnreadableError("TOO_MUCH")
    return read


def _root(data: bytes) -> Any:
    """The root of a part. Raises UnreadableError for what is no XML, and for a document type in any encoding."""
    if b"<!DOCTYPE" in data.replace(b"\0", b""):
        raise UnreadableError("UNREADABLE")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise UnreadableError("UNREADABLE") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise UnreadableError("UNREADABLE")
    return root


def _name(element: Any) -> str:
    """The name without its namespace: strict and transitional documents have different ones."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _child(element: Any, *path: str) -> Any:
    for name in path:
        element = next((one for one in element if _name(one) == name), None) if element is not None else None
    return element


def _value(element: Any, *path: str) -> str:
    """The ``val`` of what is under an element; empty where it has none."""
    found = _child(element, *path) if path else element
    if found is None:
        return ""
    return next((str(said) for key, said in found.attrib.items() if key.rpartition("}")[2] == "val"), "")


def _key(element: Any, name: str) -> str:
    return next((str(said) for key, said in element.attrib.items() if key.rpartition("}")[2] == name), "")


@dataclass(frozen=True)
class _Style:
    name: str
    based_on: str
    number: tuple[str, int] | None


@dataclass(frozen=True)
class _Styles:
    by_id: Mapping[str, _Style] = field(default_factory=dict)

    @classmethod
    def read(cls, root: Any) -> "_Styles":
        found = {}
        for one in root if root is not None else ():
            if _name(one) == "style":
                number = _number_of(_child(one, "pPr"))
                found[_key(one, "styleId")] = _Style(_value(one, "name").casefold(), _value(one, "basedOn"), number)
        return cls(found)

    def name(self, style: str) -> str:
        found = self.by_id.get(style)
        return found.name if found is not None else style.casefold()

    def number(self, style: str) -> tuple[str, int] | None:
        """The list and the level of a style, or of the one it is based on."""
        for _step in range(20):
            found = self.by_id.get(style)
            if found is None:
                return None
            if found.number is not None:
                return found.number
            style = found.based_on
        return None


def _number_of(properties: Any) -> tuple[str, int] | None:
    """The list and the level that a paragraph or a style names; None where it names none."""
    found = _child(properties, "numPr") if properties is not None else None
    if found is None:
        return None
    level = _value(found, "ilvl")
    return _value(found, "numId"), min(int(level), 8) if level.isdecimal() else 0


@dataclass(frozen=True)
class _Level:
    start: int
    kind: str
    text: str
    is_legal: bool


class _Numbering:
    """The lists of a document, and how far each has counted."""

    def __init__(self, lists: Mapping[str, str], levels: Mapping[str, Mapping[int, _Level]]) -> None:
        self.lists = lists
        self.levels = levels
        self.starts: dict[str, dict[int, int]] = {}
        self.counts: dict[str, dict[int, int]] = {}

    @classmethod
    def read(cls, root: Any) -> "_Numbering":
        lists: dict[str, str] = {}
        levels: dict[str, dict[int, _Level]] = {}
        starts: dict[str, dict[int, int]] = {}
        for one in root if root is not None else ():
            if _name(one) == "abstractNum":
                found = {_whole(_key(level, "ilvl"), 0): _level(level) for level in one if _name(level) == "lvl"}
                levels[_key(one, "abstractNumId")] = found
            elif _name(one) == "num":
                number = _key(one, "numId")
                lists[number] = _value(one, "abstractNumId")
                for over in one:
                    if _name(over) == "lvlOverride" and _child(over, "startOverride") is not None:
                        start = _whole(_value(over, "startOverride"), 1)
                        starts.setdefault(number, {})[_whole(_key(over, "ilvl"), 0)] = start
        made = cls(lists, levels)
        made.starts = starts
        return made

    def mark(self, number: str, level: int) -> tuple[str, str]:
        """The mark of the next paragraph of a list, and how it counts; empty for what is in no list."""
        levels = self.levels.get(self.lists.get(number, ""), {})
        own = levels.get(level)
        if own is None or own.kind == "none":
            return "", ""
        if own.kind == "bullet":
            return "-", "bullet"
        counts = self.counts.setdefault(self.lists[number], {})
        for place, start in self.starts.pop(number, {}).items():
            counts[place] = start - 1
        counts[level] = counts.get(level, own.start - 1) + 1
        for deeper in [one for one in counts if one > level]:
            del counts[deeper]
        shown = {
            one: _shown("decimal" if own.is_legal else levels[one].kind, counts.get(one, levels[one].start))
            for one in levels
        }
        said = _PLACE.sub(lambda found: shown.get(int(found[1]) - 1, ""), own.text)
        return said.strip(), own.kind


def _level(element: Any) -> _Level:
    return _Level(
        start=_whole(_value(element, "start"), 1),
        kind=_value(element, "numFmt") or "decimal",
        text=_value(element, "lvlText"),
        is_legal=_child(element, "isLgl") is not None,
    )


def _shown(kind: str, count: int) -> str:
    if kind in {"lowerLetter", "upperLetter"}:
        return alphabetic(count).upper() if kind == "upperLetter" else alphabetic(count)
    if kind in {"lowerRoman", "upperRoman"}:
        return roman(count).upper() if kind == "upperRoman" else roman(count)
    return f"{count:02d}" if kind == "decimalZero" else str(count)


def _whole(text: str, otherwise: int) -> int:
    return int(text) if text.isdecimal() and len(text) < 6 else otherwise


def _blocks(parent: Any, styles: _Styles, numbering: _Numbering) -> Iterator[Block]:
    for one in parent:
        name = _name(one)
        if name == "p":
            yield from _paragraph(one, styles, numbering)
        elif name == "tbl":
            for row in one:
                if _name(row) == "tr":
                    cells = [_words(cell) for cell in row if _name(cell) == "tc"]
                    yield Block(" | ".join(" ".join(cell.split()) for cell in cells), is_item=True)
        elif name == "sdt":
            gallery = _value(_child(one, "sdtPr"), "docPartObj", "docPartGallery")
            content = _child(one, "sdtContent")
            if content is not None and gallery != "Table of Contents":
                yield from _blocks(content, styles, numbering)
        elif name in {"ins", "moveTo", "customXml", "smartTag"}:
            yield from _blocks(one, styles, numbering)


def _paragraph(paragraph: Any, styles: _Styles, numbering: _Numbering) -> Iterator[Block]:
    properties = _child(paragraph, "pPr")
    style = _value(properties, "pStyle") if properties is not None else ""
    name = styles.name(style)
    words = _words(paragraph)
    if name.startswith("toc ") or not words.strip():
        return
    own = _number_of(properties)
    inherited = styles.number(style)
    number = (own[0] or (inherited[0] if inherited else ""), own[1]) if own else inherited
    mark, kind = numbering.mark(*number) if number else ("", "")
    yield Block(f"{mark} {words.strip()}" if mark else words, is_item=bool(kind) and not name.startswith("heading"))


def _words(element: Any) -> str:
    """The words under an element, in the order in which they are read."""
    found = []
    for one in element:
        name = _name(one)
        if name == "t":
            found.append(one.text or "")
        elif name == "tab":
            found.append(" ")
        elif name == "cr" or (name == "br" and _key(one, "type") in {"", "textWrapping"}):
            found.append("\n")
        elif name == "noBreakHyphen":
            found.append("-")
        elif name == "r" and _is_hidden(one):
            continue
        elif name not in _LEFT_OUT:
            found.append(_words(one) + (" " if name == "p" else ""))
    return "".join(found)


def _is_hidden(run: Any) -> bool:
    hidden = _child(run, "rPr", "vanish")
    return hidden is not None and _value(hidden) not in {"0", "false", "off"}
