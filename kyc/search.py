"""What of this room a search finds: cases and documents, by reference, by the number of a paper, by the account."""

from collections import defaultdict

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kyc import numbers
from kyc.base.choices import DocumentKind
from kyc.base.models.cases import Case
from kyc.base.models.documents import Document
from kyc.cases import check_plans
from kyc.cases.selectors import number_domain
from portal.kernel.core import ciphers
from portal.kernel.core.search_api import Asked, Found, Hits


def find(asked: Asked) -> Found:
    """Answers ``ports.finders``; cases and documents by their own references are found by ``Record.prefix``."""
    if asked.reference.startswith("OS-CU-"):
        by = _("by the reference of the account")
        yield Hits("kyc.Case", by, Case.objects.filter(customer__reference=asked.reference))
    if asked.reference.startswith("OS-KY-"):
        by = _("by the reference of the case")
        yield Hits("kyc.Document", by, Document.objects.filter(case__reference=asked.reference))
    if same := _with_number(asked):
        yield Hits("kyc.Document", _("by the number on it"), Document.objects.filter(same))


def _with_number(asked: Asked) -> Q | None:
    """Documents with this number, under every kind of number that it can be; None where it can be none."""
    if asked.reference or not any(character.isdigit() for character in asked.text):
        return None
    kinds: dict[str, list[str]] = defaultdict(list)
    for kind in DocumentKind:
        if number_type := check_plans.number_type(kind):
            kinds[number_type].append(str(kind))
    found: Q | None = None
    for number_type, of_kinds in kinds.items():
        result = numbers.check(number_type, asked.text)
        if not result.is_valid or not result.normal:
            continue
        keys = ciphers.blind_indexes(result.normal, domain=number_domain(of_kinds[0]))
        same = Q(kind__in=of_kinds, number_index__in=keys)
        found = same if found is None else found | same
    return found
