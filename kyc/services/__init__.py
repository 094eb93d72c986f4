"""What other rooms and fronts may do with KYC."""

from kyc.services.checking import check_again, run_plan, sweep
from kyc.services.deciding import answer, propose
from kyc.services.locking import claim, release
from kyc.services.opening import number_of, page_of
from kyc.services.uploading import open_case, send, upload

__all__ = [
    "answer",
    "check_again",
    "claim",
    "number_of",
    "open_case",
    "page_of",
    "propose",
    "release",
    "run_plan",
    "send",
    "sweep",
    "upload",
]
