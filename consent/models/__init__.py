from consent.models.acknowledgements import Acknowledgement
from consent.models.announcements import Announcement, NoticeReview, Telling
from consent.models.answers import AnswerSet, GivenAnswer, TakenRequest
from consent.models.asking import Meeting, OptInRequest
from consent.models.broadcasts import Broadcast, BroadcastPerson
from consent.models.cookies import CookieDefect
from consent.models.events import ConsentEvent, ConsentReceipt
from consent.models.evidence import ConsentEvidence, ShownText
from consent.models.guardians import GuardianAnswer, HeldConsent, StandingEnded
from consent.models.inbound import InboundMessage
from consent.models.lists import ConsentList, ListFault
from consent.models.managers import ManagerLink, ManagerRequest
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
from consent.models.publishing import DefectOverride, PublicationProposal, TranslationProposal
from consent.models.sends import SendAfterWithdrawal, SendWatch
from consent.models.state import ConsentState
from consent.models.suppressions import Suppression, SuppressionLift
from consent.models.taking import TakenAnswer
from consent.models.telling import EndingTold, LateNotice

__all__ = [
    "Acknowledgement",
    "Announcement",
    "AnswerSet",
    "Broadcast",
    "BroadcastPerson",
    "ConsentEvent",
    "ConsentEvidence",
    "ConsentList",
    "ConsentReceipt",
    "ConsentState",
    "CookieDefect",
    "DefectMended",
    "DefectOverride",
    "EndingTold",
    "GivenAnswer",
    "GuardianAnswer",
    "HeldConsent",
    "InboundMessage",
    "LateNotice",
    "ListFault",
    "ManagerLink",
    "ManagerRequest",
    "Meeting",
    "Notice",
    "NoticeReview",
    "NoticeText",
    "NoticeVersion",
    "OptInRequest",
    "PolicyClause",
    "PolicyDefect",
    "Preference",
    "PreferenceChange",
    "PublicationProposal",
    "SendAfterWithdrawal",
    "SendWatch",
    "ShownText",
    "StandingEnded",
    "Suppression",
    "SuppressionLift",
    "TakenAnswer",
    "TakenRequest",
    "Telling",
    "TextReview",
    "TranslationProposal",
]
