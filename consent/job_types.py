"""Long work of this room."""

from django.utils.translation import gettext_lazy as _

from consent.base.permissions import Permission
from consent.consent_imports.services import dry_run, ingestion
from consent.consent_imports.services.lifecycle import CHECK, TAKE_IN
from consent.decisions.services import scrub_jobs
from portal.kernel.jobs.job_types import Handle


class CheckList:
    """The dry run of a list of answers: counts and faults, no answer."""

    name = CHECK
    label = _("Check a list of consents")

    def run(self, handle: Handle) -> None:
        dry_run.check(reference=str(handle.parameters["list"]), handle=handle)


class TakeListIn:
    """A list that two people agreed to goes in, behind what is in already."""

    name = TAKE_IN
    label = _("Approve a consent import")

    def run(self, handle: Handle) -> None:
        ingestion.take_in(reference=str(handle.parameters["list"]), handle=handle)


class ScrubList:
    """A list of addresses becomes a list of answers. Running twice gives a second result in the place of the first."""

    name = scrub_jobs.SCRUB
    label = _("Scrub a list of addresses")
    needs = Permission.ANSWER_SCRUB

    def run(self, handle: Handle) -> None:
        scrub_jobs.run(handle)
