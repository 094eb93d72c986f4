"""Paragraphs and items of lists, as every kind of file gives them, and the plain text that they make."""

from collections.abc import Iterable
from dataclasses import dataclass


class UnreadableError(ValueError):
    """The file cannot be read as what it is; the first argument is the code of what is wrong with it."""


@dataclass(frozen=True)
class Block:
    """A paragraph, a heading or an item of a list, with its number or mark before its words."""

    text: str
    is_item: bool = False


def plain(blocks: Iterable[Block]) -> str:
    """The text: an empty line between paragraphs, none between the items of one list."""
    parts: list[str] = []
    was_item = False
    for block in blocks:
        text = neat_lines(block.text)
        if text:
            parts += ["" if not parts else "\n" if block.is_item and was_item else "\n\n", text]
            was_item = block.is_item
    return "".join(parts)


def neat_lines(text: str) -> str:
    """Lines without blanks at their ends or in rows."""
    return "\n".join(" ".join(line.split()) for line in text.strip().split("\n"))


def alphabetic(number: int) -> str:
    """1 is a, 26 z, 27 aa: as lists count in letters."""
    found = ""
    while number > 0:
        number, rest = divmod(number - 1, 26)
        found = chr(ord("a") + rest) + found
    return found or "0"


def roman(number: int) -> str:
    """Small Roman numerals."""
    signs = (
        *((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl")),
        *((10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i")),
    )
    found = ""
    for value, sign in signs:
        count, number = divmod(max(number, 0), value)
        found += sign * min(count, 3)
    return found or "0"
