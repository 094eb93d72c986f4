"""The queues of this room, as the workplace counts and links them, and who has what."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from kyc.models import Case
from kyc.permissions import Permission
from kyc.states import LikenessState, LookResult
from portal.core.queues import HandsOut, Queue, Tab

#: Whoever opens documents at the desk has its queues as tabs.
_OPENS = str(Permission.DOCUMENT_OPEN)

QUEUES = (
    Queue(
        "kyc-review",
        _("KYC to check"),
        "kyc.Document",
        "queue=review",
        ngettext_lazy("document waits for a person", "documents wait for a person", "count"),
        tab=Tab(_("To review"), -40, _OPENS),
    ),
    Queue(
        "kyc-second",
        _("KYC waiting for a second person"),
        "kyc.Document",
        "queue=second",
        ngettext_lazy("document has a proposal to answer", "documents have proposals to answer", "count"),
        is_figure=False,
        tab=Tab(_("To check"), -30, _OPENS),
    ),
    Queue(
        "kyc-mine",
        _("KYC that you have taken"),
        "kyc.Document",
        "queue=mine",
        ngettext_lazy("document is yours for now", "documents are yours for now", "count"),
        is_figure=False,
        tab=Tab(_("Mine"), -20, _OPENS),
    ),
    Queue(
        "kyc-stalled",
        _("KYC checks that stopped"),
        "kyc.Document",
        "queue=stalled",
        ngettext_lazy("document could not be checked", "documents could not be checked", "count"),
        tone="err",
        tab=Tab(_("Check failed"), -10, _OPENS),
    ),
    Queue(
        "kyc-likenesses",
        _("Likenesses to sanctions lists"),
        "kyc.Likeness",
        f"state__exact={LikenessState.OPEN}",
        ngettext_lazy("name to compare", "names to compare", "count"),
        tab=Tab(_("To compare"), -10, str(Permission.CASE_DECIDE)),
    ),
    Queue(
        "kyc-second-looks",
        _("Second looks"),
        "kyc.SecondLook",
        f"result__exact={LookResult.OPEN}",
        ngettext_lazy("approval to look at again", "approvals to look at again", "count"),
        tab=Tab(_("To review"), -10, _OPENS),
    ),
    Queue(
        "kyc-expiring",
        _("Papers that end"),
        "kyc.Renewal",
        "closed_at__isempty=1",
        ngettext_lazy("renewal waits for the customer", "renewals wait for the customer", "count"),
        is_figure=False,
    ),
)
#: The button that hands out documents.
HANDS_OUT = HandsOut(_("Take next document"), Permission.CASE_DECIDE, "admin:kyc_document_take_next")


def holders(*, owners: Collection[str], at: datetime) -> dict[str, Any]:
    """Answers ``hooks.holders``: who has taken the case of a clock."""
    named = {owner.removeprefix(Case.OWNER): owner for owner in owners if owner.startswith(Case.OWNER)}
    if not named:
        return {}
    taken = Case.objects.filter(reference__in=named, locked_until__gte=at).select_related("locked_by")
    return {named[case.reference]: case.locked_by for case in taken}
