"""Asking providers about a document that the customer has sent. Safe to kill and to repeat at any line.

1. Sending the document makes one inquiry for each provider of its plan, in the same transaction.
2. A worker claims it by a lease, writes the disclosure and commits; only then the request leaves.
3. The answer, or that there is none yet, is written in one transaction with the rows of the checks. An answer counts once:
   whoever comes second, another worker or a message told twice, finds the inquiry answered and changes nothing.
The document waits for nobody: a person decides with what is there, and an answer that comes later is another row.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import F, Q

from kyc.base.check_outcomes import CheckOutcome
from kyc.base.choices import INQUIRY_MOVES, DocumentState, InquiryState
from kyc.base.models.documents import Document
from kyc.base.models.parties import Party
from kyc.cases import check_plans
from kyc.cases.providers import registry
from kyc.cases.providers.interface import Provider, Question, Unanswered, Waiting
from kyc.cases.providers.responses import Answer
from kyc.cases.rules import provider_results
from kyc.cases.rules.document_checks import Said
from kyc.cases.selectors import known_name
from kyc.cases.services.case_locks import is_kept_still
from kyc.cases.services.check_records import WORKER, note_check
from kyc.cases.services.declared_values import number_of, typed_beside
from kyc.outcomes.services import customer_notifications
from kyc.review.models.provider_requests import Inquiry
from kyc.review.services import aadhaar_consent
from portal.kernel.core import answers, ids
from portal.kernel.core.enqueue import enqueue
from portal.kernel.core.errors import IllegalMove, LostRace, PortalError, Unavailable
from portal.kernel.core.state_transitions import move
from portal.kernel.core.webhook_signatures import BadSignature
from portal.kernel.outbox.delivery_rules import wait_before
from portal.kernel.people.models import Customer
from portal.kernel.registers.recipients.services.disclosures import disclose

log = structlog.get_logger(__name__)

#: Technical limits: longer than a request may last; pauses that double up to the longest, for about a day in all.
LEASE = timedelta(minutes=2)
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=4)
MOST_TRIES = 12
PURPOSE = "kyc_verification"
TASK = "kyc.tasks.ask_provider"
OPEN = (InquiryState.DUE, InquiryState.WAITING)
#: The check that says how a number stands comes first in a plan, the one about its name second.
STANDING_ENDS, NAME_ENDS = "_status", "_name"


def yes_to_telling(customer: Customer, party: Party | None, *, now: datetime) -> str:
    """The receipt of the yes under which providers may be told of such a document; empty where none counts."""
    holder = aadhaar_consent.holder_of(customer, party)
    return str(answers.consent_standing.ask(subject_ref=holder, purpose=PURPOSE, at=now))


def start(document: Document, *, now: datetime) -> None:
    """Make the inquiries of a document that is checked and sent, in the caller's transaction. Safe to repeat.

    Where no provider is set up, or what it has to be told was not given, its checks say so and nobody is asked.
    """
    for name, planned in check_plans.asked_of_providers(document.kind).items():
        if document.checks.filter(name=planned[0].name).exists():
            continue
        provider = registry.provider(name)
        if provider is None:
            _say(document, name, provider_results.unanswered("NOT_CONFIGURED"), now)
        elif not _has_all(provider, _values(document)):
            _say(document, name, provider_results.unanswered("VALUE_MISSING"), now)
        else:
            inquiry, is_new = Inquiry.objects.get_or_create(
                document=document,
                provider=name,
                defaults={"reference": ids.new_reference("IQ"), "due_at": now, "made_at": now},
            )
            if is_new:
                enqueue(TASK, inquiry.pk)


def ask(inquiry_id: int, *, now: datetime) -> str:
    """Ask once, if it is due and nobody else is at it; returns the state it is left in, or "taken".

    A run that crashes is taken up when its lease has run out, and counts as a try: after ``MOST_TRIES`` nobody asks again.
    """
    inquiry = _claim(inquiry_id, now)
    if inquiry is None:
        return "taken"
    if inquiry.tries > MOST_TRIES:  # each run before was killed, or crashed
        log.error("kyc.inquiry_stalled", provider=inquiry.provider, inquiry=inquiry.reference)
        return _give_up(inquiry, "TOO_MANY_TRIES", now)
    provider = registry.provider(inquiry.provider)
    if provider is None or not _is_needed(inquiry.document):
        return _give_up(inquiry, "" if provider else "NOT_CONFIGURED", now)
    try:
        found = _asked(inquiry, provider, now)
    except Unanswered as fault:
        _not_now(inquiry, fault, now)
    except (LostRace, Unavailable) as error:  # of ours, before anything was sent
        _not_now(inquiry, Unanswered(error.code), now)
    except PortalError as refused:  # a no of ours, before anything was sent: a person decides without the provider
        return _give_up(inquiry, refused.code, now)
    else:
        _settle(inquiry, found, now)
    inquiry.refresh_from_db()
    return str(inquiry.state)


def sweep(*, now: datetime) -> int:
    """Nudge the inquiries that are due and that nobody is at; returns how many."""
    free = Q(leased_until=None) | Q(leased_until__lt=now)
    due = list(
        Inquiry.objects.filter(free, state__in=OPEN, due_at__lte=now).order_by("due_at").values_list("pk", flat=True)
    )
    for inquiry_id in due:
        enqueue(TASK, inquiry_id)
    return len(due)


def take_message(name: str, *, headers: Mapping[str, str], body: bytes, now: datetime) -> bool:
    """A provider tells the answer by itself; returns whether it changed anything. The same again changes nothing.

    Where it tells an answer that we cannot read the question stays open: asked, it may say it in another form.
    Raises BadSignature, also where no such provider is set up, Unanswered for a signed message that nobody can read.
    """
    provider = registry.provider(name)
    if provider is None:
        raise BadSignature("No provider is connected that could have signed this message.")
    told = provider.read_message(headers, body, now=now)
    # Their message may be quicker than their answer to our request: then our own reference says which it is.
    known = Q(reference=told.reference) | Q(provider_reference=told.provider_reference)
    inquiry = Inquiry.objects.filter(known, provider=name).select_related("document__case__customer").first()
    if inquiry is None or isinstance(told.outcome, Waiting):
        return False
    if isinstance(told.outcome, Answer):
        return _settle(inquiry, told.outcome, now)
    if not told.outcome.is_final:
        log.warning("kyc.provider_message_unreadable", provider=name, code=told.outcome.code)
        return False
    return inquiry.state in OPEN and _give_up(inquiry, told.outcome.code, now) == InquiryState.GIVEN_UP


def _claim(inquiry_id: int, now: datetime) -> Inquiry | None:
    free = Q(leased_until=None) | Q(leased_until__lt=now)
    rows = Inquiry.objects.filter(free, pk=inquiry_id, state__in=OPEN, due_at__lte=now)
    if rows.update(leased_until=now + LEASE, tries=F("tries") + 1) != 1:
        return None
    return Inquiry.objects.select_related(
        "document__case__customer", "document__party", "document__kept", "document__quarantined"
    ).get(pk=inquiry_id)


def _is_needed(document: Document) -> bool:
    """Nobody is told about a file that was let go, erased or decided about, that its customer wants deleted, or whose
    person left.
    """
    waits = document.state == DocumentState.CHECKED and document.erased_at is None
    return waits and document.deletion_asked_at is None and not document.person_left


def _asked(inquiry: Inquiry, provider: Provider, now: datetime) -> Answer | Waiting:
    """The disclosure first, committed; then the request, with no transaction open."""
    document = inquiry.document
    values = _values(document)
    wanted = {kind: values[kind] for kind in (*provider.needs, *provider.takes) if values.get(kind)}
    is_open = inquiry.state == InquiryState.WAITING
    disclose(
        recipient_code=provider.recipient,
        subject_ref=document.subject_ref,
        fields=["provider_reference"] if is_open else wanted,
        purpose=PURPOSE,
        consent_of=aadhaar_consent.holder_of(document.case.customer, document.party),
        about=f"kyc.document:{document.reference}",
        actor=WORKER,
        now=now,
    )
    if is_open:
        return provider.ask_again(inquiry.provider_reference)
    return provider.ask(Question(inquiry.reference, wanted))


def _settle(inquiry: Inquiry, found: Answer | Waiting, now: datetime) -> bool:
    """Write what was found, in one transaction; False where another was quicker."""
    try:
        with transaction.atomic():
            if isinstance(found, Waiting):
                _wait(inquiry, found, now)
            else:
                move(inquiry, InquiryState.ANSWERED, moves=INQUIRY_MOVES, ended_at=now, leased_until=None)
                _note(inquiry, found, now)
    except (IllegalMove, LostRace):  # answered already
        return False
    return True


def _wait(inquiry: Inquiry, found: Waiting, now: datetime) -> None:
    due_at = now + _pause(inquiry)
    if inquiry.state == InquiryState.WAITING:
        if inquiry.tries >= MOST_TRIES:
            _give_up(inquiry, "ANSWER_COMES_LATER", now)
            return
        Inquiry.objects.filter(pk=inquiry.pk, state=InquiryState.WAITING).update(due_at=due_at, leased_until=None)
        return
    move(
        inquiry,
        InquiryState.WAITING,
        moves=INQUIRY_MOVES,
        due_at=due_at,
        leased_until=None,
        provider_reference=found.provider_reference,
    )
    _say(inquiry.document, inquiry.provider, provider_results.unanswered("ANSWER_COMES_LATER"), now, inquiry)


def _note(inquiry: Inquiry, found: Answer, now: datetime) -> None:
    document = inquiry.document
    if not is_kept_still(document):
        return
    standing = provider_results.standing(found)
    said = {
        STANDING_ENDS: standing,
        NAME_ENDS: provider_results.registered_name(found, known=known_name(document)),
    }
    for planned in check_plans.asked_of_providers(document.kind).get(inquiry.provider, ()):
        ending = STANDING_ENDS if planned.name.endswith(STANDING_ENDS) else NAME_ENDS
        note_check(document, planned, said[ending], now, inquiry_ref=inquiry.reference)
    if standing.outcome is CheckOutcome.FAIL and document.state == DocumentState.APPROVED:
        customer_notifications.staff_answer_came_late(document, about=inquiry.reference, now=now)


def _not_now(inquiry: Inquiry, fault: Unanswered, now: datetime) -> None:
    log.warning("kyc.provider_unanswered", provider=inquiry.provider, code=fault.code)
    if fault.is_final or inquiry.tries >= MOST_TRIES:
        _give_up(inquiry, fault.code, now)
        return
    wait = max(_pause(inquiry), min(fault.retry_after or timedelta(0), LONGEST_PAUSE))
    with transaction.atomic():
        rows = Inquiry.objects.filter(pk=inquiry.pk, state=inquiry.state)
        if rows.update(due_at=now + wait, leased_until=None):
            _say(inquiry.document, inquiry.provider, provider_results.unanswered(fault.code), now, inquiry)


def _give_up(inquiry: Inquiry, code: str, now: datetime) -> str:
    """Ask no more, in one transaction with the rows that say why; with no code nobody needs to know."""
    try:
        with transaction.atomic():
            move(inquiry, InquiryState.GIVEN_UP, moves=INQUIRY_MOVES, ended_at=now, leased_until=None)
            if code:
                _say(inquiry.document, inquiry.provider, provider_results.unanswered(code), now, inquiry)
    except LostRace:
        inquiry.refresh_from_db()
    return str(inquiry.state)


def _say(document: Document, provider: str, said: Said, now: datetime, inquiry: Inquiry | None = None) -> None:
    """One row for each check that rests on the provider, unless the last one says the same."""
    if not is_kept_still(document):
        return
    for planned in check_plans.asked_of_providers(document.kind).get(provider, ()):
        last = document.checks.filter(name=planned.name).order_by("-attempt").first()
        if last is None or (last.outcome, last.reason) != (said.outcome, said.reason):
            note_check(document, planned, said, now, inquiry_ref=inquiry.reference if inquiry else "")


def _pause(inquiry: Inquiry) -> timedelta:
    return wait_before(inquiry.tries, first=FIRST_PAUSE, longest=LONGEST_PAUSE, jitter=1)


def _has_all(provider: Provider, values: Mapping[str, str]) -> bool:
    return all(values.get(kind) for kind in provider.needs)


def _values(document: Document) -> dict[str, str]:
    """What could be said to a provider, by kind; each takes what it needs."""
    typed = typed_beside(document)
    return {
        check_plans.number_type(document.kind): number_of(document),
        "name": typed.get("name") or known_name(document),
        "ifsc": typed.get("ifsc", ""),
        "date_of_birth": typed.get("born_on", ""),
    }
