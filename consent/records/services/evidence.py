"""Keeping what stands behind an answer, in the answer's own transaction."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from consent.records.models.events import ConsentEvent
from consent.records.models.evidence import ConsentEvidence, ShownText

Evidence = Mapping[str, str]
#: The question as the page asked it; the prompt as a call played it; the call; the scan of a form.
QUESTION, PROMPT, CALL, SCAN = "question", "prompt", "call", "scan"
#: When it was said by the clock of the machine that told it, where it counts from another time on.
MACHINE_TIME = "machine_time"


def words(kind: str, text: str, *, language: str, at: datetime) -> Evidence:
    """The words that were shown or played, as evidence: the text itself is kept, once for each wording."""
    body = text.encode()
    sha256 = hashlib.sha256(body).hexdigest()
    ShownText.objects.get_or_create(sha256=sha256, defaults={"language": language, "body": body, "first_at": at})
    return {"type": kind, "sha256": sha256}


def reference(kind: str, value: str) -> Evidence:
    """Another system's reference, as evidence."""
    return {"type": kind, "sha256": hashlib.sha256(value.encode()).hexdigest(), "reference": value}


def keep(pieces: Iterable[tuple[ConsentEvent, Sequence[Evidence]]]) -> None:
    """One row for each piece; kind and hash are what the event's leaf commits to."""
    ConsentEvidence.objects.bulk_create(
        ConsentEvidence(
            event=event,
            kind=item["type"],
            sha256=item["sha256"],
            reference=item.get("reference", ""),
            file_id=item.get("file") or None,
        )
        for event, items in pieces
        for item in items
    )


def committed(pieces: Iterable[Evidence]) -> list[dict[str, str]]:
    """What a leaf commits to: the kind and the hash of each piece."""
    return [{"type": item["type"], "sha256": item["sha256"]} for item in pieces]
