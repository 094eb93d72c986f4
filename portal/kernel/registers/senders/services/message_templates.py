"""Texts of messages and of consents: checked by rule, agreed to by a second person, ended, moved by the platform."""

import re
import tomllib
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from portal.kernel.core import clock
from portal.kernel.core.actor import Actor
from portal.kernel.core.data_files import data_of
from portal.kernel.core.errors import IllegalMove, PortalError, Refused
from portal.kernel.core.state_transitions import move
from portal.kernel.law import selectors as law
from portal.kernel.law.channels import OPERATORS, PLATFORMS
from portal.kernel.people.choices import Answer
from portal.kernel.people.models import Fiduciary
from portal.kernel.people.services import maker_checker
from portal.kernel.registers.base.choices import (
    SENDERS_OF_CHANNEL,
    TEMPLATE_MOVES,
    FindingCode,
    SenderKind,
    Severity,
    TemplateState,
)
from portal.kernel.registers.base.models.security import ExternalLink
from portal.kernel.registers.base.permissions import Act
from portal.kernel.registers.base.selectors.current_entries import company_details
from portal.kernel.registers.senders.models.senders import Sender
from portal.kernel.registers.senders.models.templates import ConsentTemplate, ContentTemplate
from portal.kernel.registers.senders.rules import template_checks
from portal.kernel.registers.senders.rules.template_checks import Draft, Finding, LintTerms
from portal.kernel.registers.senders.selectors import senders as sender_selectors
from portal.kernel.registers.senders.services import sender_entries

CHECKS_FILE: Final = data_of("portal.kernel.registers") / "template_lint.toml"
#: TRAI's direction on templates: kinds of variables, and how many without a reason.
KINDS_RULE, COUNT_RULE = "IN-TRAI-TPL-KINDS", "IN-TRAI-TPL-VARS"


@cache
def _shipped() -> dict[str, Any]:
    found = tomllib.loads(CHECKS_FILE.read_text(encoding="utf-8"))
    return {
        "tagged_channels": frozenset(found["tagged_channels"]),
        "sender_channels": frozenset(found["sender_channels"]),
        "opt_out_channels": frozenset(found["opt_out_channels"]),
        "opt_out": template_checks.words(found["opt_out"]),
        "promotional": template_checks.words(found["promotional"]),
        "maybe_promotional": template_checks.words(found["maybe_promotional"]),
        "bare_link": template_checks.bare_links(found["link_endings"]),
        "longest": found["longest"],
    }


def terms(*, at: datetime) -> LintTerms:
    """The shipped words with the law of that day. Without loaded rules no kind of variable is known: each is a find."""
    on = clock.day(at)
    try:
        kinds = frozenset(str(value).casefold() for value in law.legal_rule(KINDS_RULE, on=on).values)
    except PortalError:
        kinds = frozenset()
    try:
        most = law.legal_rule(COUNT_RULE, on=on).amount
    except PortalError:
        most = None
    return LintTerms(kinds=kinds, most_variables=most, **_shipped())


def lint(
    *,
    fiduciary: Fiduciary,
    channel: str,
    category: str,
    brand: str,
    text: str,
    senders: Iterable[Sender],
    at: datetime,
) -> list[Finding]:
    """What is wrong with a text at ``at``, by the links, numbers and senders that are registered then."""
    links, numbers = sender_selectors.targets(fiduciary=fiduciary, at=at)
    draft = Draft(
        text=text,
        channel=channel,
        category=category,
        brand=brand,
        senders=[frozenset(sender.carries) for sender in senders],
        links=links,
        numbers=numbers,
    )
    return template_checks.lint(draft, terms(at=at))


def promotional_words(text: str, *, at: datetime, is_sure: bool = True) -> list[str]:
    """Words that make a text promotional; with ``is_sure=False`` those that may, and over which people decide."""
    known = terms(at=at)
    return template_checks.found_words(known.promotional if is_sure else known.maybe_promotional, text)


def foreign_links(text: str, *, fiduciary: Fiduciary, at: datetime) -> list[str]:
    """Links of free words that lead to nobody's page we know: not ours, no allowed link, no host of the external links."""
    allowed, _numbers = sender_selectors.targets(fiduciary=fiduciary, at=at)
    others = sender_selectors.in_force(ExternalLink.objects.all(), at=at).values_list("host", flat=True)
    company = company_details(on=clock.day(at))
    ours = (settings.SITE_URL, company.website if company is not None else "")
    listed = [*allowed, *filter(None, ours), *(f"https://{host}" for host in others)]
    return template_checks.foreign_links(text, listed=listed, bare_link=terms(at=at).bare_link)


def has_variables(text: str) -> bool:
    """Whether something in a template is filled in for each person."""
    return template_checks.has_variables(text)


def propose(
    *,
    fiduciary: Fiduciary,
    channel: str,
    template_id: str,
    category: str,
    language: str,
    text: str,
    starts_at: datetime,
    brand: str = "",
    senders: Iterable[Sender] = (),
    why: str = "",
    actor: Actor,
    now: datetime,
) -> ContentTemplate:
    """Propose a template with what the linter warns of in it; both people see that.

    Raises Refused for an id that is none or that another text has, a sender of another fiduciary or channel, and for every
    error that the linter finds and every warning without a reason: all of them at once; NotAllowed.
    """
    text = text.replace("\r\n", "\n").strip()
    chosen = sorted(senders, key=lambda sender: sender.pk)
    brand = brand.strip() or fiduciary.name
    not_own = _not_own(chosen, fiduciary, channel, now)
    findings = lint(
        fiduciary=fiduciary, channel=channel, category=category, brand=brand, text=text, senders=chosen, at=now
    )
    _require_fit(channel, template_id.strip(), text, findings, why, not_own=not_own)
    with transaction.atomic():
        template = sender_entries.propose(
            ContentTemplate,
            act=Act.TEMPLATE_AGREE,
            fiduciary=fiduciary,
            starts_at=starts_at,
            fields={
                "channel": str(channel),
                "template_id": template_id.strip(),
                "category": str(category),
                "language": language,
                "brand": brand,
                "text": text,
                "findings": [as_plain(finding) for finding in findings],
                "why": why.strip(),
            },
            also_shown=ContentTemplate.bound(text, (sender.pk for sender in chosen)),
            actor=actor,
            now=now,
            # An id of the operators' ledger is given once they have approved the text; a platform is asked later.
            state=TemplateState.DRAFT if channel in PLATFORMS else TemplateState.APPROVED,
        )
        template.senders.set(chosen)
    return template


def _not_own(chosen: Sequence[Sender], fiduciary: Fiduciary, channel: str, now: datetime) -> list[str]:
    """What is wrong with the senders themselves, a sentence for each that the fiduciary may not send from."""
    kinds = SENDERS_OF_CHANNEL.get(channel, ())
    live = set(sender_selectors.in_force(Sender.objects.filter(fiduciary=fiduciary, kind__in=kinds), at=now))
    message = _("%(sender)s is no sender of this fiduciary on this channel.")
    return [message % {"sender": sender} for sender in chosen if sender not in live]


#: What an id looks like: of the operators' ledger, and the name that a platform gives. Technical bounds.
_OPERATORS_ID: Final = re.compile(r"[0-9]{4,30}")
_PLATFORMS_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
#: The field that a find is about, where it is not the text.
_FIELD_OF: Final = {
    FindingCode.BRAND_MISSING: "brand",
    FindingCode.HEADER_MISMATCH: "sent_from",
    FindingCode.SENDER_MISSING: "sent_from",
}


def _require_fit(
    channel: str, template_id: str, text: str, findings: Sequence[Finding], why: str, *, not_own: list[str]
) -> None:
    """Raises Refused with everything that is wrong, each beside its field (ID_FORMAT, SENDER_NOT_OWN, TEMPLATE_HAS_ERRORS,
    WHY_MISSING). What was found about senders that are not the fiduciary's own is left out: others are to be chosen.
    """
    wrong: dict[str, list[str]] = {}
    codes = []
    if why_not := _id_fault(channel, template_id):
        wrong["template_id"] = [why_not]
        codes.append("ID_FORMAT")
    if not_own:
        wrong["sent_from"] = not_own
        codes.append("SENDER_NOT_OWN")
    for find in findings:
        if not_own and _FIELD_OF.get(FindingCode(find.code)) == "sent_from":
            continue
        label = str(FindingCode(find.code).label)
        if find.severity == Severity.ERROR:
            codes.append("TEMPLATE_HAS_ERRORS")
            wrong.setdefault(_FIELD_OF.get(FindingCode(find.code), "text"), []).append(_with_place(label, find, text))
        elif not why.strip():
            codes.append("WHY_MISSING")
            wrong.setdefault("why", []).append(_with_place(label, find, text))
    if wrong:
        said = [each for all_said in wrong.values() for each in all_said]
        raise Refused(" ".join(dict.fromkeys(said)), code=codes[0], fields=wrong)


def _id_fault(channel: str, template_id: str) -> str:
    if not template_id:
        return str(_("Enter the template's id."))
    if channel in OPERATORS:
        return "" if _OPERATORS_ID.fullmatch(template_id) else str(_("A DLT template id has digits only, 4 to 30."))
    if _PLATFORMS_NAME.fullmatch(template_id):
        return ""
    return str(_("A template's name has letters, digits, full stops, hyphens and underscores only."))


def _with_place(label: str, find: Finding, text: str) -> str:
    return label if find.start is None else f"“{text[find.start : find.end]}”: {label}"


def as_plain(finding: Finding) -> dict[str, Any]:
    """A find as it is kept."""
    return {"code": finding.code, "severity": finding.severity, "start": finding.start, "end": finding.end}


def findings_of(template: ContentTemplate) -> list[Finding]:
    """The finds that both people are shown."""
    return [Finding(**kept) for kept in template.findings]


def answer(*, template: ContentTemplate, approve: bool, reason: str = "", actor: Actor, now: datetime) -> None:
    """Agree to a template and its category, or refuse it, as another person than its maker.

    The text is checked again: with an error, or a find that the proposal did not show, it cannot be agreed to. Raises
    Refused (TEMPLATE_HAS_ERRORS, FINDINGS_CHANGED) and what ``sender_entries.answer`` raises.
    """
    if approve:
        _require_clean(template, now)
    sender_entries.answer(template, approve=approve, reason=reason, actor=actor, now=now)


def _require_clean(template: ContentTemplate, now: datetime) -> None:
    senders = list(template.senders.all())
    if not_own := _not_own(senders, template.fiduciary, template.channel, now):
        raise Refused(" ".join(not_own), code="SENDER_NOT_OWN", fields={"sent_from": not_own})
    found = lint(
        fiduciary=template.fiduciary,
        channel=template.channel,
        category=template.category,
        brand=template.brand,
        text=template.text,
        senders=senders,
        at=now,
    )
    if any(find.severity == Severity.ERROR for find in found):
        message = _("This text has errors. Refuse it, and ask for a new proposal with a corrected text.")
        raise Refused(message, code="TEMPLATE_HAS_ERRORS")
    if not set(found) <= set(findings_of(template)):
        message = _("The check now finds more than the proposal shows. Refuse it, and ask for a new proposal.")
        raise Refused(message, code="FINDINGS_CHANGED")


def move_to(*, template: ContentTemplate, state: str, actor: Actor, now: datetime) -> None:
    """Record where a template stands with the platform that carries it, with its audit event.

    Raises IllegalMove before two people agreed to it, after its end or for a way that does not exist; LostRace.
    """
    maker_checker.person_of(actor)
    if template.answer != Answer.APPROVED or template.ends_at is not None:
        raise IllegalMove(_("Only a template that two people agreed to and that has not ended can be moved."))
    before = template.state
    if state not in TEMPLATE_MOVES[before]:
        words = {"before": TemplateState(before).label, "state": TemplateState(state).label}
        raise IllegalMove(_("What is %(before)s cannot become %(state)s.") % words)
    with transaction.atomic():
        move(template, state, moves=TEMPLATE_MOVES)
        sender_entries.record(
            template, "registers.template.moved", actor=actor, now=now, **{"from": before, "to": str(template.state)}
        )
    sender_selectors.forget()


def propose_consent(
    *,
    fiduciary: Fiduciary,
    template_id: str,
    short_code: Sender,
    language: str,
    scope: str,
    revocation_text: str,
    starts_at: datetime,
    brand: str = "",
    actor: Actor,
    now: datetime,
) -> ConsentTemplate:
    """Propose a consent template for the operators' register.

    Raises Refused for an empty field, a short code of somebody else, and a text that names no way back, all of them at
    once; NotAllowed.
    """
    wrong: dict[str, tuple[str, str]] = {}
    if why_not := _id_fault("sms", template_id.strip()):
        wrong["template_id"] = ("ID_FORMAT", why_not)
    is_own = short_code.kind == SenderKind.SHORT_CODE and short_code.fiduciary_id == fiduciary.pk
    if not is_own or not sender_selectors.in_force(Sender.objects.filter(pk=short_code.pk), at=now).exists():
        wrong["short_code"] = ("SENDER_NOT_OWN", str(_("Choose a short code of this fiduciary.")))
    if not scope.strip():
        wrong["scope"] = ("FIELD_EMPTY", str(_("Say what is agreed to.")))
    if not terms(at=now).opt_out.search(template_checks.plain(revocation_text)):
        said = str(_("Say how to take it back, for example: reply STOP."))
        wrong["revocation_text"] = ("REVOCATION_MISSING", said)
    if wrong:
        codes, words = zip(*wrong.values(), strict=True)
        raise Refused(" ".join(words), code=codes[0], fields={name: [said] for name, (_code, said) in wrong.items()})
    with transaction.atomic():
        return sender_entries.propose(
            ConsentTemplate,
            act=Act.TEMPLATE_AGREE,
            fiduciary=fiduciary,
            starts_at=starts_at,
            fields={
                "template_id": template_id.strip(),
                "short_code": short_code,
                "brand": brand.strip() or fiduciary.name,
                "language": language,
                "scope": " ".join(scope.split()),
                "revocation_text": " ".join(revocation_text.split()),
            },
            actor=actor,
            now=now,
        )
