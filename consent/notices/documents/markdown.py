"""Markdown as plain text: marks of headings, emphasis and links go, numbers and items stay."""

import re

from consent.notices.documents.blocks import Block, plain

_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_HIDDEN = re.compile("[\ue021-\ue07e]")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_HEADING = re.compile(r"^ {0,3}#{1,6}[ \t]+(.*?)[ \t#]*$")
_RULE = re.compile(r"^ {0,3}(?:=+|-{2,}|(?:[-*_][ \t]*){3,})$")
_ITEM = re.compile(r"^(\s*)(?:[-*+]|(\d{1,3}(?:\.\d{1,3})*[.)]))[ \t]+(.*)$")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)\s]*(?:\s+\"[^\"]*\")?\)")
_MARKS = (
    re.compile(r"\*\*(?=\S)(.+?)(?<=\S)\*\*", re.DOTALL),
    re.compile(r"(?<!\w)__(?=\S)(.+?)(?<=\S)__(?!\w)", re.DOTALL),
    re.compile(r"\*(?=\S)(.+?)(?<=\S)\*", re.DOTALL),
    re.compile(r"(?<!\w)_(?=\S)(.+?)(?<=\S)_(?!\w)", re.DOTALL),
    re.compile(r"~~(?=\S).+?(?<=\S)~~()", re.DOTALL),
    re.compile(r"`([^`\n]+)`"),
)


def read(text: str) -> str:
    """The words of a Markdown text. Lines of one paragraph are one line, except where a break is asked for."""
    hidden = _ESCAPED.sub(lambda found: chr(0xE000 + ord(found[1])), _COMMENT.sub("", text))
    blocks: list[Block] = []
    open_lines: list[str] = []
    is_item = False

    def close() -> None:
        if open_lines:
            blocks.append(Block(_words("".join(open_lines)), is_item))
        open_lines.clear()

    for line in hidden.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        stripped = re.sub(r"^ {0,3}(?:> ?)+", "", line)
        heading, item = _HEADING.match(stripped), _ITEM.match(stripped)
        if not stripped.strip() or _RULE.match(stripped):
            close()
        elif heading:
            close()
            blocks.append(Block(_words(heading[1])))
        elif item:
            close()
            is_item = True
            open_lines.append(f"{item[2] or '-'} {_ended(item[3])}")
        else:
            is_item = is_item and bool(open_lines)
            open_lines.append(_ended(stripped.lstrip()))
    close()
    return plain(blocks)


def _ended(line: str) -> str:
    """With what the end of a line means: a break where two blanks or a backslash ask for one, else a blank."""
    is_break = line.endswith(("  ", "\\"))
    return line.rstrip(" \\") + ("\n" if is_break else " ")


def _words(text: str) -> str:
    said = _LINK.sub(r"\1", text)
    for mark in _MARKS:
        said = mark.sub(r"\1", said)
    return _HIDDEN.sub(lambda found: chr(ord(found[0]) - 0xE000), said)
