"""Every address of the portal by every kind of visitor: what the roles say, and a shut door otherwise."""

import functools
import logging
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from types import SimpleNamespace
from typing import Any

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.contrib import admin
from django.contrib.auth.backends import ModelBackend
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client
from django.urls import NoReverseMatch, URLResolver, get_resolver, reverse

from consent.base.models.notices import NoticeVersion
from consent.records.models.events import ConsentReceipt
from consent.records.models.preferences import PreferenceChange
from grievances.models import Ticket
from kyc.cases.outstanding_items import needs_of
from kyc.models import Document, Party
from portal.demo.story import builder
from portal.fronts.workplace import approvals
from portal.kernel.core import answers, clock
from portal.kernel.core.admin.actions import actions_of
from portal.kernel.core.admin.record_access import OPENED
from portal.kernel.ledger.services import seal_now
from portal.kernel.outbox.choices import MessageState
from portal.kernel.outbox.models import Message
from portal.kernel.outbox.services import post
from portal.kernel.people import selectors
from portal.kernel.people.choices import MemberRole
from portal.kernel.people.models.customers import Customer, Membership
from portal.kernel.people.models.people import ContactPoint
from portal.kernel.people.models.user import User
from portal.kernel.people.services import roles
from tests.demo.conftest import small
from tests.grievances.factories import ticket
from tests.grievances.nominees import nominee_of
from tests.journeys.who_may_open import BOOKS, PAGES, Book, For, Page
from tests.people.factories import CustomerFactory, CustomerUserFactory, StaffFactory
from tests.shipped import every_rule
from tests.signin.people_who_sign_in import customer_client, staff_client

__all__ = ["small"]

pytestmark = pytest.mark.django_db

SHIPPED = roles.shipped()
ROLES = sorted(SHIPPED["roles"])
CUSTOMERS = ("owner", "member", "other_customer")
VISITORS = ("stranger", *CUSTOMERS, "half_staff", "staff_without_role", *ROLES)
SIGN_INS = ("/privacy/sign-in/", "/staff/sign-in/", "/admin/login/", "/staff/second-factor/needed/")
#: A page behind a code sends there.
ASKS_FOR_CODE = ("/privacy/track/", "/privacy/stop/", "/privacy/who/")
SHUT = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}
#: Django's own pages of each model, and ours.
BOOK_PAGES = ("changelist", "add", "change", "delete", "history", "do", "do_one")
#: Opened in the tests of sign-in: here they would end the visit.
ENDS_THE_SESSION = {"privacy:sign-out", "account_logout", "admin:logout"}
#: What an address of a book is for, where a visit and a post cannot both do harm: the quick run asks a shut door for that alone.
ONLY_READ = {"changelist", "history", "export"}
ONLY_WRITTEN = {"add", "delete", "do", "do_one"}
#: They lead whoever may see the row back to it; what they do is for those who may.
ACTS_OF_A_PAGE = {"admin:kyc_document_answer", "admin:kyc_document_propose", "admin:grievances_ticket_write"}
#: Of what the told story's first row has none, and what only a grievance that names the row opens.
UNTOLD = {"grievances_ticket_file", "kyc_document_look", "kyc_document_look_page"}
#: Books of which the told story has no row: they are asked for one that is not there, as in the short form.
UNTOLD_BOOKS = {
    "consent_answerset",
    "consent_cookiedefect",
    "consent_endingtold",
    "consent_givenanswer",
    "consent_latenotice",
    "consent_meeting",
    "consent_sendafterwithdrawal",
    "consent_standingended",
    "consent_translationproposal",
    "evidence_personfile",
    "grievances_bundle",
    "grievances_bundlesection",
    "grievances_mailcount",
    "grievances_nomineestanding",
    "grievances_outsidetask",
    "grievances_proofpaper",
    "grievances_requestproposal",
    "grievances_seenmail",
    "grievances_tickettakeover",
    "jobs_listexport",
    "jobs_listimport",
    "kyc_deletionproposal",
    "kyc_draw",
    "kyc_likeness",
    "kyc_freezelift",
    "kyc_minorfound",
    "kyc_riskproposal",
    "kyc_secondlook",
    "kyc_signerproposal",
    "kyc_typeproposal",
    "outbox_addressfault",
    "people_absence",
    "people_apikey",
    "people_insolvency",
    "people_invitation",
    "people_mergeproposal",
    "people_mfareset",
    "people_signin",
    "registers_accountblock",
    "registers_authorityorder",
    "registers_booktask",
    "registers_contentaccess",
    "registers_disclosure",
    "registers_incidentdecision",
    "registers_incidentsearch",
    "registers_orderanswer",
    "registers_reportedsend",
    "registers_senderdefect",
    "registers_silenceend",
    "retention_booksrow",
    "retention_childdecision",
    "retention_erasurerun",
    "retention_hold",
    "retention_holdrelease",
    "retention_legalclaim",
    "retention_planapproval",
    "retention_ruleproposal",
    "workplace_anomalyproposal",
    "workplace_keyrotationproposal",
    "workplace_profileproposal",
    "workplace_purposeproposal",
    "workplace_unmaskedexport",
}
#: A row that does not exist.
MISSING = 0


@dataclass
class World:
    """What the pages are asked about. ``rows`` are a row of each book that has one here, by the model's label."""

    customer: Customer
    owner: User
    member: User
    other_customer: User
    ticket: Ticket
    message: Message
    receipt: ConsentReceipt
    rows: dict[str, Any]
    document: str = "OS-DO-7K4M-9QX2"
    kind: str = "pan-card"
    party: str = "none"
    party_kind: str = "pan-card"
    party_need: str = "identity"
    nominee: str = ""
    job: int = MISSING
    pack: str = "OS-EP-7K4M-9QX2"
    is_told: bool = False
    #: Whether every shut door is tried by a visit and by a post.
    is_thorough: bool = False

    @property
    def membership(self) -> Membership:
        return self.member.principal.memberships.get()  # type: ignore[union-attr]

    @property
    def contact(self) -> ContactPoint:
        return self.owner.principal.contact_points.get()  # type: ignore[union-attr]


#: Which view an address leads to is the same for every visitor.
resolved = functools.cache(get_resolver().resolve)


@pytest.fixture
def cheap_requests(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Sessions, logins and addresses looked up once, refusals not logged: of one visitor they are some 2,900.

    Nobody gets or loses a role or a second factor while a visitor goes round: what each login holds is looked up at its
    first request.
    """
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
    load, look_up, has_shown = ModelBackend.get_user, selectors.permissions_of, answers.second_factor.ask
    read_scope = answers.reading_scope.ask
    logins, held, shown = dict[Any, Any](), dict[Any, frozenset[str]](), dict[tuple[Any, str | None], bool]()
    scopes = dict[Any, Any]()

    def get_user(backend: ModelBackend, user_id: Any) -> Any:
        if user_id not in logins:
            logins[user_id] = load(backend, user_id)
        return logins[user_id]

    def permissions_of(user: User, *, now: datetime) -> frozenset[str]:
        if user.pk not in held:
            held[user.pk] = look_up(user, now=now)
        return held[user.pk]

    def reading_scope(user: Any) -> Any:
        if user.pk not in scopes:
            scopes[user.pk] = read_scope(user)
        return scopes[user.pk]

    def second_factor(request: Any) -> bool:
        who = request.user.pk, request.session.session_key
        if who not in shown:
            shown[who] = has_shown(request)
        return shown[who]

    monkeypatch.setattr(get_resolver(), "resolve", resolved)
    monkeypatch.setattr(answers.second_factor, "ask", second_factor)
    monkeypatch.setattr(answers.reading_scope, "ask", reading_scope)
    monkeypatch.setattr(ModelBackend, "get_user", get_user)
    monkeypatch.setattr(selectors, "permissions_of", permissions_of)
    logging.disable()
    yield
    logging.disable(logging.NOTSET)


#: A menu, tabs and a directory of nothing: which links a page shows is asked where pages are written out.
NO_NAVIGATION = SimpleNamespace(
    menu=(),
    spots=(),
    directory=list,
    places=lambda _words: (),
    acts=lambda _words: (),
    only_place=lambda _words: "",
)
NO_APPROVALS = approvals.Open(frozenset(), Counter(), Counter())


@pytest.fixture
def unrendered_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who may open a page is decided before it is written out: here nothing is. The told story below renders each page."""
    monkeypatch.setattr("django.template.backends.django.Template.render", lambda *_args, **_context: "")
    monkeypatch.setattr(
        admin.site, "each_context", lambda _request: {"navigation": NO_NAVIGATION, "approvals": NO_APPROVALS}
    )


def notice_for(owner: User) -> Message:
    """A notice in the owner's dashboard."""
    message = post(
        kind="signin.change_cancelled",
        subject_ref=owner.principal.subject.ref,
        channel="dashboard",
        address="",
        language="en",
        purpose="policy_and_security",
        about="tests.matrix:1",
        context={"hours": "72"},
    )
    Message.objects.filter(pk=message.pk).update(state=MessageState.SENT, sent_at=clock.now())
    return message


@pytest.fixture
def world(cheap_requests: None, unrendered_pages: None) -> World:
    cache.clear()
    every_rule()
    call_command("sync_roles")
    customer = CustomerFactory()
    owner = CustomerUserFactory(member_of=customer)
    message = notice_for(owner)
    assert customer_client(owner).post(reverse("privacy:stop-messages")).status_code == HTTPStatus.FOUND
    written, colleague = ticket(), StaffFactory()
    rows = {
        "grievances_ticket": written,
        "people_customer": customer,
        "people_principal": owner.principal,
        "people_user": colleague,
    }
    return World(
        receipt=ConsentReceipt.objects.get(),
        customer=customer,
        owner=owner,
        member=CustomerUserFactory(member_of=customer, member_of__role=MemberRole.MEMBER),
        other_customer=CustomerUserFactory(member_of=CustomerFactory()),
        ticket=written,
        message=message,
        nominee=nominee_of(owner).reference,
        rows=rows,
    )


@pytest.fixture
def told(cheap_requests: None, small: None, transactional_db: None) -> World:
    """The demonstration's story in small: rows of nearly every book, and a company with documents and people of its own."""
    cache.clear()
    builder.build(seed=7, now=clock.now(), tell=lambda *_step: None)
    models = {f"{model._meta.app_label}_{model._meta.model_name}": model for model in admin.site._registry}
    rows = {label: row for label, model in models.items() for row in model._default_manager.order_by("pk")[:1]}
    rows["consent_noticeversion"] = NoticeVersion.objects.get(state="draft")
    rows["consent_preferencechange"] = PreferenceChange.objects.exclude(receipt=None).order_by("pk")[0]
    rows["kyc_document"] = Document.objects.exclude(sent_at=None).exclude(kept=None).order_by("pk")[0]
    party = Party.objects.order_by("pk")[0]
    customer = party.case.customer
    paper = Document.objects.filter(case=party.case).order_by("pk")[0]
    tasks = needs_of(party.case, now=clock.now()).tasks
    owner = CustomerUserFactory(member_of=customer)
    assert customer_client(owner).post(reverse("privacy:stop-messages")).status_code == HTTPStatus.FOUND
    return World(
        receipt=ConsentReceipt.objects.latest("pk"),
        customer=customer,
        owner=owner,
        member=CustomerUserFactory(member_of=customer, member_of__role=MemberRole.MEMBER),
        other_customer=CustomerUserFactory(member_of=CustomerFactory()),
        ticket=Ticket.objects.order_by("pk")[0],
        message=notice_for(owner),
        nominee=nominee_of(owner).reference,
        rows=rows,
        document=paper.reference,
        kind=next(task.need.kinds[0] for task in tasks if task.party is None),
        party=party.reference,
        party_kind=next(task.need.kinds[0] for task in tasks if task.party == party),
        party_need=next(task.need.name for task in tasks if task.party == party and len(task.need.kinds) > 1),
        is_told=True,
        is_thorough=True,
    )


def browser_of(visitor: str, world: World) -> Client:
    if visitor == "stranger":
        return Client()
    if visitor in CUSTOMERS:
        return customer_client(getattr(world, visitor))
    if visitor == "half_staff":
        client: Any = Client()
        user = StaffFactory(roles=["administrator"])
        RecoveryCodes.activate(user)
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client
    user = StaffFactory(roles=[] if visitor == "staff_without_role" else [visitor])
    RecoveryCodes.activate(user)
    # Every post of the matrix meets a shut door: there is no change whose trace a browser could miss.
    return staff_client(user, browser=Client)


def names(resolver: Any, space: str = "") -> Iterator[str]:
    """The name of each address, with its namespace; without a name, its route."""
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            yield from names(pattern, f"{space}{pattern.namespace}:" if pattern.namespace else space)
        else:
            yield f"{space}{pattern.name or str(pattern.pattern)}"


def declared() -> set[str]:
    books = {
        f"admin:{model}_{page}"
        for model, book in BOOKS.items()
        for page in (*BOOK_PAGES, *book.extra, *book.of_row, *(["export"] if book.export else []))
    }
    return books | set(PAGES)


def test_every_address_is_in_the_table_and_the_table_has_no_other():
    #: The admin's redirect from a row's old address, and its answer to what it does not know: both ask for staff first.
    found = set(names(get_resolver())) - {"admin:<path:object_id>/", "admin:(?P<url>.*)$"}
    assert sorted(found - declared()) == []
    assert sorted(declared() - found) == []


def test_every_act_of_a_book_is_in_the_table_with_its_permission():
    found = {
        f"{model._meta.app_label}_{model._meta.model_name}": {act.name: str(act.permission) for act in actions_of(site)}
        for model, site in admin.site._registry.items()
    }
    table = {model: book.acts for model, book in BOOKS.items()}
    assert {model: acts for model, acts in found.items() if table.get(model) != acts} == {}
    assert set(table) == set(found)


def test_every_permission_in_the_table_is_carried_by_a_role():
    codes = {page.code for page in PAGES.values()} | {
        code
        for book in BOOKS.values()
        for code in (
            *(book.view, book.add, book.export, *book.acts.values(), *book.extra.values()),
            *(code for code, _args in book.of_row.values()),
        )
    }
    assert codes - {""} <= set(SHIPPED["permissions"])


@pytest.mark.one_stack
@pytest.mark.parametrize(
    "thorough", [False, pytest.param(True, marks=pytest.mark.full)], ids=["as it acts", "both ways"]
)
@pytest.mark.parametrize("visitor", VISITORS)
def test_what_each_visitor_may_open(visitor, world, thorough):
    """Full: every shut door by a visit and by a post."""
    world.is_thorough = thorough
    client = browser_of(visitor, world)
    wrong = [line for name, page in PAGES.items() for line in [_page(client, visitor, name, page, world)] if line]
    for model, book in BOOKS.items():
        wrong += [line for line in _book(client, visitor, model, book, world) if line]
    assert not wrong, "\n".join(wrong)


def say_why(client: Client, rows: Iterable[Any]) -> None:
    """As if this staff member had said for each row why it is opened: a reason opens nothing that the roles do not."""
    session, now = client.session, clock.now()
    for row in rows:
        OPENED.allow(SimpleNamespace(session=session), row, until=now + timedelta(hours=1), now=now)
    session.save()


@pytest.mark.full
def test_what_each_visitor_may_open_of_a_told_story(told):
    """Full: every page of one row by every visitor, with rows that are there."""
    assert set(BOOKS) - set(told.rows) == UNTOLD_BOOKS
    wrong = []
    for visitor in VISITORS:
        # The portal is ready while what was written is sealed; here nobody else does that.
        seal_now()
        client = browser_of(visitor, told)
        if visitor in ROLES:
            say_why(client, told.rows.values())
        wrong += [line for name, page in PAGES.items() for line in [_page(client, visitor, name, page, told)] if line]
        for model, book in BOOKS.items():
            wrong += [line for line in _book(client, visitor, model, book, told) if line]
    assert not wrong, "\n".join(wrong)


def _is_shut(answer: Any) -> bool:
    if answer.status_code in SHUT:
        return True
    return answer.status_code == HTTPStatus.FOUND and answer["Location"].startswith((*SIGN_INS, *ASKS_FOR_CODE))


def _may(visitor: str, page: Page) -> bool:
    is_staff = visitor in ROLES or visitor == "staff_without_role"
    return {
        For.ANYBODY: True,
        For.SECRET: False,
        For.KEY: False,
        For.CUSTOMERS: visitor in CUSTOMERS,
        For.MEMBERS: visitor in {"owner", "member"},
        For.OWNERS: visitor == "owner",
        For.STAFF_DOOR: visitor not in CUSTOMERS,
        For.HALF_STAFF: is_staff or visitor == "half_staff",
        For.STAFF: is_staff,
        For.ROLES: visitor in ROLES,
        For.NOBODY: False,
        For.CODE: _carries(visitor, page.code) and visitor != page.shut_to,
    }[page.audience]


def _page(client: Client, visitor: str, name: str, page: Page, world: World) -> str:
    if name in ENDS_THE_SESSION:
        return ""
    url = reverse(name, args=page.args(world))
    if not _may(visitor, page):
        return _shut_page(client, visitor, name, url, page)
    # What the act of an open page does is for the tests of its own room.
    return "" if page.is_post else _open_page(client, visitor, name, url, page, world)


def _open_page(client: Client, visitor: str, name: str, url: str, page: Page, world: World) -> str:
    answer = client.get(url)
    may_lack = page.is_untold or (page.is_empty and not world.is_told)
    if may_lack and answer.status_code == HTTPStatus.NOT_FOUND:
        return ""
    is_open = answer.status_code in {HTTPStatus.OK, HTTPStatus.FOUND, HTTPStatus.MOVED_PERMANENTLY}
    to_sign_in = page.audience not in {For.ANYBODY, For.STAFF_DOOR} and _is_shut(answer)
    going_on = page.audience is For.HALF_STAFF and answer.status_code == HTTPStatus.FOUND
    return "" if is_open and (going_on or not to_sign_in) else f"{visitor} should open {name}: {answer.status_code}"


def _shut_page(client: Client, visitor: str, name: str, url: str, page: Page) -> str:
    for is_post in (True,) if page.is_post else (False, True):
        answer = client.post(url) if is_post else client.get(url)
        if not _is_shut(answer) and (answer.status_code != HTTPStatus.METHOD_NOT_ALLOWED or not is_post):
            return f"{visitor} should not open {name}: {answer.status_code} {answer.headers.get('Location', '')}"
    return ""


def _carries(visitor: str, code: str) -> bool:
    return bool(code) and visitor in SHIPPED["permissions"][code]


def _book(client: Client, visitor: str, model: str, book: Book, world: World) -> Iterator[str]:
    there = world.rows.get(model)
    row = there.pk if there else MISSING
    plain = {"changelist": book.view, "add": book.add, **book.extra}
    if book.export:
        plain["export"] = book.export
    for page, code in plain.items():
        # What only acts leads back to its list when it is merely opened.
        seen = {HTTPStatus.OK, HTTPStatus.FOUND} if page in book.extra else {HTTPStatus.OK}
        yield _at(client, visitor, world, f"admin:{model}_{page}", [], _carries(visitor, code), seen)
    seen = {HTTPStatus.OK} if there else {HTTPStatus.FOUND, HTTPStatus.NOT_FOUND}
    yield _at(client, visitor, world, f"admin:{model}_change", [row], _carries(visitor, book.view), seen)
    for page, (code, args) in book.of_row.items():
        # An act of the page answers a visit with 405, or leads back to the row.
        asked = {HTTPStatus.OK, HTTPStatus.FOUND, HTTPStatus.METHOD_NOT_ALLOWED}
        if not world.is_told or there is None or f"{model}_{page}" in UNTOLD:
            asked.add(HTTPStatus.NOT_FOUND)
        yield _at(client, visitor, world, f"admin:{model}_{page}", [row, *args], _carries(visitor, code), asked)
    for page in ("delete", "history"):
        yield _at(client, visitor, world, f"admin:{model}_{page}", [row], False, set())
    for act, code in book.acts.items():
        done = {HTTPStatus.OK} if there else {HTTPStatus.NOT_FOUND}
        yield _at(client, visitor, world, f"admin:{model}_do_one", [row, act], _carries(visitor, code), done)
        yield _at(client, visitor, world, f"admin:{model}_do", [act], _carries(visitor, code), {HTTPStatus.NOT_FOUND})
    yield _at(client, visitor, world, f"admin:{model}_do", ["no-such-act"], False, set())


def _at(
    client: Client,
    visitor: str,
    world: World,
    name: str,
    args: list[Any],
    may: bool,
    expected: set[HTTPStatus],
) -> str:
    try:
        url = reverse(name, args=args)
    except NoReverseMatch:
        return f"{name} has no address"
    page = "do_one" if name.endswith("_do_one") else name.rpartition("_")[2]
    if not may and not world.is_thorough and page in ONLY_WRITTEN:
        return _shut_to_posts(client, visitor, name, url)
    answer = client.get(url)
    if may:
        return "" if answer.status_code in expected else f"{visitor} should open {name}: {answer.status_code}"
    if name in ACTS_OF_A_PAGE and answer.status_code == HTTPStatus.FOUND and answer["Location"].endswith("/change/"):
        return "" if _is_shut(client.post(url)) else f"{visitor} should not post to {name}"
    shut = _is_shut(answer) and (answer.status_code != HTTPStatus.FOUND or visitor in {"stranger", "half_staff"})
    if not shut:
        return f"{visitor} should not open {name}: {answer.status_code} {answer.headers.get('Location', '')}"
    is_enough = not world.is_thorough and page in ONLY_READ
    return "" if is_enough else _shut_to_posts(client, visitor, name, url)


def _shut_to_posts(client: Client, visitor: str, name: str, url: str) -> str:
    posted = client.post(url, "answer=1&post=yes", content_type="application/x-www-form-urlencoded")
    return "" if _is_shut(posted) else f"{visitor} should not post to {name}: {posted.status_code}"
