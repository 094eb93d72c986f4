"""The time machine of the admin: any person's, or any purpose's, consents and decisions as of an instant."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from consent.base.choices import STANDING
from consent.base.permissions import Permission
from consent.decisions.selectors import point_in_time
from consent.decisions.services.reason_texts import sentence
from consent.records.selectors.subjects import subject_ref_of
from portal.kernel.core import access, answers, clock
from portal.kernel.core.admin import StaffModelAdmin
from portal.kernel.core.admin.record_access import PURPOSES, TicketField
from portal.kernel.core.errors import NotFound
from portal.kernel.core.requests import actor_of
from portal.kernel.core.time_range import MomentField
from portal.kernel.law.choices import Channel
from portal.kernel.law.labels import PurposeNames, names_of_purposes

CHANNELS = dict(Channel.choices)
ANSWERS = dict(STANDING)


class PastForm(forms.Form):
    """A person or a purpose, and an instant. To open a person's past says why, as to open their record."""

    at = MomentField(
        label=_("When (IST)"),
        help_text=_("Day and time, for example 25-11-2026 14:30."),
        input_formats=["%d-%m-%Y %H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"],
    )
    purpose = forms.ChoiceField(label=_("Purpose"), required=False)
    subject = forms.CharField(
        label=_("Person"),
        help_text=_("A subject's reference, or a customer's such as OS-CU-7K4M-9QXJ. Leave it empty for a purpose."),
        max_length=60,
        required=False,
    )
    why = forms.ChoiceField(
        label=_("Why do you open this person's past?"), choices=[("", _("Choose a purpose")), *PURPOSES], required=False
    )
    ticket = TicketField(required=False)

    def __init__(self, *args: Any, purposes: Iterable[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["purpose"]
        field.choices = [("", _("Choose a purpose")), *((code, name) for code, name in purposes)]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if bool(cleaned.get("subject")) == bool(cleaned.get("purpose")):
            self.add_error("purpose", _("Give a purpose or a person, not both."))
        if cleaned.get("subject"):
            for name in ("why", "ticket"):
                if not cleaned.get(name) and name not in self.errors:
                    self.add_error(name, _("A person's past is opened for a reason and a ticket."))
            self._look_up(cleaned)
        if cleaned.get("at") and cleaned["at"] > clock.now():
            self.add_error("at", _("This time is still to come."))
        return cleaned

    def _look_up(self, cleaned: dict[str, Any]) -> None:
        try:
            cleaned["subject_ref"] = subject_ref_of(cleaned["subject"].strip())
        except NotFound as refusal:
            self.add_error("subject", str(refusal))


class PastPages(StaffModelAdmin):
    """Adds ``as-of/``. Asked by post: who is looked up stands in no address."""

    import_export_change_list_template = "admin/consent/events.html"

    def get_urls(self) -> list[URLPattern]:
        own = [path("as-of/", self.admin_site.admin_view(self.as_of_view), name="consent_consentevent_as-of")]
        return [*own, *super().get_urls()]

    def as_of_view(self, request: HttpRequest) -> HttpResponse:
        if not access.allowed(request.user, Permission.EVENT_VIEW):
            raise PermissionDenied
        form = PastForm(request.POST or None, purposes=names_of_purposes().items())
        found: dict[str, Any] = {}
        if request.method == "POST" and form.is_valid():
            access.require_day(request.user, form.cleaned_data["at"])
            found = self._found(request, form.cleaned_data)
        context = {
            **self.admin_site.each_context(request),
            "title": _("As it was at a time"),
            "form": form,
            "opts": self.opts,
            **found,
        }
        status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
        return TemplateResponse(request, "admin/consent/as_of.html", context, status=status)

    def _found(self, request: HttpRequest, asked: dict[str, Any]) -> dict[str, Any]:
        at = asked["at"]
        found: dict[str, Any] = {"at": at.astimezone(clock.IST), "texts": point_in_time.texts_in_force(at)}
        purpose_name = PurposeNames()
        if asked["purpose"]:
            counts = [
                (row.fiduciary, CHANNELS.get(row.channel, row.channel), ANSWERS.get(row.answer, row.answer), row.count)
                for row in point_in_time.of_purpose(asked["purpose"], at)
            ]
            return {**found, "counts": counts, "purpose": purpose_name(asked["purpose"])}
        ref = asked["subject_ref"]
        answers.record_opened.ask(
            actor=actor_of(request),
            about=f"people.subject:{ref}",
            subject_ref=ref,
            purpose=asked["why"],
            ticket=asked["ticket"],
        )
        person = [
            {
                "fiduciary": then.fiduciary,
                "purpose": purpose_name(then.purpose),
                "channel": CHANNELS.get(then.channel, then.channel),
                "sender": then.sender or _("All senders"),
                "answer": ANSWERS.get(then.answer, then.answer),
                "receipt": then.event.receipt.reference,
                "decision": f"{sentence(then.verdict.reason)} ({then.verdict.reason})",
            }
            for then in point_in_time.of_person(ref, at)
        ]
        return {**found, "person": person}
