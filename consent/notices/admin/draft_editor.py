"""Pages on which a draft is edited clause by clause. They show and ask; ``consent.notices.services.draft_edits`` acts."""

from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _

from consent.base.choices import VersionState
from consent.base.models.notices import NoticeText, NoticeVersion, PolicyClause
from consent.base.permissions import Permission
from consent.base.rules.policy_parser import INTRODUCTION
from consent.notices.admin.changes import changes_of
from consent.notices.admin.defects import DefectRow, defect_rows
from consent.notices.admin.studio import studio
from consent.notices.forms import ClauseForm, DetailsForm, IntroductionForm, NewClauseForm
from consent.notices.selectors.languages import language_of
from consent.notices.services import draft_edits
from portal.kernel.core import access, field_changes
from portal.kernel.core.admin import StaffModelAdmin
from portal.kernel.core.errors import PortalError
from portal.kernel.core.requests import actor_of
from portal.kernel.law.labels import names_of_purposes

#: Acts on a place of the text that ask nothing more.
ACTS: dict[str, Callable[..., NoticeText]] = {
    "up": partial(draft_edits.move_clause, down=False),
    "down": partial(draft_edits.move_clause, down=True),
    "remove": draft_edits.remove_clause,
}


#: The field that a refusal of the service is about.
BESIDE = {
    "BAD_NUMBER": "number",
    "DAY_PASSED": "effective_on",
    "NO_SUCH_PURPOSE": "purposes",
    "NUMBER_TAKEN": "number",
    "READS_OTHERWISE": "body",
}


class ClausePages(StaffModelAdmin):
    """Mixin of the admin of versions."""

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        name = "consent_noticeversion_"
        own = [
            path("<int:number>/changes/", wrap(self.changes_view), name=f"{name}changes"),
            path("<int:number>/details/", wrap(self.details_view), name=f"{name}details"),
            path("<int:number>/clauses/<slug:language>/", wrap(self.clauses_view), name=f"{name}clauses"),
            path("<int:number>/clauses/<slug:language>/through/", wrap(self.through_view), name=f"{name}through"),
            path("<int:number>/clauses/<slug:language>/<int:place>/", wrap(self.clause_view), name=f"{name}clause"),
            path(
                "<int:number>/clauses/<slug:language>/<int:place>/<slug:act>/",
                wrap(self.act_view),
                name=f"{name}clause_act",
            ),
        ]
        found: list[URLPattern] = own + super().get_urls()
        return found

    def changes_view(self, request: HttpRequest, number: int) -> HttpResponse:
        """What the version changes against the one before, or against the one that ``from`` names."""
        version = self._version(request, number, Permission.NOTICE_VIEW)
        wanted = request.GET.get("from", "")
        others = list(version.notice.versions.exclude(pk=version.pk).exclude(state=VersionState.DROPPED))
        old = next((other for other in others if str(other.number) == wanted), None)
        context = {**self._frame(request, version, _("What changes")), **changes_of(version, old), "others": others}
        return TemplateResponse(request, "admin/consent/changes.html", context)

    def details_view(self, request: HttpRequest, number: int) -> HttpResponse:
        """The day from which the draft holds, its summary, its purposes."""
        version = self._draft(request, number)
        initial = {
            "seen": draft_edits.details_digest(version),
            "effective_on": version.effective_on,
            "what_changed": version.what_changed,
            "purposes": version.purposes,
        }
        form = DetailsForm(request.POST if request.method == "POST" else None, initial=initial, version=version)
        if request.method == "POST" and form.is_valid():
            act = partial(draft_edits.change_details, version=version, **form.cleaned_data, **_by(request))
            if self._try(request, form, version, act):
                return HttpResponseRedirect(reverse("admin:consent_noticeversion_change", args=[version.pk]))
            version.refresh_from_db()
        return self._ask(request, version, form, _("Day, summary and purposes"), theirs=_details(version, form))

    def clauses_view(self, request: HttpRequest, number: int, language: str) -> HttpResponse:
        """The whole draft with what is wrong beside each clause, and the ways to change it."""
        text = self._text(request, number, language)
        clauses = list(text.clauses.all())
        found: dict[str, list[DefectRow]] = {}
        if language == text.version.binding.language:
            places = {clause.number: clause.position for clause in clauses}
            for row in defect_rows(text.version, places):
                found.setdefault(row.defect.clause, []).append(row)
        known = {clause.number for clause in clauses}
        context = {
            **self._frame(request, text.version, _("Clauses of the draft")),
            "text": text,
            "rows": [(clause, found.get(clause.number, [])) for clause in clauses],
            "elsewhere": [row for place, rows in found.items() if place not in known for row in rows],
            "languages": [(one, language_of(one.language)) for one in text.version.texts.order_by("language")],
            "introduction": INTRODUCTION,
        }
        return TemplateResponse(request, "admin/consent/clauses.html", context)

    def clause_view(self, request: HttpRequest, number: int, language: str, place: int) -> HttpResponse:
        """One clause: change it, or with the place 0 add one."""
        text = self._text(request, number, language)
        clause = text.clauses.filter(position=place).first() if place else None
        if place and clause is None:
            raise Http404
        form = _form(request, text, clause)
        if request.method == "POST" and form.is_valid():
            where: dict[str, Any] = {"version": text.version, "language": language, **_by(request)}
            if clause is None:
                act = partial(draft_edits.add_clause, **where, **form.cleaned_data)
            else:
                kept = {"number": clause.number, "title": clause.title, "promise": clause.promise}
                act = partial(draft_edits.change_clause, **where, place=place, **{**kept, **form.cleaned_data})
            if self._try(request, form, text.version, act):
                return self._back(text)
        title = _("Add a clause") if clause is None else _("Change clause %(number)s") % {"number": clause.number}
        return self._ask(request, text.version, form, title, text=text, clause=clause)

    def act_view(self, request: HttpRequest, number: int, language: str, place: int, act: str) -> HttpResponse:
        """POST: move or remove a clause."""
        if act not in ACTS:
            raise Http404
        return self._at_once(request, number, language, partial(ACTS[act], place=place))

    def through_view(self, request: HttpRequest, number: int, language: str) -> HttpResponse:
        """POST: number the clauses through."""
        return self._at_once(request, number, language, draft_edits.number_through)

    def _at_once(
        self, request: HttpRequest, number: int, language: str, act: Callable[..., NoticeText]
    ) -> HttpResponse:
        text = self._text(request, number, language)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        where = {"version": text.version, "language": language, "seen": request.POST.get("seen", "")[:64]}
        self._try(request, None, text.version, partial(act, **where, **_by(request)))
        return self._back(text)

    def _try(
        self, request: HttpRequest, form: forms.Form | None, version: NoticeVersion, act: Callable[[], Any]
    ) -> bool:
        """Act, watched. A refusal stands above the form with everything that was entered, or as a message."""
        try:
            entered = form.cleaned_data if form is not None else {}
            with field_changes.watching(_by(request)["actor"], "edit-draft", version, entered=entered):
                act()
        except PortalError as refusal:
            if form is None:
                messages.error(request, str(refusal))
            else:
                beside = BESIDE.get(refusal.code, "")
                form.add_error(
                    beside if beside in form.fields else None, forms.ValidationError(str(refusal), code=refusal.code)
                )
            return False
        messages.success(request, _("Saved."))
        return True

    def _version(self, request: HttpRequest, number: int, permission: str) -> NoticeVersion:
        access.require(request.user, permission)
        version = NoticeVersion.objects.select_related("notice").filter(pk=number).first()
        if version is None:
            raise Http404
        return version

    def _draft(self, request: HttpRequest, number: int) -> NoticeVersion:
        version = self._version(request, number, Permission.NOTICE_PROPOSE)
        if version.state != VersionState.DRAFT:
            raise Http404
        return version

    def _text(self, request: HttpRequest, number: int, language: str) -> NoticeText:
        version = self._draft(request, number)
        text = version.texts.filter(language=language).first()
        if text is None:
            raise Http404
        text.version = version
        return text

    def _back(self, text: NoticeText) -> HttpResponseRedirect:
        return HttpResponseRedirect(
            reverse("admin:consent_noticeversion_clauses", args=[text.version_id, text.language])
        )

    def _frame(self, request: HttpRequest, version: NoticeVersion, title: str) -> dict[str, Any]:
        return {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            "version": version,
            "studio": studio(request, version),
        }

    def _ask(
        self, request: HttpRequest, version: NoticeVersion, form: forms.Form, title: str, **more: Any
    ) -> HttpResponse:
        context = {**self._frame(request, version, title), "form": form, **more}
        status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
        return TemplateResponse(request, "admin/consent/clause.html", context, status=status)


def _details(version: NoticeVersion, form: forms.Form) -> list[tuple[str, str]]:
    """What stands on the draft now, in words, where it is not what the editor had open."""
    if not form.errors or form["seen"].value() == draft_edits.details_digest(version):
        return []
    names = names_of_purposes()
    return [
        (_("In force from"), version.effective_on.isoformat()),
        (_("What changed, in English"), version.what_changed),
        *(
            (_("What changed, in %s") % language_of(code).name, text)
            for code, text in sorted(version.summaries.items())
        ),
        (_("Purposes"), ", ".join(names.get(code, code) for code in version.purposes)),
    ]


def _form(request: HttpRequest, text: NoticeText, clause: PolicyClause | None) -> forms.Form:
    entered = request.POST if request.method == "POST" else None
    initial: dict[str, Any] = {"seen": text.sha256}
    taken = set(text.clauses.values_list("number", flat=True))
    if clause is None:
        return NewClauseForm(entered, initial=initial, taken=taken)
    initial |= {"body": bytes(clause.body).decode()}
    if clause.number == INTRODUCTION:
        return IntroductionForm(entered, initial=initial)
    initial |= {"number": clause.number, "title": clause.title, "promise": clause.promise}
    return ClauseForm(entered, initial=initial, taken=taken - {clause.number})


def _by(request: HttpRequest) -> dict[str, Any]:
    return {"actor": actor_of(request)}
