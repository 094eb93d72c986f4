"""A published text gets another language: its words come with one person, another agrees. Nobody is asked anything again."""

import hashlib
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from consent.base.choices import VersionState
from consent.base.models.notices import BINDING_LANGUAGE, NoticeText, NoticeVersion, TextReview
from consent.base.permissions import Act
from consent.base.rules import policy_parser
from consent.notices.models.publication import TranslationProposal
from consent.notices.selectors.languages import languages
from consent.notices.selectors.translation_progress import progress
from consent.notices.services import policy_import, publication
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core import clock, field_changes
from portal.kernel.core.actor import Actor
from portal.kernel.core.errors import Refused
from portal.kernel.people.choices import Answer
from portal.kernel.people.services import maker_checker


def bring(
    *,
    version: NoticeVersion,
    language: str,
    text: str,
    actor: Actor,
    seen: str | None = None,
    now: datetime | None = None,
) -> NoticeText | TranslationProposal:
    """Bring a translation: a draft takes it at once, for two people publish it anyway, also in the place of one it has; a
    published version takes one in a new language when another person agrees.

    ``seen`` is the SHA-256 of the translation that was open, empty where there was none; None: whatever is there. Raises
    Refused for a language the law does not name, one that a published version has already, an empty text, or, for a text with
    numbered clauses, a translation that has other numbers; LostRace when somebody else changed it meanwhile; NotAllowed when
    the role may not propose.
    """
    at = now or clock.now()
    maker = maker_checker.person_of(actor)
    maker_checker.require_maker(maker, Act.TRANSLATION_ADD, now=at)
    plain = text.replace("\r\n", "\n").replace("\r", "\n").strip() + "\n"
    _refuse_unfit(version, language, plain)
    if version.state == VersionState.DRAFT:
        added = policy_import.add_translation(
            version=version, language=language, text=plain, needs_native_review=True, actor=actor, seen=seen, now=at
        )
        field_changes.watch_created(added)
        return added
    with transaction.atomic():
        if version.translations.filter(language=language, answer=Answer.PENDING).exists():
            raise Refused(_("A translation into this language waits for a second person already."), code="PENDING")
        body = plain.encode()
        proposal = maker_checker.propose(
            TranslationProposal,
            act=Act.TRANSLATION_ADD,
            maker=maker,
            shown=shown(version, language, body),
            now=at,
            version=version,
            language=language,
            body=body,
        )
        _note(AuditKind.NOTICES_TRANSLATION_PROPOSED, proposal, actor, at)
    return proposal


def answer(
    *,
    proposal: TranslationProposal,
    approve: bool,
    speaks_it: bool = False,
    reason: str = "",
    actor: Actor,
    now: datetime | None = None,
) -> None:
    """Answer as another person; approving adds the text and its ledger entry in the same transaction.

    ``speaks_it``: the second person speaks the language from home and has read the translation; else it is shown as one
    that nobody has checked yet. No announcement and no question follows. Raises as ``maker_checker.answer``.
    """
    at = now or clock.now()
    version = proposal.version
    body = bytes(proposal.body)
    with transaction.atomic():
        maker_checker.answer(
            proposal,
            checker=maker_checker.person_of(actor),
            approve=approve,
            shown=shown(version, proposal.language, body),
            reason=reason,
            now=at,
        )
        _note(AuditKind.NOTICES_TRANSLATION_ANSWERED, proposal, actor, at)
        if not approve:
            return
        _refuse_unfit(version, proposal.language, body.decode())
        added = policy_import.add_text(version, proposal.language, body.decode(), needs_native_review=True, at=at)
        publication.enter(added)
        if speaks_it:
            review(text=added, actor=actor, now=at)


def review(*, text: NoticeText, actor: Actor, now: datetime | None = None) -> TextReview:
    """Keep that a native speaker has read the translation: from now on people may rely on it.

    Raises Refused for the binding text, which is no translation, and for one that was reviewed after the binding words
    changed last.
    """
    at = now or clock.now()
    if why := not_reviewable(text):
        raise Refused(why, code="NOT_REVIEWABLE")
    with transaction.atomic():
        made = TextReview.objects.create(text=text, reviewed_by=actor.ref[:40], reviewed_at=at)
        field_changes.watch_created(made)
        version = text.version
        record(
            AuditKind.NOTICES_TRANSLATION_REVIEWED,
            actor=actor,
            about=f"consent.notice:{version.notice.code}",
            facts={
                "notice": version.notice.code,
                "version": version.number,
                "language": text.language,
                "sha256": text.sha256,
            },
            at=at,
        )
    return made


def not_reviewable(text: NoticeText) -> str:
    """Why there is nothing to review; empty when there is."""
    if text.language == BINDING_LANGUAGE:
        return str(_("The binding text is no translation."))
    if not text.is_reviewed:
        return ""
    found = (one for one in progress(text.version) if one.language.code == text.language)
    is_stale = any(one.text is not None and one.text.pk == text.pk and one.stale for one in found)
    return "" if is_stale and text.needs_native_review else str(_("It was reviewed already."))


def shown(version: NoticeVersion, language: str, body: bytes) -> dict[str, Any]:
    """What both people see and are bound to."""
    return {
        "notice": version.notice.code,
        "version": version.number,
        "language": language,
        "sha256": hashlib.sha256(body).hexdigest(),
        "binding_sha256": version.binding.sha256,
    }


def _refuse_unfit(version: NoticeVersion, language: str, text: str) -> None:
    if version.state == VersionState.DROPPED:
        raise Refused(_("This version was dropped."), code="DROPPED")
    if language not in languages() or language == BINDING_LANGUAGE:
        raise Refused(_("This is none of the languages into which notices are translated."), code="NO_SUCH_LANGUAGE")
    if version.state == VersionState.PUBLISHED and version.texts.filter(language=language).exists():
        raise Refused(_("This version has a text in that language already."), code="LANGUAGE_TAKEN")
    if not text.strip():
        raise Refused(_("The translation is empty."), code="EMPTY")
    wanted = [clause.number for clause in policy_parser.parse(version.binding.text)]
    found = [clause.number for clause in policy_parser.parse(text)]
    if wanted != found:
        missing = next((number for number in wanted if number not in found), "")
        raise Refused(
            _(
                "The clauses are not those of the binding text (%(missing)s). Keep the numbers as they are, in Latin digits."
            )
            % {"missing": missing or len(found)},
            code="OTHER_CLAUSES",
        )


def _note(kind: AuditKind, proposal: TranslationProposal, actor: Actor, at: datetime) -> None:
    version = proposal.version
    record(
        kind,
        actor=actor,
        about=f"consent.notice:{version.notice.code}",
        facts={
            "notice": version.notice.code,
            "version": version.number,
            "language": proposal.language,
            "proposal": proposal.pk,
            "answer": proposal.answer,
            "shown_sha256": proposal.shown_sha256,
        },
        at=at,
    )
