"""Numbers that are not kept: cut from everything that people and staff write, before it is sealed."""

from django.utils.module_loading import import_string

from portal.kernel.core import answers
from portal.kernel.core.text import mask_identity_numbers
from portal.kernel.vault.inspection.result import UNREAD

_KEPT = 4
#: Digits of the shortest of them. A mark that a machine puts for a digit which it could not read counts as one.
_SHORTEST = 12


def without_numbers(text: str) -> tuple[str, int]:
    """The text with Aadhaar numbers, virtual IDs and card numbers cut to their last four digits, and how many were cut.

    Looked for twice: by the check digits alone, and as in the documents of KYC, where the words around a number count.
    """
    if sum(character.isdigit() or character == UNREAD for character in text) < _SHORTEST:
        return text, 0
    text, cut = mask_identity_numbers(text)
    finder = answers.number_finder.ask()
    if not finder:
        return text, cut
    places = _apart(import_string(finder)(text))
    for start, end in reversed(places):
        text = text[:start] + _cut(text[start:end]) + text[end:]
    return text, cut + len(places)


def _apart(places: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Places that overlap as one."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(places):
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _cut(number: str) -> str:
    left = sum(character.isdigit() for character in number)
    cut = []
    for character in number:
        hidden = character.isdigit() and left > _KEPT
        left -= character.isdigit()
        cut.append("X" if hidden else character)
    return "".join(cut)
