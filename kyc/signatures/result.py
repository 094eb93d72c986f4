"""What reading a signed document gives. Goes through JSON between the child process and its parent."""

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from portal.kernel.vault.inspection.result import Fault


class Signature(StrEnum):
    VALID = "VALID"
    #: Signed by a key we pinned, over other words or in a form that hides what was signed.
    INVALID = "INVALID"
    #: No pinned key made it: not verified, which is not "forged".
    UNKNOWN_SIGNER = "UNKNOWN_SIGNER"
    #: A pinned key made it, at a time when its certificate was not valid: a person decides.
    KEY_OUTSIDE_VALIDITY = "KEY_OUTSIDE_VALIDITY"
    MISSING = "MISSING"


#: The document itself is not doubted by its signature.
HOLDS = frozenset({Signature.VALID, Signature.KEY_OUTSIDE_VALIDITY})


class ContactMatch(StrEnum):
    MATCH = "MATCH"
    NO_MATCH = "NO_MATCH"
    NOT_IN_DOCUMENT = "NOT_IN_DOCUMENT"
    NOT_CHECKED = "NOT_CHECKED"


NOTHING_CHECKED = {"mobile": ContactMatch.NOT_CHECKED, "email": ContactMatch.NOT_CHECKED}


class Flaw(StrEnum):
    """What is wrong with a document, or needs a look, beside its signature."""

    #: Something was added after signing that a filled form or another signature does not explain.
    CHANGED_AFTER_SIGNING = "CHANGED_AFTER_SIGNING"
    DIGEST_DIFFERS = "DIGEST_DIFFERS"
    ISSUED_IN_FUTURE = "ISSUED_IN_FUTURE"
    #: An algorithm, transform or reference that such a document never uses.
    METHOD_NOT_ALLOWED = "METHOD_NOT_ALLOWED"
    MORE_THAN_ONE_SIGNATURE = "MORE_THAN_ONE_SIGNATURE"
    NO_ISSUE_TIME = "NO_ISSUE_TIME"
    #: The signature does not stand where it signs the whole document.
    NOT_THE_WHOLE_DOCUMENT = "NOT_THE_WHOLE_DOCUMENT"
    OLD_UNSIGNED_CODE = "OLD_UNSIGNED_CODE"
    SIGNATURE_BROKEN = "SIGNATURE_BROKEN"
    #: Signed and genuine, in a layout newer than those known: only what is sure was read.
    UNKNOWN_LAYOUT = "UNKNOWN_LAYOUT"


@dataclass(frozen=True)
class Signed:
    """``fields`` are as signed, and empty unless a pinned key signed them; whoever shows them masks them.

    ``refused`` names why the file could not be read at all; ``signature`` is then None. Contact hashes and photographs
    never leave the child process: ``contact`` says only whether they match.
    """

    signature: Signature | None = None
    signer_sha256: str = ""
    issued_at: str = ""
    layout: str = ""
    fields: dict[str, str] = field(default_factory=dict, repr=False)
    contact: dict[str, ContactMatch] = field(default_factory=lambda: dict(NOTHING_CHECKED))
    faults: tuple[str, ...] = ()
    refused: str = ""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, given: dict[str, Any]) -> "Signed":
        signature = Signature(given["signature"]) if given["signature"] else None
        contact = {name: ContactMatch(said) for name, said in given["contact"].items()}
        return cls(**{**given, "signature": signature, "contact": contact, "faults": tuple(given["faults"])})


class NotReadableError(Exception):
    """Raised inside the child where a file cannot be read as what it is said to be."""

    def __init__(self, reason: Fault | str) -> None:
        super().__init__(str(reason))
        self.reason = str(reason)
