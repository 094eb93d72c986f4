"""The queues of this room, as the workplace counts and links them, and who has what."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from kyc.base.choices import LikenessState, LookResult
from kyc.base.models.cases import Case
from kyc.base.permissions import Permission
from portal.kernel.core.queues import HandsOut, Queue, Tab

#: Whoever opens documents at the desk has its queues as tabs.
_OPENS = str(Permission.DOCUMENT_OPEN)

QUEUES = (
    Queue(
        "kyc-review",
        _("Documents to review"),
        "kyc.Document",
        "queue=review",
        ngettext_lazy("document waits for review", "documents wait for review", "count"),
        tab=Tab(_("To review"), -40, _OPENS),
    ),
    Queue(
        "kyc-second",
        _("KYC decisions to approve"),
        "kyc.Document",
        "queue=second",
        ngettext_lazy("proposal to approve or reject", "proposals to approve or reject", "count"),
        is_figure=False,
        tab=Tab(_("To approve"), -30, _OPENS),
    ),
    Queue(
        "kyc-mine",
        _("Documents assigned to you"),
        "kyc.Document",
        "queue=mine",
        ngettext_lazy("document in review", "documents in review", "count"),
        is_figure=False,
        tab=Tab(_("Mine"), -20, _OPENS),
    ),
    Queue(
        "kyc-stalled",
        _("Failed document checks"),
        "kyc.Document",
        "queue=stalled",
        ngettext_lazy("document could not be checked", "documents could not be checked", "count"),
        tone="err",
        tab=Tab(_("Check failed"), -10, _OPENS),
    ),
    Queue(
        "kyc-likenesses",
        _("Sanctions matches"),
        "kyc.Likeness",
        f"state__exact={LikenessState.OPEN}",
        ngettext_lazy("name to compare", "names to compare", "count"),
        tab=Tab(_("To compare"), -10, str(Permission.CASE_DECIDE)),
    ),
    Queue(
        "kyc-second-looks",
        _("QA reviews"),
        "kyc.SecondLook",
        f"result__exact={LookResult.OPEN}",
        ngettext_lazy("approval to review", "approvals to review", "count"),
        tab=Tab(_("To review"), -10, _OPENS),
    ),
    Queue(
        "kyc-expiring",
        _("KYC updates due"),
        "kyc.Renewal",
        "closed_at__isempty=1",
        ngettext_lazy("update waits for the customer", "updates wait for the customer", "count"),
        is_figure=False,
    ),
)
#: The button that hands out documents.
HANDS_OUT = HandsOut(_("Take next document"), Permission.CASE_DECIDE, "admin:kyc_document_take_next")


def holders(*, owners: Collection[str], at: datetime) -> dict[str, Any]:
    """Answers ``ports.holders``: who has taken the case of a clock."""
    named = {owner.removeprefix(Case.OWNER): owner for owner in owners if owner.startswith(Case.OWNER)}
    if not named:
        return {}
    taken = Case.objects.filter(reference__in=named, locked_until__gte=at).select_related("locked_by")
    return {named[case.reference]: case.locked_by for case in taken}
