"""Opening one person's record asks why, and for which ticket or queue; the answer is an audit event."""

from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from portal.core import changes, clock, hooks, tickets
from portal.core.errors import BadReference

SESSION_KEY = "opened_records"

PURPOSES = [
    ("grievance", _("To answer a grievance")),
    ("rights_request", _("To answer a request about a person's data")),
    ("kyc_review", _("To review KYC documents")),
    ("support", _("To support this person at their wish")),
    ("audit", _("For an audit")),
    ("security", _("To look into a security event")),
]


class TicketField(forms.CharField):
    """The reference of a ticket or the name of a queue, in one spelling. Nothing else goes into the audit events."""

    def __init__(self, **kwargs: Any) -> None:
        said = {
            "label": _("Ticket or queue"),
            "help_text": format_lazy(
                _("The reference of the ticket, such as OS-GR-7K4M-9QX2, or one of these queues: {queues}."),
                queues=", ".join(tickets.QUEUES),
            ),
            "max_length": 60,
        }
        super().__init__(**{**said, **kwargs})

    def clean(self, value: Any) -> str:
        text: str = super().clean(value)
        if not text:
            return text
        try:
            return tickets.parse_ticket(text)
        except BadReference as error:
            raise forms.ValidationError(
                _("Give a reference such as OS-GR-7K4M-9QX2, or one of the queues named here."), code="invalid"
            ) from error


class OpeningForm(forms.Form):
    purpose = forms.ChoiceField(
        label=_("Why do you open this record?"), choices=[("", _("Choose a purpose")), *PURPOSES]
    )
    ticket = TicketField()


class OpenedWithPurpose(admin.ModelAdmin):
    """Mixin for admins of personal records; stands before StaffModelAdmin in the bases."""

    opening_template = "admin/open_record.html"

    def about_of(self, obj: Model) -> str:
        """``room.model:reference``, the record's name in audit events."""
        return changes.about_of(obj)

    def subject_ref_of(self, obj: Model) -> Any:
        """The opaque reference of the person whose record it is, or None."""
        return getattr(obj, "subject_ref", None)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        obj = self.get_object(request, object_id)
        if obj is None or not self.has_view_permission(request, obj):
            raise Http404
        key = f"{obj._meta.label_lower}.{obj.pk}"
        opened = request.session.get(SESSION_KEY, {})
        if opened.get(key, 0) > clock.now().timestamp():
            return super().change_view(request, object_id, form_url, extra_context)
        is_answer = request.method == "POST" and "open_record" in request.POST
        form = OpeningForm(request.POST if is_answer else None)
        if is_answer and form.is_valid():
            now = clock.now()
            life = hooks.opening_life.ask(at=now)
            hooks.record_opened.ask(
                actor=request.actor,  # type: ignore[attr-defined]
                about=self.about_of(obj),
                subject_ref=self.subject_ref_of(obj),
                purpose=form.cleaned_data["purpose"],
                ticket=form.cleaned_data["ticket"],
            )
            kept = {name: until for name, until in opened.items() if until > now.timestamp()}
            request.session[SESSION_KEY] = {**kept, key: (now + life).timestamp()}
            return HttpResponseRedirect(request.get_full_path())
        context = {
            **self.admin_site.each_context(request),
            "title": _("Open a record"),
            "form": form,
            "opts": self.opts,
        }
        status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
        return TemplateResponse(request, self.opening_template, context, status=status)
