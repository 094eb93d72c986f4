"""Sixty documents in every state: uploaded, checked by machine, decided by two people, asked for again, refused."""

import contextlib
import functools
import io
import multiprocessing
import warnings
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from decimal import Decimal

from django.db import connections

from kyc.base.choices import CustomerType, DecisionOutcome, DecisionReason, DocumentKind, DocumentState, PartyRole
from kyc.base.models.documents import Document
from kyc.outcomes.services import customer_notifications
from kyc.review.services import check_runs, customer_types, document_decisions, document_uploads, related_parties
from portal.demo.story import specimens
from portal.demo.story.cast import Cast
from portal.demo.story.customers import People
from portal.demo.story.office import by
from portal.demo.story.pieces import piece
from portal.demo.story.timeline import Timeline
from portal.kernel.core import actor as actors
from portal.kernel.core import answers, clock
from portal.kernel.core.actor import Actor
from portal.kernel.people.choices import CustomerKind
from portal.kernel.people.models import Customer, Principal, User
from portal.kernel.people.services import customers

INDIVIDUALS, ORGANISATIONS = 20, 20
#: So many further individuals were verified in the course of the past year.
EARLIER = 6
DOCUMENTS = INDIVIDUALS + 2 * ORGANISATIONS
#: So many of the individuals show all that is asked for and are verified; as many organisations have sent one paper only.
VERIFIED = 2
VOTER_IDS = ("SPC1234566", "SPM7654320")
CUSTOMER = actors.customer(0, via="demonstration")
#: What becomes of the checked documents, in this order again and again.
FATES = (
    "approved",
    "approved",
    "waiting",
    "approved",
    "asked_again",
    "approved",
    "proposed",
    "approved",
    "rejected",
    "waiting",
)
#: What a maker writes to the customer, who reads it in the letter: in each language of those who are written to.
SHARPER = {
    "en": "Please send a sharper picture, with all four corners.",
    "hi": "कृपया चारों कोनों के साथ साफ़ तस्वीर भेजें।",
    "mr": "कृपया चारही कोपरे दिसतील असे स्पष्ट चित्र पाठवा.",
}
ALTERED = {
    "en": "The document looks altered. Write to us.",
    "hi": "दस्तावेज़ में बदलाव किया हुआ लगता है। हमें लिखें।",
    "mr": "कागदपत्रात बदल केल्यासारखे दिसते. आम्हाला लिहा.",
}
OTHER_NUMBER = {
    "en": "The number you typed is not the one on the document. Please look at both again.",
    "hi": "आपका लिखा नंबर वह नहीं है जो दस्तावेज़ पर है। कृपया दोनों फिर से देखें।",
    "mr": "तुम्ही लिहिलेला क्रमांक कागदपत्रावरील क्रमांकाशी जुळत नाही. कृपया दोन्ही पुन्हा पाहा.",
}
BROKEN_EVERY = 13
NEWEST = 3


def plan(past: Timeline, cast: Cast, people: People, team: Mapping[str, User]) -> None:
    """In the course of the year some individuals send both papers that are asked for and are verified by two people."""
    earlier = people.individuals[INDIVIDUALS : INDIVIDUALS + EARLIER]
    for number, customer in enumerate(earlier):
        came = past.share((number + 1) / (EARLIER + 1))
        past.plan(came, functools.partial(_arrive, past, cast, customer, number, team))


def _arrive(past: Timeline, cast: Cast, customer: Customer, number: int, team: Mapping[str, User]) -> None:
    sent = [*_upload(cast, customer, number=0, sends_all=True), _identity(customer, f"SPE{number + 1:07d}")]
    for place, document in enumerate(sent):
        checked = cast.start + timedelta(minutes=5 + place)
        past.plan(checked, functools.partial(_check_now, document.pk))
        past.plan(checked + timedelta(days=1), functools.partial(_approve, document.pk, team))


def _check_now(document_id: int) -> None:
    check_runs.run_plan(document_id, now=clock.now())


def _approve(document_id: int, team: Mapping[str, User]) -> None:
    for document in Document.objects.filter(pk=document_id, state=DocumentState.CHECKED).select_related(
        "case__customer__subject", "kept"
    ):
        _decide(document, "approved", team)


def upload(cast: Cast, people: People, *, tell: Callable[[str, int, int], None]) -> list[Document]:
    """Send every paper in, in the customers' name."""
    chosen = [*people.individuals[:INDIVIDUALS], *people.organisations[:ORGANISATIONS]]
    sent: list[Document] = []
    first = people.organisations[0]
    complete = dict(zip(people.individuals[:INDIVIDUALS][-VERIFIED:], VOTER_IDS, strict=False))
    late = people.organisations[:ORGANISATIONS][-VERIFIED:]
    for customer in chosen:
        with piece():
            sent += _upload(cast, customer, number=len(sent), sends_all=customer not in late)
            if customer in complete:
                sent.append(_identity(customer, complete[customer]))
        tell("documents", len(sent), DOCUMENTS)
    with piece():
        _name_people(first, people.owners[first.pk], people.owners[people.individuals[0].pk])
    return sent


@contextlib.contextmanager
def being_checked(sent: list[Document]) -> Iterator[None]:
    """While the block runs, another process does what the workers do: each file is judged in a child of its own.

    The three newest are left to the workers, so that one can see documents wait. Raises what a check raised.
    """
    connections.close_all()  # no connection survives a fork
    with ProcessPoolExecutor(max_workers=1, mp_context=multiprocessing.get_context("fork")) as process:
        with warnings.catch_warnings():
            # Of the threads that a fork leaves behind the checks need none.
            warnings.simplefilter("ignore", DeprecationWarning)
            runs = [process.submit(_check, document.pk) for document in sent[:-NEWEST]]
        yield
        for one in runs:
            one.result()


def _check(document_id: int) -> None:
    check_runs.run_plan(document_id, now=clock.now())


def decide(sent: list[Document], team: Mapping[str, User]) -> None:
    """Two people decide about most of what passed the machine."""
    complete = {document.case_id for document in sent if document.kind == DocumentKind.EPIC}
    for document, fate in zip(_ready(sent), FATES * DOCUMENTS, strict=False):
        with piece():
            _decide(document, "approved" if document.case_id in complete else fate, team)


def add_one(cast: Cast, *, actor: Actor) -> Document:
    """A new individual with one uploaded PAN card, in one piece; the checks are the worker's."""
    name, _email, _language = cast.person()
    with piece():
        customer = customers.create(kind=CustomerKind.INDIVIDUAL, name=name, actor=actor, now=cast.start)
        pan = cast.pan(name)
        return _one(customer, DocumentKind.PAN_CARD, pan, specimens.pan_card(name=name, pan=pan, born=""), "jpg")


def _upload(cast: Cast, customer: Customer, *, number: int, sends_all: bool) -> list[Document]:
    is_person = customer.kind == CustomerKind.INDIVIDUAL
    if not is_person:
        case = document_uploads.open_case(customer=customer, actor=CUSTOMER, now=clock.now())
        customer_types.say_type(case, customer_type=CustomerType.COMPANY, actor=CUSTOMER, now=clock.now())
    pan = cast.pan(str(customer.name), holder="P" if is_person else "C")
    picture = specimens.pan_card(name=str(customer.name), pan=pan, born="01/01/1990" if is_person else "")
    if number % 7 == 5:
        picture = specimens.blurred(picture, rng=cast.rng)
    found = [_one(customer, DocumentKind.PAN_CARD, pan, _spoiled(picture, number), "jpg")]
    if not is_person and sends_all:
        gstin = cast.gstin(pan)
        pdf = specimens.gst_certificate(legal_name=str(customer.name), gstin=gstin, since="01-07-2017")
        found.append(_one(customer, DocumentKind.GST_CERTIFICATE, gstin, _spoiled(pdf, number + 1), "pdf"))
    return found


def _identity(customer: Customer, number: str) -> Document:
    picture = specimens.voter_card(name=str(customer.name), number=number)
    return _one(customer, DocumentKind.EPIC, number, picture, "jpg")


def _name_people(customer: Customer, signatory: Principal, owner: Principal) -> None:
    """The first company says who signs for it, and who owns it through a holding company."""
    case = document_uploads.open_case(customer=customer, actor=CUSTOMER, now=clock.now())
    related_parties.add_person(
        case,
        full_name="",
        principal=signatory,
        roles=[PartyRole.SIGNATORY, PartyRole.DIRECTOR],
        now=clock.now(),
        actor=CUSTOMER,
    )
    holding = related_parties.add_organisation(
        case, name="Sahyadri Holdings Private Limited", percent=Decimal(80), actor=CUSTOMER, now=clock.now()
    )
    related_parties.add_person(
        case,
        full_name="",
        principal=owner,
        roles=[PartyRole.OWNER],
        percent=Decimal(75),
        held=holding,
        now=clock.now(),
        actor=CUSTOMER,
    )


def _one(customer: Customer, kind: DocumentKind, number: str, data: bytes, extension: str) -> Document:
    now = clock.now()
    document = document_uploads.upload(
        customer=customer,
        kind=kind,
        number=number,
        stream=io.BytesIO(data),
        extension=extension,
        actor=CUSTOMER,
        now=now,
    )
    document_uploads.send(document, actor=CUSTOMER, now=now)
    return document


def _spoiled(data: bytes, number: int) -> bytes:
    """Every so often an upload that broke on the way: the safety checks refuse it and say why."""
    return data[: len(data) // 3] if number % BROKEN_EVERY == BROKEN_EVERY - 1 else data


def _ready(sent: list[Document]) -> list[Document]:
    keys = [document.pk for document in sent]
    rows = Document.objects.filter(pk__in=keys, state=DocumentState.CHECKED).select_related(
        "case__customer__subject", "kept"
    )
    return list(rows.order_by("pk"))


def _decide(document: Document, fate: str, team: Mapping[str, User]) -> None:
    if fate == "waiting":
        return
    outcome, reason, message = {
        "asked_again": (
            DecisionOutcome.ASK_AGAIN,
            DecisionReason.UNREADABLE,
            SHARPER,
        ),
        "rejected": (DecisionOutcome.REJECT, DecisionReason.ALTERED, ALTERED),
    }.get(fate, (DecisionOutcome.APPROVE, "", {}))
    if outcome is DecisionOutcome.APPROVE and _has_failed(document):
        outcome, reason = DecisionOutcome.ASK_AGAIN, DecisionReason.NUMBER_DIFFERS
        message = OTHER_NUMBER
    _look(document, team["kyc.maker"])
    decision = document_decisions.propose(
        document,
        outcome=outcome,
        reason_code=reason,
        message="\n".join(message[code] for code in customer_notifications.languages_of(document.case))
        if message
        else "",
        actor=by(team["kyc.maker"]),
        now=clock.now(),
    )
    if fate != "proposed":
        _look(document, team["kyc.checker"])
        document_decisions.answer(decision, approve=True, actor=by(team["kyc.checker"]), now=clock.now())


def _look(document: Document, person: User) -> None:
    """Nobody decides unseen: the look is recorded as the review desk records it, and the customer reads of it."""
    answers.record_opened.ask(
        actor=by(person),
        about=f"kyc.document:{document.reference}",
        subject_ref=document.subject_ref,
        purpose="kyc_review",
        ticket=document.case.reference,
    )


def _has_failed(document: Document) -> bool:
    return document.checks.filter(outcome="FAIL").exists()
