"""The demonstration's first page: ten things to try, each with its login and link, and the staff's codes of now."""

from dataclasses import dataclass
from typing import Any

from allauth.mfa import app_settings
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from consent.base.choices import Answer
from consent.records.models.state import ConsentState
from kyc.base.choices import DocumentState
from kyc.base.models.documents import Document
from portal.demo.mailbox_views import demo_only
from portal.demo.story import staff
from portal.kernel.core import clock
from portal.kernel.people.choices import CustomerKind, MemberRole
from portal.kernel.people.models import Membership, User


@dataclass(frozen=True)
class Login:
    role: str
    email: str
    code: str


@dataclass(frozen=True)
class Thing:
    """One thing to try. ``login`` is an address or a sentence; ``url`` is empty where there is a command instead."""

    title: str
    text: str
    login: str
    url: str = ""
    command: str = ""


@demo_only
@require_safe
def first_page(request: HttpRequest) -> HttpResponse:
    """404 outside the demonstration. The codes change every thirty seconds: load the page again."""
    context: dict[str, Any] = {"logins": logins(), "password": staff.PASSWORD, "things": things()}
    return render(request, "demo/first_page.html", context)


def code_of(user: User) -> str:
    """The one-time code of this half minute, or empty when the login has no second factor."""
    secret = staff.secret_of(user)
    if secret is None:
        return ""
    counter = int(clock.now().timestamp()) // app_settings.TOTP_PERIOD
    return str(format_hotp_value(hotp_value(secret, counter)))


def logins() -> list[Login]:
    """The staff of the story with the code of this moment, in the order in which they were hired."""
    found = {user.email: user for user in User.objects.filter(is_staff=True, is_active=True)}
    return [
        Login(role.replace("_", " "), address, code_of(found[address]))
        for _name, mailbox, role in staff.MEMBERS
        if (address := staff.address(mailbox)) in found
    ]


def customer_login(kind: str, *, with_document: bool = False, with_yes: bool = False) -> str:
    """The address of somebody who owns a customer of this kind; empty when the story has none.

    ``with_yes``: somebody who said yes to offers, so that there is something to stop and a receipt to check.
    """
    rows = Membership.objects.filter(role=MemberRole.OWNER, ended_at=None, customer__kind=kind)
    if with_document:
        asked = Document.objects.filter(state=DocumentState.ASKED_AGAIN).values("case__customer")
        rows = rows.filter(customer__in=asked)
    if with_yes:
        said = ConsentState.objects.filter(purpose="marketing", answer=Answer.GIVEN, verified=True)
        rows = rows.filter(principal__subject__ref__in=said.values("subject_ref"))
    member = rows.select_related("principal").order_by("pk").first()
    user = User.objects.filter(principal=member.principal, is_active=True).first() if member else None
    return user.email if user else ""


def things() -> list[Thing]:
    """The ten, in the order in which the portal is best understood."""
    anybody = customer_login(CustomerKind.INDIVIDUAL)
    person = customer_login(CustomerKind.INDIVIDUAL, with_yes=True) or anybody
    sender = customer_login(CustomerKind.INDIVIDUAL, with_document=True) or anybody
    company = customer_login(CustomerKind.ORGANISATION)
    officer = staff.address("grievance.officer")
    return [
        Thing(
            _("Stop all offers, and take it back"),
            _(
                "Sign in with the code in the mailbox, press the first button, then Undo. Keep the receipt, and look at "
                "“Do not disturb”."
            ),
            person,
            _link("privacy:preferences"),
        ),
        Thing(
            _("Verify a receipt"),
            _("Download a receipt from “What you agreed to” and check it, here or offline."),
            person,
            _link("privacy:consents"),
        ),
        Thing(
            _("Send a paper again"),
            _("A document was asked for again: read why, and upload another file."),
            sender,
            _link("privacy:kyc"),
        ),
        Thing(
            _("File a grievance without an account"),
            _("Seven short steps; then follow it with the reference and a code from the mailbox."),
            _("No login"),
            _link("privacy:grievance-start"),
        ),
        Thing(
            _("See whom a company lets in"),
            _("Invite a colleague, and try to remove the last owner."),
            company,
            _link("privacy:account"),
        ),
        Thing(
            _("Decide about a document by two people"),
            _("Propose as the maker, answer as the checker. The same person is refused."),
            f"{staff.address('kyc.maker')}, {staff.address('kyc.checker')}",
            _link("admin:kyc_document_changelist", "admin:index"),
        ),
        Thing(
            _("Answer the grievance that is late"),
            _(
                "The list holds what is overdue, the latest first. Open one: its page names the rule that the date comes from."
            ),
            officer,
            _link("admin:grievances_ticket_changelist", query="queue=overdue"),
        ),
        Thing(
            _("Publish a policy with a defect"),
            _("A draft has an empty list and consent by use. Publishing is refused until two people say why."),
            f"{staff.address('data.protection')}, {staff.address('administrator')}",
            _link("admin:consent_noticeversion_changelist", "admin:index"),
        ),
        Thing(
            _("Take evidence away"),
            _(
                "Ask for a pack of any days since 15 December 2025: the ledger of the demonstration tells of each since then."
            ),
            staff.address("auditor"),
            _link("evidence:packs"),
        ),
        Thing(
            _("Ask the law and the ledger"),
            _("Work out a date, and check every leaf of the ledger."),
            _("A terminal"),
            command="./run manage due EU-12-1M 2026-11-24; ./run manage verify_ledger",
        ),
    ]


def _link(*names: str, query: str = "") -> str:
    """The first of these pages that exists."""
    for name in names:
        try:
            return f"{reverse(name)}?{query}" if query else reverse(name)
        except NoReverseMatch:
            continue
    return ""
