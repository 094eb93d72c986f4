"""The page on which a new version of a text comes in: from a file, pasted, or as the version in force has it.

It shows into which clauses the words fall, and asks; ``consent.notices.services.policy_import`` drafts.
"""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from consent.base.choices import NoticeKind
from consent.base.models.notices import NoticeVersion
from consent.base.permissions import Permission
from consent.base.rules import policy_parser
from consent.base.selectors.notices import open_defects
from consent.notices.forms import NEW_TEXT, NewVersionForm, Way
from consent.notices.rules import clauses
from consent.notices.services import draft_edits, policy_import
from portal.kernel.core import access, field_changes
from portal.kernel.core.admin import StaffModelAdmin
from portal.kernel.core.errors import PortalError
from portal.kernel.core.requests import actor_of

#: The field that a refusal of the service is about.
BESIDE = {
    "DAY_PASSED": "effective_on",
    "NO_PURPOSE": "purposes",
    "NO_SUCH_NOTICE": "notice",
    "OTHER_KIND": "kind",
    "TITLE": "title",
}
#: Of a clause, on the page that shows how a text was split.
_FIRST_WORDS = 100


@dataclass(frozen=True)
class Part:
    """A clause as the page shows it, with the lines at which it can be split."""

    place: int
    number: str
    title: str
    first_words: str
    lines: list[tuple[int, str]]


class NewVersionPage(StaffModelAdmin):
    """Mixin of the admin of versions."""

    add_permission = Permission.NOTICE_IMPORT
    create_title = gettext_lazy("New version of a policy or notice")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return access.allowed(request.user, Permission.NOTICE_IMPORT)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """GET asks. POST shows how the words are split, mends a split, or drafts; nothing is kept before that."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = NewVersionForm(initial=_proposed()) if request.method != "POST" else self._bound(request)
        if request.method == "POST" and "save" in request.POST and form.is_valid():
            version = self._drafted(request, form)
            if version is not None:
                return HttpResponseRedirect(self._page_of(request, version))
        words = form.cleaned_data.get("words", "") if form.is_bound and form.errors is not None else ""
        context = {
            **self.admin_site.each_context(request),
            "title": self.create_title,
            "opts": self.opts,
            "form": form,
            "parts": _parts(words),
            "changed": _changed(request.POST),
            "introduction": policy_parser.INTRODUCTION,
        }
        status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
        return TemplateResponse(request, "admin/consent/new_version.html", context, status=status)

    def _bound(self, request: HttpRequest) -> NewVersionForm:
        """What was entered; words that could be read stand in the box from then on, whatever else is wrong."""
        form = NewVersionForm(request.POST, request.FILES)
        form.full_clean()
        words = form.cleaned_data.get("words")
        if words is None:
            return form
        try:
            mended, refusal = _mended(words, request.POST), ""
        except clauses.BadEdit as bad:
            mended, refusal = words, draft_edits.reason_of(bad)
        entered = request.POST.copy()
        entered["way"], entered["text"] = Way.PASTE, mended
        again = NewVersionForm(entered)
        again.full_clean()
        if refusal:
            again.add_error("text", refusal)
        return again

    def _drafted(self, request: HttpRequest, form: NewVersionForm) -> NoticeVersion | None:
        """The draft; None where the service refuses, which then stands beside its field."""
        entered = form.cleaned_data
        try:
            with field_changes.watching(actor_of(request), "add", entered={"effective_on": entered["effective_on"]}):
                version = policy_import.draft_version(
                    notice_code="" if entered["notice"] == NEW_TEXT else entered["notice"],
                    kind=NoticeKind(entered["kind"] or NoticeKind.PRIVACY_POLICY),
                    title=entered["title"].strip(),
                    text=entered["words"],
                    effective_on=entered["effective_on"],
                    purposes=entered["purposes"],
                    actor=actor_of(request),
                )
        except PortalError as refusal:
            error = forms.ValidationError(str(refusal), code=refusal.code)
            form.add_error(BESIDE.get(refusal.code), error)
            return None
        count = len(open_defects(version))
        found = ngettext("%(count)s policy issue found.", "%(count)s policy issues found.", count) % {"count": count}
        messages.success(request, f"{_('Draft saved.')} {found}")
        return version

    def _page_of(self, request: HttpRequest, version: NoticeVersion) -> str:
        if access.allowed(request.user, Permission.NOTICE_PROPOSE):
            return reverse("admin:consent_noticeversion_clauses", args=[version.pk, version.binding.language])
        return reverse("admin:consent_noticeversion_change", args=[version.pk])


def _proposed() -> dict[str, Any]:
    """A new version is most often one of the privacy policy."""
    return {"notice": "privacy-policy", "kind": NoticeKind.PRIVACY_POLICY}


def _mended(words: str, asked: Any) -> str:
    """The words after "Join with above" or "Split here". Raises BadEdit where that would be read as something else."""
    parsed = policy_parser.parse(words)
    if asked.get("join", "").isdecimal():
        return clauses.compose(clauses.join(parsed, int(asked["join"][:5])))
    place, _colon, line = asked.get("split", "").partition(":")
    if place.isdecimal() and line.isdecimal():
        return clauses.compose(clauses.split(parsed, int(place[:5]), int(line[:5])))
    return words


def _changed(asked: Any) -> int:
    """The part in which a split was just mended: there the page goes on."""
    if asked.get("join", "").isdecimal():
        return int(asked["join"][:5]) - 1
    place = asked.get("split", "").partition(":")[0]
    return int(place[:5]) if place.isdecimal() else 0


def _parts(words: str) -> list[Part]:
    return [
        Part(
            place,
            clause.number,
            clause.title,
            Truncator(clause.body).chars(_FIRST_WORDS),
            [(line, Truncator(said).chars(_FIRST_WORDS)) for line, said in clauses.headings_in(clause)],
        )
        for place, clause in enumerate(policy_parser.parse(words) if words else (), 1)
    ]
