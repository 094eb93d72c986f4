"""The logs that the portal keeps: oldest and newest line, and when something was last purged from each."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.apps import apps
from django.utils.translation import gettext_lazy as _

from portal.kernel.retention.models import ErasureStep


@dataclass(frozen=True)
class Log:
    """``label`` names the table in words, ``field`` its time; ``eraser`` ends lines of it, empty where nothing does."""

    label: Any
    model: str
    field: str
    eraser: str = ""


@dataclass(frozen=True)
class Kept:
    label: Any
    oldest: datetime | None
    newest: datetime | None
    purged: datetime | None
    is_for_ever: bool


LOGS = (
    Log(_("Ledger entries"), "ledger.Entry", "recorded_at"),
    Log(_("Contents of ledger entries"), "ledger.Payload", "entry__recorded_at", "ledger.contents"),
    Log(_("Audit events"), "audit.AuditEvent", "at"),
    Log(_("Personal parts of audit events"), "audit.AuditPersonal", "recorded_at", "audit.personal"),
    Log(_("Consent events"), "consent.ConsentEvent", "recorded_at"),
    Log(_("Decisions for sending systems"), "consent.GivenAnswer", "answered_at"),
    Log(_("Messages"), "outbox.Message", "created_at"),
    Log(_("Words of messages"), "outbox.MessageBody", "created_at", "outbox.texts"),
    Log(_("What became of messages"), "outbox.Delivery", "happened_at"),
    Log(_("Disclosures"), "registers.Disclosure", "disclosed_at"),
    Log(_("Deadlines"), "law.ClockEvent", "recorded_at"),
    Log(_("Checks of the ledger"), "ledger.Verification", "started_at"),
    Log(_("Background jobs"), "jobs.Job", "created_at"),
)


def logs() -> Iterator[Kept]:
    """One line a log, by its first and last row: no table is counted."""
    purged = dict(ErasureStep.objects.filter(erased__gt=0).order_by("finished_at").values_list("eraser", "finished_at"))
    for log in LOGS:
        rows = apps.get_model(log.model)._default_manager.order_by("pk").values_list(log.field, flat=True)
        yield Kept(log.label, rows.first(), rows.last(), purged.get(log.eraser), not log.eraser)
