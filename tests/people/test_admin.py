"""The staff's pages: what each role may see and do, and that the service's "no" is the page's "no"."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.urls import reverse

from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import clock
from portal.kernel.core.actor import SYSTEM, staff
from portal.kernel.core.ids import new_reference
from portal.kernel.people.choices import CustomerState
from portal.kernel.people.models import (
    Customer,
    FourEyesRule,
    Invitation,
    MfaReset,
    Role,
    RoleGrant,
    RoleProposal,
    SignIn,
    User,
)
from portal.kernel.people.services import customers, devices, memberships, mfa, roles
from tests.jobs.factories import JobFactory
from tests.law.factories import HouseRuleFactory
from tests.people.factories import (
    CustomerFactory,
    CustomerUserFactory,
    FiduciaryFactory,
    PrincipalFactory,
    StaffFactory,
    shipped_role,
)
from tests.signin.people_who_sign_in import staff_client, staff_through_pages, with_factor

pytestmark = pytest.mark.django_db
OPENING = {"open_record": "1", "purpose": "support", "ticket": "support desk"}


@pytest.fixture
def opening_rule():
    return HouseRuleFactory(key="admin.opening_life", amount=30, unit="minute")


@pytest.fixture
def boss():
    return StaffFactory(full_name="Boss One", roles=["administrator"])


@pytest.fixture
def second():
    return StaffFactory(full_name="Boss Two", roles=["administrator"])


@pytest.fixture
def helper():
    return StaffFactory(full_name="Help Er", roles=["support"])


def act(client, row, act_name, /, **answer):
    url = reverse(f"admin:people_{row._meta.model_name}_do_one", args=[row.pk, act_name])
    assert client.get(url).status_code in {200, 403, 404}
    return client.post(url, {"answer": "1", "_selected_action": row.pk, **answer})


def text(answer):
    return re.sub(r"<[^>]+>", " ", answer.content.decode())


LISTS = {
    "user": "administrator data_protection_officer auditor",
    "signin": "administrator data_protection_officer auditor",
    "role": "administrator data_protection_officer auditor",
    "rolegrant": "administrator data_protection_officer auditor",
    "roleproposal": "administrator data_protection_officer auditor",
    "foureyesrule": "administrator data_protection_officer auditor",
    "mfareset": "administrator data_protection_officer auditor",
    "fiduciary": "administrator data_protection_officer auditor",
    "customer": "administrator data_protection_officer auditor grievance_officer kyc_checker kyc_maker support",
    "principal": "administrator data_protection_officer auditor grievance_officer kyc_checker kyc_maker support",
    "invitation": "administrator data_protection_officer auditor grievance_officer kyc_checker kyc_maker support",
}


@pytest.mark.parametrize("role", list(roles.shipped()["roles"]))
def test_each_role_sees_the_lists_that_its_permissions_name(role):
    client = staff_client(StaffFactory(roles=[role]))
    seen = {name: client.get(reverse(f"admin:people_{name}_changelist")).status_code for name in LISTS}
    assert seen == {name: 200 if role in allowed.split() else 403 for name, allowed in LISTS.items()}


def test_a_staff_member_is_invited_from_the_page(boss):
    client = staff_client(boss)
    url = reverse("admin:people_user_add")
    assert client.get(url).status_code == 200
    answer = client.post(url, {"full_name": "Meera Iyer", "email": "Meera@onesetu.example"})
    newcomer = User.objects.get(email="meera@onesetu.example")
    assert answer["Location"] == reverse("admin:people_user_change", args=[newcomer.pk])
    assert Invitation.objects.get(user=newcomer).invited_by == boss
    assert "Meera Iyer" in text(client.get(answer["Location"]))


def test_what_was_entered_stays_when_the_service_says_no(boss, second):
    answer = staff_client(boss).post(reverse("admin:people_user_add"), {"full_name": "Twice", "email": second.email})
    assert answer.status_code == 422
    assert 'value="Twice"' in answer.content.decode()
    assert "Another account uses this" in text(answer)


@pytest.mark.parametrize("name", ["user", "customer"])
def test_a_role_without_the_permission_adds_nothing(name):
    client = staff_client(StaffFactory(roles=["auditor"]))
    url = reverse(f"admin:people_{name}_add")
    assert client.get(url).status_code == 403
    before = User.objects.count()
    data = {"full_name": "X", "email": "x@onesetu.example", "kind": "individual", "name": "X"}
    assert client.post(url, data).status_code == 403
    assert (User.objects.count(), Customer.objects.count()) == (before, 0)


def test_a_role_is_given_by_two_people_through_the_pages(boss, second, helper):
    answer = act(staff_client(boss), helper, "propose-role", role=shipped_role("kyc_maker").pk, why="Needed.")
    assert "Proposed" in text(answer)
    proposal = RoleProposal.objects.get()
    own = act(staff_client(boss), proposal, "approve")
    assert "Another person must decide this" in text(own)
    assert not RoleGrant.objects.filter(user=helper, role__code="kyc_maker").exists()
    act(staff_client(second), proposal, "approve")
    assert RoleGrant.objects.filter(user=helper, role__code="kyc_maker").exists()


def test_a_role_is_refused_with_a_reason_and_ended_by_two(boss, second, helper):
    act(staff_client(boss), helper, "propose-role", role=shipped_role("kyc_maker").pk, why="Needed.")
    proposal = RoleProposal.objects.get()
    checker = staff_client(second)
    assert act(checker, proposal, "refuse", reason="").status_code == 422
    act(checker, proposal, "refuse", reason="Not yet.")
    proposal.refresh_from_db()
    assert (proposal.answer, proposal.reason) == ("refused", "Not yet.")
    held = helper.role_grants.get()
    act(staff_client(boss), held, "propose-end", why="Leaves.")
    act(checker, RoleProposal.objects.latest("pk"), "approve")
    held.refresh_from_db()
    assert held.ends_at is not None


def test_the_end_of_a_role_is_changed_by_two(boss, second, helper):
    held = helper.role_grants.get()
    said = act(staff_client(boss), held, "propose-change", ends_at="2099-01-01T10:00", why="Contract.")
    assert "Proposed" in text(said)
    act(staff_client(second), RoleProposal.objects.get(), "approve")
    held.refresh_from_db()
    assert held.ends_at.isoformat() == "2099-01-01T04:30:00+00:00"


@pytest.mark.parametrize("role", ["support", "auditor", "grievance_officer", "kyc_maker", "kyc_checker"])
def test_other_roles_neither_propose_nor_answer(role, boss, helper):
    client = staff_client(StaffFactory(roles=[role]))
    role_id = shipped_role("kyc_maker").pk
    assert act(client, helper, "propose-role", role=role_id, why="x").status_code in {403, 404}
    proposal = roles.propose_grant(
        user=helper,
        role=shipped_role("kyc_maker"),
        starts_at=clock.now(),
        ends_at=None,
        why="x",
        actor=staff(boss.pk),
        now=clock.now(),
    )
    assert act(client, proposal, "approve").status_code == 403
    proposal.refresh_from_db()
    assert proposal.answer == "pending"


def test_a_second_factor_is_reset_by_two_through_the_pages(boss, second, helper):
    with_factor(helper)
    act(staff_client(boss), helper, "propose-mfa-reset", why="Called back.")
    reset = MfaReset.objects.get()
    assert "Called back." in text(staff_client(second).get(reverse("admin:people_mfareset_change", args=[reset.pk])))
    act(staff_client(second), reset, "approve")
    assert not mfa.Authenticator.objects.filter(user=helper).exists()


def test_a_reset_is_refused_through_the_pages(boss, second, helper):
    with_factor(helper)
    reset = mfa.propose(user=helper, why="Lost.", actor=staff(boss.pk), now=clock.now())
    act(staff_client(second), reset, "refuse", reason="Call her first.")
    assert mfa.Authenticator.objects.filter(user=helper).exists()


def test_a_login_is_deactivated_signed_out_and_unlocked_from_the_page(boss, helper):
    client = staff_client(boss)
    theirs = staff_through_pages(helper)
    act(client, helper, "sign-out")
    assert theirs.get("/admin/").status_code == 302
    act(client, helper, "unlock")
    assert SignIn.objects.filter(user=helper, outcome="forgiven").exists()
    act(client, helper, "deactivate")
    helper.refresh_from_db()
    assert not helper.is_active
    assert "Left out" in text(client.get(reverse("admin:people_user_do_one", args=[helper.pk, "unlock"])))


def test_nobody_deactivates_themselves_from_the_page(boss):
    act(staff_client(boss), boss, "deactivate")
    boss.refresh_from_db()
    assert boss.is_active


def test_a_lost_invitation_is_sent_again(boss):
    client = staff_client(boss)
    client.post(reverse("admin:people_user_add"), {"full_name": "Meera", "email": "meera@onesetu.example"})
    act(client, User.objects.get(email="meera@onesetu.example"), "invite-again")
    assert Invitation.objects.count() == 2


def test_a_customer_is_created_and_its_owner_invited(helper):
    client = staff_client(helper)
    data = {"kind": "organisation", "name": "Acme Traders", "owner_email": "asha@acme.example", "language": "hi"}
    client.post(reverse("admin:people_customer_add"), data)
    customer = Customer.objects.get()
    invitation = Invitation.objects.get(customer=customer)
    assert (customer.name, invitation.address, invitation.language) == ("Acme Traders", "asha@acme.example", "hi")


@pytest.mark.usefixtures("opening_rule")
def test_opening_a_customer_asks_why_first_and_leaves_a_trace(helper):
    customer = CustomerFactory(name="Acme Traders")
    client = staff_client(helper)
    url = reverse("admin:people_customer_change", args=[customer.pk])
    asked = client.get(url)
    assert "Why do you open this record?" in text(asked)
    assert "Acme Traders" not in text(asked)
    for typed in ("?", "KYC Ramesh Kulkarni", "OS-XX-7K4M-9QX2"):
        refused = client.post(url, {**OPENING, "ticket": typed})
        assert refused.status_code == 422
        assert "support desk" in text(refused)  # it names what it takes
    assert "Acme Traders" in text(client.post(url, OPENING, follow=True))
    event = AuditEvent.objects.get(kind="admin.record.opened")
    assert event.about == f"people.customer:{customer.reference}"
    assert event.facts["purpose"] == "support"
    assert event.subject_ref == customer.subject.ref


@pytest.mark.usefixtures("opening_rule")
def test_a_record_is_opened_for_work_that_there_is(helper):
    """The check character is asked for, and then the row; what was typed stays in its field."""
    customer = CustomerFactory(name="Acme Traders")
    client = staff_client(helper)
    url = reverse("admin:people_customer_change", args=[customer.pk])
    work = JobFactory().reference
    misread = work[:-1] + ("7" if work[-1] != "7" else "8")
    for typed, said in (
        (misread, "One character of this reference is wrong, or two are swapped."),
        (new_reference("GR"), "We have nothing with this reference."),
        (customer.reference, "This reference is not of a ticket, a case or other work."),
    ):
        refused = client.post(url, {**OPENING, "ticket": typed})
        assert refused.status_code == 422
        assert said in text(refused)
        assert f'value="{typed}"' in refused.text
        assert "Acme Traders" not in refused.text
    assert not AuditEvent.objects.filter(kind="admin.record.opened").exists()
    assert "Acme Traders" in text(client.post(url, {**OPENING, "ticket": work.lower()}, follow=True))
    assert AuditEvent.objects.get(kind="admin.record.opened").facts["ticket"] == work


def test_an_opening_holds_for_as_long_as_the_rule_of_that_day_says(helper):
    HouseRuleFactory(key="admin.opening_life", amount=2, unit="minute", effective_from=date(2026, 1, 1))
    HouseRuleFactory(key="admin.opening_life", version=2, amount=4, unit="minute", effective_from=date(2126, 12, 1))
    url = reverse("admin:people_customer_change", args=[CustomerFactory(name="Acme Traders").pk])
    # Days after the role of the helper began, whenever this runs.
    for day, minutes in ((datetime(2126, 11, 25, 6, tzinfo=UTC), 2), (datetime(2126, 12, 2, 6, tzinfo=UTC), 4)):
        with time_machine.travel(day, tick=False) as moment:
            client = staff_client(helper)
            client.post(url, OPENING)
            moment.shift(timedelta(minutes=minutes, seconds=-1))
            assert "Acme Traders" in text(client.get(url))
            moment.shift(timedelta(seconds=1))
            assert "Why do you open this record?" in text(client.get(url))


def test_without_a_rule_for_it_no_record_is_opened(helper):
    url = reverse("admin:people_customer_change", args=[CustomerFactory(name="Acme Traders").pk])
    client = staff_client(helper)
    assert client.post(url, OPENING).status_code == 404
    assert "Acme Traders" not in text(client.get(url))


@pytest.mark.usefixtures("opening_rule")
def test_addresses_are_masked_until_somebody_gives_a_reason(helper):
    asha = PrincipalFactory(full_name="Asha Rao", email="asha@acme.example")
    client = staff_client(helper)
    page = text(client.post(reverse("admin:people_principal_change", args=[asha.pk]), OPENING, follow=True))
    assert "a••••@acme.example" in page
    assert "asha@acme.example" not in page
    assert act(client, asha, "reveal-addresses", reason="", ticket="").status_code == 422
    for reason in ("Call 98765 43210 for her.", "asha@example.in asked."):
        assert act(client, asha, "reveal-addresses", reason=reason, ticket="support desk").status_code == 422
    shown = act(client, asha, "reveal-addresses", reason="She asked where we write.", ticket="support desk")
    assert "asha@acme.example" in text(shown)
    event = AuditEvent.objects.get(kind="admin.value.revealed")
    assert event.subject_ref == asha.subject.ref
    assert "She asked" not in str(event.facts)


def test_the_auditor_reveals_nothing():
    asha = PrincipalFactory(email="asha@acme.example")
    client = staff_client(StaffFactory(roles=["auditor"]))
    answer = act(client, asha, "reveal-addresses", reason="Curious.", ticket="audit")
    assert answer.status_code == 403
    assert not AuditEvent.objects.filter(kind="admin.value.revealed").exists()


@pytest.mark.parametrize("term", ["asha@acme.example", "ASHA@acme.example ", "98765 43210", "reference"])
def test_a_customer_is_found_by_its_reference_or_a_whole_address(term, helper):
    customer, other = CustomerFactory(), CustomerFactory()
    asha = PrincipalFactory(email="asha@acme.example", phone="+919876543210")
    memberships.add(customer=customer, principal=asha, role="owner", actor=SYSTEM, at=clock.now())
    url = reverse("admin:people_customer_changelist")
    client = staff_client(helper)
    assert re.search(
        r'<form id="changelist-search" method="post"[^>]*>\s*<input type="hidden" name="csrf', client.get(url).text
    )
    answer = client.post(url, {"find": customer.reference if term == "reference" else term}, follow=True)
    assert not {"@", "%40", "98765"} & set(re.findall(r"@|%40|98765", answer.redirect_chain[-1][0]))
    page = text(answer)
    assert customer.reference in page.replace(term, "") or term == "reference"
    assert other.reference not in page


def test_a_person_is_found_by_a_whole_address(helper):
    PrincipalFactory(email="asha@acme.example")
    PrincipalFactory(email="ravi@acme.example")
    url, client = reverse("admin:people_principal_changelist"), staff_client(helper)
    answer = client.post(url, {"find": "asha@acme.example"}, follow=True)
    assert not client.get(url, {"q": "asha@acme.example"}).context["cl"].queryset
    for term in ("nobody@acme.example", "nobody", "+919811119999"):
        without = client.post(url, {"find": term}, follow=True)
        assert not without.context["cl"].queryset
        assert "Nothing was found" in text(without)
    assert [row.contact_points.get().address for row in answer.context["cl"].queryset] == ["asha@acme.example"]


def test_an_account_is_closed_renamed_and_opened_again(helper):
    customer = CustomerFactory()
    client = staff_client(helper)
    act(client, customer, "rename", name="Acme Trading")
    act(client, customer, "close")
    customer = Customer.objects.get(pk=customer.pk)
    assert (customer.name, customer.state) == ("Acme Trading", CustomerState.CLOSED)
    assert "closed" in text(act(client, customer, "invite", email="a@acme.example", role="owner", language="en"))
    act(client, customer, "reopen")
    assert "on its way" in text(act(client, customer, "invite", email="a@acme.example", role="owner", language="en"))


def test_an_invitation_is_cancelled_from_the_page(helper):
    row = customers.invite(customer=CustomerFactory(), address="asha@acme.example", actor=SYSTEM)
    act(staff_client(helper), row, "cancel")
    row.refresh_from_db()
    assert row.cancelled_at is not None


def test_a_customers_sign_in_is_unlocked_by_support(helper):
    user = CustomerUserFactory()
    client = staff_client(helper)
    act(client, user.principal, "unlock")
    assert SignIn.objects.get(user=user).outcome == "forgiven"
    assert "Left out" in text(
        client.get(reverse("admin:people_principal_do_one", args=[PrincipalFactory().pk, "unlock"]))
    )


@pytest.mark.parametrize(
    "make",
    [
        CustomerFactory,
        lambda: CustomerUserFactory(member_of=CustomerFactory()).principal,
        lambda: StaffFactory(roles=["support"]),
        lambda: devices.note(user=StaffFactory(), outcome="wrong_password", actor=SYSTEM, now=clock.now()),
        FiduciaryFactory,
        lambda: customers.invite(customer=CustomerFactory(), address="a@acme.example", actor=SYSTEM),
    ],
)
def test_a_list_asks_no_more_queries_for_more_rows(make, boss, django_assert_max_num_queries):
    client = staff_client(boss)
    row = make()
    url = reverse(f"admin:people_{row._meta.model_name}_changelist")
    client.get(url)
    counts = []
    for _ in range(2):
        for _more in range(4):
            make()
        with django_assert_max_num_queries(40) as counted:
            assert client.get(url).status_code == 200
        counts.append(len(counted.captured_queries))
    assert counts[0] == counts[1]


def test_the_books_of_roles_open_and_change_nothing(boss):
    client = staff_client(boss)
    for model in (Role, FourEyesRule, RoleGrant):
        row = model.objects.first()
        url = reverse(f"admin:people_{model._meta.model_name}_change", args=[row.pk])
        assert client.get(url).status_code == 200
        assert client.post(url, {"label": "x"}).status_code == 403


def test_the_libraries_own_pages_are_gone(boss):
    client = staff_client(boss)
    for name in ("mfa/authenticator", "account/emailaddress", "usersessions/usersession"):
        assert client.get(f"/admin/{name}/").status_code == 404


def test_nothing_is_deleted_from_a_page(boss):
    customer = CustomerFactory()
    client = staff_client(boss)
    assert client.post(f"/admin/people/customer/{customer.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Customer.objects.filter(pk=customer.pk).exists()
