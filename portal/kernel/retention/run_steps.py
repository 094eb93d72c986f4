"""The steps of an erasure run on its page: what goes, and for what the rest is kept."""

from django.contrib import admin
from django.db.models import QuerySet, Sum
from django.utils.translation import gettext_lazy as _

from portal.kernel.core.admin import RowsBeside
from portal.kernel.retention.models import ErasureStep, KeptRecord
from portal.kernel.retention.rules import Why

#: What a record is kept for, as the certificate and the letter tell them apart: only the first is a duty.
GROUNDS = {
    Why.LAW: _("by a law"),
    Why.CLAIM: _("for legal claims, no law requires it"),
    Why.UNDECIDED: _("until decided"),
    Why.IN_USE: _("while the account is in use"),
    Why.PROMISE: _("by our own rule"),
}


def kept_in_words(count: int, kept: QuerySet[KeptRecord]) -> str:
    """How many a rule keeps; of one person also for what, which is no duty of law for all of them."""
    found = dict(kept.filter(ground__in=GROUNDS).order_by().values_list("ground").annotate(Sum("count")))
    parts = [f"{found[why]} {label}" for why, label in GROUNDS.items() if why in found]
    return f"{count} ({', '.join(parts)})" if parts else str(count)


class StepInline(RowsBeside):
    """What each room lets go of, and what keeps the rest."""

    model = ErasureStep
    fields = (
        *("eraser", "retention_class", "rule_version", "cutoff", "due", "held", "disputed", "stale", "kept_by_a_rule"),
        *("erased", "failure"),
    )

    @admin.display(description=_("kept by a rule"))
    def kept_by_a_rule(self, obj: ErasureStep) -> str:
        return kept_in_words(obj.kept_by_law, obj.kept.all())
