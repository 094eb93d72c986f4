from consent.models.acknowledgements import Acknowledgement
from consent.models.events import ConsentEvent, ConsentReceipt
from consent.models.notices import (
    DefectMended,
    Notice,
    NoticeText,
    NoticeVersion,
    PolicyClause,
    PolicyDefect,
    TextReview,
)
from consent.models.preferences import Preference, PreferenceChange
from consent.models.publishing import DefectOverride, PublicationProposal
from consent.models.state import ConsentState

__all__ = [
    "Acknowledgement",
    "ConsentEvent",
    "ConsentReceipt",
    "ConsentState",
    "DefectMended",
    "DefectOverride",
    "Notice",
    "NoticeText",
    "NoticeVersion",
    "PolicyClause",
    "PolicyDefect",
    "Preference",
    "PreferenceChange",
    "PublicationProposal",
    "TextReview",
]
