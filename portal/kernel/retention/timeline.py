"""What was held back, erased or frozen of a person, for the one-person file."""

from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from portal.kernel.core.timeline_api import Strand
from portal.kernel.retention.models import ErasureRun
from portal.kernel.retention.permissions import Permission


def runs_of(subject_refs: Collection[UUID], at: datetime) -> Iterable[str]:
    """The erasure runs whose plan, made by then, names one of these subjects."""
    rows = ErasureRun.objects.filter(steps__items__subject_ref__in=subject_refs, started_at__lte=at)
    return (run.about for run in rows.only("reference").distinct())


STRANDS = (
    Strand(
        code="holds",
        label=_("Legal holds and claims"),
        needs=Permission.HOLD_VIEW,
        acts=("retention.claim.", "retention.hold.", "retention.release."),
        states={"retention.hold.placed": ("hold", "=placed"), "retention.hold.released": ("hold", "=released")},
    ),
    Strand(
        code="erasures",
        label=_("Erasures"),
        needs=Permission.RUN_VIEW,
        acts=("retention.", "vault."),
        states={"retention.erasure.run": ("run", "state"), "retention.plan.": ("run", "state")},
        also=runs_of,
    ),
    Strand(
        code="children",
        label=_("Reports of a child"),
        needs=Permission.CHILD_VIEW,
        acts=("retention.child.",),
    ),
)
