"""What ``manage.py check`` and ``/readyz`` say about the certificates of signers and about providers."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.core.checks import Warning as CheckWarning
from django.db import DatabaseError

from kyc.cases.providers import registry
from kyc.signers.services import signer_proposals
from portal.kernel.core import clock
from portal.kernel.core.errors import NotFound
from portal.kernel.registers.recipients.selectors import recipients


def signers_end_soon(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """kyc.W001: the newest certificate for a kind of document ends soon, or has ended."""
    if not databases or "default" not in databases:
        return []
    try:
        soon = signer_proposals.ending(now=clock.now())
    except (DatabaseError, NotFound):  # ``migrate`` asks before there are tables, and rules
        return []
    return [
        CheckWarning(
            f"{one.kind}: the newest certificate ({one.name}) ends on {one.ends_at:%Y-%m-%d}.",
            hint="Two people import the issuer's next one: manage.py import_key, or the page of signers' certificates.",
            id="kyc.W001",
        )
        for one in soon
    ]


def signers_are_trusted(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """kyc.W003: no certificate is trusted for a kind of document, so that none of that kind can be verified."""
    if not databases or "default" not in databases:
        return []
    try:
        missing = signer_proposals.unsigned_for()
    except DatabaseError:  # ``migrate`` asks before there are tables
        return []
    return [
        CheckWarning(
            f"{kind}: no certificate is trusted that may sign such documents: none can be verified, and none of "
            "Aadhaar "
            "approved.",
            hint="sync_rules loads those that ship; two people import others: manage.py import_key.",
            id="kyc.W003",
        )
        for kind in missing
    ]


def providers_are_set_up(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """kyc.E001: a provider is named that there is none of, or is not told all it has to be told."""
    return [
        Error(
            f"KYC_PROVIDERS: {fault}.",
            hint="portal/docs/operators.md shows each provider with what it is given.",
            id="kyc.E001",
        )
        for fault in registry.faults(settings.KYC_PROVIDERS)
    ]


def providers_are_in_the_book(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """kyc.W002: data goes to somebody who does not stand in the book of recipients (policy 6)."""
    if not databases or "default" not in databases:
        return []
    asked = registry.recipients()
    try:
        known = {code for code in asked.values() if recipients.by_code(code) is not None}
    except DatabaseError:  # ``migrate`` asks before there are tables
        return []
    return [
        CheckWarning(
            f"KYC_PROVIDERS: {name} gets people's data and is not in the register of recipients.",
            hint="Two people enter it under Registers, Recipients, with the recipient's name in the setting as its code.",
            id="kyc.W002",
        )
        for name, code in sorted(asked.items())
        if code not in known
    ]


def readiness() -> tuple[str, bool, str]:
    """For ``/readyz``: says what ends soon, and never takes the portal out of service for it."""
    try:
        soon = signer_proposals.ending(now=clock.now())
    except NotFound:
        return "signers", True, "rules are not loaded"
    if missing := signer_proposals.unsigned_for():
        return "signers", True, f"none is trusted for {', '.join(missing)}"
    if not soon:
        return "signers", True, "none ends soon"
    kind, days = soon[0].kind, soon[0].days
    return "signers", True, f"{kind} ended {-days} days ago" if days < 0 else f"{kind} ends in {days} days"
