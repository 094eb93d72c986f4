"""Opening one person's record asks why, and for which ticket or queue; the answer is an audit event."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from http import HTTPStatus
from typing import Any, TypeVar

from django import forms
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from portal.kernel.core import answers, clock, field_changes, ports, work_references
from portal.kernel.core.admin.actions import ActionPages, ServiceAction, is_proposal
from portal.kernel.core.errors import BadReference
from portal.kernel.core.requests import actor_of
from portal.kernel.core.work_references import Reason

RowT = TypeVar("RowT", bound=Model)


@dataclass(frozen=True)
class OpenUntil:
    """Records that are open to a session, each until an instant of its own. ``key`` is where the session keeps them."""

    key: str

    def allow(self, request: HttpRequest, obj: Model, *, until: datetime, now: datetime) -> None:
        """Open one until then; those whose time is over are let go."""
        kept = {name: last for name, last in self._kept(request).items() if last > now.timestamp()}
        request.session[self.key] = {**kept, _name_of(obj): until.timestamp()}

    def holds(self, request: HttpRequest, obj: Model, *, now: datetime) -> bool:
        """Whether the record is open to this session now."""
        return self._kept(request).get(_name_of(obj), 0) > now.timestamp()

    def _kept(self, request: HttpRequest) -> dict[str, float]:
        return dict(request.session.get(self.key, {}))


def _work_of(obj: Model) -> str:
    """The reference of a record that is work itself: whoever opens a grievance opens it for that grievance."""
    reference = str(getattr(obj, "reference", ""))
    return reference if work_references.is_of_work(reference) else ""


def _name_of(obj: Model) -> str:
    return f"{obj._meta.label_lower}.{obj.pk}"


def _link_to_open(row: Model) -> str:
    url = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
    return format_html('<a href="{}">{}</a>', url, _("Open the record"))


#: Records whose opening was given a reason.
OPENED = OpenUntil("opened_records")

#: Purposes that only the page of a proposal gives: of whoever answers it, and of whoever made it.
DECIDES, READS_OWN = "decision", "own_proposal"
#: What staff choose from.
PURPOSES = [
    ("grievance", _("To answer a grievance")),
    ("rights_request", _("To answer a request about a person's data")),
    ("kyc_review", _("To review KYC documents")),
    ("support", _("To support this person at their wish")),
    ("audit", _("For an audit")),
    ("security", _("To investigate a security event")),
]
#: Every purpose that an event may hold, in words.
PURPOSE_NAMES = {
    DECIDES: _("To decide on a proposal"),
    READS_OWN: _("To read one's own proposal"),
    **dict(PURPOSES),
}


class TicketField(forms.CharField):
    """The reference of a ticket or other work that there is, or the name of a queue, in one spelling.

    Nothing else goes into the audit events. Without ``queues`` only a reference will do.
    """

    default_error_messages = {
        "invalid": _("Give a reference such as OS-GR-7K4M-9QXK, or one of the queues named here."),
        "required": _("Give the ticket or the queue that you open this for."),
        "not_a_queue": _("Give the reference of the ticket or case."),
        "check_character": _(
            "One character of this reference is wrong, or two are swapped. Compare it with where you have it from."
        ),
        "no_work": _("This reference is not of a ticket, a case or other work. Give the work you open this for."),
        "unknown": _("We have nothing with this reference. Copy it from the ticket, case or message itself."),
    }

    def __init__(self, *, queues: bool = True, **kwargs: Any) -> None:
        self.queues = queues
        said = {
            "label": _("Ticket or queue"),
            "help_text": format_lazy(
                _("The reference of the ticket, such as OS-GR-7K4M-9QXK, or one of these queues: {queues}."),
                queues=", ".join(work_references.QUEUES),
            ),
            "max_length": 60,
        }
        super().__init__(**{**said, **kwargs})
        if not queues:
            self.error_messages["required"] = self.error_messages["not_a_queue"]

    def clean(self, value: Any) -> str:
        text: str = super().clean(value)
        if not text:
            return text
        try:
            ticket = work_references.parse_ticket(text)
        except BadReference as error:
            raise self._refusal("check_character" if error.code == "CHECK_CHARACTER" else "invalid") from error
        if ticket in work_references.QUEUES and not self.queues:
            raise self._refusal("invalid")
        if not work_references.is_of_work(ticket):
            raise self._refusal("no_work")
        if not work_references.exists(ticket):
            raise self._refusal("unknown")
        return ticket

    def _refusal(self, code: str) -> forms.ValidationError:
        said = "not_a_queue" if code == "invalid" and not self.queues else code
        return forms.ValidationError(self.error_messages[said], code=code)


OF_SOMEBODY_ELSE = _(
    "This work is about another person. Give the ticket or the case of the person or customer whose record it is."
)


class OpeningForm(forms.Form):
    purpose = forms.ChoiceField(
        label=_("Why do you open this record?"),
        choices=PURPOSES,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose why you open this record.")},
    )
    ticket = TicketField()

    def __init__(self, *args: Any, fits: Callable[[str], bool] = lambda ticket: True, **kwargs: Any) -> None:
        """``fits``: whether work is about the record, by its reference."""
        super().__init__(*args, **kwargs)
        self.fits = fits

    def clean_ticket(self) -> str:
        ticket: str = self.cleaned_data["ticket"]
        if not self.fits(ticket):
            raise forms.ValidationError(OF_SOMEBODY_ELSE, code="of_somebody_else")
        return ticket


def pages_beside(request: HttpRequest, subject_ref: Any) -> list[tuple[Any, str]]:
    """Other pages about the person of a record which this login may open: label and address."""
    if subject_ref is None:
        return []
    asked = (ask(user=request.user, subject_ref=subject_ref) for ask in ports.person_pages)
    return [page for page in asked if page is not None]


def minutes_open() -> int:
    """For how many minutes a purpose once given opens the same record."""
    return int(answers.opening_life.ask(at=clock.now()) / timedelta(minutes=1))


class OpenedWithPurpose(ActionPages):
    """Mixin for admins of personal records; stands before StaffModelAdmin in the bases."""

    opening_template = "admin/open_record.html"

    def about_of(self, obj: Model) -> str:
        """``room.model:reference``, the record's name in audit events."""
        return field_changes.about_of(obj)

    def subject_ref_of(self, obj: Model) -> Any:
        """The opaque reference of the person whose record it is, or None."""
        return getattr(obj, "subject_ref", None)

    def is_work_about(self, obj: Model, ticket: str) -> bool:
        """Whether a ticket is a reason to open this record; a room that knows whose tickets there are says so."""
        return True

    def pages_of_persons(self, request: HttpRequest, obj: Model) -> list[tuple[Any, str]]:
        """The links beside the record to other pages about whose it is; a record of several persons names each."""
        return pages_beside(request, self.subject_ref_of(obj))

    def reasons_to_open(self, request: HttpRequest, obj: Any) -> list[Reason]:
        """What the system knows of why this login opens the record now: one button each, and nothing is typed."""
        if answers.reading_scope.ask(request.user) is not None:
            return [Reason(_("For an audit"), "audit", "audit")]
        if is_proposal(obj) and getattr(obj, "answer", None) == "pending":
            if obj.made_by_id == request.user.pk:
                return [Reason(_("Read my proposal"), READS_OWN, "approvals")]
            if self.row_actions(request, obj):
                return [Reason(_("Decide on this proposal"), DECIDES, "approvals")]
        whose = self.subject_ref_of(obj)
        if whose is None:
            return []
        found = [one for room in ports.opening_reasons for one in room(user=request.user, subject_ref=whose)]
        own = _work_of(obj)
        return sorted((one for one in found if self.is_work_about(obj, one.ticket)), key=lambda one: one.ticket != own)

    def note_opened(self, request: HttpRequest, obj: Model, *, purpose: str, ticket: str) -> None:
        """Write down why this login opens the record; it stays open to it for the time that a rule gives.

        Raises Refused when the ticket looks like a person's number.
        """
        now = clock.now()
        answers.record_opened.ask(
            actor=actor_of(request),
            about=self.about_of(obj),
            subject_ref=self.subject_ref_of(obj),
            purpose=purpose,
            ticket=ticket,
        )
        OPENED.allow(request, obj, until=now + answers.opening_life.ask(at=now), now=now)

    def only_opened(self, request: HttpRequest, obj: RowT | None) -> RowT:
        """The record, to a login that may see it and has said why it opens it. Raises Http404 to every other."""
        if obj is None or not self.has_view_permission(request, obj):
            raise Http404
        if not OPENED.holds(request, obj, now=clock.now()):
            raise Http404
        return obj

    def _shown_before(self, request: HttpRequest, row: Any) -> list[tuple[str, Any]]:
        """On the page of an act too, what the record says is for whoever has opened it."""
        shown: list[tuple[str, Any]] = super()._shown_before(request, row)
        if not shown or OPENED.holds(request, row, now=clock.now()):
            return shown
        return [(str(_("Not opened yet")), _link_to_open(row))]

    def left_out(self, request: HttpRequest, action: ServiceAction, row: Any) -> str:
        """The second person answers only what this login has opened, one by one: what nobody read has one pair of eyes."""
        why: str = super().left_out(request, action, row)
        if why or not (action.agrees or is_proposal(row)) or OPENED.holds(request, row, now=clock.now()):
            return why
        return format_html("{} {}", _("You have not opened it: read it before you answer."), _link_to_open(row))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        obj = self.get_object(request, object_id)
        if obj is None or not self.has_view_permission(request, obj):
            raise Http404
        is_answer = request.method == "POST" and "open_record" in request.POST
        if OPENED.holds(request, obj, now=clock.now()):
            if is_answer:  # sent twice: it asks to read, and the page below would take it for a change
                return HttpResponseRedirect(request.get_full_path())
            beside = self.pages_of_persons(request, obj)
            return super().change_view(request, object_id, form_url, {**(extra_context or {}), "beside": beside})
        reasons = self.reasons_to_open(request, obj)
        chosen = next((one for one in reasons if one.value == request.POST.get("reason")), None)
        if is_answer and chosen is not None:
            self.note_opened(request, obj, purpose=chosen.purpose, ticket=chosen.ticket)
            return HttpResponseRedirect(request.get_full_path())
        form = OpeningForm(
            request.POST if is_answer else None,
            fits=partial(self.is_work_about, obj),
            initial={"ticket": _work_of(obj)},
        )
        if is_answer and form.is_valid():
            self.note_opened(request, obj, purpose=form.cleaned_data["purpose"], ticket=form.cleaned_data["ticket"])
            return HttpResponseRedirect(request.get_full_path())
        context = {
            **self.admin_site.each_context(request),
            "title": _("Open a record"),
            "form": form,
            "opts": self.opts,
            "minutes": minutes_open(),
            "reasons": reasons,
        }
        status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
        return TemplateResponse(request, self.opening_template, context, status=status)
