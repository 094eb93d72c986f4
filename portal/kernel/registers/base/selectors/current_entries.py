"""What holds on a day."""

from datetime import date
from typing import TypeVar

from django.db.models import QuerySet

from portal.kernel.law.request_cache import once
from portal.kernel.people.choices import Answer
from portal.kernel.people.models import FourEyesModel
from portal.kernel.registers.base.choices import OfficerKind
from portal.kernel.registers.base.models.company import CompanyDetails
from portal.kernel.registers.base.models.officers import Officer

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
