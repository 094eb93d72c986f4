"""One search over every room: what somebody typed, read in every way it can be meant, and what a room found for it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from portal.kernel.core import addresses
from portal.kernel.core.errors import BadReference, Refused
from portal.kernel.core.ids import KINDS, parse_reference
from portal.kernel.core.text import sorted_words

#: A reference as people type it; an appeal carries the ticket's with its own number behind.
_REFERENCE = re.compile(r"(?:OS[\s-]*)?([A-Z]{2})(?:[\s-]*\w{4}){2,3}(?:-A\d{1,2})?", re.ASCII)
_APPEAL = re.compile(r"-A\d{1,2}$")


@dataclass(frozen=True)
class Asked:
    """What was typed. Each reading is empty where the text cannot be meant so."""

    text: str = field(repr=False)

    @cached_property
    def reference(self) -> str:
        """The reference in its one form; empty for what is none, or has a wrong character."""
        kind = self._kind
        try:
            return parse_reference(_APPEAL.sub("", self.text.upper()), kind) if kind else ""
        except BadReference:
            return ""

    @property
    def is_wrong_reference(self) -> bool:
        """Whether it looks like a reference with one character wrong or two swapped."""
        return bool(self._kind) and not self.reference

    @cached_property
    def _kind(self) -> str:
        found = _REFERENCE.fullmatch(self.text.upper())
        return found[1] if found is not None and found[1] in KINDS else ""

    @cached_property
    def address(self) -> str:
        """An e-mail address or telephone number in its normal form."""
        try:
            return addresses.normalise(addresses.kind_of(self.text), self.text)
        except Refused:
            return ""

    @cached_property
    def address_keys(self) -> list[bytes]:
        """The lookup hashes of the address; none for what is no address."""
        return addresses.address_keys(self.address) if self.address else []

    @cached_property
    def name(self) -> str:
        """A name as it is compared: its words in small letters, in any order. An address or a reference is none."""
        return "" if self.address or self.reference or self.subject else sorted_words(self.text)

    @cached_property
    def subject(self) -> UUID | None:
        """The reference under which a person's or an account's records are kept."""
        try:
            return UUID(self.text)
        except ValueError:
            return None


@dataclass(frozen=True)
class Hits:
    """Rows of one model that one reading of the text leads to. ``query`` finds them in the model's list, without naming
    anybody; empty: each row is linked by itself.
    """

    model: str
    because: Any
    rows: QuerySet[Any]
    query: str = ""


@dataclass(frozen=True)
class PageHit:
    """A page that is no record of a list, already under its own rules of access: what it shows, as ``kind`` and ``heading``."""

    kind: Any
    heading: str
    url: str
    because: Any


#: A room's answer to a search: what it finds, by model and by how it was meant.
Found = Iterable[Hits]
