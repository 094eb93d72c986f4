"""What other rooms and fronts may do with KYC."""

from kyc.services.bringing import by_staff
from kyc.services.checking import check_again, run_plan, sweep
from kyc.services.deciding import answer, propose
from kyc.services.deleting import certificate_bytes
from kyc.services.describing import case_of, known_type, may_say_type, say_type, types_for
from kyc.services.handing_out import take_next
from kyc.services.inquiring import take_message as take_provider_message
from kyc.services.letting_go import ask_to_delete
from kyc.services.locking import claim, release
from kyc.services.opening import own_branch, own_number, own_typing, page_of
from kyc.services.parties import add_organisation, add_person, leave, own, say_nobody_else, set_shares
from kyc.services.renewing import ask_again
from kyc.services.revealing import number_of
from kyc.services.uploading import Sent, judge, open_case, send, take, upload, use_again, why_not_now

__all__ = [
    "Sent",
    "add_organisation",
    "add_person",
    "answer",
    "ask_again",
    "ask_to_delete",
    "by_staff",
    "case_of",
    "certificate_bytes",
    "check_again",
    "claim",
    "judge",
    "known_type",
    "leave",
    "may_say_type",
    "number_of",
    "open_case",
    "own",
    "own_branch",
    "own_number",
    "own_typing",
    "page_of",
    "propose",
    "release",
    "run_plan",
    "say_nobody_else",
    "say_type",
    "send",
    "set_shares",
    "sweep",
    "take",
    "take_next",
    "take_provider_message",
    "types_for",
    "upload",
    "use_again",
    "why_not_now",
]
