"""Changing how long a class is kept: one person proposes a new version of its rule, another agrees."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from portal.kernel.audit import services as audit
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.core import access, clock
from portal.kernel.core.actor import Actor
from portal.kernel.core.errors import IllegalMove, Refused
from portal.kernel.law.models import HouseRule, LegalRule
from portal.kernel.people.services import maker_checker
from portal.kernel.retention import limitation
from portal.kernel.retention.models import RetentionRule, RuleProposal
from portal.kernel.retention.permissions import Act, Permission
from portal.kernel.retention.services.rule_loader import digest_of

#: What a version may say otherwise than the one before it; everything else it takes over.
CHANGEABLE = ("house_rule", "legal_rules", "erasing_rules", "notice_rules", "needs_approval", "system")


def propose(
    *, retention_class: str, changes: Mapping[str, Any], effective_from: date, why: str, actor: Actor, now: datetime
) -> RuleProposal:
    """Propose a version that says ``changes`` otherwise from a day on, with its audit event, in one transaction.

    Raises NotAllowed, Refused for a class without a rule (NO_RULE), a key of no rule (NO_SUCH_RULE), a day that has passed
    (PASSED), no words (REASON_MISSING) or nothing that changes (NOTHING_CHANGES); IllegalMove while a change waits.
    """
    maker = maker_checker.person_of(actor)
    access.require(maker, Permission.RULE_CHANGE)
    if not why.strip():
        raise Refused(_("Say why."), code="REASON_MISSING")
    if effective_from <= clock.day(now):
        raise Refused(_("Choose a day that is still to come."), code="PASSED")
    current = _newest(retention_class)
    content = {
        name: changes[name] for name in CHANGEABLE if name in changes and changes[name] != getattr(current, name)
    }
    if not content:
        raise Refused(_("Nothing would change."), code="NOTHING_CHANGES")
    _require_known(content)
    try:
        with transaction.atomic():
            made = maker_checker.propose(
                RuleProposal,
                act=Act.RULE_CHANGE,
                maker=maker,
                shown=_shown(current, content, effective_from, why.strip()),
                now=now,
                retention_class=retention_class,
                content=content,
                effective_from=effective_from,
                why=why.strip(),
            )
            _record(AuditKind.RETENTION_RULE_PROPOSED, made, actor)
    except IntegrityError as error:
        raise IllegalMove(_("A change of this class waits for a second person already.")) from error
    return made


def propose_shipped(*, retention_class: str, actor: Actor, now: datetime) -> RuleProposal:
    """Propose the change that this release brings for a class (``data/limitation.toml``), like any other (``propose``).

    Raises what ``propose`` raises, and Refused where the release proposes nothing for the class (NOTHING_PROPOSED).
    """
    change = limitation.proposed_change(retention_class)
    if change is None:
        raise Refused(_("This release proposes no change of this class."), code="NOTHING_PROPOSED")
    why = _("A limitation period is no duty to keep. What a named dispute needs is kept by a legal claim. (%(source)s)")
    return propose(
        retention_class=retention_class,
        changes={"legal_rules": change["legal_rules"]},
        effective_from=limitation.first_day(change, today=clock.day(now)),
        why=why % {"source": change["source"]},
        actor=actor,
        now=now,
    )


def shipped_changes_left() -> list[RetentionRule]:
    """The newest rules that still keep by a limitation though this release proposes otherwise. Reads only."""
    rules = RetentionRule.objects.filter(retention_class__in=limitation.classes_to_change())
    newest = {rule.retention_class: rule for rule in rules.order_by("version")}
    return [rule for rule in newest.values() if any(limitation.is_limitation(str(key)) for key in rule.legal_rules)]


def answer(*, proposal: RuleProposal, approve: bool, reason: str, actor: Actor, now: datetime) -> None:
    """Approve or refuse, as another person; a yes adds the version. In one transaction with its audit event.

    Raises what ``maker_checker.answer`` raises (also when the rule changed since), NotAllowed, and Refused for a day that has
    passed meanwhile (PASSED).
    """
    checker = maker_checker.person_of(actor)
    access.require(checker, Permission.RULE_CHANGE)
    with transaction.atomic():
        current = _newest(proposal.retention_class)
        maker_checker.answer(
            proposal,
            checker=checker,
            approve=approve,
            shown=_shown(current, proposal.content, proposal.effective_from, proposal.why),
            reason=reason,
            now=now,
        )
        if approve:
            if proposal.effective_from <= clock.day(now):
                raise Refused(_("Its day has come already. Propose it again for a later day."), code="PASSED")
            _add_version(current, proposal, now)
        _record(AuditKind.RETENTION_RULE_CHANGED if approve else AuditKind.RETENTION_RULE_REFUSED, proposal, actor)


def _newest(retention_class: str) -> RetentionRule:
    found = RetentionRule.objects.filter(retention_class=retention_class).order_by("-version").first()
    if found is None:
        raise Refused(_("This class has no rule yet. Rules of new classes come with a release."), code="NO_RULE")
    return found


def _require_known(content: Mapping[str, Any]) -> None:
    named = {content[name] for name in ("house_rule",) if name in content}
    laws = {key for name in ("legal_rules", "erasing_rules") for key in content.get(name, [])}
    notices = set(content.get("notice_rules", []))
    ours = {*named, *(key for key in notices if "." in key)}
    laws |= {key for key in notices if "." not in key}
    unknown = ours - set(HouseRule.objects.filter(key__in=ours).values_list("key", flat=True))
    unknown |= laws - set(LegalRule.objects.filter(key__in=laws).values_list("key", flat=True))
    if unknown:
        said = _("There is no rule with the key %(keys)s.") % {"keys": ", ".join(sorted(unknown))}
        raise Refused(said, code="NO_SUCH_RULE")


def _shown(current: RetentionRule, content: Mapping[str, Any], effective_from: date, why: str) -> dict[str, Any]:
    return {
        "class": current.retention_class,
        "instead_of": current.sha256,
        "content": dict(content),
        "effective_from": effective_from.isoformat(),
        "why": why,
    }


def _add_version(current: RetentionRule, proposal: RuleProposal, now: datetime) -> RetentionRule:
    taken = ("name", "counts_from", "source", "note", *CHANGEABLE)
    values = {**{name: getattr(current, name) for name in taken}, **proposal.content}
    version = current.version + 1
    said = {**values, "retention_class": current.retention_class, "version": version}
    return RetentionRule.objects.create(
        retention_class=current.retention_class,
        version=version,
        effective_from=proposal.effective_from,
        sha256=digest_of({**said, "effective_from": proposal.effective_from}),
        recorded_at=now,
        **values,
    )


def _record(kind: AuditKind, proposal: RuleProposal, actor: Actor) -> None:
    audit.record(
        kind,
        actor=actor,
        about=f"retention.rule:{proposal.retention_class}",
        facts={
            "proposal": proposal.pk,
            "retention_class": proposal.retention_class,
            "sha256": proposal.shown_sha256,
            "fields": " ".join(sorted(proposal.content)),
        },
    )
