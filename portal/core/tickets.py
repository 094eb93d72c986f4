"""For what staff open a record: the reference of a ticket, or one of the named queues. Nothing typed freely."""

import re
from typing import Final

from portal.core.errors import BadReference
from portal.core.ids import ALPHABET, KINDS, READ_AS
from portal.core.text import mask_identity_numbers

#: Work that has no reference of its own. Codes, not words: they stand in audit events for years.
QUEUES: Final = (
    "audit",
    "grievance queue",
    "retention queue",
    "review queue",
    "security watch",
    "support desk",
    "yearly audit",
)

_REFERENCE = re.compile(r"OS-([A-Z]{2})-(\w{4})-(\w{4})", re.ASCII)
#: E-mail addresses, Indian mobile numbers, and numbers with the plus sign of their country.
_CONTACT = re.compile(r"\S@\S|(?<!\d)[6-9]\d{4}[ -]?\d{5}(?!\d)|\+\d(?:[ -]?\d){7,}")


def parse_ticket(text: str) -> str:
    """The ticket in one spelling: a reference with its hyphens, or a queue in small letters.

    Raises BadReference for anything else; a name that somebody typed is not kept. The check character is not asked
    for: staff copy references, and one that is wrong names nobody.
    """
    plain = " ".join(text.split())
    if plain.lower() in QUEUES:
        return plain.lower()
    found = _REFERENCE.fullmatch(plain.upper().replace(" ", "-"))
    body = "" if found is None else f"{found[2]}{found[3]}".translate(READ_AS)
    if found is None or found[1] not in KINDS or not set(body) <= set(ALPHABET):
        raise BadReference("This is neither a reference nor the name of a queue.")
    return f"OS-{found[1]}-{body[:4]}-{body[4:]}"


def names_a_contact(text: str) -> bool:
    """Whether the text has an e-mail address, a telephone number, an Aadhaar or a card number. It cannot know names."""
    return bool(_CONTACT.search(text)) or mask_identity_numbers(text)[1] > 0
