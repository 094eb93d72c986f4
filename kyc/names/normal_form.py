"""The form in which names are compared."""

import re
import unicodedata

from kyc.names.tables import tables
from kyc.names.tokens import words_of

#: S/O, D/O, W/O, C/O: son, daughter, wife of; care of. What follows is another person's name.
_RELATION = re.compile(r"\b[sdwc]\s*/\s*o\b.*", re.IGNORECASE | re.DOTALL)
_MESSRS = re.compile(r"\bm\s*/\s*s\b", re.IGNORECASE)


def normal_form(text: str) -> str:
    """Words in small letters without titles, relations and short forms; the same again for a normal form."""
    return " ".join(words(text))


def words(text: str) -> tuple[str, ...]:
    """The words of the normal form."""
    return _without_titles(words_with_titles(text))


def words_with_titles(text: str) -> tuple[str, ...]:
    """As ``words``, before the titles go: "Sri Devi" may be a name."""
    text = unicodedata.normalize("NFKC", text)
    text = _MESSRS.sub(" messrs ", _RELATION.sub(" ", text))
    return _in_full(_before_relation(words_of(text)))


def without_any_title(found: tuple[str, ...]) -> tuple[str, ...]:
    """Without every word in front that may be a title, as long as one word remains."""
    known = tables()
    while len(found) > 1 and found[0] in known.titles_always | known.titles_often:
        found = found[1:]
    return found


def _before_relation(found: tuple[str, ...]) -> tuple[str, ...]:
    for at in range(1, len(found)):
        if any(found[at : at + len(relation)] == relation for relation in tables().relations):
            return found[:at]
    return found


def _in_full(found: tuple[str, ...]) -> tuple[str, ...]:
    """Short forms written out, until none is left: "(P) Ltd" is "p limited" first."""
    at = 0
    while at < len(found):
        for short, long in tables().short_forms.items():
            if found[at : at + len(short)] == short:
                found = found[:at] + long + found[at + len(short) :]
                at = -1
                break
        at += 1
    return found


def _without_titles(found: tuple[str, ...]) -> tuple[str, ...]:
    known = tables()
    while (len(found) > 1 and found[0] in known.titles_always) or (len(found) > 2 and found[0] in known.titles_often):
        found = found[1:]
    return found
