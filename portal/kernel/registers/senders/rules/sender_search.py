"""What a person types to ask who sent something: a sender, an address, or the words of a message. Plain Python, reads nothing."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from portal.kernel.core.text import ascii_digits, without_hiding_marks
from portal.kernel.registers.senders.rules.senders import PREFIX_LENGTH, parse_header

#: Shorter than a short code names nothing.
LEAST: Final = 5
#: A text is one of a template's only where this much of it is fixed.
LEAST_FIXED: Final = 25
#: What one variable may hold, with room for two side by side.
MOST_IN_A_VARIABLE: Final = 80
_DASHES: Final = re.compile(r"\s*[‐‑‒–—−_-]\s*")
_HEADER: Final = re.compile(r"(?:[A-Z]{2}[- ])?(?=[A-Z0-9]*[A-Z0-9]{3})[A-Z0-9]{3,11}(?:[- ][PSTG])?", re.IGNORECASE)
_NUMBER: Final = re.compile(r"\+?\d[\d\s().\-]*")
_REFERENCE: Final = re.compile(r"\bOS-MS-[0-9A-Z]{4}-[0-9A-Z]{4}\b", re.IGNORECASE)
_HOST: Final = re.compile(r"(?:https?://|[^\s@]+@)?((?:[a-z0-9-]+\.)+[a-z]{2,})(?:[:/?#]\S*)?", re.IGNORECASE)
_HOSTS: Final = re.compile(r"\b((?:[a-z0-9-]+\.)+[a-z]{2,})\b", re.IGNORECASE)
_VARIABLE: Final = re.compile(r"\{#\w*#\}|\{\{\d+\}\}")
#: A header without hyphens, as older telephones show it: ADONESTU.
_JOINED_LENGTH: Final = 8
_NATIONAL_LENGTH: Final = 10


@dataclass(frozen=True, slots=True)
class Asked:
    """What was typed, taken apart. ``values`` are the forms in which a sender of that name or number may be kept."""

    reference: str = ""
    values: frozenset[str] = frozenset()
    suffix: str = ""
    host: str = ""
    text: str = ""


def read(typed: str) -> Asked:
    """Take apart what was typed: a reference of ours, else a header, number or address, else the words of a message.

    A sender in the first line and a message under it are both.
    """
    plain = ascii_digits(without_hiding_marks(unicodedata.normalize("NFKC", typed))).strip()
    reference = _REFERENCE.search(plain)
    if reference:
        return Asked(reference=reference[0].upper())
    first, _break, rest = plain.partition("\n")
    asked = _sender(first.strip().rstrip(":"))
    if asked is None:
        return Asked(text=words_of(plain))
    return Asked(values=asked.values, suffix=asked.suffix, host=asked.host, text=words_of(rest))


def _sender(line: str) -> Asked | None:
    line = _DASHES.sub("-", " ".join(line.split()))
    digits = "".join(letter for letter in line if letter.isdecimal())
    if len(digits) >= LEAST and _NUMBER.fullmatch(line):
        return Asked(values=frozenset(_numbers(digits)))
    if _HEADER.fullmatch(line):
        header = parse_header(line.replace(" ", "-"))
        names = {header.name}
        if len(header.name) == _JOINED_LENGTH:
            names.add(header.name[PREFIX_LENGTH:])
        return Asked(values=frozenset(names | {header.name.lower()}), suffix=header.suffix)
    found = _HOST.fullmatch(line)
    if found:
        return Asked(values=frozenset({line.lower()}), host=found[1].lower())
    return None


def _numbers(digits: str) -> set[str]:
    national = digits.removeprefix("00")
    national = national.removeprefix("91") if len(national) == _NATIONAL_LENGTH + 2 else national
    national = national.removeprefix("0") if len(national) == _NATIONAL_LENGTH + 1 else national
    forms = {digits, national, f"+{digits}"}
    return forms | {f"91{national}", f"+91{national}", f"0{national}"} if len(national) >= _NATIONAL_LENGTH else forms


def words_of(text: str) -> str:
    """A message in the form in which two are compared: small letters, single blanks."""
    return " ".join(ascii_digits(unicodedata.normalize("NFKC", text)).casefold().split())


def hosts_in(text: str) -> frozenset[str]:
    """The hosts that a text names, with a scheme or without."""
    return frozenset(host.lower() for host in _HOSTS.findall(text))


def is_text_of(template: str, text: str, *, listed: Iterable[str] = ()) -> bool:
    """Whether ``text`` (see ``words_of``) is the template with something in place of its variables, and nothing else.

    A link to a host that neither the template names nor its business has listed makes it another text.
    """
    fixed = [" ".join(part.split()) for part in _VARIABLE.split(words_of(template))]
    if sum(map(len, fixed)) < LEAST_FIXED or not text.startswith(fixed[0]) or not text.endswith(fixed[-1]):
        return False
    if hosts_in(text) - hosts_in(template) - frozenset(listed):
        return False
    at = len(fixed[0])
    if len(fixed) == 1:
        return at == len(text)
    for part in fixed[1:-1]:
        found = text.find(part, at)
        if found < 0 or found - at > MOST_IN_A_VARIABLE:
            return False
        at = found + len(part)
    return 0 <= len(text) - len(fixed[-1]) - at <= MOST_IN_A_VARIABLE
