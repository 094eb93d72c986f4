import re

from django.conf import settings

from portal.core.errors import Refused
from portal.ledger import notes

SEED = re.compile(r"[0-9a-fA-F]{64}")


def signer() -> notes.Signer:
    """The log's signing key, from LEDGER_KEY (64 hexadecimal digits) under the name LEDGER_ORIGIN.

    Raises Refused, without repeating the key, when one of them has not its form.
    """
    if not SEED.fullmatch(settings.LEDGER_KEY):
        raise Refused("LEDGER_KEY has to be 64 hexadecimal digits: the 32 bytes of an Ed25519 key.")
    try:
        return notes.Signer(settings.LEDGER_ORIGIN, bytes.fromhex(settings.LEDGER_KEY))
    except notes.NoteError as error:
        raise Refused(f"LEDGER_ORIGIN is not usable as the name of a log: {error}") from error


def verifiers() -> list[notes.Verifier]:
    """Every public key that the log has signed with, the newest first."""
    return [verifier()]


def verifier() -> notes.Verifier:
    """The public key that receipts and checkpoints are checked with."""
    return signer().verifier
