"""A text file becomes a draft version with its clauses and defects."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import Max
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from consent.base.choices import NoticeKind, VersionState
from consent.base.models.notices import BINDING_LANGUAGE, Notice, NoticeText, NoticeVersion, PolicyClause
from consent.base.rules import policy_parser
from consent.base.selectors.notices import before, clauses_of
from consent.notices.rules import clauses as editing
from consent.notices.rules import text_diff
from consent.notices.services import draft_checks, effective_dates
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core import clock
from portal.kernel.core.actor import Actor
from portal.kernel.core.errors import IllegalMove, LostRace, NotFound, Refused


@dataclass(frozen=True)
class Drafted:
    version: NoticeVersion
    clauses: tuple[policy_parser.Clause, ...]
    defects: tuple[policy_parser.Defect, ...]


def notice(*, code: str, kind: NoticeKind, title: str) -> Notice:
    """The notice with this code, made where there is none yet."""
    found, _made = Notice.objects.get_or_create(code=code, defaults={"kind": kind, "title": title})
    return found


def import_file(
    *,
    code: str,
    kind: NoticeKind,
    title: str,
    text: str,
    effective_on: date,
    actor: Actor,
    purposes: Sequence[str] = (),
) -> Drafted:
    """Draft the next version of the notice with this code, made where it is new, in one transaction.

    Raises Refused when the notice is of another kind, and as ``import_text``.
    """
    with transaction.atomic():
        found = notice(code=code, kind=kind, title=title)
        if found.kind != kind:
            raise Refused(_("The notice with this code is of another kind. Choose another code."), code="OTHER_KIND")
        return import_text(notice=found, text=text, effective_on=effective_on, purposes=purposes, actor=actor)


def draft_version(
    *,
    notice_code: str,
    kind: NoticeKind,
    title: str,
    text: str,
    effective_on: date,
    purposes: Sequence[str],
    actor: Actor,
) -> NoticeVersion:
    """Draft the next version of the notice with this code, or with an empty code the first version of a new notice, in one
    transaction. The same text for the same day, sent twice, is one draft.

    Raises Refused for a title of which no code can be made or that a notice has already (TITLE), a consent notice that asks
    for nothing (NO_PURPOSE), and as ``import_file``.
    """
    with transaction.atomic():
        code = notice_code or slugify(title)[:40]
        if not code:
            raise Refused(_("Give the title in English: the address of the text is made of it."), code="TITLE")
        found = Notice.objects.select_for_update().filter(code=code).first()
        if found is None and notice_code:
            raise NotFound(_("This text was not found. Choose another one."), code="NO_SUCH_NOTICE")
        if found is not None:
            same = found.versions.filter(
                state=VersionState.DRAFT, effective_on=effective_on, purposes=list(purposes)
            ).order_by("-number")
            for version in same:
                if version.binding.text == text:
                    return version
            if not notice_code and (found.title != title or found.kind != kind or found.versions.exists()):
                said = _(
                    "There is a text with this title already. Choose it under “Which text”, or give another title."
                )
                raise Refused(said, code="TITLE")
            kind, title = NoticeKind(found.kind), found.title
        if kind == NoticeKind.CONSENT_NOTICE and not purposes:
            raise Refused(_("Tick what the consent notice asks for."), code="NO_PURPOSE")
        return import_file(
            code=code,
            kind=kind,
            title=title,
            text=text,
            effective_on=effective_on,
            purposes=purposes,
            actor=actor,
        ).version


def import_text(
    *,
    notice: Notice,
    text: str,
    effective_on: date,
    actor: Actor,
    purposes: Sequence[str] = (),
    what_changed: str = "",
    summaries: Mapping[str, str] | None = None,
    now: datetime | None = None,
) -> Drafted:
    """Draft the next version from a text in the binding language: text, clauses and defects in one transaction.

    Raises Refused for a day that has passed (``effective_dates.refuse_past``).
    """
    at = now or clock.now()
    effective_dates.refuse_past(notice, effective_on, at=at)
    clauses = tuple(policy_parser.parse(text))
    with transaction.atomic():
        last = notice.versions.aggregate(last=Max("number"))["last"] or 0
        version = NoticeVersion.objects.create(
            notice=notice,
            number=last + 1,
            effective_on=effective_on,
            purposes=list(purposes),
            what_changed=what_changed,
            summaries=dict(summaries or {}),
            drafted_at=at,
        )
        added = add_text(version, BINDING_LANGUAGE, text, needs_native_review=False, at=at)
        defects = tuple(draft_checks.weigh_draft(version, clauses, text_sha256=added.sha256, at=at))
        record(
            AuditKind.NOTICES_POLICY_IMPORTED,
            actor=actor,
            about=f"consent.notice:{notice.code}",
            facts={
                "notice": notice.code,
                "version": version.number,
                "language": BINDING_LANGUAGE,
                "sha256": added.sha256,
                "effective_on": effective_on.isoformat(),
                "clauses": len(policy_parser.numbered(clauses)),
                "defects": len(defects),
            },
            at=at,
        )
    return Drafted(version, clauses, defects)


def add_translation(
    *,
    version: NoticeVersion,
    language: str,
    text: str,
    needs_native_review: bool,
    actor: Actor,
    seen: str | None = None,
    now: datetime | None = None,
) -> NoticeText:
    """Add a language to a draft, or another revision of one that it has, in one transaction.

    ``seen`` as in ``translations.bring``. Raises IllegalMove for a version that is published: its words do not change;
    LostRace when somebody else changed the translation; Refused (SAME_TEXT) for the words that are there.
    """
    at = now or clock.now()
    with transaction.atomic():
        draft = NoticeVersion.objects.select_for_update(of=("self",)).get(pk=version.pk)
        if draft.state != VersionState.DRAFT:
            raise IllegalMove(_("This version is published. Draft a new one to change its texts."))
        present = draft.texts.filter(language=language).first()
        if seen is not None and seen != (present.sha256 if present is not None else ""):
            raise LostRace(
                _(
                    "Somebody else changed this translation after you opened it. Your words are below; compare, then save."
                )
            )
        if present is not None and present.text == text:
            said = _(
                "The draft has these words already. If they still fit, record that a native speaker has read them."
            )
            raise Refused(said, code="SAME_TEXT")
        revision = present.revision + 1 if present is not None else 1
        added = add_text(version, language, text, needs_native_review=needs_native_review, at=at, revision=revision)
        binding = version.binding
        draft_checks.weigh_draft(version, clauses_of(binding), text_sha256=binding.sha256, at=at)
        record(
            AuditKind.NOTICES_VERSION_DRAFTED,
            actor=actor,
            about=f"consent.notice:{version.notice.code}",
            facts={
                "notice": version.notice.code,
                "version": version.number,
                "language": language,
                "sha256": added.sha256,
            },
            at=at,
        )
    return added


def add_text(
    version: NoticeVersion,
    language: str,
    text: str,
    *,
    needs_native_review: bool,
    at: datetime,
    clauses: Sequence[policy_parser.Clause] | None = None,
    revision: int = 1,
) -> NoticeText:
    """Keep the bytes of a text and its clauses, in the caller's transaction. ``clauses`` bring codes of promises along;
    those without one take it from the same clause of the version before.
    """
    body = text.encode()
    added = NoticeText.objects.create(
        version=version,
        language=language,
        revision=revision,
        body=body,
        sha256=hashlib.sha256(body).hexdigest(),
        needs_native_review=needs_native_review,
        added_at=at,
    )
    parsed = list(clauses if clauses is not None else policy_parser.parse(text))
    earlier = before(version)
    known = clauses_of(earlier.text_in(language)) if earlier is not None else []
    PolicyClause.objects.bulk_create(
        PolicyClause(
            text=added, position=place, number=c.number, title=c.title[:200], body=c.body.encode(), promise=c.promise
        )
        for place, c in enumerate(editing.with_promises(parsed, text_diff.pairs(known, parsed)), 1)
    )
    return added
