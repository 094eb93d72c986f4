"""What other rooms and fronts may do with KYC."""

from kyc.services.checking import check_again, run_plan, sweep
from kyc.services.deciding import answer, propose
from kyc.services.describing import case_of, known_type, reclassify, say_type, types_for
from kyc.services.letting_go import ask_to_delete
from kyc.services.locking import claim, release
from kyc.services.opening import number_of, own_number, page_of
from kyc.services.parties import add_organisation, add_person, leave, own
from kyc.services.uploading import open_case, send, upload, why_not_now

__all__ = [
    "add_organisation",
    "add_person",
    "answer",
    "ask_to_delete",
    "case_of",
    "check_again",
    "claim",
    "known_type",
    "leave",
    "number_of",
    "open_case",
    "own",
    "own_number",
    "page_of",
    "propose",
    "reclassify",
    "release",
    "run_plan",
    "say_type",
    "send",
    "sweep",
    "types_for",
    "upload",
    "why_not_now",
]
