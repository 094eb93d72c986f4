"""Opening a record of KYC: for work about its own customer."""

from typing import Any

from django.db.models import Model

from kyc.base.models.cases import Case
from kyc.cases.access_relevance import is_about
from portal.kernel.core.admin import OpenedWithPurpose


class OpenedForItsCustomer(OpenedWithPurpose):
    """Mixin as ``OpenedWithPurpose``, for what belongs to a case: another customer's ticket opens nothing here."""

    def is_work_about(self, obj: Model, ticket: str) -> bool:
        return is_about(ticket, _case_of(obj))


def _case_of(obj: Any) -> Case:
    if isinstance(obj, Case):
        return obj
    case: Case = obj.case if hasattr(obj, "case") else obj.document.case
    return case
