"""What a check finds."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Health(TextChoices):
    """A word, a shape and a colour each: see ``templates/workplace/system.html``."""

    WELL = "well", _("Well")
    LOOK = "look", _("Review needed")
    BAD = "bad", _("Bad")


@dataclass(frozen=True)
class Finding:
    """One check: its name (stable: alerts and metrics use it), what it is about, how it is, in words, and what to do.

    ``number`` is what was measured, for machines, in ``unit``; None where nothing is. No personal data in any of them.
    """

    name: str
    label: Any
    state: Health
    says: Any
    todo: Any = ""
    number: float | None = None
    unit: str = ""


Check = Callable[[datetime], Iterable[Finding]]
