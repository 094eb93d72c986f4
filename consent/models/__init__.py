from consent.base.models.acknowledgements import Acknowledgement
from consent.base.models.notices import (
    DefectMended,
    Notice,
    NoticeText,
    NoticeVersion,
    PolicyClause,
    PolicyDefect,
    TextReview,
)
from consent.broadcasts.models import Broadcast, BroadcastPerson
from consent.collection.models.consent_managers import ManagerLink, ManagerRequest
from consent.collection.models.cookies import CookieDefect
from consent.collection.models.inbound_replies import InboundMessage
from consent.consent_imports.models import ConsentList, ListFault
from consent.decisions.models.contact_decisions import AnswerSet, GivenAnswer, TakenRequest
from consent.decisions.models.post_opt_out_sends import SendAfterWithdrawal, SendWatch
from consent.notices.models.notifications import EndingTold, LateNotice
from consent.notices.models.policy_notifications import Announcement, NoticeReview, Telling
from consent.notices.models.publication import DefectOverride, PublicationProposal, TranslationProposal
from consent.records.models.events import ConsentEvent, ConsentReceipt
from consent.records.models.evidence import ConsentEvidence, ShownText
from consent.records.models.guardians import GuardianAnswer, HeldConsent, StandingEnded
from consent.records.models.offline_consents import TakenAnswer
from consent.records.models.preferences import Preference, PreferenceChange
from consent.records.models.prompts import Meeting, OptInRequest
from consent.records.models.state import ConsentState
from consent.records.models.suppressions import Suppression, SuppressionLift

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
