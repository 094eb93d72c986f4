"""What providers answer, in our words. Plain values: names are personal data and stay out of ``repr``."""

from dataclasses import dataclass, field
from enum import StrEnum


class Standing(StrEnum):
    """How a number stands at its register."""

    GOOD = "GOOD"
    #: Good or not, a person has to look (suspended, merged, the holder has died).
    DOUBTFUL = "DOUBTFUL"
    BAD = "BAD"


@dataclass(frozen=True)
class Answer:
    """``status`` is the register's own word, a code without personal data; ``reason`` is ours for why it is not good.

    ``name`` is the name registered with the number; where the register only compares names, ``is_same_name`` is what it says.
    """

    standing: Standing
    status: str
    reason: str = ""
    name: str = field(default="", repr=False)
    is_same_name: bool | None = None
    is_same_birth: bool | None = None
