"""Prove who you are: the list of tasks of each customer, what it is, and the choice between papers."""

from dataclasses import dataclass
from datetime import date
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from kyc import services, words
from kyc.forms import TypeForm
from kyc.models import Case, Document, Party
from kyc.needs import Needs, Task, needs_of, needs_of_party, ownership_of, parties_of, requirements_of
from kyc.requirements import Need
from kyc.selectors import party_of
from kyc.states import DocumentKind, DocumentState, Turn
from portal.core import clock
from portal.core.errors import NotFound, PortalError
from portal.people.models import Customer
from portal.people.pages import customer_required
from portal.people.selectors import customer_for, customers_of


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


@dataclass(frozen=True)
class Person:
    """A person behind the customer with the lines about them."""

    name: str
    hint: str
    lines: list[Line]
    leave_url: str


@dataclass(frozen=True)
class CustomerTasks:
    customer: Customer
    is_known: bool
    lines: list[Line]
    people: list[Person]
    #: Who is still to be named, as sentences; empty where nobody is.
    lacking: list[str]
    #: Where people are added; empty where this type has none.
    add_url: str
    done: int
    total: int
    due_on: date | None


@customer_required
@require_safe
def tasks(request: HttpRequest) -> HttpResponse:
    """Every customer the person acts for, each with its tasks and people."""
    groups = [_group(customer) for customer in customers_of(request.user)]
    return render(request, "selfservice/kyc/tasks.html", {"groups": groups})


@customer_required
@require_http_methods(["GET", "HEAD", "POST"])
def say_type(request: HttpRequest, customer: str) -> HttpResponse:
    """GET asks what the customer is; POST records it and leads to the list of papers that follows."""
    owner = customer_for(request.user, customer)
    case = services.case_of(owner, now=clock.now())
    types = services.types_for(owner, case.relation)
    form = TypeForm(request.POST or None, types=types, initial={"customer_type": case.customer_type})
    if request.method == "POST" and form.is_valid():
        try:
            case = services.open_case(customer=owner, actor=request.actor, now=clock.now())  # type: ignore[attr-defined]
            services.say_type(
                case,
                customer_type=form.cleaned_data["customer_type"],
                actor=request.actor,  # type: ignore[attr-defined]
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
    wanted = requirements_of(case, now=now)
    needs = wanted.own if whose is None else needs_of_party(wanted, whose, ownership_of(case, now=now))
    found = next((one for one in needs if one.name == need), None)
    if found is None:
        raise NotFound("There is no such task.")
    ways = [(DocumentKind(kind).label, upload_url(case.customer, whose, kind)) for kind in found.kinds]
    context = {"label": words.need(found), "ways": ways, "party": whose}
    return render(request, "selfservice/kyc/choose.html", context)


def place(user: Any, customer: str, party: str) -> tuple[Case, Party | None]:
    """The case of a customer this person acts for, and somebody behind it. Raises NotFound for everybody else."""
    case = services.case_of(customer_for(user, customer), now=clock.now())
    return case, party_of(case, party) if party else None


def upload_url(customer: Customer, party: Party | None, kind: str) -> str:
    """The page on which a document of this kind is sent."""
    if party is None:
        return reverse("privacy:kyc-upload", args=[customer.reference, kind])
    return reverse("privacy:kyc-party-upload", args=[customer.reference, party.reference, kind])


def _group(customer: Customer) -> CustomerTasks:
    now = clock.now()
    case = services.case_of(customer, now=now)
    needs = needs_of(case, now=now)
    asked = [task for task in needs.tasks if not task.need.is_optional]
    return CustomerTasks(
        customer,
        bool(case.customer_type),
        [_line(customer, task) for task in needs.tasks if task.party is None],
        _people(customer, case, needs),
        [words.lacking(one.role) for one in needs.lacking],
        reverse("privacy:kyc-party-add", args=[customer.reference]) if needs.wanted.roles else "",
        sum(1 for task in asked if task.state == "approved"),
        len(asked),
        next((task.due_on for task in needs.tasks if task.turn == Turn.US), None),
    )


def _people(customer: Customer, case: Case, needs: Needs) -> list[Person]:
    """Everybody behind the customer, those too of whom nothing is asked."""
    return [
        Person(
            party.full_name,
            words.capacities(party, needs.ownership.percents.get(party.pk) if needs.ownership else None),
            [_line(customer, task) for task in needs.tasks if task.party is not None and task.party.pk == party.pk],
            reverse("privacy:kyc-party-leave", args=[customer.reference, party.reference]),
        )
        for party in parties_of(case)
    ]


def _line(customer: Customer, task: Task) -> Line:
    label = words.need(task.need)
    if task.document is None:
        hint = _("Only if you have it") if task.need.is_optional else _("One photo or PDF")
        return Line(label, hint, _("Not yet started"), "info", task.turn.label, _start(customer, task), task.due_on)
    said, mark, url = _standing(task.document, task.state)
    hint = task.document.number_display or task.document.get_kind_display()
    return Line(label, hint, said, mark, task.turn.label, url, task.due_on)


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
    here = reverse("privacy:kyc-document", args=[document.reference])
    if state == "approved":
        return _("Completed"), "none", here
    if state == "with_us":
        return _("With us"), "none", here
    if document.sent_at is None and document.state not in {DocumentState.REFUSED, DocumentState.REJECTED}:
        return _("Look at it and send it"), "warn", reverse("privacy:kyc-check", args=[document.reference])
    return _("There is a problem"), "err", here
