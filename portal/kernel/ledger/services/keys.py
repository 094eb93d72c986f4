"""Which key signs. The log begins with one; another follows only by a record in the log that two people agreed to."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings

from portal.kernel.core.errors import Refused
from portal.kernel.ledger import commitment, notes
from portal.kernel.ledger.choices import RotationCause
from portal.kernel.ledger.errors import KeyNotAgreed
from portal.kernel.ledger.models import KeyRotation, Leaf

SEED = re.compile(r"[0-9a-fA-F]{64}")


@dataclass(frozen=True)
class Term:
    """For which sizes a key signs: from ``first`` until before ``end`` (None: still). ``good_size`` after a compromise."""

    verifier: notes.Verifier
    first: int
    end: int | None = None
    ended_by: str = ""
    good_size: int | None = None
    good_root: bytes = b""

    @property
    def is_given_up(self) -> bool:
        """Whether the key was replaced because somebody else may have it: then it can have signed anything."""
        return self.good_size is not None


def signer() -> notes.Signer:
    """The signing key of LEDGER_KEY (64 hexadecimal digits) under the name LEDGER_ORIGIN.

    Raises Refused, without repeating the key, when one of them has not its form.
    """
    return _signer(settings.LEDGER_KEY, "LEDGER_KEY")


def next_signer() -> notes.Signer | None:
    """The key of LEDGER_KEY_NEXT, which is to follow; None where none is set. Raises Refused as ``signer``."""
    return _signer(settings.LEDGER_KEY_NEXT, "LEDGER_KEY_NEXT") if settings.LEDGER_KEY_NEXT else None


def verifier() -> notes.Verifier:
    """The public half of LEDGER_KEY: needs no database. Which keys receipts hold under, ``verifiers`` says."""
    return signer().verifier


def terms() -> list[Term]:
    """Every key that the log has signed with, the oldest first, and for which sizes."""
    rotations = list(KeyRotation.objects.order_by("first_size"))
    vkeys = [rotations[0].old_vkey if rotations else _first_vkey(), *(one.new_vkey for one in rotations)]
    starts = [0, *(one.first_size for one in rotations)]
    found = []
    for number, (vkey, first) in enumerate(zip(vkeys, starts, strict=True)):
        key = notes.parse_vkey(vkey)
        if number == len(rotations):
            found.append(Term(key, first))
        else:
            then = rotations[number]
            root = bytes(then.good_root) if then.good_root is not None else b""
            found.append(Term(key, first, then.first_size, then.cause, then.good_size, root))
    return found


def verifiers() -> list[notes.Verifier]:
    """Every public key that the log has signed with, the newest first."""
    return [term.verifier for term in reversed(terms())]


def verifier_at(size: int, known: Sequence[Term] | None = None) -> notes.Verifier:
    """The key that has to stand under a head of this size."""
    return term_at(size, known).verifier


def term_at(size: int, known: Sequence[Term] | None = None) -> Term:
    """In which term a head of this size is signed."""
    return next(term for term in reversed(known or terms()) if term.first <= size)


def signers_for(size: int) -> list[notes.Signer]:
    """Who signs a head of this size: the key of that size first.

    Beside it, for those who only know the old one, the key before it, while it is still set and unless somebody else may
    have it. Raises KeyNotAgreed when the key of that size is not set here.
    """
    known = terms()
    needed = verifier_at(size, known)
    here = [one for one in (signer(), next_signer()) if one is not None]
    chosen = [one for one in here if one.verifier == needed]
    if not chosen:
        raise KeyNotAgreed(
            f"The ledger is signed with the key {needed.vkey}, and LEDGER_KEY is another. Two people change it: rotate_ledger_key."
        )
    before = [term.verifier for term in known if term.end is not None and term.ended_by == RotationCause.ROUTINE]
    return chosen + [one for one in here if one.verifier != needed and one.verifier in before[-1:]]


def _first_vkey() -> str:
    """The key that the first entry names; before there is one, that of LEDGER_KEY."""
    first = Leaf.objects.filter(pk=0).values_list("entry__payload__body", flat=True).first()
    if first is None:
        return verifier().vkey
    try:
        return notes.parse_vkey(commitment.read_payload(bytes(first))["vkeys"][0]["vkey"]).vkey
    except (commitment.PayloadError, notes.NoteError, LookupError, TypeError, AttributeError):
        return verifier().vkey  # the entry was changed: check V2 says so, and the others go on


def _signer(seed: str, setting: str) -> notes.Signer:
    if not SEED.fullmatch(seed):
        raise Refused(f"{setting} has to be 64 hexadecimal digits: the 32 bytes of an Ed25519 key.")
    try:
        return notes.Signer(settings.LEDGER_ORIGIN, bytes.fromhex(seed))
    except notes.NoteError as error:
        raise Refused(f"LEDGER_ORIGIN is not usable as the name of a log: {error}") from error
