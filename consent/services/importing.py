"""A text file becomes a draft version with its clauses and defects."""

import functools
import hashlib
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from consent.models import Notice, NoticeText, NoticeVersion, PolicyClause, PolicyDefect
from consent.models.notices import BINDING_LANGUAGE
from consent.rules import policy
from consent.states import NoticeKind, VersionState
from portal.audit.kinds import AuditKind
from portal.audit.services import record
from portal.core import clock
from portal.core.actor import Actor
from portal.core.errors import IllegalMove, Refused
from portal.registers import selectors as registers

CHECKS_FILE = Path(__file__).resolve().parent.parent / "data" / "policy_checks.toml"
#: No policy is longer; a wrong file often is.
LARGEST = 512 * 1024


@dataclass(frozen=True)
class Drafted:
    version: NoticeVersion
    clauses: tuple[policy.Clause, ...]
    defects: tuple[policy.Defect, ...]


@functools.cache
def checks() -> policy.Checks:
    """What texts are checked for (``consent/data/policy_checks.toml``)."""
    return policy.compile_checks(tomllib.loads(CHECKS_FILE.read_text(encoding="utf-8")))


def decode(data: bytes) -> str:
    """A text file as text. Raises Refused, saying what to do, for what is none."""
    if len(data) > LARGEST:
        raise Refused(_("This file is larger than a policy can be (512 kB). Give the text alone."), code="TOO_LARGE")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Refused(
            _("This file is not plain text in UTF-8. Save it as text and try again."), code="NOT_TEXT"
        ) from error
    if "\x00" in text:
        raise Refused(_("This file is not plain text in UTF-8. Save it as text and try again."), code="NOT_TEXT")
    if not text.strip():
        raise Refused(_("This file is empty."), code="EMPTY")
    return text.replace("\r\n", "\n").replace("\r", "\n")


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

    Raises Refused when the notice is of another kind.
    """
    with transaction.atomic():
        found = notice(code=code, kind=kind, title=title)
        if found.kind != kind:
            raise Refused(_("The notice with this code is of another kind. Choose another code."), code="OTHER_KIND")
        return import_text(notice=found, text=text, effective_on=effective_on, purposes=purposes, actor=actor)


def import_text(
    *,
    notice: Notice,
    text: str,
    effective_on: date,
    actor: Actor,
    purposes: Sequence[str] = (),
    what_changed: str = "",
    now: datetime | None = None,
) -> Drafted:
    """Draft the next version from a text in the binding language: text, clauses and defects in one transaction.

    Only a privacy policy is searched for defects; a consent notice may have no numbered clause.
    """
    at = now or clock.now()
    clauses = tuple(policy.parse(text))
    defects: tuple[policy.Defect, ...] = ()
    if notice.kind == NoticeKind.PRIVACY_POLICY:
        defects = tuple(policy.find_defects(clauses, checks(), officer_names=_officer_names(effective_on)))
    with transaction.atomic():
        last = notice.versions.aggregate(last=Max("number"))["last"] or 0
        version = NoticeVersion.objects.create(
            notice=notice,
            number=last + 1,
            effective_on=effective_on,
            purposes=list(purposes),
            what_changed=what_changed,
            drafted_at=at,
        )
        added = _add_text(version, BINDING_LANGUAGE, text, needs_native_review=False, at=at)
        PolicyDefect.objects.bulk_create(
            PolicyDefect(version=version, code=d.code, clause=d.clause, message=d.message[:200], found_at=at)
            for d in defects
        )
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
                "clauses": len(policy.numbered(clauses)),
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
    now: datetime | None = None,
) -> NoticeText:
    """Add a language to a draft. Raises IllegalMove for a version that is published: its words do not change."""
    at = now or clock.now()
    if version.state != VersionState.DRAFT:
        raise IllegalMove(_("This version is published. Draft a new one to change its texts."))
    if version.texts.filter(language=language).exists():
        raise Refused(_("This version has a text in that language already."), code="LANGUAGE_TAKEN")
    with transaction.atomic():
        added = _add_text(version, language, text, needs_native_review=needs_native_review, at=at)
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


def _add_text(
    version: NoticeVersion, language: str, text: str, *, needs_native_review: bool, at: datetime
) -> NoticeText:
    body = text.encode()
    added = NoticeText.objects.create(
        version=version,
        language=language,
        body=body,
        sha256=hashlib.sha256(body).hexdigest(),
        needs_native_review=needs_native_review,
        added_at=at,
    )
    PolicyClause.objects.bulk_create(
        PolicyClause(text=added, position=place, number=c.number, title=c.title[:200], body=c.body.encode())
        for place, c in enumerate(policy.parse(text), 1)
    )
    return added


def _officer_names(on: date) -> frozenset[str]:
    """The name in the register of officers, if there is one: a text that holds it names the officer."""
    officer = registers.current_officer(on=on)
    return frozenset({officer.full_name}) if officer is not None else frozenset()
