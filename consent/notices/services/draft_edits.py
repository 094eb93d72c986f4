"""A draft is edited clause by clause. Each edit is another revision of its text: what stood before is kept."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from consent.base.choices import VersionState
from consent.base.models.notices import BINDING_LANGUAGE, NoticeText, NoticeVersion
from consent.base.rules.policy_parser import INTRODUCTION, Clause, numbered
from consent.base.selectors.notices import clauses_of, standing_defects
from consent.notices.rules import clauses
from consent.notices.services import draft_checks, effective_dates, policy_import
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core import clock, field_changes
from portal.kernel.core.actor import Actor
from portal.kernel.core.errors import IllegalMove, LostRace, NotFound, Refused
from portal.kernel.law import selectors as law
from portal.kernel.people.services import maker_checker

REASONS = {
    "BAD_NUMBER": _("A clause number is like 9 or 9.7: one to four numbers with a full stop between them."),
    "NUMBER_TAKEN": _(
        "There is a clause %(clause)s already. Tick the box to let it and those after it move on by one."
    ),
    "HAS_CLAUSES_UNDER": _("Clause %(clause)s has clauses under it. Remove those first."),
    "NO_NEIGHBOUR": _("There is no clause beside %(clause)s in that direction."),
    "NOTHING_ABOVE": _("There is nothing above %(clause)s to join it with."),
    "NO_HEADING": _("This line of %(clause)s is too long for a heading. Shorten it in the text first."),
    "NO_SUCH_CLAUSE": _("This clause no longer exists. Check the present text."),
    "READS_OTHERWISE": _(
        "Clause %(clause)s would be read as something else. A title has no full stop at its end and is not longer than a "
        "line; in the text, no line begins with a number as a heading does."
    ),
}
Edit = Callable[[Sequence[Clause]], list[Clause]]


def add_clause(
    *,
    version: NoticeVersion,
    language: str,
    seen: str,
    number: str,
    title: str,
    body: str,
    promise: str = "",
    shift: bool = False,
    actor: Actor,
    now: datetime | None = None,
) -> NoticeText:
    """Add a clause at the place of its number. Raises as ``_amend``."""
    clause = Clause(number.strip(), title.strip(), clauses.neat(body), promise.strip())
    return _amend(
        version, language, seen, lambda present: clauses.add(present, clause, shift=shift), "added", number, actor, now
    )


def change_clause(
    *,
    version: NoticeVersion,
    language: str,
    seen: str,
    place: int,
    number: str,
    title: str,
    body: str,
    promise: str = "",
    actor: Actor,
    now: datetime | None = None,
) -> NoticeText:
    """Give the clause at a place other words, another number or another promise. Raises as ``_amend``."""
    clause = Clause(number.strip(), title.strip(), clauses.neat(body), promise.strip())
    return _amend(
        version, language, seen, lambda present: clauses.change(present, place, clause), "changed", number, actor, now
    )


def remove_clause(
    *, version: NoticeVersion, language: str, seen: str, place: int, actor: Actor, now: datetime | None = None
) -> NoticeText:
    """Take a clause out. Raises as ``_amend``, also while there are clauses under it."""
    return _amend(
        version, language, seen, lambda present: clauses.remove(present, place), "removed", str(place), actor, now
    )


def move_clause(
    *,
    version: NoticeVersion,
    language: str,
    seen: str,
    place: int,
    down: bool,
    actor: Actor,
    now: datetime | None = None,
) -> NoticeText:
    """Let a clause and its neighbour exchange places and numbers, each with what is under it. Raises as ``_amend``."""
    return _amend(
        version,
        language,
        seen,
        lambda present: clauses.move(present, place, down=down),
        "moved",
        str(place),
        actor,
        now,
    )


def number_through(
    *, version: NoticeVersion, language: str, seen: str, actor: Actor, now: datetime | None = None
) -> NoticeText:
    """Number the clauses without gaps, in the order in which they stand. Raises as ``_amend``."""
    return _amend(version, language, seen, clauses.number_through, "numbered", "", actor, now)


def _amend(
    version: NoticeVersion,
    language: str,
    seen: str,
    edit: Edit,
    act: str,
    clause: str,
    actor: Actor,
    now: datetime | None,
) -> NoticeText:
    """Write the edited text as the next revision, with its defects and the audit event, in one transaction.

    ``seen`` is the SHA-256 of the text that the editor had open. Raises LostRace when somebody edited it meanwhile,
    Refused for an edit that cannot be made, IllegalMove for a version that is no draft, NotFound for a language that has
    no text. An edit that changes nothing writes nothing.
    """
    at = now or clock.now()
    try:
        with transaction.atomic():
            present = _open_for_edit(version, language, seen)
            before = clauses_of(present)
            try:
                wanted = edit(before)
                text = clauses.compose(wanted)
            except clauses.BadEdit as bad:
                raise Refused(reason_of(bad), code=bad.code) from bad
            if wanted == before:
                return present
            return _write(present, text, wanted, act=act, clause=clause, actor=actor, at=at)
    except IntegrityError as error:
        raise _lost() from error


def _open_for_edit(version: NoticeVersion, language: str, seen: str) -> NoticeText:
    """The present text of the draft, locked against publication and other edits until the transaction ends."""
    draft = NoticeVersion.objects.select_for_update(of=("self",)).select_related("notice").get(pk=version.pk)
    if draft.state != VersionState.DRAFT:
        raise IllegalMove(_("This version is no longer a draft: its text does not change."))
    present = draft.texts.filter(language=language).first()
    if present is None:
        raise NotFound(_("The draft has no text in that language."))
    if present.sha256 != seen:
        raise _lost()
    present.version = draft
    return present


def _lost() -> LostRace:
    return LostRace(
        _(
            "Someone else changed this text after you opened it. What you entered is below; compare it with "
            "theirs, then save."
        )
    )


def _write(
    present: NoticeText, text: str, wanted: Sequence[Clause], *, act: str, clause: str, actor: Actor, at: datetime
) -> NoticeText:
    version = present.version
    added = policy_import.add_text(
        version,
        present.language,
        text,
        needs_native_review=present.needs_native_review,
        at=at,
        clauses=wanted,
        revision=present.revision + 1,
    )
    if present.language == BINDING_LANGUAGE:
        draft_checks.weigh_draft(version, wanted, text_sha256=added.sha256, at=at)
    field_changes.watch_created(added)
    record(
        AuditKind.NOTICES_DRAFT_EDITED,
        actor=actor,
        about=f"consent.notice:{version.notice.code}",
        facts={
            "notice": version.notice.code,
            "version": version.number,
            "language": added.language,
            "sha256": added.sha256,
            "act": act,
            "clause": clause[:16],
            "clauses": len(numbered(wanted)),
            "defects": standing_defects(version).count(),
        },
        at=at,
    )
    return added


def change_details(
    *,
    version: NoticeVersion,
    seen: str,
    effective_on: date,
    what_changed: str,
    purposes: Sequence[str],
    summaries: Mapping[str, str] | None = None,
    actor: Actor,
    now: datetime | None = None,
) -> None:
    """Change a draft's day, its summary for people (``summaries``: in other languages) and its purposes.

    Its defects are weighed again, for another day has other rules, and another version before it. In one transaction.
    ``seen`` is ``details_digest`` of what the editor had open. What stands so already writes nothing, whoever wrote it.
    Raises LostRace when somebody changed the details meanwhile, IllegalMove for a version that is no draft, NotFound for
    an unknown purpose, Refused for a day that has passed.
    """
    at = now or clock.now()
    for code in purposes:
        law.purpose(code, on=effective_on)
    wanted: dict[str, Any] = {
        "effective_on": effective_on,
        "what_changed": _lines(what_changed),
        "purposes": list(purposes),
    }
    if summaries is not None:
        wanted["summaries"] = {code: said for code, text in summaries.items() if (said := _lines(text))}
    with transaction.atomic():
        text = version.binding
        draft = _open_for_edit(version, BINDING_LANGUAGE, text.sha256).version
        effective_dates.refuse_past(draft.notice, effective_on, at=at)
        changed = [name for name, value in wanted.items() if getattr(draft, name) != value]
        if not changed:
            return
        if details_digest(draft) != seen:
            raise _lost()
        field_changes.watch_row(draft)
        for name in changed:
            setattr(draft, name, wanted[name])
        draft.save(update_fields=changed)
        draft_checks.weigh_draft(draft, clauses_of(text), text_sha256=text.sha256, at=at)
        record(
            AuditKind.NOTICES_DRAFT_EDITED,
            actor=actor,
            about=f"consent.notice:{draft.notice.code}",
            facts={
                "notice": draft.notice.code,
                "version": draft.number,
                "effective_on": effective_on.isoformat(),
                "act": "details",
                "defects": standing_defects(draft).count(),
            },
            at=at,
        )


def details_digest(version: NoticeVersion) -> str:
    """SHA-256 of the day, the summaries and the purposes as they stand on the version: what an editor had open."""
    return maker_checker.shown_digest(
        {
            "effective_on": version.effective_on.isoformat(),
            "what_changed": version.what_changed,
            "purposes": version.purposes,
            "summaries": version.summaries,
        }
    )


def _lines(text: str) -> str:
    return "\n".join(line.strip() for line in text.splitlines() if line.strip())


def reason_of(bad: clauses.BadEdit) -> str:
    """Why an edit cannot be made, in words."""
    number = str(_("The introduction")) if bad.clause == INTRODUCTION else bad.clause
    said: str = str(REASONS[bad.code]) % {"clause": number}
    return said
