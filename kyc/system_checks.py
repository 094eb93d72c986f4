"""What ``manage.py check --database default`` and ``/readyz`` say about the certificates of signers."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage
from django.core.checks import Warning as CheckWarning
from django.db import DatabaseError

from kyc.services import signers
from portal.core import clock
from portal.core.errors import NotFound


def signers_end_soon(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """kyc.W001: the newest certificate for a kind of document ends soon, or has ended."""
    if not databases or "default" not in databases:
        return []
    try:
        soon = signers.ending(now=clock.now())
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


def readiness() -> tuple[str, bool, str]:
    """For ``/readyz``: says what ends soon, and never takes the portal out of service for it."""
    try:
        soon = signers.ending(now=clock.now())
    except NotFound:
        return "signers", True, "rules are not loaded"
    return "signers", True, f"{soon[0].kind} ends in {soon[0].days} days" if soon else "none ends soon"
