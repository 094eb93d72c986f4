"""Asking for something about one's data: one transaction makes ticket and request, and sends the code that proves it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from grievances.base import encryption, request_labels
from grievances.base.choices import Door, ForWhom, TicketKind
from grievances.base.models.draft import TicketDraft
from grievances.base.models.requests import RightsRequest
from grievances.base.request_choices import CORRECTIONS, Capacity, Proof, Right
from grievances.requests import rules
from grievances.requests.services import identity_verification
from grievances.tickets.services import deadlines, drafts, intake
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core.actor import Actor
from portal.kernel.core.advisory_locks import retried
from portal.kernel.core.errors import Refused
from portal.kernel.people.models import Principal

#: Answers of the pages that are kept as details of the request.
DETAILS = ("field", "should_be", "person_name", "person_address", "cause")
REQUIRED = ("right", "capacity", "language")
FOR_WHOM: Mapping[str, ForWhom] = {
    Capacity.SELF: ForWhom.SELF,
    Capacity.CHILD: ForWhom.IN_MY_CARE,
    Capacity.REPRESENTED: ForWhom.IN_MY_CARE,
    Capacity.NOMINEE: ForWhom.NOMINATED_ME,
    Capacity.AGENT: ForWhom.ASKED_ME,
    Capacity.RELATIVE: ForWhom.IN_MY_CARE,
}


@dataclass(frozen=True)
class Asked:
    """``needs_code``: a code has to be typed before the request counts as its person's."""

    request: RightsRequest
    is_new: bool
    needs_code: bool = False


def missing(answers: Mapping[str, str]) -> list[str]:
    """The names of answers that sending still needs."""
    gaps = [name for name in REQUIRED if not answers.get(name)]
    if answers.get("capacity") in set(Capacity) - {Capacity.SELF} and not answers.get("person_name"):
        gaps.append("person_name")
    if answers.get("right") in CORRECTIONS and not answers.get("should_be"):
        gaps.append("should_be")
    if answers.get("right") == Right.CLAIM:
        gaps += [name for name in ("cause", "person_address") if not answers.get(name)]
    if not answers.get("email") and not answers.get("phone"):
        gaps.append("email")
    return gaps


@retried
def send(*, draft: TicketDraft, principal: Principal | None, actor: Actor, at: datetime) -> Asked:
    """Make the draft a request, once: sending again returns the same one. Raises Refused when an answer is missing.

    Its clocks start at ``at``, whatever has to be proved first (CCPA regulations 7021(b)). ``principal`` is the signed-in
    person; for them what carries little risk needs no more proof.
    """
    with transaction.atomic():
        TicketDraft.objects.select_for_update().get(pk=draft.pk)
        draft.refresh_from_db()
        if draft.ticket is not None:
            return Asked(RightsRequest.objects.get(ticket=draft.ticket), is_new=False)
        answers = drafts.answers_of(draft)
        if missing(answers):
            raise Refused(_("Some answers are missing. Go through the pages again."), code="INCOMPLETE")
        filed = intake.file_ticket(
            filing_key=draft.pk,
            subject_ref=draft.subject_ref,
            story=intake.Story(
                kind=TicketKind.REQUEST,
                for_whom=FOR_WHOM[answers["capacity"]],
                what_happened=_in_words(answers),
            ),
            reach=intake.Reach(
                language=answers["language"],
                email=answers.get("email", ""),
                phone=answers.get("phone", ""),
                zone=principal.zone if principal is not None else deadlines.DEFAULT_ZONE,
                door=Door.PAGE if principal is None else Door.ACCOUNT,
            ),
            principal=principal if answers["capacity"] == Capacity.SELF else None,
            actor=actor,
            at=at,
            plan=rules.plan_of(answers["right"]),
        )
        request = RightsRequest.objects.create(
            ticket=filed.ticket,
            right=answers["right"],
            capacity=answers["capacity"],
            was_signed_in=principal is not None,
            details_sealed=encryption.seal(
                {name: answers[name] for name in DETAILS if answers.get(name)}, subject_ref=draft.subject_ref
            ),
        )
        record(
            AuditKind.GRIEVANCES_REQUEST_ASKED,
            actor=actor,
            about=filed.ticket.about,
            facts={"reference": filed.ticket.reference, "request": request.right, "category": request.capacity},
            subject_ref=draft.subject_ref,
            at=at,
        )
        drafts.finish(draft, filed)
        needs_code = rules.needs_code(
            right=request.right, capacity=request.capacity, is_signed_in=request.was_signed_in
        )
        if needs_code:
            identity_verification.send_code(request=request, at=at)
        else:
            identity_verification.address_shown(request=request, proof=Proof.SESSION, actor=actor, at=at)
    return Asked(request, is_new=True, needs_code=needs_code)


def _in_words(answers: Mapping[str, str]) -> str:
    """The wish as the thread shows it: the right in the person's language, then their own words."""
    with translation.override(answers["language"]):
        named = str(request_labels.RIGHTS[answers["right"]])
    return f"{named}\n\n{answers['words']}" if answers.get("words") else named
