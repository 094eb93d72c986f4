"""The one-person file: opened for a purpose and a ticket, read as of any instant, page by page."""

from datetime import timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import admin
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from portal.fronts.evidence.models import PersonFile
from portal.fronts.evidence.permissions import Permission
from portal.fronts.evidence.person import sign_off
from portal.fronts.evidence.person.forms import BundleForm, ThenForm
from portal.fronts.evidence.person.roles_at_date import Actors, roles_then
from portal.fronts.evidence.person.subject_timeline import Timeline, timeline_of
from portal.fronts.evidence.views import staff_page
from portal.kernel.core import access, answers, clock, ports
from portal.kernel.core.admin.record_access import OPENED, OpeningForm, minutes_open
from portal.kernel.core.errors import Refused
from portal.kernel.core.requests import actor_of
from portal.kernel.people import selectors as people
from portal.kernel.people.models import Customer, Principal, Subject
from portal.kernel.people.services import maker_checker

#: Things of one strand that are named one by one; of more the page says how many stood how.
NAMED = 25
#: Who reads which roles were held, in the list of roles or here.
OF_ROLES = "people.role:view"
#: The last instant of a day is this long before the next day.
_TICK = timedelta(microseconds=1)


@staff_page
@require_http_methods(["GET", "HEAD", "POST"])
def person(request: HttpRequest, ref: UUID) -> HttpResponse:
    """POST says why it is opened; then GET shows the file, at an instant if one is given, of one kind or of all."""
    access.require(request.user, Permission.FILE_VIEW)
    subject = Subject.objects.filter(ref=ref).first()
    if subject is None:
        raise Http404
    if not OPENED.holds(request, subject, now=clock.now()):
        return _ask_why(request, subject)
    form = ThenForm(request.GET)
    if not form.is_valid():
        return _page(request, subject, {"form": form}, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    asked, scope, now = form.cleaned_data, answers.reading_scope.ask(request.user), clock.now()
    at = asked["at"] or (now if scope is None else min(now, scope.end - _TICK))
    access.require_day(request.user, at)
    since = None if scope is None else scope.start
    timeline = timeline_of(ref, at=at, since=since, may_read=lambda code: access.allowed(request.user, code))
    return _page(request, subject, {"form": form, **_shown(timeline, asked, request.user)})


@staff_page
@require_http_methods(["GET", "HEAD", "POST"])
def bundle(request: HttpRequest, ref: UUID) -> HttpResponse:
    """GET asks as of when and for which ticket; POST proposes the bundle, whose page then says how far it is."""
    access.require(request.user, Permission.FILE_MAKE)
    subject = Subject.objects.filter(ref=ref).first()
    if subject is None:
        raise Http404
    form = BundleForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            row = sign_off.propose(
                subject_ref=ref,
                **form.cleaned_data,
                actor=actor_of(request),
                now=clock.now(),
            )
        except Refused as refusal:
            form.add_error("as_of", str(refusal))
        else:
            return HttpResponseRedirect(reverse("admin:evidence_personfile_change", args=[row.pk]))
    context = {
        **admin.site.each_context(request),
        "title": _("Make a bundle of this person's file"),
        "form": form,
        "subject": subject,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return TemplateResponse(request, "evidence/person_bundle.html", context, status=status)


@staff_page
@require_safe
def fetch(request: HttpRequest, reference: str) -> FileResponse:
    """A bundle that two people signed off. Who fetched it is an audit event."""
    access.require(request.user, Permission.FILE_MAKE)
    row = _row_or_404(reference)
    user = maker_checker.person_of(actor_of(request))
    stream = sign_off.fetch(row=row, by=user, actor=actor_of(request))
    name = f"person-file-{row.reference}.zip"
    return FileResponse(stream, as_attachment=True, filename=name, content_type="application/zip")


@staff_page
@require_safe
def receipt(request: HttpRequest, reference: str) -> HttpResponse:
    """The proof that a bundle as a whole stands in the ledger, for ``verify.py --receipt``."""
    access.require(request.user, Permission.FILE_MAKE)
    row = _row_or_404(reference)
    answer = HttpResponse(sign_off.receipt_of(row), content_type="text/plain; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="person-file-{row.reference}.zip.tlog-proof"'
    return answer


def _row_or_404(reference: str) -> PersonFile:
    row = PersonFile.objects.filter(reference=reference).select_related("job__result_file").first()
    if row is None:
        raise Http404
    return row


def _record_of(request: HttpRequest, subject: Subject) -> str:
    """The page of the person or customer whose file it is, where this login may see it; empty for a stranger."""
    for model in (Principal, Customer):
        row, page = model.objects.filter(subject=subject).first(), admin.site.get_model_admin(model)
        if row is not None and page.has_view_permission(request, row):
            return reverse(f"admin:people_{model._meta.model_name}_change", args=[row.pk])
    return ""


def _ask_why(request: HttpRequest, subject: Subject) -> HttpResponse:
    """Who reads the file says for what; the answer is an audit event."""
    form = OpeningForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        now = clock.now()
        answers.record_opened.ask(
            actor=actor_of(request),
            about=f"people.subject:{subject.ref}",
            subject_ref=subject.ref,
            purpose=form.cleaned_data["purpose"],
            ticket=form.cleaned_data["ticket"],
        )
        OPENED.allow(request, subject, until=now + answers.opening_life.ask(at=now), now=now)
        return HttpResponseRedirect(request.get_full_path())
    context = {
        **admin.site.each_context(request),
        "title": _("Open the file of a person"),
        "form": form,
        "minutes": minutes_open(),
        "back": _record_of(request, subject) or reverse("admin:index"),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return TemplateResponse(request, "evidence/open_person.html", context, status=status)


def _page(request: HttpRequest, subject: Subject, found: dict[str, Any], status: int = HTTPStatus.OK) -> HttpResponse:
    context = {
        **admin.site.each_context(request),
        "title": _("File of one person"),
        "subject": subject,
        "may_make": access.allowed(request.user, Permission.FILE_MAKE),
        "protection": people.protection_of(subject, at=clock.now()),
        **found,
    }
    return TemplateResponse(request, "evidence/person.html", context, status=status)


def _shown(timeline: Timeline, asked: dict[str, Any], user: Any) -> dict[str, Any]:
    labels = {strand.code: strand.label for strand in timeline.strands}
    chosen = [strand for strand in timeline.strands if strand.code == asked["kind"]]
    try:
        events, place = timeline.page(strands=chosen or None, behind=asked["behind"])
    except ValueError:
        raise Http404 from None
    said_by = Actors(event.who for event in events)
    kept = {name: value for name, value in (("at", asked["typed"]), ("kind", asked["kind"])) if value}
    hidden = [strand.label for strand in ports.strands if strand not in timeline.strands]
    return {
        "at": timeline.at,
        "events": [
            {"event": event, "label": labels[event.strand], "by": said_by(event.who, event.at)} for event in events
        ],
        "total": timeline.entries(chosen or None).count(),
        "next": urlencode({**kept, "behind": place}) if place else "",
        "first": urlencode(kept) if asked["behind"] else "",
        "stood": _stood(timeline, labels) if not asked["behind"] else [],
        "roles": roles_then(timeline.at) if not asked["behind"] and access.allowed(user, OF_ROLES) else [],
        "hidden": hidden,
    }


def _stood(timeline: Timeline, labels: dict[str, Any]) -> list[dict[str, Any]]:
    """By strand: each thing with its state, or how many stood how where there are many."""
    found: dict[str, list[Any]] = {}
    for row in timeline.standing():
        found.setdefault(row.strand, []).append(row)
    shown = []
    for code, rows in found.items():
        counts: dict[tuple[str, str], int] = {}
        for row in rows:
            counts[row.thing, row.state] = counts.get((row.thing, row.state), 0) + 1
        named = rows if len(rows) <= NAMED else []
        shown.append({"label": labels[code], "rows": named, "counts": [(*key, count) for key, count in counts.items()]})
    return shown
