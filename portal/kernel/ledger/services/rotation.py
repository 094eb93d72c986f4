"""The change of the signing key, recorded in the log itself. Who may agree to it is asked in ``portal.fronts.workplace``."""

from datetime import datetime

from portal.kernel.core.errors import Refused
from portal.kernel.ledger import notes
from portal.kernel.ledger.choices import EntryKind, RotationCause
from portal.kernel.ledger.models import Checkpoint, Head, KeyRotation
from portal.kernel.ledger.services import checkpoints, keys
from portal.kernel.ledger.services.entries import append
from portal.kernel.ledger.services.rollback import lost_head, require_good_size


def next_vkey() -> str:
    """The public half of LEDGER_KEY_NEXT. Raises Refused while none is set, or it has signed here before."""
    following = keys.next_signer()
    if following is None:
        raise Refused("Set LEDGER_KEY_NEXT, the key that is to follow, on every machine first.")
    if following.verifier in keys.verifiers():
        raise Refused("LEDGER_KEY_NEXT has signed here already. A key that was replaced never comes back.")
    return following.verifier.vkey


def rotate_key(*, vkey: str, cause: str, good_size: int | None = None, now: datetime) -> KeyRotation:
    """Record in the caller's transaction that the key ``vkey`` signs from the next size on.

    The head is locked, so no leaf is added meanwhile: every head up to the present size is the old key's, every later
    one the new key's. With ``good_size``, after a compromise, the head of that size is written down as the last one that
    is vouched for. After a loss the anchor's head is written down too: the agreement is for the loss of that one only.

    Raises Refused when ``vkey`` is not that of LEDGER_KEY_NEXT (any more), when nothing was sealed yet, or what
    ``require_good_size`` raises.
    """
    if next_vkey() != vkey:
        raise Refused("LEDGER_KEY_NEXT is not the key that was proposed.")
    head = Head.objects.select_for_update().filter(pk=checkpoints.HEAD_ID, size__gt=0).first()
    if head is None:
        raise Refused("The ledger has no entry yet: set LEDGER_KEY to the new key, and begin.")
    good, lost = _good(RotationCause(cause), good_size), lost_head(RotationCause(cause))
    old = keys.verifiers()[0].vkey
    payload = {
        "old": old,
        "new": vkey,
        "first_size": head.size + 1,
        "cause": str(cause),
        "good": None if good is None else {"size": good.size, "root": notes.to_base64(bytes(good.root))},
    }
    if lost is not None:
        payload["lost"] = {"size": lost.size, "root": notes.to_base64(lost.root)}
    entry = append(kind=EntryKind.KEY_ROTATION, payload=payload, subject_ref=None, recorded_at=now)
    return KeyRotation.objects.create(
        entry=entry,
        old_vkey=old,
        new_vkey=vkey,
        first_size=head.size + 1,
        cause=cause,
        good_size=None if good is None else good.size,
        good_root=None if good is None else bytes(good.root),
        lost_size=None if lost is None else lost.size,
        lost_root=None if lost is None else lost.root,
    )


def _good(cause: RotationCause, size: int | None) -> Checkpoint | None:
    require_good_size(cause, size)
    return None if size is None else Checkpoint.objects.get(size=size)
