"""A page of HTML as plain text. Nothing is fetched, no script runs: only its words are read, with the numbers of its lists."""

from collections.abc import Iterator
from typing import Any

from lxml import etree

from consent.notices.documents.blocks import Block, UnreadableError, alphabetic, plain, roman

_BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "caption",
        "center",
        "dd",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "html",
        "legend",
        "li",
        "main",
        "ol",
        "p",
        "pre",
        "section",
        "summary",
        "details",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "ul",
    ]
)
_HEADINGS = frozenset(["h1", "h2", "h3", "h4", "h5", "h6"])
#: Of no interest to somebody who reads the page, or said to be struck out.
_LEFT_OUT = frozenset(
    [
        "audio",
        "button",
        "canvas",
        "del",
        "head",
        "iframe",
        "input",
        "map",
        "nav",
        "noscript",
        "object",
        "s",
        "script",
        "select",
        "strike",
        "style",
        "svg",
        "template",
        "textarea",
        "title",
        "video",
    ]
)


def read(data: bytes) -> str:
    """The words of a page. Raises UnreadableError for what has none."""
    encoding = "utf-8" if _is_utf8(data) else None
    parser = etree.HTMLParser(
        no_network=True, remove_comments=True, remove_pis=True, huge_tree=False, encoding=encoding
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise UnreadableError("UNREADABLE") from error
    if root is None:
        raise UnreadableError("UNREADABLE")
    return plain(_Page().blocks(root))


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


class _Page:
    def __init__(self) -> None:
        self.words: list[str] = []
        #: The mark of the item whose first words are still to come, and whether they are an item of a list.
        self.mark = ""
        self.is_item = False

    def blocks(self, element: Any) -> Iterator[Block]:
        yield from self._inside(element, "")
        yield from self._close()

    def _close(self, *, is_heading: bool = False) -> Iterator[Block]:
        text = "".join(self.words).strip()
        self.words.clear()
        if text:
            yield Block(f"{self.mark} {text}" if self.mark else text, self.is_item and not is_heading)
            self.mark, self.is_item = "", False

    def _inside(self, element: Any, above: str) -> Iterator[Block]:
        """The blocks in an element. ``above`` is the number of the item of a numbered list that it is in."""
        self._say(element.text, element)
        for child, number in zip(element, _numbers(element, above), strict=True):
            name = child.tag if isinstance(child.tag, str) else ""
            if name == "br":
                self.words.append("\n")
            elif name in {"td", "th"} and child.getprevious() is not None:
                self.words.append(" | ")
                yield from self._inside(child, above)
            elif name in {"td", "th"}:
                yield from self._inside(child, above)
            elif name and name not in _LEFT_OUT and "hidden" not in child.attrib:
                yield from self._element(child, name, above, number)
            self._say(child.tail, element)

    def _element(self, child: Any, name: str, above: str, number: str) -> Iterator[Block]:
        if name not in _BLOCKS:
            yield from self._inside(child, above)
            return
        yield from self._close()
        if name == "li":
            self.mark, self.is_item = (f"{number}." if number and "." not in number else number) or "-", True
        yield from self._inside(child, number or above)
        yield from self._close(is_heading=name in _HEADINGS)
        if name == "li":
            self.mark, self.is_item = "", False

    def _say(self, text: str | None, inside: Any) -> None:
        if text:
            self.words.append(text.strip("\n") if inside.tag == "pre" else " ".join(f"x{text}x".split())[1:-1])


def _numbers(element: Any, above: str) -> Iterator[str]:
    """For each child its number, where it is an item of a numbered list. A list in an item counts on its number: 2.1."""
    if element.tag != "ol":
        yield from ("" for _child in element)
        return
    kind = element.get("type", "1")
    count = _whole(element.get("start"), 1) - 1
    prefix = f"{above}." if above and above.replace(".", "").isdigit() and kind == "1" else ""
    for child in element:
        if child.tag != "li":
            yield ""
            continue
        count = _whole(child.get("value"), count + 1)
        yield prefix + _shown(kind, count)


def _shown(kind: str, count: int) -> str:
    said = {"a": alphabetic, "A": alphabetic, "i": roman, "I": roman}.get(kind, str)(count)
    return said.upper() if kind in {"A", "I"} else said


def _whole(text: str | None, otherwise: int) -> int:
    return int(text) if text is not None and text.strip().isdecimal() and len(text) < 6 else otherwise
