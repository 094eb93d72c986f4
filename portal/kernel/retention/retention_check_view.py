"""The page "Keep or erase": what is decided today about each record of one person, and the ways to it."""

from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _

from portal.kernel.core import access, answers, clock
from portal.kernel.core.admin import StaffModelAdmin
from portal.kernel.core.requests import actor_of
from portal.kernel.people.models import Principal
from portal.kernel.retention import retention_decisions
from portal.kernel.retention.forms import PersonForm
from portal.kernel.retention.models import ErasureRun
from portal.kernel.retention.permissions import Permission
from portal.kernel.retention.services import person_erasure

NAME = "retention_retentionrule_keep-or-erase"


def page_about(*, user: Any, subject_ref: UUID, case: str = "") -> tuple[Any, str] | None:
    """Label and address of the page about a person, as if they had asked for the end, for who may open it. It still asks why."""
    if not access.allowed(user, Permission.RULE_VIEW):
        return None
    return _("Keep or erase"), f"{reverse(f'admin:{NAME}')}?{urlencode({'person': subject_ref, 'case': case})}"


def page_of_run(run: ErasureRun) -> str:
    """The address of the page about the person of a run; empty for a run of the schedule, which is of nobody alone.

    Of several references of one person that of their own record leads to all the others.
    """
    refs = sorted(UUID(ref) for ref in run.refs)
    if not refs:
        return ""
    own = Principal.objects.filter(subject__ref__in=refs).values_list("subject__ref", flat=True).first()
    return f"{reverse(f'admin:{NAME}')}?{urlencode({'person': own or refs[0], 'case': run.because})}"


class KeepOrErasePage(StaffModelAdmin):
    """Adds ``keep-or-erase/``. An address fills in the form and opens nothing: that is asked by post, with a reason."""

    import_export_change_list_template = "admin/retention/rules.html"

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.keep_or_erase_view)
        return [path("keep-or-erase/", page, name=NAME), *super().get_urls()]

    def keep_or_erase_view(self, request: HttpRequest) -> HttpResponse:
        if not access.allowed(request.user, Permission.RULE_VIEW):
            raise PermissionDenied
        given = {"subject_ref": request.GET.get("person", ""), "ticket": request.GET.get("case", "")}
        form = PersonForm(request.POST or None, initial={**given, "is_asked": bool(given["ticket"])})
        found, others, sums = None, [], None
        if request.method == "POST" and form.is_valid():
            asked = form.cleaned_data
            answers.record_opened.ask(
                actor=actor_of(request),
                about=f"people.subject:{asked['subject_ref']}",
                subject_ref=asked["subject_ref"],
                purpose=asked["why"],
                ticket=asked["ticket"],
            )
            now = clock.now()
            wanted = now if asked["is_asked"] else None
            found = retention_decisions.keep_or_erase(asked["subject_ref"], now=now, asked_at=wanted)
            # A run leaves the case that it is for alone: it is the proof that the case was answered.
            others = [each for each in found if not each.record.about.endswith(f":{asked['ticket']}")]
            sums = person_erasure.forecast(others, asked_at=wanted, now=now) if wanted is not None else None
        context = {
            **self.admin_site.each_context(request),
            "title": _("Keep or erase"),
            "form": form,
            "opts": self.opts,
            "decided": found,
            "sums": sums,
            "case": form.cleaned_data["ticket"] if found is not None and len(others) < len(found) else "",
        }
        status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
        return TemplateResponse(request, "admin/retention/keep_or_erase.html", context, status=status)
