"""The words of the preferences' cells, and of what a Save leaves out."""

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


class LeftOut(TextChoices):
    """Why a Save left a new tick out, in words about ``what`` was ticked."""

    NOT_OFFERED = "not_offered", _("%(what)s is no longer offered, so we left it out.")
    NO_ADDRESS = "no_address", _("%(what)s needs a number or address that you have confirmed, so we left it out.")
    NO_NOTICE = "no_notice", _("The notice about this is not in your language yet, so we left it out: %(what)s.")
    PENDING = "pending", _("%(what)s is waiting for your parent or guardian already, so we left it out.")
