"""Lists of answers that people gave elsewhere: brought, checked, agreed to, taken in."""

from consent.services.lists.bringing import answer, bring, carry_on, give_up, sweep
from consent.services.lists.checking import check
from consent.services.lists.taking_in import take_in

__all__ = ["answer", "bring", "carry_on", "check", "give_up", "sweep", "take_in"]
