"""Prove who you are: the list of tasks of each customer, what it is, and the choice between papers."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from http import HTTPStatus
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from kyc.base.choices import DocumentKind, DocumentState, PartyRole, RenewalReason, Turn
from kyc.base.models.cases import Case
from kyc.base.models.documents import Document
from kyc.base.models.parties import Party
from kyc.cases import labels, party_labels
from kyc.cases.document_requirements import Need
from kyc.cases.forms import TypeForm
from kyc.cases.minor_guard import TAKES_NONE, is_of_a_child
from kyc.cases.outstanding_items import FATAL, Lacking, Needs, Task, needs_at, needs_of, parties_of, shares_of
from kyc.cases.rules.ownership import OwnershipFault
from kyc.cases.selectors import documents_of, does_not_fit, party_of, renewals_of
from kyc.review.services import customer_types, document_uploads
from kyc.review.view_log import times_viewed, viewings_of
from portal.fronts.selfservice.views.underage_reports import age_first
from portal.kernel.core import clock
from portal.kernel.core.errors import NotFound, PortalError
from portal.kernel.core.requests import actor_of
from portal.kernel.people.choices import CustomerKind, CustomerState
from portal.kernel.people.customer_access import customer_required, principal_of
from portal.kernel.people.models.customers import Customer
from portal.kernel.people.selectors import customer_for, customers_of
from portal.kernel.people.services import age_declarations, authority

#: Looks at documents on one page.
A_PAGE = 50


@dataclass(frozen=True)
class Line:
    """One line of the task list: what is asked for, how it stands, whose turn it is, and where a press leads."""

    label: Any
    hint: Any
    state: Any
    #: The mark beside it: ok, err, warn, info or none.
    mark: str
    turn: Any
    url: str
    due_on: date | None = None
    #: What else was uploaded for it and is not sent: its name, and where it is looked at and sent.
    drafts: tuple[tuple[Any, str], ...] = ()
    #: What else was sent for it: its name, how it stands, and its page, where a person can be asked.
    beside: tuple[tuple[Any, Any, str], ...] = ()


@dataclass(frozen=True)
class Person:
    """A person behind the customer with the lines about them."""

    name: str
    hint: str
    lines: list[Line]
    #: Where they are taken off the list; empty where nothing can be done now.
    leave_url: str
    #: Where it is said what they own; empty where this type of customer has no owners.
    shares_url: str


@dataclass(frozen=True)
class CustomerTasks:
    customer: Customer
    is_known: bool
    #: What the customer is, and where it says that it is something else; empty once its papers are with us.
    type_label: Any
    type_url: str
    lines: list[Line]
    people: list[Person]
    #: Who is still to be named, each a task; empty where nobody is.
    lacking: list[Line]
    #: Where people are added; empty where this type has none.
    add_url: str
    #: Where the customer says that there is no other owner; empty where that is no answer.
    nobody_else_url: str
    #: How often staff looked at the documents.
    viewed: int
    done: int
    total: int
    due_on: date | None
    #: What the verification is worth today, as a sentence with its mark; empty before the first.
    standing: Any
    mark: str
    #: Why it is done again.
    reasons: list[Any]
    #: The document that showed a child, while the account is frozen for it: nothing is asked for then. Empty otherwise.
    froze_url: str
    #: What stands above the list where nothing can be done now: of a child, of who may not act for it, of a closed account.
    #: Then nothing is asked for, and the list only leads to what is there. Empty for others.
    takes_none: Any


@customer_required
@require_safe
def tasks(request: HttpRequest) -> HttpResponse:
    """Every customer the person acts for, each with its tasks and people."""
    if age_declarations.is_to_be_asked(principal_of(request).subject.ref, at=clock.now()):
        return HttpResponseRedirect(age_first(request))
    customers = list(customers_of(request.user))
    viewed = times_viewed(customers)
    groups = [_group(customer, viewed[customer.pk], request.user.pk) for customer in customers]
    return render(request, "selfservice/kyc/tasks.html", {"groups": groups})


@customer_required
@require_http_methods(["GET", "HEAD", "POST"])
def say_type(request: HttpRequest, customer: str) -> HttpResponse:
    """GET asks what the customer is; POST records it and leads to the list of papers that follows."""
    owner = customer_for(request.user, customer)
    case = customer_types.case_of(owner, now=clock.now())
    types = customer_types.types_for(owner, case.relation)
    form = TypeForm(request.POST or None, types=types, initial={"customer_type": case.customer_type})
    if request.method == "POST" and form.is_valid():
        try:
            case = document_uploads.open_case(customer=owner, actor=actor_of(request), now=clock.now())
            customer_types.say_type(
                case,
                customer_type=form.cleaned_data["customer_type"],
                actor=actor_of(request),
                now=clock.now(),
            )
            return HttpResponseRedirect(reverse("privacy:kyc"))
        except PortalError as refused:
            form.add_error("customer_type", str(refused))
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "selfservice/kyc/type.html", {"form": form, "customer": owner}, status=status)


@customer_required
@require_safe
def choose(request: HttpRequest, customer: str, need: str, party: str = "") -> HttpResponse:
    """The papers any of which will do, each a link to its own page."""
    case, whose = place(request.user, customer, party)
    now = clock.now()
    found = next((one for one in needs_at(case, whose, now=now) if one.name == need), None)
    if found is None:
        raise NotFound("Task not found.")
    ways = [(DocumentKind(kind).label, upload_url(case.customer, whose, kind)) for kind in found.kinds]
    context = {"label": labels.need(found), "ways": ways, "whose": whose_name(case.customer, whose)}
    return render(request, "selfservice/kyc/choose.html", context)


@customer_required
@require_safe
def looks(request: HttpRequest, customer: str) -> HttpResponse:
    """Who looked at the customer's documents: when, in which role, why, and what was shown."""
    owner = customer_for(request.user, customer)
    found = viewings_of(documents_of(request.user).filter(case__customer=owner))
    page = Paginator(found, A_PAGE).get_page(request.GET.get("page"))
    rows = [(one, labels.roles(one.roles), labels.purpose(one.why), labels.shown(one.what)) for one in page.object_list]
    context = {"customer": owner, "count": len(found), "page": page, "rows": rows}
    return render(request, "selfservice/kyc/looks.html", context)


def place(user: Any, customer: str, party: str) -> tuple[Case, Party | None]:
    """The case of a customer this person acts for, and somebody behind it. Raises NotFound for everybody else."""
    case = customer_types.case_of(customer_for(user, customer), now=clock.now())
    return case, party_of(case, party) if party else None


def whose_name(customer: Customer, party: Party | None) -> str:
    """Whose paper a page is about, where that is not plain: somebody behind a customer, or an organisation."""
    if party is not None:
        return str(party.full_name)
    return str(customer.name) if customer.kind == CustomerKind.ORGANISATION else ""


def left_to_do(case: Case) -> int:
    """How many tasks of the case wait for the customer, those too that ask for somebody to be named."""
    if case.frozen_at or case.customer.state == CustomerState.CLOSED or is_of_a_child(case, None, at=clock.now()):
        return 0
    needs = needs_of(case, now=clock.now())
    papers = [task for task in needs.tasks if not task.need.is_optional and task.turn == Turn.CUSTOMER]
    return len(papers) + len(needs.lacking)


def other_ways_url(case: Case, party: Party | None, kind: str) -> str:
    """Where the papers stand that will do in place of one of this kind; empty where nothing else does."""
    needs = needs_at(case, party, now=clock.now())
    found = next((need for need in needs if kind in need.kinds and len(need.kinds) > 1), None)
    return choose_url(case.customer, party, found) if found else ""


def upload_url(customer: Customer, party: Party | None, kind: str) -> str:
    """The page on which a document of this kind is sent."""
    if party is None:
        return reverse("privacy:kyc-upload", args=[customer.reference, kind])
    return reverse("privacy:kyc-party-upload", args=[customer.reference, party.reference, kind])


@dataclass(frozen=True)
class Progress:
    """How far a person is with the documents of those they act for."""

    done: int = 0
    total: int = 0
    #: What was sent and waits for the person, the earliest date first; None where nothing does.
    next: Line | None = None


def progress(user: Any) -> Progress:
    """How many tasks are done, of how many, and which is next: of every open customer the person acts for whose papers are
    known, not frozen.
    """
    now = clock.now()
    open_ones = customers_of(user).filter(state=CustomerState.ACTIVE)
    rows = Case.objects.filter(customer__in=open_ones, frozen_at=None).exclude(customer_type="")
    found = [(case, needs_of(case, now=now)) for case in rows.select_related("customer")]
    back = [
        _line(case.customer, task)
        for case, needs in found
        for task in needs.tasks
        if task.turn == Turn.CUSTOMER
        and (task.due_on is not None or (task.document is not None and not task.need.is_optional))
    ]
    first = min(back, key=lambda line: line.due_on or date.max, default=None)
    return Progress(sum(needs.done for _case, needs in found), sum(needs.total for _case, needs in found), first)


def _group(customer: Customer, viewed: int, user_id: int | None) -> CustomerTasks:
    now = clock.now()
    case = customer_types.case_of(customer, now=now)
    needs = needs_of(case, now=now)
    rests = TAKES_NONE if is_of_a_child(case, None, at=now) else authority.said_of(customer, user_id, at=now)
    asks_of = [] if rests else needs.lacking
    add_url = reverse("privacy:kyc-party-add", args=[customer.reference]) if needs.wanted.roles and not rests else ""
    nobody_else_url = (
        reverse("privacy:kyc-nobody-else", args=[customer.reference])
        if any(one.role == PartyRole.OWNER for one in asks_of) and not _shares_are_wrong(needs)
        else ""
    )
    tasks = [_at_rest(task) for task in needs.tasks if task.document is not None] if rests else needs.tasks
    return CustomerTasks(
        customer,
        bool(case.customer_type),
        case.get_customer_type_display(),
        reverse("privacy:kyc-type", args=[customer.reference])
        if customer_types.may_say_type(case) and not rests
        else "",
        [_line(customer, task) for task in tasks if task.party is None],
        _people(customer, case, needs, tasks, rests),
        [_to_name(one, _where_to(one, customer, add_url, nobody_else_url)) for one in asks_of],
        add_url,
        nobody_else_url,
        viewed,
        needs.done,
        needs.total,
        next((task.due_on for task in tasks if task.turn == Turn.US), None),
        *labels.standing(case, on=clock.day(now)),
        [RenewalReason(one.reason).label for one in renewals_of(case)],
        _froze_url(case),
        rests,
    )


def _froze_url(case: Case) -> str:
    found = case.minors.filter(lifted_at=None).select_related("document").first() if case.frozen_at else None
    return reverse("privacy:kyc-document", args=[found.document.reference]) if found else ""


def _shares_are_wrong(needs: Needs) -> bool:
    return needs.ownership is not None and bool(needs.ownership.faults & FATAL)


def _at_rest(task: Task) -> Task:
    """The same without a day: nobody waits for anything."""
    return replace(task, due_on=None)


def _people(customer: Customer, case: Case, needs: Needs, tasks: Sequence[Task], rests: Any) -> list[Person]:
    """Everybody behind the customer, those too of whom nothing is asked."""
    owned, shares = (needs.ownership.percents, shares_of(case)) if needs.ownership else ({}, [])
    return [
        Person(
            party.full_name,
            party_labels.capacities(party, owned.get(party.pk), shares),
            [_line(customer, task) for task in tasks if task.party is not None and task.party.pk == party.pk],
            "" if rests else reverse("privacy:kyc-party-leave", args=[customer.reference, party.reference]),
            reverse("privacy:kyc-party-shares", args=[customer.reference, party.reference])
            if needs.ownership and not rests
            else "",
        )
        for party in parties_of(case)
    ]


def _where_to(one: Lacking, customer: Customer, add_url: str, nobody_else_url: str) -> str:
    """Where that is mended: shares that are too many stand beside their owners, on this page."""
    if one.fault == OwnershipFault.MORE_THAN_ALL:
        return f"#people-{customer.reference}"
    return nobody_else_url if one.leaves_room else add_url


def _to_name(one: Lacking, url: str) -> Line:
    return Line(party_labels.lacking(one), "", _("Not yet started"), "info", Turn.CUSTOMER.label, url)


def _line(customer: Customer, task: Task) -> Line:
    label = labels.need(task.need)
    if task.document is None:
        hint = _("Only if you have it") if task.need.is_optional else _("One photo or PDF")
        return Line(label, hint, _("Not yet started"), "info", task.turn.label, _start(customer, task), task.due_on)
    said, mark, url = _standing(task.document, task.state)
    hint = task.document.number_display or task.document.get_kind_display()
    drafts = tuple((draft.get_kind_display(), _check_url(draft)) for draft in task.drafts)
    beside = tuple((one.get_kind_display(), one.get_state_display(), _document_url(one)) for one in task.beside)
    return Line(label, hint, said, mark, task.turn.label, url, task.due_on, drafts, beside)


def _check_url(document: Document) -> str:
    return reverse("privacy:kyc-check", args=[document.reference])


def _document_url(document: Document) -> str:
    return reverse("privacy:kyc-document", args=[document.reference])


def _start(customer: Customer, task: Task) -> str:
    need, party = task.need, task.party
    if len(need.kinds) == 1:
        return upload_url(customer, party, need.kinds[0])
    return choose_url(customer, party, need)


def choose_url(customer: Customer, party: Party | None, need: Need) -> str:
    """The page on which one of several papers is chosen."""
    if party is None:
        return reverse("privacy:kyc-choose", args=[customer.reference, need.name])
    return reverse("privacy:kyc-party-choose", args=[customer.reference, party.reference, need.name])


def _standing(document: Document, state: str) -> tuple[Any, str, str]:
    here = _document_url(document)
    if state == "approved":
        return _("Completed"), "none", here
    if state == "with_us":
        return _("With us"), "none", here
    if document.state == DocumentState.EXPIRED:
        return _("Its last day has passed"), "err", here
    if document.state == DocumentState.APPROVED and not does_not_fit(document):
        return _("To be shown again"), "warn", here
    if document.sent_at is None and document.state not in {DocumentState.REFUSED, DocumentState.REJECTED}:
        return _("Check it and send it"), "warn", _check_url(document)
    return _("There is a problem"), "err", here
