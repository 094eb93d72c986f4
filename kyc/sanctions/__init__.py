"""Lists of persons and organisations under sanctions: read from the files that are published, and compared by name.

Plain Python. A likeness is a question to a person, never an answer.
"""

from kyc.sanctions.entries import Listed
from kyc.sanctions.match_index import Hit, Index
from kyc.sanctions.similarity import Thresholds

__all__ = ["Hit", "Index", "Listed", "Thresholds"]
