"""What stands under each letter."""

from datetime import date

from django.utils import translation
from django.utils.translation import gettext as _

from portal.kernel.registers.base.choices import OfficerKind
from portal.kernel.registers.base.models.company import CompanyDetails
from portal.kernel.registers.base.models.officers import Officer
from portal.kernel.registers.base.selectors.current_entries import company_details, current_officer


def footer(*, language: str, on: date) -> str:
    """The lines under a letter of that day: who answers questions about personal data, and who writes.

    DPDP Rules r.9 wants the contact of the person who answers in every reply. Empty while nobody has been entered.
    """
    officer = current_officer(OfficerKind.GRIEVANCE_OFFICER, on=on)
    company = company_details(on=on)
    with translation.override(language):
        lines = [*_officer_lines(officer), *_company_lines(company)]
    return "\n".join(["-- ", *lines]) if lines else ""


def _officer_lines(officer: Officer | None) -> list[str]:
    if officer is None:
        return []
    reach = {"email": officer.email, "phone": _readable(officer.phone), "address": officer.postal_address}
    return [
        _("Questions or complaints about your personal data: %(name)s, Grievance Officer.")
        % {"name": officer.full_name},
        _("Email: %(email)s. Phone: %(phone)s. Address: %(address)s") % reach,
    ]


def _company_lines(company: CompanyDetails | None) -> list[str]:
    if company is None:
        return []
    return [f"{company.legal_name}, {company.postal_address}"]


def _readable(phone: str) -> str:
    """An Indian number as people write it; any other as it is."""
    is_indian = phone.startswith("+91") and len(phone) == 13
    return f"{phone[:3]} {phone[3:8]} {phone[8:]}" if is_indian else phone
