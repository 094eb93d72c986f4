"""The holder's own yes before a document of Aadhaar is taken (Aadhaar Act s.8A), and what follows when it is taken back.

The yes is an event in the ledger like every other, its receipt stands on the document. On our pages it is asked for each
document anew; what staff or a program bring in stands on a yes that the holder has given before.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from kyc.base.choices import DocumentKind
from kyc.base.models.cases import Case
from kyc.base.models.documents import Document
from kyc.base.models.parties import Party
from kyc.cases import check_plans
from kyc.outcomes.services.deletion_requests import ask_as_holder, is_said_kept
from kyc.review.services import signed_documents
from portal.kernel.core import advisory_locks, answers
from portal.kernel.core.actor import Actor
from portal.kernel.core.errors import Refused
from portal.kernel.people.models import Customer, Principal
from portal.kernel.people.selectors import own_turns_of, refs_of

PURPOSE = "aadhaar_verification"
#: Evidence of a yes that somebody else brought: whose word it was.
TOLD_BY = "told_for_holder"


@dataclass(frozen=True)
class Yes:
    """A box that was ticked: the text before it, the words beside it, and who ticked it."""

    text_sha256: str
    language: str
    asked_in: str
    said_by: UUID


def question(kind: str, *, language: str, now: datetime) -> Any:
    """The text that asks before such a document is taken; None where nothing is asked, or nothing is published yet."""
    return (
        answers.consent_question.ask(purpose=PURPOSE, language=language, at=now) if check_plans.consent(kind) else None
    )


def can_be_taken(kind: str, *, now: datetime) -> bool:
    """Whether such a document can be taken at all: not one that is always asked for while its text is not published."""
    return check_plans.consent(kind) != "always" or question(kind, language="en", now=now) is not None


def require(kind: str, yes: Yes | None, *, customer: Customer, party: Party | None, now: datetime) -> None:
    """Before a byte of the file is read. Raises Refused: NOTICE_MISSING, CONSENT_MISSING.

    Without a box that was ticked a yes from before has to stand.
    """
    if check_plans.consent(kind) != "always":
        return
    if not can_be_taken(kind, now=now):
        said = _("We take no Aadhaar document yet: the notice that asks for your consent is not published.")
        raise Refused(said, code="NOTICE_MISSING")
    if yes is None and not _standing(customer, party, now=now):
        raise _missing()


def take_turn(kind: str, *, customer: Customer, party: Party | None) -> None:
    """Wait, first of all in the caller's transaction, until nobody records what the holder says, and keep the turn.

    The yes is read after it: one that is being withdrawn is found withdrawn, and a withdrawal that comes now waits and
    finds the document.
    """
    if check_plans.consent(kind):
        advisory_locks.take(*own_turns_of(refs_of(holder_of(customer, party))))


def receipt_for(
    kind: str, data: bytes, yes: Yes | None, *, case: Case, party: Party | None, actor: Actor, now: datetime
) -> str:
    """Record the yes in the caller's transaction, in the holder's turn, and give its receipt; empty for a document that needs none.

    ``data`` is what goes into quarantine. Raises Refused as ``require``, NOTICE_CHANGED for a text that was another, and
    what recording a yes raises.
    """
    asked = check_plans.consent(kind)
    if not asked or (asked == "if_aadhaar" and "aadhaar_last4" not in json.loads(data)["fields"]):
        return ""
    if yes is None:
        standing = _standing(case.customer, party, now=now)
        if not standing:
            raise _missing()
        return standing
    holder = holder_of(case.customer, party)
    said_by = hashlib.sha256(yes.said_by.bytes).hexdigest()
    proof = [] if yes.said_by in refs_of(holder) else [{"type": TOLD_BY, "sha256": said_by}]
    receipt: str = answers.consent_given.ask(
        subject_ref=holder,
        purpose=PURPOSE,
        text_sha256=yes.text_sha256,
        language=yes.language,
        asked_in=yes.asked_in,
        proof=proof,
        actor=actor,
        at=now,
    )
    if not receipt:
        raise _missing()
    return receipt


def holder_of(customer: Customer, party: Party | None) -> UUID:
    """Whose Aadhaar it is: the party's, or that of the person who owns the account."""
    if party is not None:
        return party.principal.subject.ref if party.principal else party.subject_ref
    owner = signed_documents.owner_of(customer)
    return owner.subject.ref if owner else customer.subject.ref


def is_held_by(principal: Principal, customer: Customer, party: Party | None) -> bool:
    """Whether this person is the one whose Aadhaar it is."""
    return principal.subject.ref in refs_of(holder_of(customer, party))


def withdrawn(*, purpose: str, receipts: frozenset[str], actor: Actor, at: datetime) -> None:
    """Answers ``ports.consent_withdrawn``: the documents taken under the yes are asked to be deleted, in the same
    transaction. One that was never sent goes at once; staff see and answer the others, replaced versions among them.
    """
    if purpose != PURPOSE:
        return
    kinds = [kind for kind in DocumentKind if check_plans.consent(kind)]
    taken = Document.objects.filter(kind__in=kinds, consent_ref__in=receipts, deletion_asked_at=None, erased_at=None)
    for document in taken.select_related("case", "party", "kept").order_by("pk"):
        if is_said_kept(document):
            ask_as_holder(document, actor=actor, now=at)


def _standing(customer: Customer, party: Party | None, *, now: datetime) -> str:
    return str(answers.consent_standing.ask(subject_ref=holder_of(customer, party), purpose=PURPOSE, at=now))


def _missing() -> Refused:
    said = _("Without the holder's own consent we take no Aadhaar document. Tick the box, or show another document.")
    without_page = "The holder has not agreed to the check of an Aadhaar document. They agree on their own pages; else send another."
    return Refused(said, code="CONSENT_MISSING", without_page=without_page)
