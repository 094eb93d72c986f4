"""Tickets of stop pages, sealed by us (AES-GCM): what such a page has to know of itself, so that no cookie and no session is
read. In the button of a page a ticket says whose stop it is while the database is away (``deferred_opt_outs``); in the
address of a page behind a code it says which code that is, and never the phone number or email.
"""

import json
import zlib
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from portal.kernel.core import ciphers
from portal.kernel.core.errors import NotFound
from portal.kernel.people.models.invitations import OneTimeCode

TICKET: Final = "consent.stop_ticket"
#: What a ticket is of: a person who is signed in, a code that is still to be typed, one that was, and the address of a page.
PERSON, CODE, PROVEN, PAGE = "n", "c", "p", "a"
#: What a ticket of each holds.
FIELDS: Final = {
    PERSON: ("ref", "fiduciary", "user"),
    CODE: ("code", "browser", "kind_of", "address", "also"),
    PROVEN: ("code", "browser", "kind_of", "address", "also"),
    PAGE: ("code", "browser", "also"),
}


def ticket_of_person(*, subject_ref: UUID, fiduciary: str, user_id: int, until: datetime) -> str:
    """For the stop button of a person who is signed in: it stops everything promotional of one fiduciary, or of
    everybody who sends through us where it is empty.
    """
    return _sealed({"of": PERSON, "ref": subject_ref.hex, "fiduciary": fiduciary, "user": user_id}, until)


def ticket_of_code(code: OneTimeCode, *, browser: str, until: datetime, also: str = "") -> str:
    """For the button of a page that asks for a code (``CODE``), or that a code has opened (``PROVEN``).

    ``also`` is the client whose link led to the page, by its code. The address is in it too: the row of the code is gone
    some hours after its time.
    """
    about = {"code": code.pk, "browser": browser, "kind_of": code.kind, "address": code.address, "also": also}
    return _sealed({"of": PROVEN if code.used_at else CODE, **about}, until)


def ticket_of_page(code: OneTimeCode, *, browser: str, until: datetime, also: str = "") -> str:
    """For the address of the pages behind a code; it ends with the code's time, or with that of the page it opened."""
    return _sealed({"of": PAGE, "code": code.pk, "browser": browser, "also": also}, until)


def opened(ticket: str, *, at: datetime) -> dict[str, Any]:
    """What a ticket holds, and what it is ``of``. Raises NotFound for one that we did not make or whose time is over."""
    try:
        packed = ciphers.decrypt_from_address(ticket, purpose=TICKET)
    except ciphers.CannotDecrypt:
        raise NotFound("This page is no longer open.") from None
    of, until, *values = json.loads(zlib.decompress(packed))
    if datetime.fromtimestamp(until, UTC) < at:
        raise NotFound("This page is no longer open.")
    return {"of": of, **dict(zip(FIELDS[of], values, strict=True))}


def _sealed(content: dict[str, Any], until: datetime) -> str:
    """Short, for it stands in a page: values in the order of ``FIELDS`` and the end in seconds, packed before they are sealed."""
    values = [content[name] for name in FIELDS[content["of"]]]
    plain = json.dumps(
        [content["of"], int(until.timestamp()), *values], separators=(",", ":"), ensure_ascii=False
    ).encode()
    return ciphers.encrypt_for_address(zlib.compress(plain, 9), purpose=TICKET)
