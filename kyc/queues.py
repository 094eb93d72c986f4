"""The queues of this room, as the workplace counts and links them, and who has what."""

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from kyc.base.choices import CaseState, LikenessState, LookResult
from kyc.base.models.cases import Case
from kyc.base.models.documents import Document
from kyc.base.permissions import Act, Permission
from portal.kernel.core import access
from portal.kernel.core.queues import Facts, HandsOut, Queue, Tab, Where, Work
from portal.kernel.core.work_references import Reason
from portal.kernel.people.choices import Answer
from portal.kernel.people.selectors import refs_of
from portal.kernel.people.services import maker_checker

#: Whoever opens documents at the desk has its queues as tabs.
_OPENS = str(Permission.DOCUMENT_OPEN)
_DECIDES = str(Permission.CASE_DECIDE)


def _review(document: Document) -> str:
    return _now("Review %(document)s") % {"document": document.get_kind_display()}


def _may_propose(user: Any, *, now: datetime) -> bool:
    """Asked by several parts of one page: the answer is kept with the login that the request read."""
    known = getattr(user, "may_propose_kyc", None)
    if known is None:
        known = user.may_propose_kyc = maker_checker.may_propose(user, Act.DECISION, now=now)
    return bool(known)


def _document_work(where: Where, *, act: str, verb: Any = _review, can: Any = _may_propose) -> Work:
    return Work(
        where,
        _DECIDES,
        verb,
        about=lambda document: document.case.customer.get_kind_display(),
        owner=lambda document: document.case.owner,
        act=act,
        related=("case__customer",),
        can=can,
    )


QUEUES = (
    Queue(
        "kyc-review",
        _("Documents to review"),
        "kyc.Document",
        "queue=review",
        ngettext_lazy("document waits for review", "documents wait for review", "count"),
        tab=Tab(_("To review"), -40, _OPENS),
        work=_document_work(Where.TAKE, act="take"),
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
        work=_document_work(Where.HELD, act="give-back", can=lambda user, *, now: True),
    ),
    Queue(
        "kyc-returned",
        _("KYC proposals sent back"),
        "kyc.Document",
        "queue=returned",
        ngettext_lazy("proposal was sent back", "proposals were sent back", "count"),
        is_figure=False,
        tab=Tab(_("Sent back"), -15, _OPENS),
    ),
    Queue(
        "kyc-decisions-pending",
        _("KYC decisions that wait for approval"),
        "kyc.Decision",
        f"answer__exact={Answer.PENDING}",
        ngettext_lazy("decision waits for approval", "decisions wait for approval", "count"),
        is_figure=False,
    ),
    Queue(
        "kyc-cases-open",
        _("Open KYC cases"),
        "kyc.Case",
        f"state__in={CaseState.OPEN},{CaseState.IN_REVIEW}",
        ngettext_lazy("case is open", "cases are open", "count"),
        is_figure=False,
        tab=Tab(_("Open"), -10, str(Permission.CASE_VIEW)),
    ),
    Queue(
        "kyc-stalled",
        _("Documents that could not be checked"),
        "kyc.Document",
        "queue=stalled",
        ngettext_lazy("document could not be checked", "documents could not be checked", "count"),
        tone="err",
        tab=Tab(_("Could not be checked"), -10, _OPENS),
        work=_document_work(
            Where.CHECK,
            act="check-again",
            verb=lambda document: _now("Rerun failed checks"),
            can=lambda user, *, now: True,
        ),
    ),
    Queue(
        "kyc-likenesses",
        _("Sanctions matches"),
        "kyc.Likeness",
        f"state__exact={LikenessState.OPEN}",
        ngettext_lazy("name to compare", "names to compare", "count"),
        tab=Tab(_("To compare"), -10, str(Permission.CASE_DECIDE)),
        work=Work(
            Where.CHECK,
            _DECIDES,
            lambda match: _now("Compare with sanctions list"),
            about=lambda match: match.get_source_display(),
            owner=lambda match: match.case.owner,
            related=("case",),
        ),
    ),
    Queue(
        "kyc-second-looks",
        _("QA reviews"),
        "kyc.SecondLook",
        f"result__exact={LookResult.OPEN}",
        ngettext_lazy("approval to review", "approvals to review", "count"),
        tab=Tab(_("To review"), -10, _OPENS),
        work=Work(
            Where.CHECK,
            _DECIDES,
            lambda look: _now("Review an approval (QA)"),
            about=lambda look: look.decision.document.get_kind_display(),
            related=("decision__document",),
        ),
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
HANDS_OUT = HandsOut(
    _("Take next document"),
    Permission.CASE_DECIDE,
    "admin:kyc_document_take_next",
    ("kyc.case", "kyc.document", "kyc.decision"),
)


def record_facts(*, owners: Collection[str], user: Any, at: datetime) -> dict[str, Facts]:
    """Answers ``ports.record_facts``: whose case it is, and who has taken it."""
    named = {owner.removeprefix(Case.OWNER): owner for owner in owners if owner.startswith(Case.OWNER)}
    if not named:
        return {}
    cases = Case.objects.filter(reference__in=named).select_related("locked_by", "customer")
    return {
        named[case.reference]: Facts(
            case,
            holder=case.locked_by if case.holder_id_at(at) is not None else None,
            about=case.customer.get_kind_display(),
        )
        for case in cases
    }


def reasons_to_open(*, user: Any, subject_ref: UUID) -> Iterator[Reason]:
    """Answers ``ports.opening_reasons``: the customer's case, for whoever reviews documents."""
    if not access.allowed(user, Permission.DOCUMENT_OPEN):
        return
    rows = Case.objects.filter(subject_ref__in=refs_of(subject_ref)).order_by("-pk")
    for reference in rows.values_list("reference", flat=True)[:1]:
        yield Reason(_now("For the KYC case %(reference)s") % {"reference": reference}, "kyc_review", reference)
