"""What others ask of consent."""

from consent.services.decisions import Decision, may_contact, may_process
from consent.services.projection import rebuild as rebuild_consent_state
from consent.services.recording import Recorded, record, record_all
from consent.services.undos import undo_stop
from consent.services.withdrawing import stop_all_promotional, withdraw

__all__ = [
    "Decision",
    "Recorded",
    "may_contact",
    "may_process",
    "rebuild_consent_state",
    "record",
    "record_all",
    "stop_all_promotional",
    "undo_stop",
    "withdraw",
]
