"""What a version changes, word by word, beside every page on which somebody decides about it."""

from itertools import groupby
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.template.response import TemplateResponse

from consent.base.models.notices import NoticeVersion
from consent.base.selectors.notices import before
from consent.notices.admin.studio import checks_of
from consent.notices.rules import text_diff
from consent.notices.selectors import languages
from consent.notices.services import publication
from portal.kernel.core.admin import StaffModelAdmin


def changes_of(version: NoticeVersion, old: NoticeVersion | None = None) -> dict[str, Any]:
    """For the template: the version it is compared with, each clause with its changed words, those without any
    in runs, and how many there are.
    """
    compared = publication.compared(version, old)
    count = text_diff.changes(compared)
    texts = version.texts.order_by("language").prefetch_related("clauses", "reviews")
    return {
        "version": version,
        "old": old or before(version),
        "runs": [(is_changed, list(run)) for is_changed, run in groupby(compared, key=lambda one: one.is_changed)],
        "change_count": count,
        "numbers": range(1, count + 1),
        "dropped": text_diff.dropped(compared),
        "moved": text_diff.moved(compared),
        "texts": [(languages.language_of(text.language), text) for text in texts],
        "text_language": version.binding.language,
    }


class ChangesBeside(StaffModelAdmin):
    """Mixin of an admin whose acts are about one version each: their pages show its changes before the form."""

    action_page_template = "admin/consent/changes_beside.html"

    def version_of(self, row: Any) -> NoticeVersion:
        """The version a row is about."""
        found: NoticeVersion = getattr(row, "version", row)
        return found

    def action_page(self, request: HttpRequest, action: Any, rows: Any) -> HttpResponseBase:
        response: HttpResponseBase = super().action_page(request, action, rows)
        asked = response.context_data if isinstance(response, TemplateResponse) else None
        if asked is not None and len(asked.get("rows", ())) == 1 and "selected" in asked:
            ((row, _said),) = asked["rows"]
            version = self.version_of(row)
            asked.update(changes_of(version), checks=checks_of(request, version, getattr(row, "weight", "")))
        return response
