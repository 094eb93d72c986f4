"""What a decision stands on: the bytes and the checks, as they are now and as they were when somebody looked."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kyc.base.models.checks import Check
from kyc.base.models.decisions import Decision
from kyc.base.models.documents import Document
from kyc.cases.selectors import latest_checks
from portal.kernel.people.services.maker_checker import shown_digest


def basis(document: Document) -> Mapping[str, Any]:
    """The bytes by their hash, the masked number, and what each check says now."""
    return {
        "document": document.reference,
        "sha256": document.kept.sha256 if document.kept else "",
        "number": document.number_display,
        "checks": [[check.name, check.outcome, check.reason, check.attempt] for check in latest_checks(document)],
    }


def seen(document: Document) -> str:
    """The digest that goes through a form, so that a decision binds to what its page showed."""
    return shown_digest(basis(document))


@dataclass(frozen=True)
class Change:
    """One thing that is not as it was: the bytes (``check`` is empty), or what a check says."""

    check: str
    before: str
    now: str


def changed_since(decision: Decision) -> list[Change]:
    """What is not as the maker saw it: from the rows, which are only ever added."""
    document = decision.document
    sha256 = document.kept.sha256 if document.kept else ""
    found = [] if sha256 == decision.document_sha256 else [Change("", decision.document_sha256, sha256)]
    now = {check.name: _says(check) for check in latest_checks(document)}
    before = {check.name: _says(check) for check in _latest(document, until=decision.made_at)}
    names = [*now, *(name for name in before if name not in now)]
    return found + [
        Change(name, before.get(name, ""), now.get(name, "")) for name in names if before.get(name) != now.get(name)
    ]


def _latest(document: Document, *, until: datetime) -> list[Check]:
    last: dict[str, Check] = {}
    for check in document.checks.filter(ended_at__lte=until).order_by("attempt"):
        last[check.name] = check
    return list(last.values())


def _says(check: Check) -> str:
    return f"{check.outcome} {check.reason}".strip()
