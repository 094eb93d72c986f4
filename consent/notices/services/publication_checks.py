"""What has to be so before a draft is published, each found by the machine: nobody ticks anything by hand."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from consent.base.choices import NoticeKind, Weight
from consent.base.models.notices import NoticeVersion
from consent.base.rules.policy_parser import Code
from consent.base.selectors.notices import open_defects, published, standing_defects
from consent.notices.selectors.translation_progress import progress
from consent.notices.services import effective_dates
from portal.kernel.core.errors import Refused


@dataclass(frozen=True)
class Check:
    """One line of the list. ``must``: while it is not met the draft is not published. ``page`` is where it is met."""

    label: str
    is_met: bool
    said: str
    must: bool = True
    page: str = ""


def publication_checks(version: NoticeVersion, *, weight: str = "", at: datetime) -> list[Check]:
    """The list for a draft at ``at``; ``weight`` is the kind of change that is proposed, material where none is yet."""
    kind = weight or (Weight.MATERIAL if published(version.notice).exists() else Weight.FIRST)
    return [_issues(version), _summary(version, kind), _day(version, kind, at), *_languages(version)]


def _issues(version: NoticeVersion) -> Check:
    left = [defect for defect in open_defects(version) if defect.code != Code.NO_SUMMARY]
    allowed = standing_defects(version).exclude(code=Code.NO_SUMMARY).count() - len(left)
    said = ngettext("%(count)s must be fixed", "%(count)s must be fixed", len(left)) % {"count": len(left)}
    if allowed:
        exceptions = ngettext("%(count)s exception by two people", "%(count)s exceptions by two people", allowed)
        said = f"{said}, {exceptions % {'count': allowed}}"
    return Check(_("No open policy issues"), not left, said, page="clauses")


def _summary(version: NoticeVersion, kind: str) -> Check:
    label = _("What changed, in every language of our messages")
    if kind == Weight.FIRST or version.notice.kind != NoticeKind.PRIVACY_POLICY:
        return Check(label, is_met=True, said=_("not needed for this version"))
    left = [defect for defect in open_defects(version) if defect.code == Code.NO_SUMMARY]
    return Check(label, not left, " ".join(defect.message for defect in left) or _("written"), page="details")


def _day(version: NoticeVersion, kind: str, at: datetime) -> Check:
    label = _("In force from %(day)s") % {"day": version.effective_on.strftime("%d-%m-%Y")}
    try:
        effective_dates.refuse_unfit(version, weight=kind, proposed_at=at, at=at)
    except Refused as refusal:
        return Check(label, is_met=False, said=str(refusal), page="details")
    return Check(label, is_met=True, said=_("leaves the time that this kind of change needs"))


def _languages(version: NoticeVersion) -> list[Check]:
    """A text may be published before it is translated: then it is read in English, with a word that says so."""
    found = []
    for one in progress(version):
        said = _("%(current)s of %(total)s clauses are current") % {"current": one.current, "total": one.total}
        is_read = one.text is not None and one.text.is_reviewed
        if one.text is not None:
            said += f", {_('read by a native speaker') if is_read else _('not read by a native speaker yet')}"
        found.append(
            Check(
                _("Translation: %(language)s") % {"language": one.language.name},
                one.current == one.total and is_read,
                said,
                must=False,
            )
        )
    return found
