"""What a person types to ask who sent something: a sender, an address, or the words of a message. Plain Python, reads nothing."""

import re
import unicodedata
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlsplit

from portal.kernel.core.errors import BadReference
from portal.kernel.core.ids import parse_reference
from portal.kernel.core.text import ascii_digits, without_hiding_marks
from portal.kernel.registers.senders.rules.senders import PREFIX_LENGTH, parse_header
from portal.kernel.registers.senders.rules.template_checks import link_is_listed

#: Shorter than a short code names nothing.
LEAST: Final = 5
#: A text is one of a template's only where this much of it is fixed.
LEAST_FIXED: Final = 25
#: What one variable may hold, with room for two side by side.
MOST_IN_A_VARIABLE: Final = 80
_DASHES: Final = re.compile(r"\s*[‐‑‒–—−_-]\s*")
_HEADER: Final = re.compile(r"(?:[A-Z]{2}[- ])?(?=[A-Z0-9]*[A-Z0-9]{3})[A-Z0-9]{3,11}(?:[- ][PSTG])?", re.IGNORECASE)
_NUMBER: Final = re.compile(r"\+?\d[\d\s().\-]*")
_HOST: Final = re.compile(r"(?:https?://|[^\s@]+@)?((?:[a-z0-9-]+\.)+[a-z]{2,})(?:[:/?#]\S*)?", re.IGNORECASE)
#: What a telephone may open: a link, a host in any script, an address by numbers.
_OPENS: Final = re.compile(r"\S*(?:://|\w\.[^\W\d]{2}|\d+(?:\.\d+){3})\S*")
#: More digits in a row than a sum, a date or a code has: what a telephone may call.
_CALLS: Final = re.compile(r"\+?\d(?:[\s().-]{0,2}\d){8,}")
#: What browsers read as a full stop, too.
_STOPS: Final = str.maketrans({"\u3002": ".", "\uff61": ".", "\uff0e": "."})
_VARIABLE: Final = re.compile(r"\{#\w*#\}|\{\{\d+\}\}")
#: A header without hyphens, as older telephones show it: ADONESTU.
_JOINED_LENGTH: Final = 8
_NATIONAL_LENGTH: Final = 10


@dataclass(frozen=True, slots=True)
class Asked:
    """What was typed, taken apart. ``values`` are the forms in which a sender of that name or number may be kept; ``text`` is what
    stands under it, ``whole`` everything: the first line may be the beginning of the message.
    """

    reference: str = ""
    values: frozenset[str] = frozenset()
    suffix: str = ""
    host: str = ""
    link: str = ""
    text: str = ""
    whole: str = ""


def read(typed: str) -> Asked:
    """Take apart what was typed: a reference of ours and nothing else, or a header, number or address, or the words of a message.

    A sender in the first line and a message under it are both. A reference inside a text says nothing of the text: whoever got a
    message of ours can write its reference into another.
    """
    plain = ascii_digits(without_hiding_marks(unicodedata.normalize("NFKC", typed))).strip()
    with suppress(BadReference):
        return Asked(reference=parse_reference(plain, "MS"))
    whole = words_of(plain)
    first, _break, rest = plain.partition("\n")
    asked = _sender(first.strip().rstrip(":"))
    return Asked(text=whole, whole=whole) if asked is None else replace(asked, text=words_of(rest), whole=whole)


def _sender(line: str) -> Asked | None:
    line = _DASHES.sub("-", " ".join(line.split()))
    digits = _digits(line)
    if len(digits) >= LEAST and _NUMBER.fullmatch(line):
        return Asked(values=frozenset(_numbers(digits)))
    if _HEADER.fullmatch(line):
        header = parse_header(line.replace(" ", "-"))
        names = {header.name}
        if len(header.name) == _JOINED_LENGTH:
            names.add(header.name[PREFIX_LENGTH:])
        return Asked(values=frozenset(names | {header.name.lower()}), suffix=header.suffix)
    return _address(line) if _HOST.fullmatch(line) else None


def _address(line: str) -> Asked:
    """An e-mail address, a host or a link. What stands before an @ in a link is no host, whatever it looks like."""
    values = frozenset({line.lower()})
    link = line if "://" in line else f"https://{line}"
    parts = urlsplit(link)
    if "@" not in parts.netloc:
        return Asked(values=values, host=parts.hostname or "", link=link)
    is_mail = "://" not in line and line.count("@") == 1 and not set(line) & set("/:?#")
    return Asked(values=values, host=line.rpartition("@")[2].lower() if is_mail else "")


def _numbers(digits: str) -> set[str]:
    national = digits.removeprefix("00")
    national = national.removeprefix("91") if len(national) == _NATIONAL_LENGTH + 2 else national
    national = national.removeprefix("0") if len(national) == _NATIONAL_LENGTH + 1 else national
    forms = {digits, national, f"+{digits}"}
    return forms | {f"91{national}", f"+91{national}", f"0{national}"} if len(national) >= _NATIONAL_LENGTH else forms


def words_of(text: str) -> str:
    """A message in the form in which two are compared: small letters, single blanks."""
    return " ".join(ascii_digits(unicodedata.normalize("NFKC", text)).casefold().split())


def is_text_of(template: str, text: str, *, links: Sequence[str] = (), numbers: Sequence[str] = ()) -> bool:
    """Whether ``text`` (see ``words_of``) is the template with something in place of its variables, and nothing else.

    A link or a number in the place of a variable that its business has not listed makes it another text.
    """
    fixed = [" ".join(part.split()) for part in _VARIABLE.split(words_of(template))]
    if sum(map(len, fixed)) < LEAST_FIXED or not text.startswith(fixed[0]) or not text.endswith(fixed[-1]):
        return False
    if len(fixed) == 1:
        return text == fixed[0]
    values = _values_of(text, fixed)
    return values is not None and not any(_leads_away(value, links, numbers) for value in values)


def _values_of(text: str, fixed: list[str]) -> list[str] | None:
    """What stands in the places of the variables; None where the fixed parts do not follow each other so."""
    values, at = [], len(fixed[0])
    for part in fixed[1:-1]:
        found = text.find(part, at)
        if found < 0:
            return None
        values.append(text[at:found])
        at = found + len(part)
    end = len(text) - len(fixed[-1])
    if end < at:
        return None
    values.append(text[at:end])
    return values if max(map(len, values)) <= MOST_IN_A_VARIABLE else None


def _leads_away(value: str, links: Sequence[str], numbers: Sequence[str]) -> bool:
    value = value.translate(_STOPS)
    opened = (found[0].strip("()[]<>,;.!\"'") for found in _OPENS.finditer(value))
    if not all(link_is_listed(link, links) for link in opened):
        return True
    known = {form for number in numbers for form in _numbers(_digits(number))}
    called = (found[0] for found in _CALLS.finditer(_OPENS.sub(" ", value)))
    return any(not set(_numbers(_digits(number))) & known for number in called)


def _digits(text: str) -> str:
    return "".join(letter for letter in text if letter.isdecimal())
