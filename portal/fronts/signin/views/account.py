"""A customer's own login: name, addresses, people of the organisation, open sessions."""

from typing import Any

from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth import logout
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from portal.fronts.signin import change_rows
from portal.fronts.signin.forms import MemberForm, ResidenceForm
from portal.fronts.signin.views.responses import page, put
from portal.kernel.core import addresses, clock
from portal.kernel.core.errors import PortalError, Refused
from portal.kernel.core.requests import actor_of
from portal.kernel.law.choices import Channel
from portal.kernel.outbox.selectors import can_send
from portal.kernel.outbox.services import faults
from portal.kernel.people import selectors, step_up_codes
from portal.kernel.people.choices import ContactKind, CustomerKind, CustomerState, MemberRole, ProvenAct
from portal.kernel.people.customer_access import customer_required, login_of, principal_of
from portal.kernel.people.models import ContactPoint, Customer, Membership, SignIn, User
from portal.kernel.people.services import authority, customers, freezes, invitations, logins, people, sessions

#: On which channel an address of a kind is tried first, and so where a fault shows.
FIRST_CHANNEL = {ContactKind.EMAIL: Channel.EMAIL, ContactKind.PHONE: Channel.SMS}
SHOWN_SIGN_INS = 20


def _acting(request: HttpRequest) -> dict[str, Any]:
    return {"actor": actor_of(request), "now": clock.now()}


def _account(request: HttpRequest) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("privacy:account"))


def _contacts(user: User) -> QuerySet[ContactPoint]:
    return ContactPoint.objects.filter(principal=user.principal, left_at=None).order_by("kind", "added_at")


@customer_required
@require_GET
def account(request: HttpRequest) -> HttpResponse:
    user, now = login_of(request), clock.now()
    memberships = Membership.objects.filter(principal=user.principal, ended_at=None).select_related("customer")
    return page(
        request,
        "selfservice/signin/account.html",
        login=user,
        contacts=[
            (
                contact,
                contact.address == user.email,
                # Whoever has not shown that an address is theirs learns nothing about it.
                contact.verified_at is not None
                and faults.stand(address=contact.address, channel=FIRST_CHANNEL[ContactKind(contact.kind)]),
            )
            for contact in _contacts(user)
        ],
        can_confirm_phones=can_send(Channel.SMS),
        waiting=[
            (change, addresses.mask(change.kind, change.new_address)) for change in change_rows.waiting_changes(user)
        ],
        # A person's own account that a freeze closed needs no second sentence.
        memberships=[
            (
                row,
                authority.said_of(row.customer, user.pk, at=now)
                if row.customer.kind == CustomerKind.ORGANISATION
                else "",
            )
            for row in memberships.order_by("joined_at")
        ],
        is_frozen=user.principal is not None and freezes.is_frozen(user.principal.subject.ref),
        residence=selectors.declared_regime(user.principal.subject.ref) if user.principal else None,
    )


@customer_required
@require_POST
def remove_contact(request: HttpRequest, pk: int) -> HttpResponse:
    user = login_of(request)
    contact = get_object_or_404(_contacts(user), pk=pk)
    if (asked := step_up_codes.ask(request, ProvenAct.ADDRESS)) is not None:
        return asked
    try:
        logins.remove_contact(user=user, contact=contact, **_acting(request))
    except Refused as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("The address is removed."))
    return _account(request)


@customer_required
@require_http_methods(["GET", "POST"])
def residence(request: HttpRequest) -> HttpResponse:
    """The person says where they live: the law of that place gives them its rights and times too."""
    person = principal_of(request)
    said = selectors.declared_regime(person.subject.ref)
    form = ResidenceForm(request.POST or None, initial={"regime": said})
    if request.method == "POST" and form.is_valid():
        people.declare_residence(principal=person, regime=form.cleaned_data["regime"], **_acting(request))
        messages.success(request, _("Saved. From now on your rights and our times follow the law of that place too."))
        return _account(request)
    return page(request, "selfservice/signin/residence.html", form=form)


def _organisation(request: HttpRequest, reference: str) -> tuple[Customer, bool]:
    """The organisation, and whether the person is one of its owners. 404 for everybody else."""
    customer = selectors.customer_for(request.user, reference)
    if customer.kind != CustomerKind.ORGANISATION:
        raise Http404
    return customer, selectors.role_of(request.user, customer) == MemberRole.OWNER


@customer_required
@require_http_methods(["GET", "POST"])
def members(request: HttpRequest, reference: str) -> HttpResponse:
    """The people of an organisation. An owner invites and removes; a member sees, and so does who may not act for it now."""
    customer, is_owner = _organisation(request, reference)
    order, first = selectors.insolvency_order(customer), {"role": MemberRole.MEMBER}
    form = MemberForm(request.POST or None, initial=first, only_members=order is not None) if is_owner else None
    if request.method == "POST":
        if form is None:
            raise Http404
        if form.is_valid():
            if (asked := step_up_codes.ask(request, ProvenAct.MEMBERS, customer=customer)) is not None:
                return asked
            try:
                customers.invite(
                    customer=customer,
                    address=form.cleaned_data["email"],
                    role=form.cleaned_data["role"],
                    **_acting(request),
                )
            except Refused as error:
                put(form, "email", error)
            else:
                messages.success(request, _("We have sent the invitation."))
                return HttpResponseRedirect(reverse("privacy:members", args=[customer.reference]))
    open_ones = customer.invitations.filter(accepted_at=None, cancelled_at=None, expires_at__gt=clock.now())
    may_act = is_owner and not authority.said_to(customer, request.user.pk, at=clock.now())
    return page(
        request,
        "selfservice/signin/members.html",
        form=form,
        customer=customer,
        is_owner=may_act,
        may_invite=may_act and customer.state == CustomerState.ACTIVE,
        why_not=authority.said_of(customer, request.user.pk, at=clock.now()),
        members=_people_of(customer, login_of(request).principal_id),
        invitations=[(row, addresses.mask(ContactKind.EMAIL, row.address)) for row in open_ones],
        own_id=login_of(request).principal_id,
    )


def _people_of(customer: Customer, own_id: int | None) -> list[tuple[Membership, bool, bool]]:
    """Who acts for it, and whether an owner may change the role of each, or remove them: under an order nobody becomes an
    owner, and who owned it before stays.
    """
    rows = Membership.objects.filter(customer=customer, ended_at=None).select_related("principal").order_by("joined_at")
    order = selectors.insolvency_order(customer)
    if order is None:
        return [(row, True, True) for row in rows]
    return [(row, False, row.pk not in order.suspended and row.principal_id != own_id) for row in rows]


@customer_required
@require_POST
def change_member(request: HttpRequest, reference: str, pk: int) -> HttpResponse:
    """Remove a person, once the owner has said so a second time, or make them owner or member. Owners only."""
    customer, is_owner = _organisation(request, reference)
    if not is_owner:
        raise Http404
    membership = get_object_or_404(customer.memberships.filter(ended_at=None), pk=pk)
    act = request.POST.get("act", "")
    if act == "remove" and "sure" not in request.POST:
        return page(
            request,
            "selfservice/signin/remove_member.html",
            customer=customer,
            membership=membership,
            own=_is_own(request, membership),
        )
    if act not in {"remove", *MemberRole.values}:
        raise Http404
    if (asked := step_up_codes.ask(request, ProvenAct.MEMBERS, customer=customer)) is not None:
        return asked
    try:
        if act == "remove":
            customers.remove_member(membership=membership, **_acting(request))
        else:
            customers.change_role(membership=membership, role=act, **_acting(request))
    except PortalError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Done."))
    if _is_own(request, membership) and act == "remove":
        return _account(request)
    return HttpResponseRedirect(reverse("privacy:members", args=[customer.reference]))


def _is_own(request: HttpRequest, membership: Membership) -> bool:
    return membership.principal_id == login_of(request).principal_id


@customer_required
@require_POST
def withdraw_invitation(request: HttpRequest, reference: str, pk: int) -> HttpResponse:
    """End an open invitation: its link lets nobody in any more. Owners only."""
    customer, is_owner = _organisation(request, reference)
    if not is_owner:
        raise Http404
    invitation = get_object_or_404(customer.invitations.all(), pk=pk)
    try:
        invitations.cancel(invitation=invitation, **_acting(request))
    except PortalError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("The invitation is withdrawn: its link no longer works."))
    return HttpResponseRedirect(reverse("privacy:members", args=[customer.reference]))


@customer_required
@require_http_methods(["GET", "POST"])
def open_sessions(request: HttpRequest) -> HttpResponse:
    """Where the login is signed in, and the latest sign-ins. POST ends one session, or all others."""
    return sessions_page(request, "selfservice/signin/sessions.html", "privacy:sessions", "privacy:sign-in")


def sessions_page(request: HttpRequest, template: str, here: str, sign_in: str) -> HttpResponse:
    """Shared by the customers' and the staff's page."""
    user = login_of(request)
    current = request.session.session_key or ""
    if request.method == "POST":
        if "all" in request.POST:
            sessions.end_all(user=user, **_acting(request))
            logout(request)
            messages.success(request, _("You are signed out everywhere."))
            return HttpResponseRedirect(reverse(sign_in))
        picked = request.POST.get("session", "")
        row = UserSession.objects.filter(user=user, pk=int(picked) if picked.isdigit() else 0).first()
        if row is None:
            raise Http404
        sessions.end_one(user=user, session_id=row.pk, **_acting(request))
        if row.session_key == current:
            logout(request)  # or the message would be written to a session that is gone
        messages.success(request, _("The session is ended."))
        return HttpResponseRedirect(reverse(sign_in if row.session_key == current else here))
    rows = UserSession.objects.purge_and_list(user)
    return page(
        request,
        template,
        sessions=[(row, row.session_key == current) for row in rows],
        sign_ins=SignIn.objects.filter(user=user)[:SHOWN_SIGN_INS],
    )
