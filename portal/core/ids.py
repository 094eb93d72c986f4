"""References that people read aloud: random, without look-alikes, with a check character.

The alphabet has 31 characters, a prime, and the weights are distinct and not 0 modulo 31; so any one wrong character
and any swap of two unequal neighbours change the sum (the argument of ISBN-10, over 31 instead of 11).
"""

import secrets
import unicodedata

from portal.core.errors import BadReference

#: 0-9 and A-Z without I, L, O, S and U, which are read as 1, 1, 0, 5 and V.
ALPHABET = "0123456789ABCDEFGHJKMNPQRTVWXYZ"
READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1", "S": "5", "U": "V"})
BODY = 7
KINDS = frozenset(
    {
        "BC",
        "CL",
        "GR",
        "CR",
        "KY",
        "DL",
        "DO",
        "RQ",
        "TO",
        "TT",
        "JB",
        "EP",
        "MS",
        "CU",
        "PR",
        "ER",
        "DR",
        "EC",
        "IM",
        "IN",
        "DA",
        "PA",
        "DI",
        "BR",
        "CH",
        "IQ",
        "IR",
        "SC",
        "SM",
        "AO",
        "NM",
        "PF",
    }
)


def _check_character(kind: str, body: str) -> str:
    """The kind takes part, so that a reference with a wrong kind does not pass either."""
    kind_value = sum((index + 2) * (ord(letter) - 64) for index, letter in enumerate(kind))
    total = kind_value + sum((index + 2) * ALPHABET.index(character) for index, character in enumerate(body))
    return ALPHABET[-total % len(ALPHABET)]


def new_reference(kind: str) -> str:
    """A new reference such as ``OS-GR-7K4M-9QX2``; about 2.7e10 of each kind, so the column is unique and the caller may retry."""
    if kind not in KINDS:
        raise ValueError(f"There is no reference kind {kind!r}.")
    drawn, body = secrets.randbelow(len(ALPHABET) ** BODY), ""
    for _place in range(BODY):
        drawn, value = divmod(drawn, len(ALPHABET))
        body += ALPHABET[value]
    text = body + _check_character(kind, body)
    return f"OS-{kind}-{text[:4]}-{text[4:]}"


def parse_reference(text: str, kind: str) -> str:
    """The canonical form of what a person typed: lower case, spaces, missing hyphens, O for 0, I or L for 1 are forgiven.

    Raises BadReference when the form, the kind or the check character is wrong; the last with the code CHECK_CHARACTER.
    """
    folded = unicodedata.normalize("NFKC", text).upper()
    plain = "".join(str(unicodedata.digit(c, c)) for c in folded if c.isalnum())
    if plain.startswith("OS" + kind):
        plain = plain[2 + len(kind) :]
    elif plain.startswith(kind) and len(plain) == BODY + 1 + len(kind):
        plain = plain[len(kind) :]
    plain = plain.translate(READ_AS)
    if len(plain) != BODY + 1 or any(character not in ALPHABET for character in plain):
        raise BadReference(f"A reference looks like OS-{kind}-7K4M-9QX2: two groups of four characters.")
    if _check_character(kind, plain[:BODY]) != plain[BODY]:
        raise BadReference(
            "One character of the reference is wrong, or two are swapped. Compare it with the message we sent.",
            code="CHECK_CHARACTER",
        )
    return f"OS-{kind}-{plain[:4]}-{plain[4:]}"
