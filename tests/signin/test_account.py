"""What customers do with their own login, and what others cannot."""

from http import HTTPStatus

import pytest
from allauth.usersessions.models import UserSession
from django.core.cache import cache
from django.urls import reverse

from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import clock, ports
from portal.kernel.outbox.models import PushSubscription
from portal.kernel.people.choices import MemberRole
from portal.kernel.people.models import ContactPoint, Membership, RegimeEvidence, User
from portal.kernel.people.selectors import regimes_of
from portal.kernel.people.services import codes
from tests.outbox.factories import AddressFaultFactory
from tests.people.factories import (
    ContactPointFactory,
    CustomerFactory,
    CustomerUserFactory,
    FiduciaryFactory,
    MembershipFactory,
)
from tests.servers.push_service import Browser
from tests.shipped import every_rule
from tests.signin.people_who_sign_in import confirmed, customer_client

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def empty_cache():
    cache.clear()


@pytest.fixture
def acme():
    every_rule()  # the letters about its people need a purpose
    FiduciaryFactory(code="onesetu")
    return CustomerFactory(name="Acme Traders")


@pytest.fixture
def owner(acme):
    return CustomerUserFactory(email="asha@acme.example", member_of=acme)


@pytest.fixture
def member(acme):
    return CustomerUserFactory(email="ravi@acme.example", member_of=acme, member_of__role=MemberRole.MEMBER)


def people_of(acme):
    return reverse("privacy:members", args=[acme.reference])


def change(acme, membership):
    return reverse("privacy:change-member", args=[acme.reference, membership.pk])


def prove(client, postbox, kind="email"):
    """Type the code that came to the login's address."""
    code = postbox.last("signin.act_code")["context"]["code"]
    return client.post(reverse("privacy:change-proof", args=[kind]), {"code": code})


def test_the_page_shows_ones_own_addresses_and_organisations(owner, acme):
    page = customer_client(owner).get(reverse("privacy:account")).content.decode()
    assert "asha@acme.example" in page
    assert "Acme Traders" in page


def test_a_new_address_counts_only_once_its_code_was_entered(owner, postbox, monkeypatch):
    left = []
    monkeypatch.setattr(ports.address_left, "_items", [lambda **facts: left.append(facts["address"])])
    client = customer_client(owner)
    client.post(reverse("privacy:new-email"), {"email": "asha.rao@acme.example"})
    prove(client, postbox)
    letter = postbox.last("signin.contact_code")
    assert letter["address"] == "asha.rao@acme.example"
    assert User.objects.get(pk=owner.pk).email == "asha@acme.example"
    wrong = client.post(reverse("privacy:new-email-code"), {"code": "000000"})
    assert wrong.status_code == 422
    client.post(reverse("privacy:new-email-code"), {"code": letter["context"]["code"]})
    assert User.objects.get(pk=owner.pk).email == "asha.rao@acme.example"
    assert left == ["asha@acme.example"]
    live = ContactPoint.objects.filter(principal=owner.principal, left_at=None)
    assert [(row.address, bool(row.verified_at)) for row in live] == [("asha.rao@acme.example", True)]
    assert postbox.last("signin.email_changed")["address"] == "asha@acme.example"


def test_a_new_address_ends_every_other_session_of_the_login(owner, postbox):
    client, intruder = customer_client(owner), customer_client(owner)
    for one in (client, intruder):
        key = {"session_key": one.session.session_key}
        UserSession.objects.create(user=owner, ip="203.0.113.7", user_agent="Firefox", **key)
        assert one.get(reverse("privacy:account")).status_code == 200
    client.post(reverse("privacy:new-email"), {"email": "asha.rao@acme.example"})
    prove(client, postbox)
    code = postbox.last("signin.contact_code")["context"]["code"]
    client.post(reverse("privacy:new-email-code"), {"code": code})
    assert client.get(reverse("privacy:account")).status_code == 200
    assert intruder.get(reverse("privacy:account")).status_code == 302


def test_an_address_with_a_login_cannot_be_taken_over(owner, member, postbox):
    client = customer_client(owner)
    client.post(reverse("privacy:new-email"), {"email": member.email})
    prove(client, postbox)
    code = postbox.last("signin.contact_code")["context"]["code"]
    answer = client.post(reverse("privacy:new-email-code"), {"code": code})
    assert answer.status_code == 422
    assert User.objects.get(pk=owner.pk).email == "asha@acme.example"


def test_somebody_elses_code_changes_nothing(owner, member, postbox):
    theirs = customer_client(member)
    theirs.post(reverse("privacy:new-email"), {"email": "new@acme.example"})
    prove(theirs, postbox)
    code = postbox.last("signin.contact_code")["context"]["code"]
    mine = customer_client(owner)
    mine.post(reverse("privacy:new-email"), {"email": "new@acme.example"})
    prove(mine, postbox)
    own_code = postbox.last("signin.contact_code")["context"]["code"]
    if code != own_code:
        assert mine.post(reverse("privacy:new-email-code"), {"code": code}).status_code == 422
    assert User.objects.get(pk=owner.pk).email == "asha@acme.example"


def test_a_number_is_added_unconfirmed_where_no_sms_can_be_sent(owner, settings):
    settings.OUTBOX_CHANNELS = {"email": settings.OUTBOX_CHANNELS["email"]}
    client = customer_client(owner)
    assert client.post(reverse("privacy:add-phone"), {"phone": "12"}).status_code == 422
    client.post(reverse("privacy:add-phone"), {"phone": "९८७६५ ४३२१०"})
    phone = ContactPoint.objects.get(principal=owner.principal, kind="phone")
    assert (phone.address, phone.verified_at) == ("+919876543210", None)
    confirmed(client, reverse("privacy:remove-contact", args=[phone.pk]))
    phone.refresh_from_db()
    assert phone.left_at is not None


@pytest.fixture
def sms(settings):
    settings.OUTBOX_CHANNELS = {**settings.OUTBOX_CHANNELS, "sms": "tests.outbox.factories.RecordingChannel"}


def phone_of(owner):
    return ContactPoint.objects.get(principal=owner.principal, kind="phone", left_at=None)


def test_a_number_is_confirmed_by_the_code_of_an_sms(owner, postbox, sms):
    client = customer_client(owner)
    client.post(reverse("privacy:add-phone"), {"phone": "9876543210"})
    assert not ContactPoint.objects.filter(principal=owner.principal, kind="phone").exists()
    asked = prove(client, postbox, "phone")
    assert asked.url == reverse("privacy:phone-code")
    letter = postbox.last("signin.phone_code")
    assert (letter["channel"], letter["address"], letter["only_here"]) == ("sms", "+919876543210", True)
    assert not ContactPoint.objects.filter(principal=owner.principal, kind="phone").exists()
    page = client.get(asked.url).content.decode()
    assert "+91 •••• ••3210" in page
    assert client.post(asked.url, {"code": "000000"}).status_code == 422
    assert client.post(asked.url, {"code": letter["context"]["code"]}).url == reverse("privacy:account")
    assert phone_of(owner).verified_at is not None


def test_a_number_saved_earlier_is_confirmed_from_the_account_page(owner, postbox, sms):
    ContactPointFactory(principal=owner.principal, kind="phone", address="+919876543210", verified_at=None)
    client = customer_client(owner)
    page = client.get(reverse("privacy:account")).content.decode()
    assert 'name="phone" value="+919876543210"' in page
    client.post(reverse("privacy:add-phone"), {"phone": "+919876543210"})
    prove(client, postbox, "phone")
    client.post(reverse("privacy:phone-code"), {"code": postbox.last("signin.phone_code")["context"]["code"]})
    assert phone_of(owner).verified_at is not None
    assert 'name="phone" value' not in client.get(reverse("privacy:account")).content.decode()


def test_the_code_of_a_number_works_in_the_browser_that_asked_alone(owner, member, postbox, sms):
    first = customer_client(owner)
    first.post(reverse("privacy:add-phone"), {"phone": "9876543210"})
    prove(first, postbox, "phone")
    code = postbox.last("signin.phone_code")["context"]["code"]
    other = customer_client(owner)
    assert other.post(reverse("privacy:phone-code"), {"code": code}).status_code == 422
    thief = customer_client(member)
    thief.post(reverse("privacy:add-phone"), {"phone": "9876543210"})
    prove(thief, postbox, "phone")
    if postbox.last("signin.phone_code")["context"]["code"] != code:
        assert thief.post(reverse("privacy:phone-code"), {"code": code}).status_code == 422
    assert not ContactPoint.objects.filter(principal=member.principal, kind="phone").exists()


def test_a_login_does_not_send_codes_to_any_number_of_strangers(owner, postbox, sms, settings):
    client = customer_client(owner)
    answers = [
        client.post(reverse("privacy:add-phone"), {"phone": f"98765432{number:02}"}).status_code
        for number in range(settings.CODES_PER_HOUR + 2)
    ]
    assert answers.count(302) == settings.CODES_PER_HOUR
    assert answers[-1] == 422
    assert len(postbox.kinds()) == settings.CODES_PER_HOUR


def test_the_page_says_where_messages_do_not_arrive_until_the_number_is_confirmed_again(owner, postbox, sms):
    ContactPointFactory(principal=owner.principal, kind="phone", address="+919876543210")
    AddressFaultFactory(address="+919876543210", channel="sms", subject_ref=owner.subject_ref)
    client = customer_client(owner)
    assert "Messages do not arrive here" in client.get(reverse("privacy:account")).content.decode()
    client.post(reverse("privacy:add-phone"), {"phone": "+919876543210"})
    prove(client, postbox, "phone")
    client.post(reverse("privacy:phone-code"), {"code": postbox.last("signin.phone_code")["context"]["code"]})
    assert "Messages do not arrive here" not in client.get(reverse("privacy:account")).content.decode()


def test_nobody_learns_from_a_number_that_is_not_confirmed_whether_messages_arrive_there(owner):
    ContactPointFactory(principal=owner.principal, kind="phone", address="+919876543210", verified_at=None)
    AddressFaultFactory(address="+919876543210", channel="sms")
    client = customer_client(owner)
    assert "Messages do not arrive here" not in client.get(reverse("privacy:account")).content.decode()


def test_the_address_one_signs_in_with_is_not_removed(owner):
    contact = ContactPoint.objects.get(principal=owner.principal)
    confirmed(customer_client(owner), reverse("privacy:remove-contact", args=[contact.pk]))
    contact.refresh_from_db()
    assert contact.left_at is None


def test_nobody_removes_somebody_elses_address(owner):
    other = ContactPointFactory()
    assert customer_client(owner).post(reverse("privacy:remove-contact", args=[other.pk])).status_code == 404
    other.refresh_from_db()
    assert other.left_at is None


def test_an_owner_invites_a_member(owner, acme, postbox):
    client = customer_client(owner)
    confirmed(client, people_of(acme), {"email": "new@acme.example", "role": "member"})
    letter = postbox.last("signin.member_invitation")
    assert (letter["address"], letter["context"]["customer"]) == ("new@acme.example", "Acme Traders")
    assert "n••••@acme.example" in client.get(people_of(acme)).content.decode()


def test_a_bad_invitation_keeps_what_was_entered(owner, acme):
    answer = confirmed(customer_client(owner), people_of(acme), {"email": "new at acme", "role": "member"})
    assert answer.status_code == 422
    assert 'value="new at acme"' in answer.content.decode()


def test_a_member_sees_the_people_and_changes_nothing(owner, member, acme, postbox):
    client = customer_client(member)
    assert client.get(people_of(acme)).status_code == 200
    assert confirmed(client, people_of(acme), {"email": "new@acme.example", "role": "owner"}).status_code == 404
    target = owner.principal.memberships.get()
    assert confirmed(client, change(acme, target), {"act": "remove"}).status_code == 404
    assert confirmed(client, change(acme, member.principal.memberships.get()), {"act": "owner"}).status_code == 404
    target.refresh_from_db()
    assert target.ended_at is None
    assert postbox.letters == []


def test_an_owner_is_asked_once_more_before_a_person_is_removed(owner, member, acme):
    theirs = member.principal.memberships.get()
    answer = confirmed(customer_client(owner), change(acme, theirs), {"act": "remove"})
    assert member.principal.full_name in answer.content.decode()
    theirs.refresh_from_db()
    assert theirs.ended_at is None


def test_an_owner_withdraws_an_invitation_and_a_member_may_not(owner, member, acme):
    confirmed(customer_client(owner), people_of(acme), {"email": "new@acme.example", "role": "member"})
    invitation = acme.invitations.get(cancelled_at=None)
    withdraw = reverse("privacy:withdraw-invitation", args=[acme.reference, invitation.pk])
    assert customer_client(member).post(withdraw).status_code == 404
    assert customer_client(owner).post(withdraw).status_code == 302
    invitation.refresh_from_db()
    assert invitation.cancelled_at is not None
    assert "no longer works" not in customer_client(owner).post(withdraw, follow=True).content.decode()


def test_an_owner_removes_a_member_who_then_sees_nothing(owner, member, acme):
    confirmed(customer_client(owner), change(acme, member.principal.memberships.get()), {"act": "remove", "sure": "1"})
    assert customer_client(member).get(people_of(acme)).status_code == 404


def test_the_last_owner_stays(owner, member, acme):
    mine = owner.principal.memberships.get()
    page = confirmed(customer_client(owner), change(acme, mine), {"act": "remove", "sure": "1"}, follow=True)
    assert "keeps at least one owner" in page.content.decode()
    mine.refresh_from_db()
    assert mine.ended_at is None


def test_an_owner_makes_another_owner_and_leaves(owner, member, acme):
    client = customer_client(owner)
    confirmed(client, change(acme, member.principal.memberships.get()), {"act": "owner"})
    answer = confirmed(client, change(acme, owner.principal.memberships.get()), {"act": "remove", "sure": "1"})
    assert answer["Location"] == reverse("privacy:account")
    assert Membership.objects.get(customer=acme, ended_at=None).principal == member.principal


def test_another_organisation_is_closed_to_an_owner(owner):
    other = MembershipFactory()
    client = customer_client(owner)
    assert client.get(people_of(other.customer)).status_code == 404
    assert confirmed(client, change(other.customer, other), {"act": "remove"}).status_code == 404
    other.refresh_from_db()
    assert other.ended_at is None


def test_a_membership_of_another_organisation_cannot_be_reached_through_ones_own(owner, acme):
    other = MembershipFactory()
    assert confirmed(customer_client(owner), change(acme, other), {"act": "remove"}).status_code == 404


def test_an_individual_has_no_page_of_people():
    single = CustomerFactory(kind="individual")
    client = customer_client(CustomerUserFactory(member_of=single))
    assert client.get(people_of(single)).status_code == 404


def test_signing_out_everywhere_ends_the_other_browser(client, owner, postbox):
    browsers = []
    for _ in range(2):
        browser = type(client)()
        browser.post(reverse("privacy:sign-in"), {"email": owner.email})
        browser.post(reverse("privacy:sign-in-code"), {"code": postbox.last("signin.sign_in_code")["context"]["code"]})
        browsers.append(browser)
    assert browsers[0].get(reverse("privacy:sessions")).content.decode().count("End this session") == 2
    browsers[0].post(reverse("privacy:sessions"), {"all": "1"})
    assert [browser.get(reverse("privacy:account")).status_code for browser in browsers] == [302, 302]
    assert "signin.new_device" in postbox.kinds()


def test_plain_codes_have_six_digits():
    from portal.kernel.core import clock

    row = codes.issue(purpose="sign_in", kind="email", address="x@acme.example", now=clock.now())
    assert len(codes.plain(row)) == 6
    assert codes.plain(row).isdigit()


def given(number=1):
    """What the script of the page fills in."""
    return {**Browser(f"https://push.example/{number}").given()}


@pytest.fixture
def push(settings, monkeypatch):
    settings.OUTBOX_CHANNELS = {**settings.OUTBOX_CHANNELS, "push": "tests.outbox.factories.RecordingChannel"}
    monkeypatch.setattr("portal.kernel.core.http_client.require_public", lambda url: None)


def test_notices_are_switched_on_and_off_without_a_script(owner, member, push):
    client, page = customer_client(owner), reverse("privacy:push")
    assert "needs JavaScript" in client.get(page).content.decode()
    assert client.post(page, given()).status_code == 302
    row = PushSubscription.objects.get()
    assert row.subject_ref == owner.subject_ref
    shown = client.get(page).content.decode()
    assert f'value="{row.pk}"' in shown
    assert customer_client(member).post(page, {"off": row.pk}).status_code == 404
    assert client.post(page, {"off": "²"}).status_code == 404
    client.post(page, {"off": row.pk})
    assert not PushSubscription.objects.exists()


def test_a_browser_that_gave_nothing_is_not_kept(owner, push):
    client = customer_client(owner)
    client.post(reverse("privacy:push"), {"endpoint": "", "p256dh": "", "auth": ""})
    assert not PushSubscription.objects.exists()
    assert "Try again" in client.get(reverse("privacy:push")).content.decode()


def test_where_push_is_not_set_up_the_page_says_so(owner, settings):
    settings.OUTBOX_CHANNELS = {"email": settings.OUTBOX_CHANNELS["email"]}
    client = customer_client(owner)
    assert "cannot send notices" in client.get(reverse("privacy:push")).content.decode()
    client.post(reverse("privacy:push"), given())
    assert not PushSubscription.objects.exists()


def test_the_service_worker_comes_from_our_origin_as_a_program(client):
    answer = client.get(reverse("privacy:push-worker"))
    assert answer["Content-Type"].startswith("text/javascript")
    assert b"showNotification" in answer.content
    assert "default-src 'self'" in answer["Content-Security-Policy"]


def test_the_page_of_the_people_says_what_owner_and_member_mean(owner, acme):
    page = customer_client(owner).get(people_of(acme)).content.decode()
    assert "Owner: everything, and invite and remove people" in page
    assert "Member: everything but invite and remove people" in page


def test_a_person_says_where_they_live_and_the_law_of_that_place_applies(owner):
    client, ref = customer_client(owner), owner.principal.subject.ref
    assert client.get(reverse("privacy:residence")).context["form"].initial == {"regime": "IN"}
    assert client.post(reverse("privacy:residence"), {"regime": "EU"}).status_code == HTTPStatus.FOUND
    assert regimes_of(ref) == {"IN", "EU"}
    client.post(reverse("privacy:residence"), {"regime": "US-CA"})
    assert regimes_of(ref) == {"IN", "US-CA"}
    assert "California" in client.get(reverse("privacy:account")).content.decode()
    client.post(reverse("privacy:residence"), {"regime": "IN"})
    assert regimes_of(ref) == {"IN"}
    told = AuditEvent.objects.filter(kind__startswith="people.regime.").order_by("pk")
    assert [(event.kind, event.facts["regime"]) for event in told] == [
        ("people.regime.recorded", "EU"),
        ("people.regime.ended", "EU"),
        ("people.regime.recorded", "US-CA"),
        ("people.regime.ended", "US-CA"),
    ]


def test_saying_the_same_place_again_changes_nothing(owner):
    client = customer_client(owner)
    for _ in range(2):
        client.post(reverse("privacy:residence"), {"regime": "EU"})
    assert RegimeEvidence.objects.count() == AuditEvent.objects.filter(kind__startswith="people.regime.").count() == 1


def test_evidence_of_another_ground_stays_whatever_the_person_says(owner):
    ref = owner.principal.subject.ref
    RegimeEvidence.objects.create(subject_ref=ref, regime="EU", ground="document", noted_at=clock.now())
    customer_client(owner).post(reverse("privacy:residence"), {"regime": "IN"})
    assert regimes_of(ref) == {"IN", "EU"}


@pytest.mark.parametrize("said", ["", "MARS"])
def test_a_place_that_is_none_of_the_three_is_asked_for_again(owner, said):
    answer = customer_client(owner).post(reverse("privacy:residence"), {"regime": said})
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert not RegimeEvidence.objects.exists()
