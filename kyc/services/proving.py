"""The keys that are trusted, and a signed document read with them in the confined child process."""

from collections.abc import Iterable
from datetime import datetime

from kyc.signatures.keys import Key
from kyc.signatures.verdict import Signed
from portal.core import clock
from portal.vault.inspection import process
from portal.vault.inspection.verdict import Fault

#: The module that answers in the child.
READER = "kyc.signatures.reading"


def read(
    data: bytes,
    *,
    kind: str,
    keys: Iterable[Key],
    now: datetime,
    mobile: str = "",
    email: str = "",
    share_code: str = "",
) -> Signed:
    """The verdict on a signed document. Writes nothing; the share code ends with the child process.

    A child that dies on the file is a verdict too: the same file would kill the next one.
    """
    if len(data) > process.LIMITS.size:
        return Signed(refused=str(Fault.TOO_LARGE))
    asked = {
        "kind": kind,
        "keys": [key.as_json() for key in keys],
        "now": clock.stamp(now),
        "mobile": mobile,
        "email": email,
        "share_code": share_code,
    }
    try:
        return Signed.from_json(process.ask(READER, data, asked=asked))
    except process.ChildFailedError:
        return Signed(refused=str(Fault.TOO_COMPLEX))
