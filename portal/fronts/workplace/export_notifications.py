"""Whoever asked for a long list is told when its file is there, or when it could not be made: a link, nothing of the list."""

from datetime import datetime
from typing import Final

import structlog
from django.apps import apps
from django.conf import settings
from django.db import transaction
from django.urls import reverse

from portal.kernel.core import date_format, records
from portal.kernel.core.errors import PortalError
from portal.kernel.jobs.choices import JobState
from portal.kernel.jobs.models import Job
from portal.kernel.jobs.services.exports import LIST
from portal.kernel.outbox.services import write_to
from portal.kernel.people.models import User

KINDS: Final = {JobState.DONE: "workplace.export_ready", JobState.FAILED: "workplace.export_failed"}


def tell(*, job: Job, at: datetime) -> None:
    """Registered in ``ports.job_ended``: a letter in the transaction in which the job ends, one for each time it ends so.

    Nobody is told of what they took back, nor a login that has ended. A letter that cannot be written leaves the end as it
    is: the page says the same.
    """
    kind = KINDS.get(JobState(job.state))
    if job.kind != LIST or kind is None:
        return
    user = _asker(job)
    if user is None:
        return
    context = {
        "reference": job.reference,
        "listed": records.list_name(apps.get_model(job.parameters["list"])),
        "url": settings.SITE_URL + reverse("admin:jobs_job_change", args=[job.pk]),
    }
    if job.state == JobState.DONE:
        context["until"] = date_format.moment(job.result_expires_at)
    try:
        with transaction.atomic():
            write_to(
                user,
                kind=kind,
                purpose="policy_and_security",
                about=f"jobs.job:{job.reference}/{int(at.timestamp())}",
                context=context,
            )
    except PortalError as refusal:
        structlog.get_logger(__name__).warning("workplace.export_letter", job=job.reference, code=refusal.code)


def _asker(job: Job) -> User | None:
    number = job.started_by.rpartition(":")[2]
    active = User.objects.filter(is_staff=True, is_active=True).select_related("subject")
    return active.filter(pk=number).first() if number.isdigit() else None
