"""Audit's services: write an event in the caller's transaction, read its personal part, watch the ledger."""

from portal.audit.services.events import Act, personal_of, record, record_many
from portal.audit.services.opening import Revealed, record_act, record_opened, reveal
from portal.audit.services.stated import SUBJECT, UNSTATED, Facts, StatedRows, plain
from portal.audit.services.watch import (
    accept_rollback,
    anomalies_explained,
    resume_signing,
    signing_was_stopped,
    verify_ledger,
)

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
