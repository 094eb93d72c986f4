"""Identity numbers of India: form, check digit and what a number says about itself. Plain Python.

Sources of each rule stand beside it. A wrong number is a value, never an exception.
"""

from kyc.numbers.aadhaar import find_aadhaar
from kyc.numbers.catalogue import TYPES, check
from kyc.numbers.comparison import gstin_contains
from kyc.numbers.result import NumberResult, Outcome, Reason

__all__ = ["TYPES", "NumberResult", "Outcome", "Reason", "check", "find_aadhaar", "gstin_contains"]
