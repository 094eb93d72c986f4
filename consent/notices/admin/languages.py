"""The page of a version's languages: each translation beside the binding text, what is out of date, and a file for more."""

from functools import partial
from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _

from consent.base.choices import VersionState
from consent.base.models.notices import BINDING_LANGUAGE, NoticeText, NoticeVersion
from consent.base.permissions import Permission
from consent.notices.admin.studio import studio
from consent.notices.forms import TranslationForm
from consent.notices.selectors.languages import Language, languages
from consent.notices.selectors.translation_progress import Progress, Standing, progress
from consent.notices.services import translations
from portal.kernel.core import access, field_changes
from portal.kernel.core.admin import StaffModelAdmin
from portal.kernel.core.errors import PortalError
from portal.kernel.core.requests import actor_of
from portal.kernel.people.labels import ActorNames

#: The field that a refusal of the service is about.
BESIDE = {"EMPTY": "text", "OTHER_CLAUSES": "text", "SAME_TEXT": "text"}


class LanguagesPage(StaffModelAdmin):
    """Mixin of the admin of versions."""

    def get_urls(self) -> list[URLPattern]:
        wrap, name = self.admin_site.admin_view, "consent_noticeversion_languages"
        found: list[URLPattern] = [
            path("<int:number>/languages/", wrap(self.languages_view), name=name),
            path("<int:number>/languages/<slug:language>/", wrap(self.languages_view), name=f"{name}_one"),
        ]
        return found + super().get_urls()

    def languages_view(self, request: HttpRequest, number: int, language: str = "") -> HttpResponse:
        """GET shows one language, that which needs most first. POST takes a translated text for it."""
        access.require(request.user, Permission.NOTICE_VIEW)
        version = NoticeVersion.objects.select_related("notice").filter(pk=number).first()
        if version is None:
            raise Http404
        if language and (language not in languages() or language == BINDING_LANGUAGE):
            raise Http404
        found = progress(version)
        if not found:  # a version whose binding text is still missing
            raise Http404
        chosen = language or min(found, key=lambda one: one.current).language.code
        shown = next((one for one in found if one.language.code == chosen), None) or Progress(
            languages()[chosen], None, []
        )
        form = TranslationForm(
            request.POST if request.method == "POST" else None,
            request.FILES or None,
            initial={"seen": shown.text.sha256 if shown.text is not None else ""},
        )
        if request.method == "POST":
            if not access.allowed(request.user, Permission.NOTICE_PROPOSE):
                raise PermissionDenied
            if form.is_valid() and self._brought(request, version, chosen, form):
                return HttpResponseRedirect(
                    reverse("admin:consent_noticeversion_languages_one", args=[version.pk, chosen])
                )
            form.keep_words()
        context = {
            **self.admin_site.each_context(request),
            "title": _("Languages"),
            "opts": self.opts,
            "version": version,
            "studio": studio(request, version),
            "found": found,
            "others": _others(found),
            "shown": shown,
            "form": form if self._may_bring(request, version, shown) else None,
            **self._rows(request, version, shown),
        }
        status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
        return TemplateResponse(request, "admin/consent/languages.html", context, status=status)

    def _may_bring(self, request: HttpRequest, version: NoticeVersion, shown: Progress) -> bool:
        """A draft takes a text again; a published version, one in a language that it does not have."""
        is_open = version.state == VersionState.DRAFT or (
            version.state == VersionState.PUBLISHED and shown.text is None
        )
        return is_open and access.allowed(request.user, Permission.NOTICE_PROPOSE)

    def _brought(self, request: HttpRequest, version: NoticeVersion, language: str, form: TranslationForm) -> bool:
        act = partial(translations.bring, version=version, language=language, seen=form.cleaned_data["seen"])
        try:
            with field_changes.watching(actor_of(request), "add-translation", version, entered={"language": language}):
                made = act(text=form.cleaned_data["words"], actor=actor_of(request))
        except PortalError as refusal:
            form.add_error(BESIDE.get(refusal.code), forms.ValidationError(str(refusal), code=refusal.code))
            return False
        is_added = isinstance(made, NoticeText)
        messages.success(request, _("Added to the draft.") if is_added else _("Proposed. Another person has to agree."))
        return True

    def _rows(self, request: HttpRequest, version: NoticeVersion, shown: Progress) -> dict[str, Any]:
        """The clauses beside each other: those that need work, or all where none does or all are asked for."""
        wanted = [row for row in shown.rows if row.standing is not Standing.CURRENT]
        is_all = not wanted or "all" in request.GET or shown.text is None
        may_edit = version.state == VersionState.DRAFT and access.allowed(request.user, Permission.NOTICE_PROPOSE)
        reviews = shown.text.reviews.order_by("reviewed_at") if shown.text is not None else []
        names = ActorNames()
        may_read = (
            shown.text is not None
            and version.state != VersionState.DROPPED
            and access.allowed(request.user, Permission.NOTICE_PUBLISH)
            and not translations.not_reviewable(shown.text)
        )
        return {
            "rows": [] if shown.text is None else shown.rows if is_all else wanted,
            "left_out": 0 if is_all else len(shown.rows) - len(wanted),
            "may_edit": may_edit,
            "reviews": [(names(one.reviewed_by), one.reviewed_at) for one in reviews],
            "may_read": may_read,
        }


def _others(found: list[Progress]) -> list[Language]:
    """The languages of the law in which nothing is there and in which no messages are sent."""
    shown = {BINDING_LANGUAGE, *(one.language.code for one in found)}
    return [one for code, one in languages().items() if code not in shown]
