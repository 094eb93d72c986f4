"""The small fold of spellings: Lakshmi is Laxmi, Deepak is Dipak."""

import re

from kyc.names.tables import tables

_DOUBLE = re.compile(r"(.)\1+")
#: Two letters are as likely initials as a name: they keep their spelling, and no word becomes an initial.
_SHORTEST = 2


def fold(word: str) -> str:
    """One spelling for those that sound alike; the same again for a folded word."""
    found, last = word, ""
    while len(found) > _SHORTEST and found != last:
        last = found
        for written, sound in tables().sounds:
            found = found.replace(written, sound)
        found = _DOUBLE.sub(r"\1", found)
    return found if len(found) >= _SHORTEST else word
