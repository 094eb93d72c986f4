"""References that people read aloud: random, without look-alikes, with a check character.

The alphabet has 31 characters, a prime, and the weights are distinct and not 0 modulo 31; so any one wrong character
and any swap of two unequal neighbours change the sum (the argument of ISBN-10, over 31 instead of 11).

Two groups of four have 2.7e10 references: enough for what people make one by one. What a list or a broadcast makes by the
million has three groups, 2.5e16: among 2.7e10 the first pair is drawn after some 200,000, and it would end the whole list.
"""

import contextlib
import re
import secrets
import unicodedata
from collections.abc import Iterable

from portal.kernel.core.errors import BadReference

#: 0-9 and A-Z without I, L, O, S and U, which are read as 1, 1, 0, 5 and V.
ALPHABET = "0123456789ABCDEFGHJKMNPQRTVWXYZ"
#: One as we write it, inside a longer text.
_WRITTEN = re.compile(r"(?<![A-Za-z0-9-])OS-([A-Z]{2})(?:-[0-9A-Z]{4}){2,3}(?![A-Za-z0-9-])")
READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1", "S": "5", "U": "V"})
BODY, LONG_BODY = 7, 11
#: Receipts, messages, logged answers: machines make them by the million.
LONG_KINDS = frozenset({"CR", "MS", "DA"})
#: What people and mail programs write between the parts of a reference, and one group: letters and digits of any script.
_GAP = r"[\s\u2010-\u2015-]*"
_GROUP = rf"{_GAP}[^\W_]{{4}}"
#: Every kind. Here are those that no model declares; the others come from the models once they are loaded (``add_kinds``).
KINDS: set[str] = {"DR", "EP", "ER", "RQ"}


def add_kinds(kinds: Iterable[str]) -> None:
    """The kinds that models declare (``core.records``). Called once, by the last room that is ready."""
    KINDS.update(kinds)


def _check_character(kind: str, body: str) -> str:
    """The kind takes part, so that a reference with a wrong kind does not pass either."""
    kind_value = sum((index + 2) * (ord(letter) - 64) for index, letter in enumerate(kind))
    total = kind_value + sum((index + 2) * ALPHABET.index(character) for index, character in enumerate(body))
    return ALPHABET[-total % len(ALPHABET)]


def new_reference(kind: str) -> str:
    """A new reference such as ``OS-GR-7K4M-9QXK``, or ``OS-CR-7K4M-9QX2-C3TN`` of a long kind. The column is unique."""
    if kind not in KINDS:
        raise ValueError(f"There is no reference kind {kind!r}.")
    length = LONG_BODY if kind in LONG_KINDS else BODY
    drawn, body = secrets.randbelow(len(ALPHABET) ** length), ""
    for _place in range(length):
        drawn, value = divmod(drawn, len(ALPHABET))
        body += ALPHABET[value]
    return _in_groups(kind, body + _check_character(kind, body))


def example(kind: str) -> str:
    """A reference of a kind as the pages show one: it belongs to nothing, and its check character is right."""
    body = "7K4M9QX2C3T"[: LONG_BODY if kind in LONG_KINDS else BODY]
    return _in_groups(kind, body + _check_character(kind, body))


def _in_groups(kind: str, text: str) -> str:
    return "-".join(["OS", kind, *(text[place : place + 4] for place in range(0, len(text), 4))])


def parse_reference(text: str, kind: str) -> str:
    """The canonical form of what a person typed: lower case, spaces, missing hyphens, O for 0, I or L for 1 are forgiven.

    Long kinds had two groups once: both lengths are read. Raises BadReference when the form, the kind or the check
    character is wrong; the last with the code CHECK_CHARACTER.
    """
    lengths = {BODY + 1, LONG_BODY + 1} if kind in LONG_KINDS else {BODY + 1}
    folded = unicodedata.normalize("NFKC", text).upper()
    plain = "".join(str(unicodedata.digit(c, c)) for c in folded if c.isalnum())
    if plain.startswith("OS" + kind):
        plain = plain[2 + len(kind) :]
    elif plain.startswith(kind) and len(plain) - len(kind) in lengths:
        plain = plain[len(kind) :]
    plain = plain.translate(READ_AS)
    if len(plain) not in lengths and plain.startswith(("OS" + kind).translate(READ_AS)):
        plain = plain[2 + len(kind) :]
    if len(plain) not in lengths or any(character not in ALPHABET for character in plain):
        groups = "three groups" if kind in LONG_KINDS else "two groups"
        raise BadReference(f"A reference looks like {example(kind)}: {groups} of four characters.")
    if _check_character(kind, plain[:-1]) != plain[-1]:
        raise BadReference(
            "One character of the reference is wrong, or two are swapped. Compare it with the message we sent.",
            code="CHECK_CHARACTER",
        )
    return _in_groups(kind, plain)


def without_references(text: str) -> str:
    """A text with a mark in the place of each reference of ours whose check character is right: some would pass for the number
    of a person or of a paper.
    """
    return _WRITTEN.sub(_marked, text)


def _marked(found: re.Match[str]) -> str:
    try:
        parse_reference(found[0], found[1])
    except BadReference:
        return found[0]
    return ";"


def references_in(text: str, kind: str) -> list[str]:
    """The references of a kind that a text names, each once, in their canonical form; what ``parse_reference`` forgives is
    forgiven here too. One with a wrong character is none. A reference is found with its ``OS`` and its kind only.
    """
    more = "?" if kind in LONG_KINDS else "{0}"
    written = re.compile(rf"(\bOS{_GAP}{kind}{_GROUP}{_GROUP})((?:{_GROUP}){more})\b", re.IGNORECASE)
    return list(dict.fromkeys(filter(None, (_first_read(found, kind) for found in written.finditer(text)))))


def _first_read(found: re.Match[str], kind: str) -> str:
    """With the third group, else without it: that may be the next word."""
    for written in (found[0], found[1]):
        with contextlib.suppress(BadReference):
            return parse_reference(written, kind)
    return ""
