"""What is wrong with a draft: looked for at import and after each edit. Defects that are gone are marked, never removed."""

import functools
import tomllib
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from consent.base.choices import NoticeKind, VersionState
from consent.base.models.notices import BINDING_LANGUAGE, DefectMended, NoticeText, NoticeVersion, PolicyDefect
from consent.base.rules import policy_parser
from consent.base.selectors.notices import clauses_of, earlier, later, summary_languages
from consent.notices.rules import clause_continuity, notice_requirements
from consent.notices.selectors.languages import language_of
from portal.kernel.core.data_files import data_of
from portal.kernel.law import selectors as law
from portal.kernel.law.models import LegalRule
from portal.kernel.registers.base.selectors import current_entries

DATA = data_of("consent")
LONGEST_MESSAGE = 200


def _data(name: str) -> Any:
    return tomllib.loads((DATA / name).read_text(encoding="utf-8"))


@functools.cache
def checks() -> policy_parser.Checks:
    """What policies are checked for (``consent/data/policy_checks.toml``)."""
    return policy_parser.compile_checks(_data("policy_checks.toml"))


@functools.cache
def wanted() -> tuple[notice_requirements.Wanted, ...]:
    """What the field rules want notices to say (``consent/data/notice_fields.toml``)."""
    return notice_requirements.compile_wanted(_data("notice_fields.toml"))


@functools.cache
def tricks() -> tuple[notice_requirements.Trick, ...]:
    """Words of dark patterns (``consent/data/dark_patterns.toml``)."""
    return notice_requirements.compile_tricks(_data("dark_patterns.toml"))


def defects_in(
    clauses: Sequence[policy_parser.Clause], *, kind: str, effective_on: date, purposes: Sequence[str]
) -> list[policy_parser.Defect]:
    """Everything that keeps a text of this kind from being published, in reading order, what the law misses last.

    The field rules are those in force on the day from which the text holds. Numbered clauses and consent by use are
    looked for in a policy; a consent notice may have no numbered clause.
    """
    found: list[policy_parser.Defect] = []
    if kind == NoticeKind.PRIVACY_POLICY:
        found += policy_parser.find_defects(clauses, checks(), officer_names=_officer_names(effective_on))
    found += notice_requirements.tricks(clauses, tricks())
    whole = "\n\n".join(f"{clause.title}\n{clause.body}" for clause in clauses)
    in_force = _provisions(effective_on)
    found += notice_requirements.missing(whole, wanted(), kind=kind, purposes=purposes, in_force=in_force)
    return found


def missing_since(version: NoticeVersion, *, on: date) -> list[policy_parser.Defect]:
    """What a published text lacks of the field rules that came into force after its own day, on a later day ``on``.

    It was no defect when it was published, so it has no row: the text itself is still the one in force.
    """
    text = version.binding
    later_rules = _provisions(on).items() - _provisions(version.effective_on).items()
    whole = "\n\n".join(f"{clause.title}\n{clause.body}" for clause in clauses_of(text))
    kind, purposes = version.notice.kind, list(version.purposes)
    return notice_requirements.missing(whole, wanted(), kind=kind, purposes=purposes, in_force=dict(later_rules))


def weigh_draft(
    version: NoticeVersion, clauses: Sequence[policy_parser.Clause], *, text_sha256: str, at: datetime
) -> list[policy_parser.Defect]:
    """Weigh a draft by itself, beside the versions in force before its day and beside one that is announced for after it,
    in the caller's transaction; what was found.
    """
    kind = version.notice.kind
    found = defects_in(clauses, kind=kind, effective_on=version.effective_on, purposes=list(version.purposes))
    older = _clauses_before(version) if kind == NoticeKind.PRIVACY_POLICY else {}
    if older:
        found += clause_continuity.losses(clauses, number=next(iter(older)), older=older)
        found += _without_summary(version)
    found += _undone_by(later(version).first())
    weigh(version, found, text_sha256=text_sha256, at=at)
    return found


def _clauses_before(version: NoticeVersion) -> dict[int, list[policy_parser.Clause]]:
    """The clauses of the versions that hold before this one, by their numbers, the last first."""
    texts = NoticeText.objects.filter(version__in=earlier(version), language=BINDING_LANGUAGE)
    by_version = {text.version_id: text for text in texts.prefetch_related("clauses")}
    return {one.number: clauses_of(by_version[one.pk]) for one in earlier(version) if one.pk in by_version}


def weigh_other_drafts(version: NoticeVersion, *, at: datetime) -> None:
    """Weigh the other drafts of a notice anew: ``version`` now holds before some of them, and after others."""
    drafts = version.notice.versions.filter(state=VersionState.DRAFT).exclude(pk=version.pk)
    for text in NoticeText.objects.filter(version__in=drafts, language=BINDING_LANGUAGE).select_related(
        "version__notice"
    ):
        weigh_draft(text.version, clauses_of(text), text_sha256=text.sha256, at=at)


def _undone_by(next_one: NoticeVersion | None) -> list[policy_parser.Defect]:
    """An announced version takes the place of whatever is published for a day before it, and was written without it."""
    if next_one is None:
        return []
    day = next_one.effective_on.isoformat()
    words = f"Version {next_one.number} is announced for {day}: from then on it is in force, without what this draft changes."
    return [policy_parser.Defect(policy_parser.Code.UNDONE_LATER, notice_requirements.WHOLE, words)]


def _without_summary(version: NoticeVersion) -> list[policy_parser.Defect]:
    """A changed policy says what changed in each language in which it can be read, or in which we write of it."""
    found = []
    for code in summary_languages(version):
        said = version.what_changed if code == BINDING_LANGUAGE else version.summaries.get(code, "")
        if not said.strip():
            words = f"Nothing says in {language_of(code).name} ({code}) what changed."
            found.append(policy_parser.Defect(policy_parser.Code.NO_SUMMARY, notice_requirements.WHOLE, words))
    return found


def weigh(version: NoticeVersion, defects: Sequence[policy_parser.Defect], *, text_sha256: str, at: datetime) -> None:
    """Bring a draft's rows in line with the defects of its binding text now, in the caller's transaction.

    One that stays keeps its row, and what two people said about it. One that is gone gets a row that says so.
    """
    found = dict.fromkeys((str(defect.code), defect.clause, defect.message[:LONGEST_MESSAGE]) for defect in defects)
    standing = {
        (row.code, row.clause, row.message): row for row in PolicyDefect.objects.filter(version=version, mended=None)
    }
    DefectMended.objects.bulk_create(
        DefectMended(defect=row, text_sha256=text_sha256, mended_at=at)
        for key, row in standing.items()
        if key not in found
    )
    PolicyDefect.objects.bulk_create(
        PolicyDefect(version=version, code=code, clause=clause, message=message, found_at=at)
        for code, clause, message in found
        if (code, clause, message) not in standing
    )


def _provisions(on: date) -> dict[str, str]:
    """The provision of each field rule that is in force on that day, where its question in the profile is not answered no."""
    profile = law.profile(on=on)
    rows = LegalRule.objects.in_force(on).filter(key__in={field.rule for field in wanted()})
    return {row.key: row.provision for row in rows if profile.applies(row.switch)}


def _officer_names(on: date) -> frozenset[str]:
    """The name in the register of officers, if there is one: a text that holds it names the officer."""
    officer = current_entries.current_officer(on=on)
    return frozenset({officer.full_name}) if officer is not None else frozenset()
