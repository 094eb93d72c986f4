"""Open questions of the organisation profile as a task of the people who decide them."""

from collections.abc import Iterator
from datetime import date, datetime

from portal.core import clock
from portal.law.models import OrganisationProfile
from portal.registers.services.duties import Duty
from portal.registers.states import Overdue
from portal.retention import deciding, selectors


def list_profile_tasks(*, now: datetime) -> Iterator[Duty]:
    """Registered in ``hooks.duties``: one task, due at once, while a question is open on which keeping depends. Reads only."""
    today = clock.day(now)
    if selectors.open_questions(on=today):
        yield profile_task(OrganisationProfile._meta.label_lower, 0, "organisation-profile", due_on=today)


def profile_task(book: str, entry: int, code: str, *, due_on: date) -> Duty:
    """The task of everyone who may propose or approve the profile, for the row that waits for it."""
    return Duty(book, entry, str(Overdue.PROFILE), code, due_on, owner=None, act=deciding.PROFILE_ACT)
