"""JSON that other systems send, read so that nobody else can have read it differently.

What a member counts that stands twice in one object is left open (RFC 8259, section 4): one program takes the first, another
the last, and a signature or a log of ours would cover both. I-JSON (RFC 7493, 2.3) forbids it, and so do we.
"""

import json
from typing import Any, Final, NoReturn

from portal.kernel.core.errors import PortalError

#: A name is told back to whoever sent it, and no longer than this.
LONGEST_NAME: Final = 100


class DoubledMember(PortalError):
    """The same member stands twice in one object. ``member`` is its name."""

    code = "DOUBLED_MEMBER"

    def __init__(self, member: str) -> None:
        super().__init__(
            "The body has a member twice in the same object, and nothing says which one counts. Send it once."
        )
        self.member = member[:LONGEST_NAME]


def loads(body: bytes) -> Any:
    """What a body says. Raises DoubledMember, and ValueError for what is no JSON in UTF-8 (a NaN is none)."""
    try:
        return json.loads(body.decode("utf-8-sig"), object_pairs_hook=_once, parse_constant=_no_number)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        for name, _value in pairs:
            if name in seen:
                raise DoubledMember(name)
            seen.add(name)
    return found


def _no_number(name: str) -> NoReturn:
    raise ValueError("no number of JSON")
