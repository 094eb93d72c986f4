"""What stands above every page of a version: how far it is, and the way to its other pages."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from consent.base.choices import VersionState
from consent.base.models.notices import BINDING_LANGUAGE, NoticeVersion
from consent.base.permissions import Permission
from consent.base.selectors.notices import open_defects, standing_defects
from consent.notices.selectors.translation_progress import progress
from portal.kernel.core import access


@dataclass(frozen=True)
class Tab:
    """A page of the version."""

    label: str
    url: str
    is_here: bool


def studio(request: HttpRequest, version: NoticeVersion) -> dict[str, Any]:
    """For ``admin/consent/studio.html``: the line about the version and its pages, as far as this login may open them."""
    return {"status": status_of(version), "tabs": list(_tabs(request, version))}


def status_of(version: NoticeVersion) -> str:
    """How many issues the text has, how many keep it from being published, and how far each translation is."""
    found, left = standing_defects(version).count(), len(open_defects(version))
    said = [ngettext("%(count)s policy issue", "%(count)s policy issues", found) % {"count": found}]
    if version.state == VersionState.DRAFT:
        said.append(_("%(count)s must be fixed") % {"count": left})
    said += [
        _("%(language)s %(current)s of %(total)s")
        % {"language": one.language.code, "current": one.current, "total": one.total}
        for one in progress(version)
    ]
    return ", ".join(said)


def _tabs(request: HttpRequest, version: NoticeVersion) -> Any:
    may_edit = version.state == VersionState.DRAFT and access.allowed(request.user, Permission.NOTICE_PROPOSE)
    pages: list[tuple[str, str, list[Any]]] = [(_("Overview"), "change", [])]
    if may_edit:
        pages.append((_("Text and issues"), "clauses", [BINDING_LANGUAGE]))
    pages.append((_("What changes"), "changes", []))
    if may_edit:
        pages.append((_("Day, summary and purposes"), "details", []))
    for label, name, args in pages:
        url = reverse(f"admin:consent_noticeversion_{name}", args=[version.pk, *args])
        yield Tab(label, url, request.path == url)
