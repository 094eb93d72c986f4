"""Witnesses: others who see every checkpoint and sign that it continues the one before (C2SP tlog-witness).

The database, the key and the anchor file are all within reach of somebody; what a witness remembers is not. A tree that
was rolled back or forked cannot get its cosignature any more.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus

import structlog
from django.conf import settings
from django.db import transaction

from portal.kernel.core import clock, http_client
from portal.kernel.core.errors import Refused
from portal.kernel.ledger import notes
from portal.kernel.ledger.models import Checkpoint, Cosignature, WitnessRefusal
from portal.kernel.ledger.services import checkpoints, tiles

log = structlog.get_logger(__name__)

CHECK = "X1"
#: A size of more digits than ``notes.parse_number`` reads.
_TOO_LONG = re.compile(r"[1-9][0-9]{19,}")
SIZE_TYPE = "text/x.tlog.size"
#: Characters of a key as it is kept.
LONGEST_KEY = 200
#: The largest size that can be kept. A tree is never so large: who says more says that it knows another one.
LARGEST_SIZE = 2**63 - 1
#: How far a witness's clock may be ahead of ours: what it signs further ahead is no time at which it saw anything.
AHEAD = timedelta(days=1)
#: Turns of one exchange: the first answer may only say up to where the witness knows us, and the tree grows meanwhile.
TURNS = 4


@dataclass(frozen=True)
class Witness:
    """One of WITNESSES. ``is_own``: we run it ourselves, so it is no independent one. ``is_named``: WITNESSES names it now; of
    one that it does not, cosignatures are kept and nothing else is known.
    """

    name: str
    verifier: notes.Verifier
    url: str
    is_own: bool
    is_named: bool = True


@dataclass(frozen=True)
class Asked:
    """What came of asking a witness: COSIGNED with the size, or the code of why not."""

    witness: Witness
    code: str
    size: int | None = None

    @property
    def cosigned(self) -> bool:
        return self.code == "COSIGNED"


@dataclass(frozen=True)
class Seen:
    """The last checkpoint that a witness cosigned; None for one that has not yet."""

    witness: Witness
    last: Cosignature | None


def configured() -> list[Witness]:
    """The witnesses that WITNESSES names. Raises Refused, with the place in the list, for what is no witness."""
    found: list[Witness] = []
    for number, given in enumerate(settings.WITNESSES, 1):
        try:
            verifier = notes.parse_vkey(given["vkey"])
            name, url = str(given.get("name") or verifier.name), str(given["url"]).rstrip("/")
        except (AttributeError, KeyError, TypeError, notes.NoteError) as error:
            raise Refused(f"WITNESSES, number {number}: it needs a vkey and a url ({error}).") from error
        if verifier.kind != notes.COSIGNATURE:
            raise Refused(f"WITNESSES, number {number}: its vkey is not that of a witness (type 04).")
        if len(verifier.vkey) > LONGEST_KEY or len(name) > LONGEST_KEY:
            raise Refused(f"WITNESSES, number {number}: its name is too long.")
        if any(other.verifier.public == verifier.public or other.name == name for other in found):
            raise Refused(f"WITNESSES, number {number}: the same name or key appears there twice.")
        if not url.startswith(("https://", "http://")):
            raise Refused(f"WITNESSES, number {number}: its url is not an https address.")
        found.append(Witness(name, verifier, url, bool(given.get("own"))))
    return found


def seen() -> list[Seen]:
    """What each configured witness has cosigned last."""
    return [
        Seen(one, Cosignature.objects.filter(vkey=one.verifier.vkey).order_by("-checkpoint").first())
        for one in configured()
    ]


def cosigned() -> list[Seen]:
    """The same, and after them each witness of which cosignatures are kept though WITNESSES does not name it now."""
    found = seen()
    named = [one.witness.verifier.vkey for one in found]
    others = Cosignature.objects.exclude(vkey__in=named).order_by("vkey").values_list("vkey", flat=True).distinct()
    for verifier in map(notes.parse_vkey, others):
        last = Cosignature.objects.filter(vkey=verifier.vkey).order_by("-checkpoint").first()
        found.append(Seen(Witness(verifier.name, verifier, "", is_own=False, is_named=False), last))
    return found


def independent() -> list[Seen]:
    """Those that are not our own and have cosigned. While there is none, every page says so."""
    return [one for one in seen() if one.last is not None and not one.witness.is_own]


def published() -> Checkpoint | None:
    """The checkpoint to show: the newest, or with witnesses the newest that one of them has cosigned.

    When they are silent for longer than WITNESS_PATIENCE_SECONDS, the newest is shown without them.
    """
    newest = _newest()
    keys = [one.verifier.vkey for one in configured()]
    if newest is None or not keys:
        return newest
    last = Cosignature.objects.filter(vkey__in=keys).order_by("-checkpoint").select_related("checkpoint").first()
    if last is None or _waits_too_long(last.checkpoint_id, now=clock.now()):
        return newest
    return last.checkpoint


def cosigned_over(index: int) -> Checkpoint | None:
    """The first checkpoint over the leaf that a configured witness has cosigned."""
    keys = [one.verifier.vkey for one in configured()]
    if not keys:
        return None
    over = Cosignature.objects.filter(vkey__in=keys, checkpoint__gt=index).order_by("checkpoint")
    first = over.select_related("checkpoint").first()
    return None if first is None else first.checkpoint


def independent_over(note: bytes) -> int:
    """How many configured witnesses that are not our own have cosigned this note."""
    verifiers = [one.verifier for one in configured() if not one.is_own]
    try:
        return len(notes.open_note(note, verifiers)[1])
    except notes.NoteError:  # none of them signed
        return 0


def cosigned_note(checkpoint: Checkpoint) -> bytes:
    """The note with the cosignatures that are kept beside it, each on its line."""
    lines = b""
    for one in checkpoint.cosignatures.order_by("vkey"):
        verifier = notes.parse_vkey(one.vkey)
        lines += notes.signature_line(verifier.name, verifier.key_id, bytes(one.value))
    return bytes(checkpoint.note) + lines


def ask_all(*, now: datetime | None = None) -> list[Asked]:
    """Show the newest checkpoint to every witness that has not cosigned it. Nobody is asked while signing is stopped.

    Call it outside a transaction: it waits for the network.
    A witness that is down changes nothing: the checkpoint stands with fewer cosignatures. One that knows another tree
    stops all signing; what it was shown is kept (``WitnessRefusal``). Whatever one answers, the others are asked.
    """
    if checkpoints.is_stopped():
        return []
    return [_ask_safely(witness, now=now or clock.now()) for witness in configured()]


def _ask_safely(witness: Witness, *, now: datetime) -> Asked:
    try:
        return ask(witness, now=now)
    except Exception as crash:  # noqa: BLE001 - whatever broke, the witnesses after this one are asked all the same
        return _failed(witness, f"CRASHED_{type(crash).__name__}")


def ask(witness: Witness, *, now: datetime) -> Asked:
    """Show the newest checkpoint to one witness, and keep its cosignature. See ``ask_all``."""
    newest = _newest()
    if newest is None:
        return Asked(witness, "NOTHING_SIGNED")
    last = Cosignature.objects.filter(vkey=witness.verifier.vkey).order_by("-checkpoint").first()
    old = 0 if last is None else last.checkpoint_id
    if old == newest.size:
        return Asked(witness, "COSIGNED", old)
    for _turn in range(TURNS):
        try:
            answer = _submit(witness, old, newest)
        except (http_client.Unreachable, http_client.BrokenOff) as error:
            return _failed(witness, error.code)
        known = _judge(witness, answer, old, newest, now=now)
        if isinstance(known, Asked):
            return known
        if known > newest.size:  # another process was quicker, or our tree has lost leaves
            newest = _newest() or newest
            if known > newest.size:
                return _refused(witness, answer.status, old, known, newest, now=now)
        old = known
    return _failed(witness, "BUSY")


def _judge(
    witness: Witness, answer: http_client.Answer, old: int, checkpoint: Checkpoint, *, now: datetime
) -> Asked | int:
    """What an answer means: the end of the exchange, or the size from which the witness wants to be told again."""
    if answer.status == HTTPStatus.OK:
        return _take(witness, checkpoint, answer.body, now=now)
    known = _known_size(answer) if answer.status == HTTPStatus.CONFLICT else None
    # 409 for the very size that we named: it has another root at this size.
    if answer.status == HTTPStatus.UNPROCESSABLE_ENTITY or known == old == checkpoint.size:
        return _refused(witness, answer.status, old, known, checkpoint, now=now)
    if known is None or known == old:
        return _failed(witness, f"HTTP_{answer.status}")
    return known


def is_late(one: Seen, *, now: datetime) -> bool:
    """Whether a checkpoint has waited for this witness for longer than WITNESS_PATIENCE_SECONDS."""
    return _waits_too_long(0 if one.last is None else one.last.checkpoint_id, now=now)


def readiness() -> tuple[str, bool, str]:
    """For ``/readyz``. A witness that is down takes no server out of service; one that refuses has stopped signing."""
    now = clock.now()
    try:
        all_of_them = seen()
    except Refused:
        return ("witnesses", False, "WITNESSES cannot be read")
    late = sum(is_late(one, now=now) for one in all_of_them)
    if not any(one.last is not None and not one.witness.is_own for one in all_of_them):
        return ("witnesses", True, "no independent witness")
    return ("witnesses", True, f"{len(all_of_them) - late} of {len(all_of_them)} cosign")


def _waits_too_long(cosigned: int, *, now: datetime) -> bool:
    waiting = Checkpoint.objects.filter(size__gt=cosigned).order_by("size").first()
    return waiting is not None and (now - waiting.signed_at).total_seconds() > settings.WITNESS_PATIENCE_SECONDS


def _newest() -> Checkpoint | None:
    return Checkpoint.objects.order_by("-size").first()


def _submit(witness: Witness, old: int, checkpoint: Checkpoint) -> http_client.Answer:
    size = checkpoint.size
    proof = tiles.nodes(index=max(0, size - 1), size=size).consistency(old, size)
    lines = [f"old {old}", *map(notes.to_base64, proof), "", ""]
    body = "\n".join(lines).encode() + bytes(checkpoint.note)
    return http_client.request(
        "POST",
        f"{witness.url}/add-checkpoint",
        body=body,
        headers={"Content-Type": "text/plain; charset=utf-8"},
        timeout=settings.WITNESS_TIMEOUT,
        own=True,
    )


def _known_size(answer: http_client.Answer) -> int | None:
    """The size in a 409, no larger than can be kept; None where the answer is not of this form."""
    kind = next((value for name, value in answer.headers.items() if name.lower() == "content-type"), "")
    try:
        text = answer.body.decode("ascii").removesuffix("\n")
        if kind.partition(";")[0].strip() != SIZE_TYPE:
            return None
        return LARGEST_SIZE if _TOO_LONG.fullmatch(text) else min(notes.parse_number(text), LARGEST_SIZE)
    except (UnicodeDecodeError, notes.NoteError):
        return None


def _take(witness: Witness, checkpoint: Checkpoint, body: bytes, *, now: datetime) -> Asked:
    """Keep the witness's line; lines of other keys are passed over."""
    note = bytes(checkpoint.note)
    try:
        text, held = notes.open_note(note + body, [witness.verifier])
    except notes.NoteError:
        return _failed(witness, "MALFORMED")
    if text != notes.split_note(note)[0]:  # an answer with an empty line in it would be part of what is signed
        return _failed(witness, "MALFORMED")
    try:
        seen_at = held[0].seen_at
    except (OverflowError, OSError, ValueError):  # a time that no calendar has
        return _failed(witness, "TIME")
    if seen_at > now + AHEAD:
        return _failed(witness, "TIME")
    Cosignature.objects.bulk_create(
        [
            Cosignature(
                checkpoint=checkpoint,
                vkey=witness.verifier.vkey,
                value=held[0].value,
                seen_at=seen_at,
                received_at=now,
            )
        ],
        ignore_conflicts=True,  # another process has just kept one
    )
    return Asked(witness, "COSIGNED", checkpoint.size)


def _refused(
    witness: Witness, status: int, old: int, known: int | None, checkpoint: Checkpoint, *, now: datetime
) -> Asked:
    """Somebody must look: the witness remembers a tree that ours does not continue."""
    with transaction.atomic():
        WitnessRefusal.objects.create(
            vkey=witness.verifier.vkey,
            status=status,
            old_size=old,
            known_size=known,
            note=bytes(checkpoint.note),
            refused_at=now,
        )
        checkpoints.stop_signing(check=CHECK, index=checkpoint.size, now=now)
    log.error("ledger.witness_refused", witness=witness.name, status=status, old=old, size=checkpoint.size)
    return Asked(witness, "REFUSED", checkpoint.size)


def _failed(witness: Witness, code: str) -> Asked:
    log.warning("ledger.witness_failed", witness=witness.name, code=code)
    return Asked(witness, code)


def told(found: Sequence[Seen]) -> list[dict[str, object]]:
    """The member ``witnesses`` of ``ledger_info`` and ``verify_ledger``: who has cosigned up to which size, and when.

    ``named``: WITNESSES names it. Of one that it does not name nobody here says that it is independent.
    """
    return [
        {
            "name": one.witness.name,
            "vkey": one.last.vkey,
            "size": one.last.checkpoint_id,
            "seen_at": clock.stamp(one.last.seen_at),
            "named": one.witness.is_named,
            "independent": one.witness.is_named and not one.witness.is_own,
        }
        for one in found
        if one.last is not None
    ]
