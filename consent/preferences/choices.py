"""The words of the preferences' cells."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class CellState(TextChoices):
    """What a cell says to the person, by the values of ``rules.State``. Dates are in the history."""

    NO_CHOICE = "no_choice", _("Not answered")
    GIVEN = "given", _("Yes")
    DENIED = "denied", _("No")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    EXPIRED = "expired", _("Expired")
    BLOCKED = "blocked", _("Blocked")
    DND = "dnd", _("DND")
    PENDING = "pending", _("Waiting for parent or guardian")
    UNCONFIRMED = "unconfirmed", _("Not active yet")
