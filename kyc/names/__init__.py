"""Names of people and organisations against each other: by rules that a person can follow, never by a score.

Plain Python. Nothing here writes a name anywhere; an answer holds none.
"""

from kyc.names.comparison import Comparison, Decision, Why, compare
from kyc.names.normal_form import normal_form
from kyc.names.tables import version

__all__ = ["Comparison", "Decision", "Why", "compare", "normal_form", "version"]
