"""What a control says of itself: one vocabulary for promises, measures and duties, for pages, exports and packs."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_lazy as _


class ControlState(StrEnum):
    """The result of a control, as packs and exports spell it."""

    #: There were cases and none failed.
    MET = "met"
    #: At least one case failed.
    MISSED = "missed"
    NO_CASE = "no_case"
    #: A rule that counts time and sets no date by which something is done: a period to keep, a window, an age.
    NOT_A_DEADLINE = "not_a_deadline"
    #: A deadline for which the portal starts no clock: whether there was a case nobody can say from its rows.
    NOT_MEASURED = "not_measured"
    #: Evidence that people entered, or that is only looked for: there and new enough, too old, not there.
    FRESH = "fresh"
    STALE = "stale"
    MISSING = "missing"
    NOT_STATED = "not_stated"


WORDS: Mapping[str, Any] = {
    ControlState.MET: _("Met"),
    ControlState.MISSED: _("Missed"),
    ControlState.NO_CASE: _("No case in the period"),
    ControlState.NOT_A_DEADLINE: _("Not a deadline"),
    ControlState.NOT_MEASURED: _("Not measured here"),
    ControlState.FRESH: _("Fresh"),
    ControlState.STALE: _("Stale"),
    ControlState.MISSING: _("Missing"),
    ControlState.NOT_STATED: _("Not stated"),
}

#: What each state of a measure or a duty of law means, as a pack explains it.
MEANINGS: Mapping[str, Any] = {
    ControlState.MET: _("Each case of the period was done in time."),
    ControlState.MISSED: _("Cases of the period were done late, or were due and not done. missed_rows names each."),
    ControlState.NO_CASE: _("No deadline under this rule ended or fell due in the period."),
    ControlState.NOT_A_DEADLINE: _("The rule sets no date by which something is done, but a period to keep, a window or an age."),
    ControlState.NOT_MEASURED: _("The portal starts no deadline under this rule, so its rows cannot say whether there was a case."),
    ControlState.FRESH: _("The last evidence is no older than evidence_months."),
    ControlState.STALE: _("The last evidence is older than evidence_months."),
    ControlState.MISSING: _("There is no evidence."),
}  # fmt: skip

#: The tone of a state's tag: what is well, what needs a look, what failed; what says neither has none.
TONES: Mapping[str, str] = {
    ControlState.MET: "ok",
    ControlState.FRESH: "ok",
    ControlState.MISSED: "err",
    ControlState.MISSING: "err",
    ControlState.STALE: "warn",
    ControlState.NOT_STATED: "warn",
    ControlState.NOT_MEASURED: "warn",
}
