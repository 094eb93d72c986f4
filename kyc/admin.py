"""The review desk: queues, a document beside its checks, the maker's proposal, the checker's answer."""

from http import HTTPStatus
from typing import Any

from django.contrib import admin, messages
from django.db.models import F, QuerySet
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _

from kyc import signer_pages, words  # noqa: F401 - the pages of certificates are registered with these
from kyc.admin_cases import CaseAdmin
from kyc.forms import AnswerForm, ProposalForm, RevealForm
from kyc.models import Decision, Document
from kyc.permissions import Permission
from kyc.resources import DocumentResource
from kyc.selectors import latest_checks, to_review
from kyc.services import answer, check_again, claim, deciding, number_of, page_of, propose, proving, release
from kyc.states import PROVED_BY_SIGNATURE, DecisionReason, DocumentState
from portal.core import access, changes, clock
from portal.core.admin import OpenedWithPurpose, ReadOnlyAdmin, service_action
from portal.core.admin.opening import SESSION_KEY
from portal.core.errors import PortalError
from portal.jobs.audited_export import AuditedExport, resource_of
from portal.law.models import Clock
from portal.people.states import Answer

__all__ = ["CaseAdmin", "DecisionAdmin", "DocumentAdmin"]

#: Seconds a number stays on the screen. Then the browser leaves the page by itself.
REVEALED = 60
SIGNS = {"PASS": "✓", "WARN": "▲", "FAIL": "■", "UNAVAILABLE": "‖", "NOT_APPLICABLE": "–"}
OUTCOMES = {
    "PASS": _("Passed"),
    "WARN": _("Look at it"),
    "FAIL": _("Failed"),
    "UNAVAILABLE": _("Could not run"),
    "NOT_APPLICABLE": _("Does not apply"),
}


#: What somebody still has to look at.
UNDECIDED = frozenset({DocumentState.RECEIVED, DocumentState.STALLED, DocumentState.CHECKED})


class QueueFilter(admin.SimpleListFilter):
    """The named queues. Each is an address that can be kept and shared."""

    title = _("queue")
    parameter_name = "queue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("review", _("To review")),
            ("second", _("Waiting for a second person")),
            ("mine", _("Mine")),
            ("stalled", _("Could not be checked")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Document]) -> QuerySet[Document]:
        waiting = queryset.filter(pk__in=to_review().values("pk"))
        proposed = Decision.objects.filter(answer=Answer.PENDING).values("document")
        match self.value():
            case "review":
                return waiting.exclude(pk__in=proposed)
            case "second":
                return waiting.filter(pk__in=proposed)
            case "mine":
                return waiting.filter(case__locked_by_id=request.user.pk, case__locked_until__gte=clock.now())
            case "stalled":
                return queryset.filter(state=DocumentState.STALLED)
        return queryset


def _not_free(document: Document, user: Any) -> str:
    case, now = document.case, clock.now()
    if document.state not in UNDECIDED:
        return str(_("Nothing is left to decide about it."))
    if case.locked_until and case.locked_until >= now and case.locked_by_id != user.pk:
        return str(_("A colleague is working on it."))
    return ""


def _not_stalled(document: Document, user: Any) -> str:
    return "" if document.state == DocumentState.STALLED else str(_("Its checks have not stopped."))


def _not_mine(document: Document, user: Any) -> str:
    return "" if document.case.locked_by_id == user.pk else str(_("You have not taken it."))


@admin.register(Decision)
class DecisionAdmin(AuditedExport, OpenedWithPurpose, ReadOnlyAdmin):
    """The register of decisions: who proposed, who answered, on which bytes. The words stay on the document's page."""

    export_permission = Permission.CASE_EXPORT
    export_resource = resource_of(
        Decision,
        "reference document document_sha256 outcome reason_code act made_by made_at checked_by checked_at shown_sha256 answer",
    )
    view_permission = Permission.DOCUMENT_VIEW
    list_display = ("reference", "document", "outcome", "reason_code", "answer", "made_at", "checked_at")
    list_filter = ("outcome", "answer", "reason_code")
    list_select_related = ("document",)
    search_fields = ("reference", "document__reference")
    fields = (
        "reference",
        "document",
        "outcome",
        "reason_code",
        "answer",
        "made_by",
        "made_at",
        "checked_by",
        "checked_at",
        "document_sha256",
        "shown_sha256",
    )
    ordering = ("-made_at",)

    def subject_ref_of(self, obj: Any) -> Any:
        return obj.document.subject_ref


@admin.register(Document)
class DocumentAdmin(AuditedExport, OpenedWithPurpose, ReadOnlyAdmin):
    """The queues, and one document beside its checks. A page is a picture; nothing is downloaded."""

    view_permission = Permission.DOCUMENT_VIEW
    export_permission = Permission.CASE_EXPORT
    export_resource = DocumentResource
    change_form_template = "admin/kyc/document/page.html"
    list_display = ("reference", "kind", "state", "number_display", "customer", "sent_at", "taken_by")
    list_filter = (QueueFilter, "kind", "state")
    list_select_related = ("case__customer", "case__locked_by", "party")
    search_fields = ("reference", "case__reference", "case__customer__reference")
    search_help_text = _("A reference, for example OS-DO-7K4M-9QX2")
    ordering = ("-uploaded_at",)

    def get_ordering(self, request: HttpRequest) -> Any:
        """In a queue who has waited longest stands first; Django would sort what a filter gives by the list's own order."""
        longest = F("sent_at").asc(nulls_last=True)
        return (longest, "pk") if request.GET.get(QueueFilter.parameter_name) else self.ordering

    @admin.display(description=_("customer"))
    def customer(self, obj: Document) -> str:
        return obj.case.customer.reference

    @admin.display(description=_("taken by"))
    def taken_by(self, obj: Document) -> str:
        case = obj.case
        is_locked = case.locked_by and case.locked_until and case.locked_until >= clock.now()
        return str(case.locked_by.full_name or case.locked_by.email) if case.locked_by and is_locked else "–"

    def subject_ref_of(self, obj: Any) -> Any:
        return obj.subject_ref

    @service_action(
        permission=Permission.CASE_DECIDE,
        label=_("Take it"),
        skip=_not_free,
        description=_("The case is yours for half an hour; colleagues see that you work on it."),
    )
    def take(self, request: HttpRequest, obj: Document, given: dict[str, Any]) -> None:
        changes.watch_row(obj.case)
        claim(obj.case, actor=_actor(request), now=clock.now())

    @service_action(permission=Permission.CASE_DECIDE, label=_("Give it back"), skip=_not_mine)
    def give_back(self, request: HttpRequest, obj: Document, given: dict[str, Any]) -> None:
        changes.watch_row(obj.case)
        release(obj.case, actor=_actor(request), now=clock.now())

    @service_action(
        permission=Permission.CASE_DECIDE,
        label=_("Check it again"),
        skip=_not_stalled,
        description=_("What the checks need was not reachable for too long. They start again from where they stopped."),
    )
    def check_again(self, request: HttpRequest, obj: Document, given: dict[str, Any]) -> None:
        check_again(obj, actor=_actor(request), now=clock.now())

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = [
            path("<int:number>/propose/", wrap(self.propose_view), name="kyc_document_propose"),
            path("<int:number>/answer/", wrap(self.answer_view), name="kyc_document_answer"),
            path("<int:number>/number/", wrap(self.number_view), name="kyc_document_number"),
            path("<int:number>/pages/<int:page>.png", wrap(self.page_view), name="kyc_document_page"),
        ]
        return own + super().get_urls()

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        """The page of one document instead of a form of its fields."""
        obj = kwargs.get("obj")
        if obj is not None:
            context.update(self._page(request, obj, ProposalForm(), AnswerForm()))
        return super().render_change_form(request, context, *args, **kwargs)

    def propose_view(self, request: HttpRequest, number: int) -> HttpResponse:
        """POST: the maker's proposal."""
        document = self._opened(request, number)
        form = ProposalForm(request.POST or None)
        if request.method != "POST":
            return HttpResponseRedirect(_page_url(document))
        if form.is_valid() and self._done(request, form, lambda: self._propose(request, document, form)):
            return HttpResponseRedirect(_page_url(document))
        return self._again(request, document, form, AnswerForm())

    def answer_view(self, request: HttpRequest, number: int) -> HttpResponse:
        """POST: the checker's answer to the proposal that waits."""
        document = self._opened(request, number)
        decision = deciding.open_proposal(document)
        if request.method != "POST" or decision is None:
            return HttpResponseRedirect(_page_url(document))
        changes.watch_row(decision)
        form = AnswerForm(request.POST)
        if form.is_valid() and self._done(request, form, lambda: self._answer(request, decision, form)):
            return HttpResponseRedirect(_page_url(document))
        return self._again(request, document, ProposalForm(), form)

    def number_view(self, request: HttpRequest, number: int) -> HttpResponse:
        """GET asks why; POST shows the number for one minute, and writes down who asked and why."""
        document = self._opened(request, number)
        access.require(request.user, Permission.DOCUMENT_OPEN)
        form = RevealForm(request.POST or None)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Show a number"),
            "opts": self.opts,
            "document": document,
            "form": form,
            "seconds": REVEALED,
            "page_url": _page_url(document),
        }
        if request.method == "POST" and form.is_valid():
            given = form.cleaned_data
            context["number"] = number_of(document, **given, actor=_actor(request), now=clock.now())
        status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
        response = TemplateResponse(request, "admin/kyc/document/number.html", context, status=status)
        if "number" in context:
            response["Refresh"] = f"{REVEALED}; url={context['page_url']}"
        return response

    def page_view(self, request: HttpRequest, number: int, page: int) -> HttpResponse:
        """One page of the kept copy, as a picture. The vault writes down who looked."""
        document = self._opened(request, number)
        access.require(request.user, Permission.DOCUMENT_OPEN)
        return HttpResponse(page_of(document, page, actor=_actor(request), reason="review"), content_type="image/png")

    def _opened(self, request: HttpRequest, number: int) -> Document:
        """The document, if this login may see it and has said why it opened it."""
        found = Document.objects.select_related(
            "case__customer__subject", "case__locked_by", "party", "kept", "quarantined"
        )
        document = found.filter(pk=number).first()
        if document is None or not self.has_view_permission(request, document):
            raise Http404
        opened = request.session.get(SESSION_KEY, {})
        if opened.get(f"{self.opts.label_lower}.{document.pk}", 0) <= clock.now().timestamp():
            raise Http404
        changes.watch_row(document)
        changes.watch_row(document.case)
        return document

    def _propose(self, request: HttpRequest, document: Document, form: Form) -> Any:
        propose(document, **form.cleaned_data, actor=_actor(request), now=clock.now())
        return _("Your proposal is recorded. A second person answers it.")

    def _answer(self, request: HttpRequest, decision: Decision, form: Form) -> Any:
        approve = form.cleaned_data["decision"] == "approve"
        answer(decision, approve=approve, reason=form.cleaned_data["reason"], actor=_actor(request), now=clock.now())
        return _("Done. The customer is told.") if approve else _("The document is back in the queue.")

    def _done(self, request: HttpRequest, form: Form, act: Any) -> bool:
        """Whether the service did it; what it refuses becomes an error of the form."""
        try:
            said = act()
        except PortalError as refused:
            fields = {"REASON": "reason_code", "MESSAGE": "message", "REASON_MISSING": "reason"}
            name = fields.get(refused.code)
            form.add_error(name if name in form.fields else None, str(refused))
            return False
        messages.success(request, said)
        return True

    def _again(self, request: HttpRequest, document: Document, proposal: Form, reply: Form) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": document.reference,
            "opts": self.opts,
            "original": document,
            "row_actions": self.row_actions(request, document),
            **self._page(request, document, proposal, reply),
        }
        return TemplateResponse(request, self.change_form_template, context, status=HTTPStatus.UNPROCESSABLE_ENTITY)

    def _page(self, request: HttpRequest, document: Document, proposal: Form, reply: Form) -> dict[str, Any]:
        """Everything the page shows. The checker sees what the maker saw: the same bytes, checks and words."""
        now = clock.now()
        user: Any = request.user
        may_open = access.allowed(user, Permission.DOCUMENT_OPEN)
        decision = deciding.open_proposal(document)
        is_waiting = document.state == DocumentState.CHECKED and document.sent_at is not None
        may_decide = access.allowed(user, Permission.CASE_DECIDE) and is_waiting
        said = deciding.words_of(decision) if decision is not None and may_open else ("", "")
        return {
            "document": document,
            "case": document.case,
            "checks": [_check_line(check) for check in latest_checks(document)],
            "searched": words.searched(document),
            "scanned": words.SCANS.get(document.scanned, ""),
            "notices": words.notices(document),
            "fault": words.FAULTS.get(document.fault, ""),
            "proved": proving.shown(document) if may_open and document.kind in PROVED_BY_SIGNATURE else {},
            "page_numbers": range(1, document.pages + 1) if document.kept_id and may_open else range(0),
            "may_open": may_open,
            "decision": decision,
            "decision_reason": DecisionReason(decision.reason_code).label if decision and decision.reason_code else "",
            "decision_message": said[0],
            "decision_note": said[1],
            "earlier": [
                words.decision(row)
                for row in document.decisions.exclude(answer=Answer.PENDING)
                .select_related("made_by", "checked_by")
                .order_by("-made_at")
            ],
            "why_not": deciding.why_not_checker(decision, user, now=now) if decision is not None else "",
            "may_propose": may_decide and decision is None and not deciding.why_not_maker(user, now=now),
            "proposal": proposal,
            "reply": reply,
            "problems": [*_problems(proposal), *_problems(reply)],
            "due": Clock.objects.filter(owner=f"kyc.case:{document.case.reference}", state="running").first(),
        }


def _check_line(check: Any) -> dict[str, Any]:
    return {
        "label": words.CHECKS.get(check.name, check.name),
        "sign": SIGNS.get(check.outcome, ""),
        "outcome": OUTCOMES.get(check.outcome, check.outcome),
        "reason": words.REASONS.get(check.reason, words.FAULTS.get(check.reason, check.reason)),
        "at": check.ended_at,
    }


def _problems(form: Form) -> list[dict[str, str]]:
    """Every error with the control it belongs to."""
    found = [{"text": str(text), "target": ""} for text in form.non_field_errors()]
    for field in form.visible_fields():
        target = f"{field.auto_id}_0" if field.use_fieldset else field.auto_id
        found += [{"text": str(text), "target": target} for text in field.errors]
    return found


def _page_url(document: Document) -> str:
    return reverse("admin:kyc_document_change", args=[document.pk])


def _actor(request: HttpRequest) -> Any:
    return request.actor  # type: ignore[attr-defined]
