"""Copies of the anchor further away: on other machines' disks, or on another host by HTTPS.

The anchor itself is asked before each signature and so has to be near. A copy is compared and renewed every few seconds,
outside every transaction: who rewrites the database and the anchor beside it still contradicts the copies.
"""

import json
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

import structlog
from django.conf import settings

from portal.kernel.core import http_client
from portal.kernel.ledger import notes
from portal.kernel.ledger.errors import AnchorUnusable
from portal.kernel.ledger.models import Checkpoint, Head
from portal.kernel.ledger.services import anchor, checkpoints, keys, tiles

log = structlog.get_logger(__name__)

CHECK = "X1"


@dataclass(frozen=True)
class Copied:
    """What came of one copy: KEPT with its size, or the code of why not. The place is its host or file name."""

    place: str
    code: str
    size: int | None = None


def renew_all() -> list[Copied]:
    """Compare each of LEDGER_ANCHOR_COPIES with the tree, then bring it up to the newest checkpoint.

    A copy that is down changes nothing. One that is ahead of the tree, or not its beginning, stops signing (X1): the
    database was rolled back or forked. Nothing is done while signing is stopped. Call it outside a transaction.
    """
    newest = Checkpoint.objects.order_by("-size").first()
    if newest is None or checkpoints.is_stopped():
        return []
    mine = anchor.Anchored(newest.size, bytes(newest.root), bytes(newest.note))
    return [_renew(where, mine) for where in settings.LEDGER_ANCHOR_COPIES]


def _renew(where: str, mine: anchor.Anchored) -> Copied:
    place = urlsplit(where).netloc or Path(where).name
    try:
        known, tag = _read(where)
        if known is not None and not _is_beginning(known):
            checkpoints.stop_signing(check=CHECK, index=known.size)
            log.error("ledger.copy_disagrees", place=place, size=known.size)
            return Copied(place, "DISAGREES", known.size)
        if known is None or known.size < mine.size:
            _write(where, mine, tag, is_new=known is None)
            known = mine
    except (AnchorUnusable, http_client.Unreachable, http_client.BrokenOff) as error:
        log.warning("ledger.copy_failed", place=place, code=error.code)
        return Copied(place, error.code)
    return Copied(place, "KEPT", known.size)


def _is_beginning(known: anchor.Anchored) -> bool:
    """Whether the copy's tree begins ours. A copy that our key did not sign is somebody else's file: it proves nothing."""
    if not notes.is_signed(known.note, keys.verifier_at(known.size)):
        raise AnchorUnusable("A copy of the anchor is not signed by the ledger's key.", code="NOT_OURS")
    signed = notes.parse_tree_head(notes.split_note(known.note)[0])
    if (signed.size, signed.root) != (known.size, known.root):
        raise AnchorUnusable("A copy of the anchor contradicts its own note.", code="NOT_OURS")
    reaches = Head.objects.filter(pk=checkpoints.HEAD_ID, size__gte=known.size).exists()
    return reaches and tiles.root_of(known.size) == known.root


def _read(where: str) -> tuple[anchor.Anchored | None, str]:
    if not _is_url(where):
        return anchor.read(Path(where)), ""
    answer = _ask("GET", where)
    if answer.status == HTTPStatus.NOT_FOUND:
        return None, ""
    if answer.status != HTTPStatus.OK:
        raise AnchorUnusable("The copy of the anchor cannot be read.", code=f"HTTP_{answer.status}")
    tag = next((value for name, value in answer.headers.items() if name.lower() == "etag"), "")
    return anchor.parse(answer.body), tag


def _write(where: str, mine: anchor.Anchored, tag: str, *, is_new: bool) -> None:
    """Replace what was read and nothing that came since (RFC 9110 13.1): another machine may be quicker."""
    if not _is_url(where):
        path = Path(where)
        with anchor.locked(path):
            now_there = anchor.read(path)
            if now_there is None or now_there.size < mine.size:
                anchor.write(mine, path)
        return
    condition = {"If-None-Match": "*"} if is_new else ({"If-Match": tag} if tag else {})
    answer = _ask("PUT", where, body=json.dumps(anchor.body_of(mine)).encode(), headers=condition)
    if answer.status not in {HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.NO_CONTENT, HTTPStatus.PRECONDITION_FAILED}:
        raise AnchorUnusable("The copy of the anchor cannot be written.", code=f"HTTP_{answer.status}")


def _ask(method: str, url: str, *, body: bytes = b"", headers: dict[str, str] | None = None) -> http_client.Answer:
    token = settings.LEDGER_ANCHOR_TOKEN
    given = {"Authorization": f"Bearer {token}"} if token else {}
    if body:
        given["Content-Type"] = "application/json"
    all_headers = {**given, **(headers or {})}
    return http_client.request(method, url, body=body, headers=all_headers, timeout=settings.WITNESS_TIMEOUT, own=True)


def _is_url(where: str) -> bool:
    return where.startswith(("https://", "http://"))
