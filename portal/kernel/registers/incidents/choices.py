"""Choices about incidents."""

from collections.abc import Mapping

from django.db import models
from django.utils.translation import gettext_lazy as _


class IncidentRole(models.TextChoices):
    """As what we process the data that an incident touches."""

    FIDUCIARY = "fiduciary", _("We decide: it is our own processing")
    PROCESSOR = "processor", _("We carry it for clients")
    BOTH = "both", _("Both")


class IncidentRisk(models.TextChoices):
    """To people. One that nobody knows yet counts as the highest."""

    UNKNOWN = "unknown", _("Not known yet")
    UNLIKELY = "unlikely", _("Unlikely")
    RISK = "risk", _("There is a risk")
    HIGH = "high", _("High")


class DutyState(models.TextChoices):
    OPEN = "open", _("To be reported")
    REPORTED = "reported", _("Reported")
    NOT_DUE = "not_due", _("Not due")
    DECLINED = "declined", _("Not reported, as two people decided")


#: What turns out later may make a duty due, also one that two people declined; that one is not due any more, they decide.
DUTY_MOVES: Mapping[str, frozenset[DutyState]] = {
    DutyState.OPEN: frozenset({DutyState.REPORTED, DutyState.DECLINED}),
    DutyState.NOT_DUE: frozenset({DutyState.OPEN}),
    DutyState.DECLINED: frozenset({DutyState.OPEN, DutyState.REPORTED}),
    DutyState.REPORTED: frozenset(),
}


class NotDue(models.TextChoices):
    """Why nobody has to be told under a duty."""

    NOT_CYBER = "NOT_CYBER", _("It is no cyber incident of the kinds that are reported")
    NO_PERSONAL_DATA = "NO_PERSONAL_DATA", _("No personal data is touched")
    NOT_TELECOM = "NOT_TELECOM", _("It touches no telecom network or service")
    OTHER_ROLE = "OTHER_ROLE", _("It is a duty of the other role")
    OTHER_LAW = "OTHER_LAW", _("No one under that law is affected")
    LOW_RISK = "LOW_RISK", _("The risk to people is too low for this duty")
    NOT_IN_FORCE = (
        "NOT_IN_FORCE",
        _("The rule is not in force, or the profile of the company says that it does not bind us"),
    )


class IncidentStep(models.TextChoices):
    """What two people decide about an incident."""

    SEND = "send", _("Send the report by email")
    FILE = "file", _("File on the authority's own form")
    TELL = "tell", _("Notify every affected person")
    DECLINE = "decline", _("Do not report")
    CLOSE = "close", _("Close the incident")
