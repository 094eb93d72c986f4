"""The machine-readable zone of a passport (ICAO Doc 9303 part 4, TD3): two lines of 44, of which the second is checked.

Only here a passport carries check digits: weights 7, 3, 1 over the values 0-9, A-Z as 10-35 and the filler ``<`` as 0.
"""

import re
from dataclasses import dataclass
from datetime import date

LINE = 44
_FIRST = re.compile(r"P[A-Z<]([A-Z<]{3})[A-Z<]{39}")
_SECOND = re.compile(r"([A-Z0-9<]{9})[0-9<]([A-Z<]{3})\d{6}\d[MFX<](\d{6})\d[A-Z0-9<]{14}[0-9<]\d")
#: Number, day of birth, last day, number of the person, and all of them together: where each stands, and its check digit.
_CHECKED = [([(0, 9)], 9), ([(13, 19)], 19), ([(21, 27)], 27), ([(28, 42)], 42), ([(0, 10), (13, 20), (21, 43)], 43)]
_VALUES = {character: value for value, character in enumerate("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")} | {"<": 0}


@dataclass(frozen=True)
class Zone:
    """What the zone says of the passport. The holder's name and day of birth are left out on purpose."""

    number: str
    nationality: str
    issuer: str
    expires_on: date


def check_digit(field: str) -> str:
    return str(sum(_VALUES[character] * (7, 3, 1)[place % 3] for place, character in enumerate(field)) % 10)


def looks_like_zone(text: str) -> bool:
    return "<" in text or len(text) in {LINE, 2 * LINE}


def digits_agree(second: str) -> bool:
    """Whether every check digit of a second line is right. An empty number of the person may have a filler for one."""
    for parts, place in _CHECKED:
        field = "".join(second[start:end] for start, end in parts)
        is_empty = not field.strip("<") and second[place] == "<"
        if not is_empty and check_digit(field) != second[place]:
            return False
    return True


def zone(text: str) -> Zone | None:
    """Both lines, or the second alone. None for what has not the form of a zone; the check digits are not asked here."""
    first, second = text[:-LINE], text[-LINE:]
    opening, found = _FIRST.fullmatch(first), _SECOND.fullmatch(second)
    if found is None or (first and opening is None):
        return None
    number, nationality, ends = found.groups()
    try:
        expires_on = date(2000 + int(ends[:2]), int(ends[2:4]), int(ends[4:]))
    except ValueError:
        return None
    issuer = opening.group(1) if opening else ""
    return Zone(number.rstrip("<"), nationality.rstrip("<"), issuer.rstrip("<"), expires_on)
