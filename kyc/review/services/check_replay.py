"""Replaying checks: whether the answer that stands still follows from what was looked at. Nothing of a document changes.

A check that reads rows looks at them again; one that follows from a signature reads the kept picture again, at the instant
when it ran. What it looks at now is held against the hash of what it looked at then: only where both are the same must the
answer be the same too. What cannot be replayed is counted and named: the safety of a file whose upload was destroyed, a
file of which only the verdict was kept, the answer of a provider, and what was erased.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db import transaction

from kyc.base.models.checks import Check
from kyc.base.models.documents import Document
from kyc.cases import check_plans
from kyc.cases.rules.document_checks import Said
from kyc.cases.selectors import latest_checks
from kyc.cases.services import document_encryption
from kyc.review.services import signed_documents, value_checks
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core import actor as actors
from portal.kernel.core import clock
from portal.kernel.vault.services import files
from portal.kernel.vault.services.keys import Shredded

REPLAY = actors.system("kyc.replay")


class Found(StrEnum):
    """How a replayed check compares with the row that stands."""

    #: The same answer, from the same facts.
    SAME = "same"
    #: It would look at other facts now: another document came, a name or a trusted key changed.
    CHANGED = "changed"
    #: Another answer from the same facts: the code or its tables answer otherwise than when it ran.
    DIFFERS = "differs"
    #: What it looked at is not there any more.
    LEFT = "left"


@dataclass(frozen=True)
class Replayed:
    """One check and what a replay said. ``outcome`` and ``reason`` are the replay's, empty where there was none."""

    check: Check
    found: Found
    outcome: str = ""
    reason: str = ""

    @property
    def is_other_version(self) -> bool:
        """Whether the check has a newer edition than the one that ran: then another answer is no fault."""
        return check_plans.check_version(self.check.name) != self.check.check_version


def replay(document: Document) -> list[Replayed]:
    """The last row of each check of the document, replayed. Reads only. Raises Unavailable while files cannot be read."""
    rows = list(latest_checks(document))
    signed = _signed(document, rows)
    return [_compared(document, row, signed) for row in rows]


def replay_all(documents: Iterable[Document], *, now: datetime) -> Iterator[Replayed]:
    """Replay document by document; at the end one audit event, in a transaction of its own, says how many stood."""
    counts = dict.fromkeys(Found, 0)
    many = 0
    for document in documents:
        many += 1
        for one in replay(document):
            counts[one.found] += 1
            yield one
    with transaction.atomic():
        record(
            AuditKind.KYC_CHECKS_REPLAYED,
            actor=REPLAY,
            about="kyc.checks",
            facts={
                "count": many,
                "version": check_plans.version(),
                **{str(found): count for found, count in counts.items()},
            },
            at=now,
        )


def _signed(document: Document, rows: list[Check]) -> dict[str, Said | None]:
    """What each signed check says of the kept picture, at the instant when they ran; None where only a verdict was kept."""
    last = next((row for row in rows if row.name == "signature"), None)
    if last is None:
        return {}
    if document.kept is None or document.erased_at is not None or document.kind in signed_documents.AT_ONCE:
        return {planned.name: None for planned in check_plans.signed_checks()}
    with files.open_stream(document.kept, actor=REPLAY, reason="replay") as stream:
        data = stream.read()
    said, _verdict = signed_documents.judged(document, data, at=last.started_at)
    return {**said}


def _compared(document: Document, row: Check, signed: dict[str, Said | None]) -> Replayed:
    seen = _seen_then(document, row)
    said: Said | None = None
    if row.name in signed:
        said = signed[row.name]
    elif seen and row.name in value_checks.STEPS:
        said = value_checks.ask(row.name, document, on=clock.day(row.started_at))
    if said is None or not seen:
        return Replayed(row, Found.LEFT)
    if said.seen_sha256 != seen:
        return Replayed(row, Found.CHANGED, str(said.outcome), said.reason)
    is_same = (row.outcome, row.reason) == (said.outcome, said.reason)
    return Replayed(row, Found.SAME if is_same else Found.DIFFERS, str(said.outcome), said.reason)


def _seen_then(document: Document, row: Check) -> str:
    evidence = getattr(row, "evidence", None)
    if evidence is None or not evidence.seen_sealed:
        return ""
    try:
        return document_encryption.opened(document, evidence.seen_sealed)
    except Shredded:
        return ""
