"""What the page of one document at the review desk shows."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.forms import Form
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from kyc.base.check_outcomes import CheckOutcome
from kyc.base.choices import PROVED_BY_SIGNATURE, DecisionReason, DocumentState
from kyc.base.models.checks import Check
from kyc.base.models.documents import Document
from kyc.base.permissions import Permission
from kyc.cases import check_labels, labels
from kyc.cases.check_labels import OUTCOMES
from kyc.cases.forms import REASONS, ProposalForm
from kyc.cases.minor_guard import is_of_a_child
from kyc.cases.selectors import latest_checks
from kyc.outcomes.services import customer_notifications
from kyc.review.admin.queue import holder_of
from kyc.review.decision_basis import Change, changed_since, seen
from kyc.review.field_comparison import VERDICTS, side_by_side
from kyc.review.review_appeals import appeals_of, is_appealed
from kyc.review.services import document_decisions, signed_documents
from kyc.signers.services import signer_proposals
from portal.kernel.core import access, clock, date_format
from portal.kernel.core.admin.bases import KEYS_OFF
from portal.kernel.law.selectors import running_clocks
from portal.kernel.people.choices import Answer

SIGNS = {"PASS": "✓", "WARN": "▲", "FAIL": "■", "UNAVAILABLE": "‖", "NOT_APPLICABLE": "–"}
#: What is shown of the checks at once, in this order; what passed and what does not apply is folded.
OPEN_CHECKS = (CheckOutcome.FAIL, CheckOutcome.WARN, CheckOutcome.UNAVAILABLE)
#: How large a page is shown, and how it is turned: the page's own sheet does both, and nothing is asked for.
ZOOMS = (("fit", _("Fit")), ("150", "150"), ("250", "250"), ("400", "400 %"))
TURNS = (("0", "0°"), ("90", "90°"), ("180", "180°"), ("270", "270°"))


def page(request: HttpRequest, document: Document, proposal: Form, reply: Form) -> dict[str, Any]:
    """Everything the page shows. The checker sees what the maker saw: the same bytes, checks and words."""
    now = clock.now()
    user: Any = request.user
    # What was only uploaded, and not sent, is nobody's here to look at.
    is_sent = document.sent_at is not None
    may_open = access.allowed(user, Permission.DOCUMENT_OPEN) and is_sent
    decision = document_decisions.open_proposal(document)
    is_waiting = document.state == DocumentState.CHECKED and is_sent
    is_open = (is_waiting or document.state == DocumentState.REJECTED) and document.case.frozen_at is None
    is_childs = is_of_a_child(document.case, document.party, at=now)
    is_for_good = document.state == DocumentState.REJECTED and not is_appealed(document)
    is_open = is_open and not is_childs and not is_for_good
    may_decide = access.allowed(user, Permission.CASE_DECIDE)
    is_shown = may_open and document.kept_id is not None
    said = document_decisions.words_of(decision) if decision is not None and may_open else ("", "")
    may_propose = may_decide and is_open and decision is None and not document_decisions.why_not_maker(user, now=now)
    why_not = document_decisions.why_not_checker(decision, user, now=now) if decision is not None else ""
    return {
        "document": document,
        "case": document.case,
        "is_sent": is_sent,
        "is_childs": is_childs,
        "brought_by": document.brought_by and (document.brought_by.full_name or document.brought_by.email),
        **checks_of(document, is_sent=is_sent),
        "number": document.number_display if is_sent else "",
        "search_of_file": labels.searched(document) if is_sent else "",
        "scanned": labels.SCANS.get(document.scanned, "") if is_sent else "",
        "notices": labels.notices(document) if is_sent else [],
        "fault": labels.FAULTS.get(document.fault, "") if is_sent else "",
        "sha256": document.kept.sha256 if document.kept and is_sent else "",
        "proved": signed_documents.shown(document) if may_open and document.kind in PROVED_BY_SIGNATURE else {},
        "nobody_is_trusted": document.kind in signer_proposals.unsigned_for(),
        "rows": side_by_side(document) if is_shown and document.erased_at is None else [],
        "pages": range(1, document.pages + 1) if is_shown else (),
        "zooms": ZOOMS,
        "turns": TURNS,
        "others": document.case.documents.exclude(pk=document.pk).exclude(sent_at=None).order_by("kind", "-sent_at"),
        "page_seen": seen(document),
        "appeals": appeals_of(document),
        "is_for_good": is_for_good,
        "since": [change_line(one, document.kind) for one in changed_since(decision)] if decision is not None else [],
        "languages": ", ".join(language_name(code) for code in customer_notifications.languages_of(document.case))
        or date_format.NONE,
        "single_keys": not request.session.get(KEYS_OFF, False),
        "keys": keys_of(document, may_propose=may_propose, may_answer=decision is not None and not why_not),
        "may_decide": may_decide,
        "may_open": may_open,
        "decision": decision,
        "decision_reason": DecisionReason(decision.reason_code).label if decision and decision.reason_code else "",
        "decision_answered": [check_labels.label(name, document.kind) for name in decision.answered.split()]
        if decision
        else [],
        "decision_message": said[0],
        "decision_note": said[1],
        "earlier": [
            labels.decision(row)
            for row in document.decisions.exclude(answer=Answer.PENDING)
            .select_related("made_by", "checked_by")
            .order_by("-made_at")
        ],
        "why_not": why_not,
        "may_propose": may_propose,
        "proposal": proposal,
        "reply": reply,
        "problems": [*problems(proposal), *problems(reply)],
        "taken_by": holder_of(document.case),
        "due": running_clocks(document.case.owner).first(),
    }


def proposal_form(document: Document, data: Any = None) -> ProposalForm:
    """The maker's form, with a tick for each check that only a person can answer."""
    asked = [(check.name, labels.asked(check)) for check in document_decisions.to_answer(document)]
    return ProposalForm(data, to_answer=asked, is_appeal=document.state == DocumentState.REJECTED)


def letters(document: Document, form: Form) -> list[dict[str, str]]:
    """The letter of the proposal that was typed, in each language of the customer's people."""
    given = {name: form.cleaned_data[name] for name in ("outcome", "reason_code", "message")}
    return [
        {
            "language": one.language,
            "language_label": language_name(one.language),
            "subject": one.subject,
            "body": one.body,
        }
        for one in customer_notifications.preview(document, **given)
    ]


def language_name(code: str) -> str:
    """The English name of a language."""
    return str(dict(settings.LANGUAGES).get(code, code))


def mark(user: Any, document: Document, *, now: datetime) -> str:
    """What stands over each page: which login looks at what, and when."""
    return f"{user.email} · {document.reference} · {date_format.moment(now)}"


def change_line(change: Change, kind: str) -> dict[str, Any]:
    """One thing that is not as the maker saw it: bytes by the beginning of their hashes, checks in words."""
    if not change.check:
        return {"label": _("SHA-256 of the file"), "before": change.before[:16], "now": change.now[:16]}
    label = check_labels.label(change.check, kind)
    return {"label": label, "before": _in_words(change.before), "now": _in_words(change.now)}


def _in_words(said: str) -> str:
    outcome, _space, reason = said.partition(" ")
    words_of = [str(OUTCOMES.get(outcome, outcome)), str(check_labels.REASONS.get(reason, reason))]
    return ": ".join(word for word in words_of if word) or date_format.NONE


def keys_of(document: Document, *, may_propose: bool, may_answer: bool) -> list[dict[str, Any]]:
    """The keys beside those of the view; each is a link to what it reaches. ``a`` agrees, whichever of the two people it is."""
    outcomes = [("a", _("Approve")), ("r", _("Ask again")), ("x", _("Reject for good"))]
    found = [{"key": "?", "label": _("This list of keys"), "url": "#keys"}]
    if document.pages:
        found += [
            {"key": "+ -", "label": _("Larger or smaller"), "url": ""},
            {"key": "[ ]", "label": _("Turn left or right"), "url": ""},
            {"key": "0", "label": _("The whole page, upright"), "url": ""},
        ]
    if may_propose and document.state == DocumentState.CHECKED:
        found += [{"key": key, "label": label, "url": f"#id_outcome_{at}"} for at, (key, label) in enumerate(outcomes)]
        found += [
            {"key": str(at + 1), "label": label, "url": f"#id_reason_code_{at}"}
            for at, (_code, label) in enumerate(REASONS)
        ]
        found += [
            {"key": "m", "label": _("Message to the customer"), "url": "#id_message"},
            {"key": "i", "label": _("Internal note"), "url": "#id_note"},
        ]
    if may_answer:
        found += [
            {"key": "a", "label": _("Approve the proposal"), "url": "#id_decision_0"},
            {"key": "r", "label": _("Send it back"), "url": "#id_decision_1"},
        ]
    found.append(
        {"key": "q", "label": _("Back to the queue"), "url": reverse("admin:kyc_document_changelist") + "?queue=review"}
    )
    return found


def checks_of(document: Document, *, is_sent: bool) -> dict[str, Any]:
    """The checks that somebody has to look at, the worst first, and apart from them those that ask for nothing."""
    found = [check for check in latest_checks(document) if is_sent or _could_not_run(check)]
    lines = [(check.outcome, check_line(check)) for check in found]
    folded = [line for outcome, line in lines if outcome not in OPEN_CHECKS]
    passed = sum(outcome == CheckOutcome.PASS for outcome, _line in lines)
    said = {
        ngettext("%(count)s passed", "%(count)s passed", passed): passed,
        ngettext("%(count)s does not apply", "%(count)s do not apply", len(folded) - passed): len(folded) - passed,
    }
    return {
        "checks": [line for wanted in OPEN_CHECKS for outcome, line in lines if outcome == wanted],
        "folded_checks": folded,
        "folded_says": ", ".join(words % {"count": count} for words, count in said.items() if count),
    }


def _could_not_run(check: Check) -> bool:
    """It says something of us, and nothing of the file."""
    return check.outcome == CheckOutcome.UNAVAILABLE


def check_line(check: Any) -> dict[str, Any]:
    """One check in words. What passed only as it was typed says so: nobody has read it in the document."""
    is_as_typed = check.outcome == CheckOutcome.PASS and check_labels.is_typed(check.name, check.document.kind)
    reason = check_labels.REASONS.get(check.reason, labels.FAULTS.get(check.reason, check.reason))
    return {
        "label": check_labels.label(check.name, check.document.kind),
        "sign": SIGNS.get(check.outcome, ""),
        "outcome": OUTCOMES.get(check.outcome, check.outcome),
        "tone": VERDICTS[check.outcome][2],
        "reason": check_labels.AS_TYPED if is_as_typed else reason,
        "at": check.ended_at,
    }


def problems(form: Form) -> list[dict[str, str]]:
    """Every error with the control it belongs to."""
    found = [{"text": str(text), "target": ""} for text in form.non_field_errors()]
    for field in form.visible_fields():
        target = f"{field.auto_id}_0" if field.use_fieldset else field.auto_id
        found += [{"text": str(text), "target": target} for text in field.errors]
    return found
