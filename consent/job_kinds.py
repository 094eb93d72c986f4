"""Long work of this room."""

from django.utils.translation import gettext_lazy as _

from consent.permissions import Permission
from consent.services import scrub_jobs
from consent.services.lists import checking, taking_in
from consent.services.lists.bringing import CHECK, TAKE_IN
from portal.jobs.kinds import Handle


class CheckList:
    """The dry run of a list of answers: counts and faults, no answer."""

    name = CHECK
    label = _("Check a list of consents")

    def run(self, handle: Handle) -> None:
        checking.check(reference=str(handle.parameters["list"]), handle=handle)


class TakeListIn:
    """A list that two people agreed to goes in, behind what is in already."""

    name = TAKE_IN
    label = _("Take in a list of consents")

    def run(self, handle: Handle) -> None:
        taking_in.take_in(reference=str(handle.parameters["list"]), handle=handle)


class ScrubList:
    """A list of addresses becomes a list of answers. Running twice gives a second result in the place of the first."""

    name = scrub_jobs.SCRUB
    label = _("Scrub a list of addresses")
    needs = Permission.ANSWER_SCRUB

    def run(self, handle: Handle) -> None:
        scrub_jobs.run(handle)
