"""The queues of the review desk: what waits for whom, until when, and who has it."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from kyc.base.choices import DocumentState
from kyc.base.models.cases import Case
from kyc.base.models.decisions import Decision
from kyc.base.models.documents import Document
from kyc.cases.selectors import proposed, to_review
from portal.kernel.core import clock, date_format
from portal.kernel.law.rules import is_late
from portal.kernel.people.choices import Answer

#: What somebody still has to look at.
UNDECIDED = frozenset({DocumentState.RECEIVED, DocumentState.STALLED, DocumentState.CHECKED})


TURNS = {
    DocumentState.RECEIVED: _("the machine's"),
    DocumentState.STALLED: _("ours: see why it stopped"),
    DocumentState.CHECKED: _("the customer's"),
    DocumentState.REFUSED: _("the customer's"),
    DocumentState.ASKED_AGAIN: _("the customer's"),
}


class QueueFilter(admin.SimpleListFilter):
    """The named queues. Each is an address that can be kept and shared."""

    title = _("queue")
    parameter_name = "queue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("review", _("To review")),
            ("second", _("Waiting for a second person")),
            ("mine", _("Mine")),
            ("returned", _("Sent back")),
            ("stalled", _("Could not be checked")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Document]) -> QuerySet[Document]:
        waiting = queryset.filter(pk__in=to_review(at=clock.now()).values("pk"))
        match self.value():
            case "review":
                return waiting.exclude(proposed())
            case "second":
                return waiting.filter(proposed())
            case "mine":
                return waiting.filter(case__locked_by_id=request.user.pk, case__locked_until__gte=clock.now())
            case "returned":
                sent_back = Decision.objects.filter(answer=Answer.REFUSED, document__in=queryset.values("pk"))
                return waiting.exclude(proposed()).filter(pk__in=sent_back.values("document"))
            case "stalled":
                return queryset.filter(state=DocumentState.STALLED)
        return queryset


def turn(document: Document) -> str:
    """Whose turn it is with one document; ``is_proposed`` comes with the rows of the list."""
    if document.state == DocumentState.CHECKED and document.sent_at is not None:
        return str(_("a second person's") if document.is_proposed else _("a maker's"))  # type: ignore[attr-defined]
    return str(TURNS.get(DocumentState(document.state), _("nobody's")))


def what_came_of(decision: Decision) -> str:
    """Of a proposal that somebody agreed to what was decided: an agreed rejection is no approval."""
    if decision.answer == Answer.APPROVED:
        return _now("Agreed: %(outcome)s") % {"outcome": decision.get_outcome_display()}
    if decision.answer == Answer.REFUSED:
        return _now("Sent back to the maker")
    return str(decision.get_answer_display())


def due(document: Document) -> str:
    """The day to be done by, and how much is left, with a mark and words; ``due_at`` comes with the rows of the list."""
    return left(document.due_at if document.state in UNDECIDED else None)  # type: ignore[attr-defined]


def left(due_at: datetime | None) -> str:
    """A day to be done by, and how much is left, with a mark and words; a dash for none."""
    if due_at is None:
        return date_format.NONE
    days = (clock.day(due_at) - clock.day(clock.now())).days
    if is_late(due_at, clock.now()):
        late = ngettext("late by %(count)s day", "late by %(count)s days", -days) % {"count": -days}
        return f"■ {date_format.day(due_at)}, {late if days else _now('late')}"
    if not days:
        return f"▲ {date_format.day(due_at)}, {_now('today')}"
    return f"{date_format.day(due_at)}, " + ngettext("%(count)s day left", "%(count)s days left", days) % {
        "count": days
    }


def holder_of(case: Case) -> str:
    """Whoever has the case now, as staff read it; empty when it is free."""
    holder = case.locked_by if case.holder_id_at(clock.now()) is not None else None
    return str(holder.full_name or holder.email) if holder is not None else ""


def not_free(document: Document, user: Any) -> str:
    case, now = document.case, clock.now()
    if document.state not in UNDECIDED:
        return str(_("Nothing is left to decide about it."))
    if case.holder_id_at(now) not in {None, user.pk}:
        return str(_("A colleague is working on it."))
    return ""


def not_stalled(document: Document, user: Any) -> str:
    return "" if document.state == DocumentState.STALLED else str(_("Its checks have not stopped."))


def not_mine(document: Document, user: Any) -> str:
    return "" if document.case.locked_by_id == user.pk else str(_("You have not taken it."))
