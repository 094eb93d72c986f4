"""The categories of messages in their one order, for the rules of every room.

TRAI suffix -P, -S and -T; policy and security goes as -S or -T. Any promotional content makes the whole message
promotional (TCCCPR 2018 as amended in 2025), so the strictest that is named binds.
"""

from collections.abc import Iterable
from typing import Final

PROMOTIONAL: Final = "promotional"
SERVICE: Final = "service"
TRANSACTIONAL: Final = "transactional"
POLICY_AND_SECURITY: Final = "policy_and_security"
#: Where purpose, template and header disagree, the first of these that is named wins.
STRICTEST_FIRST: Final = (PROMOTIONAL, SERVICE, TRANSACTIONAL, POLICY_AND_SECURITY)
#: What a sender and a template can be registered for: the suffixes.
CARRIED: Final = tuple(category for category in STRICTEST_FIRST if category != POLICY_AND_SECURITY)


def strictest(categories: Iterable[str]) -> str:
    """The category that binds where several are named. An unknown name counts as promotional: nobody vouches for it."""
    found = list(categories)
    if not found or any(category not in STRICTEST_FIRST for category in found):
        return PROMOTIONAL
    return min(found, key=STRICTEST_FIRST.index)
