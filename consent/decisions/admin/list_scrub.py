"""A list from staff: brought here, scrubbed by a worker, fetched from the job's page."""

from collections.abc import Iterable
from datetime import datetime
from http import HTTPStatus
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _

from consent.base.permissions import Permission
from consent.decisions.services import list_scrub, scrub_jobs
from consent.decisions.services.bulk_decisions import Question
from consent.records.selectors.undos import tolerance
from portal.kernel.core import access, clock, field_changes
from portal.kernel.core.admin import StaffModelAdmin
from portal.kernel.core.errors import Refused
from portal.kernel.core.requests import actor_of
from portal.kernel.core.time_range import MomentField
from portal.kernel.law import selectors as law
from portal.kernel.law.channels import ADDRESS_KIND
from portal.kernel.law.choices import Channel
from portal.kernel.people.models import Fiduciary

#: Channels whose messages go to an address that a list can hold.
CHANNELS = tuple(map(Channel, ADDRESS_KIND))


class ScrubForm(forms.Form):
    """What is to be sent to whom, and when."""

    fiduciary = forms.ModelChoiceField(
        label=_("On whose behalf"), queryset=Fiduciary.objects.all(), to_field_name="code"
    )
    purpose = forms.ChoiceField(label=_("Purpose"))
    channel = forms.ChoiceField(
        label=_("Channel"),
        choices=[("", _("Choose a channel")), *((one.value, one.label) for one in CHANNELS)],
    )
    send_at = MomentField(
        label=_("When it is to be sent (IST)"),
        help_text=_("For example 28-11-2026 14:30. Leave it empty for now."),
        required=False,
        input_formats=["%d-%m-%Y %H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"],
    )
    header = forms.CharField(label=_("Header, number or code"), max_length=40, required=False)
    template = forms.CharField(label=_("Template"), max_length=120, required=False)
    file = forms.FileField(
        label=_("List"), help_text=_("A text or CSV file with one address a line."), allow_empty_file=True
    )

    def __init__(self, *args: Any, purposes: Iterable[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["purpose"]
        field.choices = [("", _("Choose a purpose")), *purposes]

    def clean_send_at(self) -> datetime | None:
        """What went out before is asked in the time machine; here a list is made for what is still to go.

        "Now" by a clock that is behind ours, or entered a little while ago, is no past.
        """
        at: datetime | None = self.cleaned_data["send_at"]
        now = clock.now()
        if at is not None and at < now and at < now - tolerance(at=now):
            raise forms.ValidationError(_("This time has passed. Enter one in the future, or none for now."))
        return at

    def question(self, now: datetime) -> Question:
        entered = self.cleaned_data
        return Question(
            purpose=entered["purpose"],
            channel=entered["channel"],
            at=entered["send_at"] or now,
            fiduciary=entered["fiduciary"].code,
            header=entered["header"] or None,
            template=entered["template"] or None,
        )


class ScrubPages(StaffModelAdmin):
    """Adds ``scrub/``: a list of addresses becomes a job."""

    import_export_change_list_template = "admin/consent/answers.html"

    def get_urls(self) -> list[URLPattern]:
        own = [path("scrub/", self.admin_site.admin_view(self.scrub_view), name="consent_answerset_scrub")]
        return [*own, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        may = access.allowed(request.user, Permission.ANSWER_SCRUB)
        return super().changelist_view(request, {**(extra_context or {}), "may_scrub": may})

    def scrub_view(self, request: HttpRequest) -> HttpResponse:
        """GET asks, POST keeps the list encrypted and leads to its job."""
        if not access.allowed(request.user, Permission.ANSWER_SCRUB):
            raise PermissionDenied
        now = clock.now()
        purposes = [
            (purpose.code, purpose.name)
            for purpose in law.purposes_in_force(on=clock.day(now))
            if purpose.sends_messages
        ]
        form = ScrubForm(request.POST or None, request.FILES or None, purposes=purposes)
        if request.method == "POST" and form.is_valid():
            try:
                with field_changes.watching(actor_of(request), "scrub", entered={**form.cleaned_data, "file": ""}):
                    job = scrub_jobs.bring(
                        question=form.question(now),
                        content=form.cleaned_data["file"],
                        actor=actor_of(request),
                        now=now,
                    )
            except Refused as refusal:
                field = "file" if refusal.code in list_scrub.FAULTS_OF_FILE else None
                form.add_error(field, f"{refusal} ({refusal.code})")
            else:
                return HttpResponseRedirect(reverse("admin:jobs_job_change", args=[job.pk]))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Scrub a list"),
            "form": form,
            "opts": self.opts,
        }
        status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
        return TemplateResponse(request, "admin/consent/scrub.html", context, status=status)
