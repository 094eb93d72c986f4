"""The ledger's services: append in the caller's transaction, seal and sign after it, prove, redact, verify."""

from portal.kernel.ledger.errors import NotSealed, SigningStopped
from portal.kernel.ledger.services.anchor import Anchored
from portal.kernel.ledger.services.anomalies import Anomaly, anomaly_between, explanations
from portal.kernel.ledger.services.anomalies import unexplained as unexplained_anomaly
from portal.kernel.ledger.services.checkpoints import sign
from portal.kernel.ledger.services.copies import renew_all as renew_copies
from portal.kernel.ledger.services.entries import append, append_many, last_recorded_at, payload_of
from portal.kernel.ledger.services.keys import next_signer, signer, terms, verifier, verifier_at, verifiers
from portal.kernel.ledger.services.monitor import check_ledger, resume_signing_after_check, state_of_checks
from portal.kernel.ledger.services.projection_consistency import CHUNK, chunks_of
from portal.kernel.ledger.services.proofs import (
    check_presented,
    entries_of,
    entry_by_event,
    receipt_for,
    verify_receipt,
)
from portal.kernel.ledger.services.redaction import erased_among, finish_redactions, redact, redact_again
from portal.kernel.ledger.services.rollback import Lost, begin_again, lost_entries, lost_head, require_good_size
from portal.kernel.ledger.services.rotation import next_vkey, rotate_key
from portal.kernel.ledger.services.row_consistency import agreeing, raise_alarm
from portal.kernel.ledger.services.sealer import checkpoint_over, readiness, seal_batch, seal_now
from portal.kernel.ledger.services.verification import Failure, Progress, Report, verify
from portal.kernel.ledger.services.witnesses import ask_all as ask_witnesses
from portal.kernel.ledger.services.witnesses import readiness as witness_readiness

__all__ = [
    "CHUNK",
    "Anchored",
    "Anomaly",
    "Failure",
    "Lost",
    "NotSealed",
    "Progress",
    "Report",
    "SigningStopped",
    "agreeing",
    "anomaly_between",
    "append",
    "append_many",
    "ask_witnesses",
    "begin_again",
    "check_ledger",
    "check_presented",
    "checkpoint_over",
    "chunks_of",
    "entries_of",
    "entry_by_event",
    "erased_among",
    "explanations",
    "finish_redactions",
    "last_recorded_at",
    "lost_entries",
    "lost_head",
    "next_signer",
    "next_vkey",
    "payload_of",
    "raise_alarm",
    "readiness",
    "receipt_for",
    "redact",
    "redact_again",
    "renew_copies",
    "require_good_size",
    "resume_signing_after_check",
    "rotate_key",
    "seal_batch",
    "seal_now",
    "sign",
    "signer",
    "state_of_checks",
    "terms",
    "unexplained_anomaly",
    "verifier",
    "verifier_at",
    "verifiers",
    "verify",
    "verify_receipt",
    "witness_readiness",
]
