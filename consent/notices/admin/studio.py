"""What stands above every page of a version: how far it is, and the way to its other pages."""

from collections.abc import Iterator
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
from consent.notices.services.publication_checks import Check, publication_checks
from portal.kernel.core import access, clock

#: Pages with an address for each language below their own.
LANGUAGES = frozenset({"languages"})


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


def checks_of(request: HttpRequest, version: NoticeVersion, weight: str = "") -> list[tuple[Check, str]]:
    """For ``admin/consent/checks.html``: the checklist of a draft, each with the page on which it is met, where this login may
    open that; empty for what is no draft.
    """
    if version.state != VersionState.DRAFT:
        return []
    pages = {name: reverse(f"admin:consent_noticeversion_{name}", args=args) for name, args in _own(request, version)}
    found = publication_checks(version, weight=weight, at=clock.now())
    return [(check, "" if check.is_met else pages.get(check.page, "")) for check in found]


def _own(request: HttpRequest, version: NoticeVersion) -> list[tuple[str, list[Any]]]:
    """The pages of a version that this login may open, in their order."""
    may_edit = version.state == VersionState.DRAFT and access.allowed(request.user, Permission.NOTICE_PROPOSE)
    editing = {"clauses", "details"}
    pages: list[tuple[str, list[Any]]] = [
        ("change", []),
        ("clauses", [BINDING_LANGUAGE]),
        ("changes", []),
        ("languages", []),
        ("details", []),
    ]
    return [(name, [version.pk, *args]) for name, args in pages if may_edit or name not in editing]


def _tabs(request: HttpRequest, version: NoticeVersion) -> Iterator[Tab]:
    labels = {
        "change": _("Overview"),
        "clauses": _("Text and issues"),
        "changes": _("What changes"),
        "languages": _("Languages"),
        "details": _("Day, summary and purposes"),
    }
    for name, args in _own(request, version):
        url = reverse(f"admin:consent_noticeversion_{name}", args=args)
        is_here = request.path == url or (name in LANGUAGES and request.path.startswith(url))
        yield Tab(labels[name], url, is_here)
