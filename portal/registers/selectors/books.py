"""What holds on a day."""

from datetime import date
from typing import TypeVar

from django.db.models import QuerySet

from portal.law.memory import once
from portal.people.models import FourEyesModel
from portal.people.states import Answer
from portal.registers.models.company import CompanyDetails
from portal.registers.models.officers import Officer
from portal.registers.states import OfficerKind

Dated = TypeVar("Dated", bound=FourEyesModel)


def current_officer(kind: str = OfficerKind.GRIEVANCE_OFFICER, *, on: date) -> Officer | None:
    """Who holds the office on that day (a date in India). None when nobody has been appointed."""
    return once("officer", kind, on, lambda: _in_force(Officer.objects.filter(kind=OfficerKind(kind)), on))


def company_details(*, on: date) -> CompanyDetails | None:
    """The company's details on that day (a date in India). None when nobody has entered any."""
    return once("company", "", on, lambda: _in_force(CompanyDetails.objects.all(), on))


def _in_force(rows: QuerySet[Dated], on: date) -> Dated | None:
    """The approved row that began last; of two from one day the one approved later."""
    approved = rows.filter(answer=Answer.APPROVED, effective_from__lte=on)
    return approved.order_by("-effective_from", "-checked_at", "-pk").first()
