"""Audit's services: write an event in the caller's transaction, read its personal part, watch the ledger."""

from portal.kernel.audit.services.events import Act, personal_of, record, record_many
from portal.kernel.audit.services.ledger_monitor import (
    accept_rollback,
    anomalies_explained,
    resume_signing,
    signing_was_stopped,
    verify_ledger,
)
from portal.kernel.audit.services.record_access import Revealed, record_act, record_opened, reveal
from portal.kernel.audit.services.state_consistency import SUBJECT, UNSTATED, Facts, StatedRows, plain

__all__ = [
    "SUBJECT",
    "UNSTATED",
    "Act",
    "Facts",
    "Revealed",
    "StatedRows",
    "accept_rollback",
    "anomalies_explained",
    "personal_of",
    "plain",
    "record",
    "record_act",
    "record_many",
    "record_opened",
    "resume_signing",
    "reveal",
    "signing_was_stopped",
    "verify_ledger",
]
