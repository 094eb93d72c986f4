"""The review desk: queues, a document beside its checks, the maker's proposal, the checker's answer."""

from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from kyc.base.choices import Revealed
from kyc.base.models.decisions import Decision
from kyc.base.models.documents import Document
from kyc.base.permissions import Permission
from kyc.cases.admin import OpenedForItsCustomer
from kyc.cases.export_resources import DocumentResource
from kyc.cases.forms import AnswerForm, RevealForm
from kyc.cases.selectors import SOONEST, in_queue
from kyc.cases.services.case_locks import claim, release
from kyc.review.admin import queue, review_view
from kyc.review.admin.grievance_access import OpenedForGrievances
from kyc.review.admin.queue import QueueFilter, holder_of, not_free, not_mine, not_stalled
from kyc.review.services import document_decisions
from kyc.review.services.check_runs import check_again
from kyc.review.services.document_decisions import answer, propose
from kyc.review.services.protected_access import Look, page_of
from kyc.review.services.reveals import number_of, reveal
from kyc.review.services.work_allocation import take_next
from portal.kernel.core import access, clock, date_format, field_changes
from portal.kernel.core.admin import ReadOnlyAdmin, service_action
from portal.kernel.core.admin.bases import KEYS_OFF
from portal.kernel.core.admin.record_access import OpenUntil
from portal.kernel.core.errors import PortalError
from portal.kernel.core.requests import actor_of
from portal.kernel.jobs.audited_export import AuditedExport, resource_of
from portal.kernel.law.selectors import house_rule
from portal.kernel.people import name_columns

#: Documents whose pages are shown without the mark.
CLEAR = OpenUntil("kyc_pages_clear")


@admin.register(Decision)
class DecisionAdmin(AuditedExport, OpenedForItsCustomer, ReadOnlyAdmin):
    """The register of decisions: who proposed, who answered, on which bytes. The words stay on the document's page."""

    #: Answered on the page of its document, beside the picture.
    answered_with = "document"
    export_permission = Permission.CASE_EXPORT
    export_resource = resource_of(
        Decision,
        "reference document document_sha256 outcome reason_code answered act made_by made_at checked_by checked_at shown_sha256 answer",
    )
    view_permission = Permission.DOCUMENT_VIEW
    list_display = (
        *("made_at", "outcome", "kind", name_columns.of_accounts("document.case.customer_id")),
        *("reason_code", "what_came_of_it", "made_by", "document", "checked_at", "reference"),
    )
    list_display_links = ("reference",)
    list_filter = ("outcome", "answer", "reason_code")
    list_select_related = ("document__case", "made_by")
    search_fields = ("reference", "document__reference")
    fields = (
        "reference",
        "document",
        "outcome",
        "reason_code",
        "answered",
        "what_came_of_it",
        "made_by",
        "made_at",
        "checked_by",
        "checked_at",
        "document_sha256",
        "shown_sha256",
    )
    ordering = ("-made_at",)

    @admin.display(description=_("decision"), ordering="answer")
    def what_came_of_it(self, obj: Decision) -> str:
        return queue.what_came_of(obj)

    @admin.display(description=_("kind"))
    def kind(self, obj: Decision) -> str:
        return obj.document.get_kind_display()

    def subject_ref_of(self, obj: Any) -> Any:
        return obj.document.subject_ref


@admin.register(Document)
class DocumentAdmin(OpenedForGrievances, AuditedExport, OpenedForItsCustomer, ReadOnlyAdmin):
    """The queues, and one document beside its checks. A page is a picture; nothing is downloaded.

    Of a file that its customer has not sent only that it is there, and what could not be checked: nobody looks at it yet.
    """

    view_permission = Permission.DOCUMENT_VIEW
    export_permission = Permission.CASE_EXPORT
    export_resource = DocumentResource
    change_form_template = "admin/kyc/document/page.html"
    list_display = (
        *("due", "kind", name_columns.of_accounts("case.customer_id"), "state", "turn", "sent_at"),
        *("taken_by", "number", "reference"),
    )
    list_display_links = ("reference",)
    change_list_template = "admin/kyc/document/list.html"
    list_filter = (QueueFilter, "kind", "state")
    list_select_related = ("case__customer", "case__locked_by", "party")
    search_fields = ("reference", "case__reference", "case__customer__reference")
    search_help_text = _("A reference, for example OS-DO-7K4M-9QX3")
    ordering = ("-uploaded_at",)

    def get_ordering(self, request: HttpRequest) -> Any:
        """In a queue what is due first stands first; Django would sort what a filter gives by the list's own order."""
        return SOONEST if request.GET.get(QueueFilter.parameter_name) else self.ordering

    def get_queryset(self, request: HttpRequest) -> QuerySet[Document]:
        return in_queue(super().get_queryset(request))

    @admin.display(description=_("due"), ordering="due_at")
    def due(self, obj: Document) -> str:
        return queue.due(obj)

    @admin.display(description=_("whose turn"))
    def turn(self, obj: Document) -> str:
        return queue.turn(obj)

    @admin.display(description=_("number, masked"))
    def number(self, obj: Document) -> str:
        """Nothing of a file that its customer has not sent."""
        return (obj.number_display if obj.sent_at else "") or date_format.NONE

    @admin.display(description=_("taken by"))
    def taken_by(self, obj: Document) -> str:
        return holder_of(obj.case) or "–"

    def subject_ref_of(self, obj: Any) -> Any:
        return obj.subject_ref

    @service_action(
        permission=Permission.CASE_DECIDE,
        label=_("Assign to me"),
        skip=not_free,
        description=_("The case is yours for a while; colleagues see that you work on it."),
    )
    def take(self, request: HttpRequest, obj: Document, given: dict[str, Any]) -> None:
        field_changes.watch_row(obj.case)
        claim(obj.case, actor=_actor(request), now=clock.now())

    @service_action(permission=Permission.CASE_DECIDE, label=_("Release"), skip=not_mine)
    def give_back(self, request: HttpRequest, obj: Document, given: dict[str, Any]) -> None:
        field_changes.watch_row(obj.case)
        release(obj.case, actor=_actor(request), now=clock.now())

    @service_action(
        permission=Permission.CASE_DECIDE,
        label=_("Check it again"),
        skip=not_stalled,
        description=_("What the checks need was not reachable for too long. They start again from where they stopped."),
    )
    def check_again(self, request: HttpRequest, obj: Document, given: dict[str, Any]) -> None:
        check_again(obj, actor=_actor(request), now=clock.now())

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        may_decide = access.allowed(request.user, Permission.CASE_DECIDE)
        return super().changelist_view(request, {**(extra_context or {}), "may_decide": may_decide})

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = [
            path("take-next/", wrap(self.take_next_view), name="kyc_document_take_next"),
            path("<int:number>/propose/", wrap(self.propose_view), name="kyc_document_propose"),
            path("<int:number>/answer/", wrap(self.answer_view), name="kyc_document_answer"),
            path("<int:number>/number/", wrap(self.number_view), name="kyc_document_number"),
            path("<int:number>/clear/", wrap(self.clear_view), name="kyc_document_clear"),
            path("<int:number>/keys/", wrap(self.keys_view), name="kyc_document_keys"),
            path("<int:number>/pages/<int:page>.png", wrap(self.page_view), name="kyc_document_page"),
        ]
        return own + super().get_urls()

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        """The page of one document instead of a form of its fields."""
        obj = kwargs.get("obj")
        if obj is not None:
            context.update(review_view.page(request, obj, review_view.proposal_form(obj), _answer_form(obj)))
        return super().render_change_form(request, context, *args, **kwargs)

    def take_next_view(self, request: HttpRequest) -> HttpResponse:
        """POST: the case that is due first and that nobody has becomes this person's; its page opens, as "to review"."""
        access.require(request.user, Permission.CASE_DECIDE)
        if request.method != "POST":
            return HttpResponseRedirect(_queue_url())
        wanted = request.POST.get("record", "").split()
        document = take_next(actor=_actor(request), now=clock.now(), wanted=wanted)
        if document is None:
            messages.info(request, _("Nothing waits for you that a colleague has not taken."))
            return HttpResponseRedirect(_queue_url())
        self.note_opened(request, document, purpose="kyc_review", ticket=document.case.reference)
        return HttpResponseRedirect(_page_url(document))

    def propose_view(self, request: HttpRequest, number: int) -> HttpResponse:
        """POST: the maker's proposal."""
        document = self._opened(request, number)
        if request.method != "POST":
            return HttpResponseRedirect(_page_url(document))
        access.require(request.user, Permission.CASE_DECIDE)
        form = review_view.proposal_form(document, request.POST)
        if "preview" in request.POST:
            letters = review_view.letters(document, form) if form.is_valid() and form.is_whole() else []
            return self._again(request, document, form, AnswerForm(), letters=letters)
        if form.is_valid() and self._done(request, document, form, lambda: self._propose(request, document, form)):
            return self._next(request)
        return self._again(request, document, form, _answer_form(document))

    def answer_view(self, request: HttpRequest, number: int) -> HttpResponse:
        """POST: the checker's answer to the proposal that waits."""
        document = self._opened(request, number)
        if request.method != "POST":
            return HttpResponseRedirect(_page_url(document))
        access.require(request.user, Permission.CASE_DECIDE)
        decision = document_decisions.open_proposal(document)
        if decision is None:
            messages.warning(request, document_decisions.why_none_waits(document, request.user))
            return HttpResponseRedirect(_page_url(document))
        field_changes.watch_row(decision)
        form = AnswerForm(request.POST, waiting=decision)
        if form.is_valid() and self._done(request, document, form, lambda: self._answer(request, decision, form)):
            return self._next(request)
        return self._again(request, document, review_view.proposal_form(document), form)

    def number_view(self, request: HttpRequest, number: int) -> HttpResponse:
        """GET asks why; POST shows the number for one minute, and writes down who asked and why."""
        document = self._sent(request, number)

        def show(given: dict[str, Any], now: datetime) -> dict[str, Any]:
            return {"number": number_of(document, **given, actor=_actor(request), now=now)}

        return self._reveal(request, document, _("Show a number"), show)

    def clear_view(self, request: HttpRequest, number: int) -> HttpResponse:
        """GET asks why; POST shows the pages without the mark for one minute, and writes down who asked and why."""
        document = self._sent(request, number)

        def show(given: dict[str, Any], now: datetime) -> dict[str, Any]:
            reveal(document, what=Revealed.PAGES, **given, actor=_actor(request), now=now)
            CLEAR.allow(request, document, until=now + _reveal_life(now), now=now)
            return {"clear_pages": range(1, document.pages + 1)}

        return self._reveal(request, document, _("Show the pages without the mark"), show)

    def _reveal(self, request: HttpRequest, document: Document, title: Any, show: Any) -> HttpResponse:
        access.require(request.user, Permission.DOCUMENT_OPEN)
        now = clock.now()
        form = RevealForm(request.POST or None, case=document.case)
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            "document": document,
            "form": form,
            "seconds": int(_reveal_life(now).total_seconds()),
            "page_url": _page_url(document),
        }
        is_shown = request.method == "POST" and form.is_valid()
        if is_shown:
            context |= show(form.cleaned_data, now)
        status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
        response = TemplateResponse(request, "admin/kyc/document/reveal.html", context, status=status)
        if is_shown:
            response["Refresh"] = f"{context['seconds']}; url={context['page_url']}"
        return response

    def keys_view(self, request: HttpRequest, number: int) -> HttpResponse:
        """POST: single keys on or off, for this session."""
        document = self._opened(request, number)
        if request.method == "POST":
            request.session[KEYS_OFF] = not request.session.get(KEYS_OFF, False)
        return HttpResponseRedirect(f"{_page_url(document)}#keys")

    def page_view(self, request: HttpRequest, number: int, page: int) -> HttpResponse:
        """One page of the kept copy, as a picture with a mark that says who looks. The vault writes down who looked."""
        document = self._sent(request, number)
        access.require(request.user, Permission.DOCUMENT_OPEN)
        now = clock.now()
        is_clear = "clear" in request.GET and CLEAR.holds(request, document, now=now)
        look = Look(
            mark="" if is_clear else review_view.mark(request.user, document, now=now),
            is_large=True,
        )
        reason = "review_clear" if is_clear else "review"
        drawn = page_of(document, page, actor=_actor(request), reason=reason, look=look)
        return HttpResponse(drawn, content_type="image/png")

    def _opened(self, request: HttpRequest, number: int) -> Document:
        """The document, if this login may see it and has said why it opened it."""
        found = Document.objects.select_related(
            "case__customer__subject", "case__locked_by", "party", "kept", "quarantined"
        )
        document = self.only_opened(request, found.filter(pk=number).first())
        field_changes.watch_row(document)
        field_changes.watch_row(document.case)
        return document

    def _sent(self, request: HttpRequest, number: int) -> Document:
        """An opened document that its customer has sent: nobody here looks at what was only uploaded."""
        document = self._opened(request, number)
        if document.sent_at is None:
            raise Http404
        return document

    def _propose(self, request: HttpRequest, document: Document, form: Form) -> Any:
        given = {**form.cleaned_data, "page_seen": _page_seen(request)}
        propose(document, **given, actor=_actor(request), now=clock.now())
        return _("Your proposal is recorded. A second person decides.")

    def _answer(self, request: HttpRequest, decision: Decision, form: Form) -> Any:
        approve = form.cleaned_data["decision"] == "approve"
        given = {"reason": form.cleaned_data["reason"], "page_seen": _page_seen(request)}
        answer(decision, approve=approve, **given, actor=_actor(request), now=clock.now())
        return _("Done. The customer is informed.") if approve else _("The document is back in the queue.")

    def _next(self, request: HttpRequest) -> HttpResponse:
        """The document that this login is handed next; the first page where none waits any more."""
        document = take_next(actor=_actor(request), now=clock.now())
        if document is None:
            messages.info(request, _("No other document waits for you."))
            return HttpResponseRedirect(reverse("admin:index"), status=HTTPStatus.SEE_OTHER)
        self.note_opened(request, document, purpose="kyc_review", ticket=document.case.reference)
        return HttpResponseRedirect(_page_url(document), status=HTTPStatus.SEE_OTHER)

    def _done(self, request: HttpRequest, document: Document, form: Form, act: Any) -> bool:
        """Whether the service did it; what it refuses becomes an error of the form. The next page names the document."""
        try:
            said = act()
        except PortalError as refused:
            fields = {
                "REASON": "reason_code",
                "MESSAGE": "message",
                "REASON_MISSING": "reason",
                "ANSWER": "answered",
                "NOTE": "note",
            }
            name = fields.get(refused.code)
            form.add_error(name if name in form.fields else None, str(refused))
            return False
        again = format_html('<a href="{}">{}</a>', _page_url(document), _("Open again"))
        messages.success(request, format_html("{}: {} {}", document.reference, said, again))
        return True

    def _again(
        self, request: HttpRequest, document: Document, proposal: Form, reply: Form, *, letters: Any = ()
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": document.reference,
            "opts": self.opts,
            "original": document,
            "row_actions": self.row_actions(request, document),
            **review_view.page(request, document, proposal, reply),
            "letters": letters,
        }
        status = HTTPStatus.OK if letters else HTTPStatus.UNPROCESSABLE_ENTITY
        return TemplateResponse(request, self.change_form_template, context, status=status)


def _reveal_life(now: datetime) -> timedelta:
    return house_rule("kyc.reveal_life", on=clock.day(now)).duration


def _queue_url() -> str:
    return reverse("admin:kyc_document_changelist") + "?queue=review"


def _page_url(document: Document) -> str:
    return reverse("admin:kyc_document_change", args=[document.pk])


def _page_seen(request: HttpRequest) -> str:
    """The digest of the page that the form stood on; a form that comes without one stood on no page of ours."""
    return request.POST.get("page_seen") or "none"


def _answer_form(document: Document) -> AnswerForm:
    return AnswerForm(waiting=document_decisions.open_proposal(document))


def _actor(request: HttpRequest) -> Any:
    return actor_of(request)
