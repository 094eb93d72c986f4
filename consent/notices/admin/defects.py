"""What is wrong with a text: how each defect stands, where it is fixed, and whether an exception can be asked for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from consent.base.choices import VersionState
from consent.base.models.notices import BINDING_LANGUAGE, NoticeVersion, PolicyDefect
from consent.base.rules.policy_parser import Code
from consent.base.selectors.notices import standing_defects
from portal.kernel.people.choices import Answer

#: What is fixed on the page of the day, the summary and the purposes.
OF_DETAILS = frozenset({Code.NO_SUMMARY, Code.UNDONE_LATER})


@dataclass(frozen=True)
class DefectRow:
    """A defect beside its clause. ``fix`` is the page on which it is fixed; empty where no one page does it."""

    defect: PolicyDefect
    standing: str
    is_open: bool
    fix: str
    may_ask: bool


def defect_rows(version: NoticeVersion, places: Mapping[str, int]) -> list[DefectRow]:
    """The defects of a draft as it is now; ``places`` are the positions of its clauses by number."""
    rows = []
    for defect in standing_defects(version).select_related("version", "mended").prefetch_related("overrides"):
        is_open = all(override.answer != Answer.APPROVED for override in defect.overrides.all())
        fix = _fixed_at(defect, places.get(defect.clause))
        rows.append(DefectRow(defect, defect_standing(defect), is_open, fix, not cannot_be_overridden(defect)))
    return rows


def _fixed_at(defect: PolicyDefect, place: int | None) -> str:
    """A clause that is there is edited; one that is missing is added."""
    if defect.code in OF_DETAILS:
        return reverse("admin:consent_noticeversion_details", args=[defect.version_id])
    if place is None and defect.code not in {Code.MISSING_CLAUSE, Code.DROPPED_CLAUSE, Code.MISSING_FIELD}:
        return ""
    return reverse("admin:consent_noticeversion_clause", args=[defect.version_id, BINDING_LANGUAGE, place or 0])


def place_of(defect: PolicyDefect) -> str:
    """Where a defect is mended: at its clause, or where the day and the summary stand."""
    version = defect.version
    if defect.code in OF_DETAILS:
        return reverse("admin:consent_noticeversion_details", args=[version.pk])
    page = reverse("admin:consent_noticeversion_clauses", args=[version.pk, BINDING_LANGUAGE])
    clause = version.binding.clauses.filter(number=defect.clause).first()
    return f"{page}#clause-{clause.position}" if clause is not None else f"{page}#elsewhere"


def cannot_be_overridden(defect: PolicyDefect, user: Any = None) -> str:
    """Why nobody can ask now that the defect may stay; empty when they can."""
    if defect.version.state != VersionState.DRAFT:
        return _("This version is no draft any more.")
    if hasattr(defect, "mended"):
        return _("It was mended.")
    if any(override.answer != Answer.REFUSED for override in defect.overrides.all()):
        return _("Somebody proposed this already, or two people agreed.")
    return ""


def defect_standing(defect: PolicyDefect) -> str:
    """Mended, open, waiting for a second person, or overridden by two."""
    if hasattr(defect, "mended"):
        return _("mended")
    answers = {override.answer for override in defect.overrides.all()}
    if Answer.APPROVED in answers:
        return _("may stay: two people agreed")
    if Answer.PENDING in answers:
        return _("waits for a second person")
    return _("open")
