"""Signed notes, checkpoints and cosignatures in the C2SP formats, with Ed25519. Plain Python, no database.

Strict where public tools are lax: base64 must be canonical, key identifiers lower-case, numbers without leading
zeros, lines ended by a single line feed.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from portal.kernel.core.ed25519 import is_sound
from portal.kernel.ledger.tree import HASH_BYTES

ED25519 = 0x01
COSIGNATURE = 0x04
KEY_BYTES = 32
SIGNATURE_BYTES = 64
MOST_SIGNATURES = 100
DASH = "\u2014 "
KEY_NAME = re.compile(r"[!-*,-~]+")  # printable ASCII without space and plus
DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}")
KEY_ID = re.compile(r"[0-9a-f]{8}")


class NoteError(ValueError):
    """A note, key or checkpoint is malformed, or a signature on it does not hold."""


@dataclass(frozen=True)
class Verifier:
    """A public key as its vkey names it."""

    name: str
    public: bytes
    kind: int = ED25519

    @property
    def key_id(self) -> bytes:
        """The first four bytes of the hash of name and key: a hint, not a proof."""
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public).digest()[:4]

    @property
    def vkey(self) -> str:
        """The key in the text form that people keep and hand to verifiers."""
        return f"{self.name}+{self.key_id.hex()}+{to_base64(bytes([self.kind]) + self.public)}"

    def holds(self, text: bytes, signature: bytes) -> bool:
        """Whether this key signed the note's text; a cosignature also covers its own time."""
        if self.kind == COSIGNATURE:
            if len(signature) != SIGNATURE_BYTES + 8:
                return False
            text, signature = cosigned_message(text, _time_in(signature)), signature[8:]
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, text)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, repr=False)
class Signer:
    """A private key of the log."""

    name: str
    seed: bytes

    def __post_init__(self) -> None:
        _check_name(self.name)
        if len(self.seed) != KEY_BYTES:
            raise NoteError("A signing key has 32 bytes.")

    @property
    def verifier(self) -> Verifier:
        """The public half."""
        return Verifier(self.name, Ed25519PrivateKey.from_private_bytes(self.seed).public_key().public_bytes_raw())

    def sign(self, text: bytes) -> bytes:
        """The bytes that stand in a signature line after the key identifier."""
        return Ed25519PrivateKey.from_private_bytes(self.seed).sign(text)


@dataclass(frozen=True, repr=False)
class Cosigner(Signer):
    """A witness's private key: what it signs carries the time at which it saw the checkpoint."""

    seen_at: datetime

    @property
    def verifier(self) -> Verifier:
        """The public half, of the kind that checks cosignatures."""
        return Verifier(self.name, super().verifier.public, COSIGNATURE)

    def sign(self, text: bytes) -> bytes:
        """Time and signature of a cosignature."""
        seconds = int(self.seen_at.timestamp())
        return seconds.to_bytes(8, "big") + super().sign(cosigned_message(text, seconds))


@dataclass(frozen=True)
class Signature:
    """One signature line of a note: whose it says it is, and the bytes after the key identifier."""

    name: str
    key_id: bytes
    value: bytes

    @property
    def seen_at(self) -> datetime:
        """The time in a cosignature."""
        return datetime.fromtimestamp(_time_in(self.value), UTC)


@dataclass(frozen=True)
class TreeHead:
    """The three lines that a checkpoint says: which log, how many leaves, which root."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> bytes:
        """The text that is signed."""
        return f"{self.origin}\n{self.size}\n{to_base64(self.root)}\n".encode()


def parse_vkey(vkey: str) -> Verifier:
    """The key that a vkey names. Raises NoteError with what is wrong about it."""
    name, found, rest = _three_parts(vkey)
    _check_name(name)
    if not KEY_ID.fullmatch(found):
        raise NoteError("The key identifier has to be eight lower-case hexadecimal digits.")
    key = from_base64(rest)
    if len(key) != KEY_BYTES + 1 or key[0] not in {ED25519, COSIGNATURE}:
        raise NoteError("The key is not an Ed25519 key.")
    if not is_sound(key[1:]):
        raise NoteError("Anyone can sign under this key.")
    verifier = Verifier(name, key[1:], key[0])
    if verifier.key_id.hex() != found:
        raise NoteError("The key identifier does not belong to the key: a character was lost or changed.")
    return verifier


def sign_note(text: bytes, signers: Sequence[Signer]) -> bytes:
    """A note with one line for each signer. Ed25519 is deterministic: signing again gives the same bytes."""
    _check_text(text)
    lines = [signature_line(signer.name, signer.verifier.key_id, signer.sign(text)) for signer in signers]
    return text + b"\n" + b"".join(lines)


def signature_line(name: str, key_id: bytes, value: bytes) -> bytes:
    """One line under a note's text."""
    return f"{DASH}{name} {to_base64(key_id + value)}\n".encode()


def open_note(note: bytes, verifiers: Iterable[Verifier]) -> tuple[bytes, list[Signature]]:
    """The text of a note and the signatures that hold, each by a key given.

    Signatures of other keys are passed over. Raises NoteError when the note is malformed, when a given key's
    signature does not hold, or when none of the given keys signed.
    """
    text, lines = split_note(note)
    known = {(verifier.name, verifier.key_id): verifier for verifier in verifiers}
    held: dict[tuple[str, bytes], Signature] = {}
    for line in lines:
        key = (line.name, line.key_id)
        if key not in known:
            continue
        if key in held:
            raise NoteError("A key signed the note twice.")
        if not known[key].holds(text, line.value):
            raise NoteError("A signature is not valid.")
        held[key] = line
    if not held:
        raise NoteError("The note is not signed by the key given.")
    return text, list(held.values())


def is_signed(note: bytes, verifier: Verifier) -> bool:
    """Whether the note is well formed and this key's signature on it holds."""
    try:
        open_note(note, [verifier])
    except NoteError:
        return False
    return True


def split_note(note: bytes) -> tuple[bytes, list[Signature]]:
    """Text and signature lines of a note, unchecked but well formed. Raises NoteError else."""
    head, blank, tail = note.rpartition(b"\n\n")
    text = head + b"\n"
    if not blank or not tail.endswith(b"\n"):
        raise NoteError("The note has no signature lines.")
    _check_text(text)
    try:
        lines = tail.decode().removesuffix("\n").split("\n")
    except UnicodeDecodeError as error:
        raise NoteError("The note is not UTF-8.") from error
    if len(lines) > MOST_SIGNATURES:
        raise NoteError("The note has too many signatures.")
    return text, [_signature(line) for line in lines]


def parse_tree_head(text: bytes) -> TreeHead:
    """What a checkpoint's text says. Raises NoteError for anything but origin, size and root."""
    lines = text.decode().split("\n")
    if len(lines) != 4 or lines[3] or not lines[0]:
        raise NoteError("A checkpoint has exactly three lines.")
    root = from_base64(lines[2])
    if len(root) != HASH_BYTES:
        raise NoteError("The root of a checkpoint has 32 bytes.")
    return TreeHead(lines[0], parse_number(lines[1]), root)


def parse_number(text: str) -> int:
    """A decimal number without sign, space or leading zero."""
    if not DECIMAL.fullmatch(text):
        raise NoteError("A number is not written in plain decimal digits.")
    return int(text)


def to_base64(data: bytes) -> str:
    """Standard base64 with padding."""
    return base64.b64encode(data).decode()


def from_base64(text: str) -> bytes:
    """The bytes of canonical base64: what is read must be what would be written."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise NoteError("Base64 is damaged.") from error
    if to_base64(data) != text:
        raise NoteError("Base64 is not in its canonical form.")
    return data


def cosigned_message(text: bytes, seconds: int) -> bytes:
    """What a witness signs: the time at which it saw the checkpoint, and the checkpoint."""
    return f"cosignature/v1\ntime {seconds}\n".encode() + text


def _signature(line: str) -> Signature:
    name, space, encoded = line.removeprefix(DASH).partition(" ")
    if not line.startswith(DASH) or not space:
        raise NoteError("A signature line is malformed.")
    _check_name(name)
    value = from_base64(encoded)
    if len(value) <= 4:
        raise NoteError("A signature is too short.")
    return Signature(name, value[:4], value[4:])


def _check_text(text: bytes) -> None:
    try:
        characters = text.decode()
    except UnicodeDecodeError as error:
        raise NoteError("The note is not UTF-8.") from error
    if not characters.endswith("\n") or any(ord(one) < 0x20 and one != "\n" for one in characters):
        raise NoteError("The note's text has a control character or no end of line.")


def _check_name(name: str) -> None:
    if not KEY_NAME.fullmatch(name):
        raise NoteError("The name of a key or log is ASCII without spaces and plus signs.")


def _three_parts(vkey: str) -> tuple[str, str, str]:
    parts = vkey.split("+", 2)  # base64 may hold further plus signs
    if len(parts) != 3:
        raise NoteError("A verification key has three parts: name, identifier and key, joined by plus signs.")
    return parts[0], parts[1], parts[2]


def _time_in(value: bytes) -> int:
    return int.from_bytes(value[:8], "big")
