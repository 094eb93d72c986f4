"""What a session alone does not do: nominees, people of a company, addresses, copies and deletions ask for a code."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.urls import reverse

from grievances.models import Nominee
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import clock
from portal.kernel.people import step_up_codes
from portal.kernel.people.choices import MemberRole
from portal.kernel.people.models import ContactPoint, Invitation, OneTimeCode
from portal.kernel.people.services import codes
from tests.people.factories import AddressChangeFactory, ContactPointFactory, CustomerFactory, CustomerUserFactory
from tests.shipped import every_rule
from tests.signin.people_who_sign_in import confirmed, customer_client

pytestmark = pytest.mark.django_db
NOMINEE = {"full_name": "Ravi Rao", "relation": "spouse", "email": "ravi@acme.example", "rights": ["grievance"]}


@pytest.fixture(autouse=True)
def law():
    every_rule()
    cache.clear()


@pytest.fixture
def acme():
    return CustomerFactory(name="Acme Traders")


@pytest.fixture
def asha(acme):
    return CustomerUserFactory(email="asha@acme.example", member_of=acme)


def people_of(acme):
    return reverse("privacy:members", args=[acme.reference])


def test_a_fresh_session_names_no_nominee_without_a_code_of_its_own(asha):
    client, page = customer_client(asha), reverse("privacy:nominee-new")
    asked = client.post(page, NOMINEE)
    assert "Prove it is you" in asked.content.decode()
    assert not Nominee.objects.exists()
    assert [(row.purpose, row.address) for row in OneTimeCode.objects.all()] == [("act", "asha@acme.example")]
    assert client.post(page, {**NOMINEE, "proof_code": "000000"}).status_code == 422
    assert not Nominee.objects.exists()


def test_the_page_sends_the_same_again_with_every_answer(asha):
    client = customer_client(asha)
    page = client.post(reverse("privacy:nominee-new"), {**NOMINEE, "rights": ["grievance", "erasure"]}).content.decode()
    for name, value in (("full_name", "Ravi Rao"), ("rights", "grievance"), ("rights", "erasure")):
        assert f'<input type="hidden" name="{name}" value="{value}">' in page


def test_a_code_confirms_what_was_sent_and_nothing_else(asha):
    client, page = customer_client(asha), reverse("privacy:nominee-new")
    client.post(page, NOMINEE)
    code = codes.plain(OneTimeCode.objects.get())
    other = {**NOMINEE, "full_name": "Thief", "email": "thief@acme.example", "proof_code": code}
    assert client.post(page, other).status_code == 422
    assert not Nominee.objects.exists()
    assert client.post(page, {**NOMINEE, "proof_code": code}).status_code == 302
    assert Nominee.objects.count() == 1
    event = AuditEvent.objects.get(kind="signin.act.confirmed")
    assert event.facts["method"] == "nominees"


def test_another_browser_cannot_use_the_code(asha):
    page = reverse("privacy:nominee-new")
    customer_client(asha).post(page, NOMINEE)
    code = codes.plain(OneTimeCode.objects.get())
    assert customer_client(asha).post(page, {**NOMINEE, "proof_code": code}).status_code == 422
    assert not Nominee.objects.exists()


def test_another_code_is_sent_on_request(asha):
    client, page = customer_client(asha), reverse("privacy:nominee-new")
    client.post(page, NOMINEE)
    again = client.post(page, {**NOMINEE, "proof_code": "", "proof_again": "1"})
    assert "We have sent a new code." in again.content.decode()
    assert OneTimeCode.objects.count() == 2


def test_who_asks_for_codes_without_end_is_refused_and_nothing_is_lost(asha, settings):
    client, page = customer_client(asha), reverse("privacy:nominee-new")
    answers = [client.post(page, NOMINEE) for _ in range(settings.CODES_PER_HOUR + 1)]
    assert [answer.status_code for answer in answers] == [200] * settings.CODES_PER_HOUR + [422]
    assert "Too many codes" in answers[-1].content.decode()
    assert 'value="Ravi Rao"' in answers[-1].content.decode()


def test_an_owner_who_confirms_each_change_may_make_many(asha, acme, settings):
    client = customer_client(asha)
    for number in range(settings.CODES_PER_HOUR + 1):
        confirmed(client, people_of(acme), {"email": f"new{number}@acme.example", "role": "member"})
    assert Invitation.objects.count() == settings.CODES_PER_HOUR + 1


def test_nobody_is_invited_removed_or_made_an_owner_without_a_code(asha, acme):
    client = customer_client(asha)
    ravi = CustomerUserFactory(member_of=acme, member_of__role=MemberRole.MEMBER).principal.memberships.get()
    change = reverse("privacy:change-member", args=[acme.reference, ravi.pk])
    client.post(people_of(acme), {"email": "thief@acme.example", "role": "owner"})
    client.post(change, {"act": "owner"})
    client.post(change, {"act": "remove", "sure": "1"})
    ravi.refresh_from_db()
    assert (ravi.role, ravi.ended_at) == (MemberRole.MEMBER, None)
    assert not Invitation.objects.exists()


def test_after_a_cancelled_change_nothing_of_this_is_done_for_72_hours(asha, acme):
    now = clock.now()
    row = AddressChangeFactory(user=asha, cancelled_at=now - timedelta(hours=71))
    client = customer_client(asha)
    answer = client.post(reverse("privacy:nominee-new"), NOMINEE, follow=True)
    assert "For 72 hours we take no other." in answer.content.decode()
    client.post(people_of(acme), {"email": "thief@acme.example", "role": "owner"})
    assert not OneTimeCode.objects.exists()
    assert not Invitation.objects.exists()
    row.cancelled_at = now - timedelta(hours=73)
    row.save(update_fields=["cancelled_at"])
    assert "Prove it is you" in client.post(reverse("privacy:nominee-new"), NOMINEE).content.decode()


def test_no_address_is_removed_without_a_code(asha):
    phone = ContactPointFactory(principal=asha.principal, kind="phone", address="+919876543210")
    customer_client(asha).post(reverse("privacy:remove-contact", args=[phone.pk]))
    assert ContactPoint.objects.get(pk=phone.pk).left_at is None


def test_a_proof_of_a_session_is_recent_for_fifteen_minutes(asha, rf):
    request, now = rf.get("/"), clock.now()
    request.session = {}
    assert not step_up_codes.is_recent(request, now=now)
    step_up_codes.note(request, now=now)
    assert step_up_codes.is_recent(request, now=now + timedelta(minutes=15) - timedelta(seconds=1))
    assert not step_up_codes.is_recent(request, now=now + timedelta(minutes=15))
    assert not step_up_codes.is_recent(request, now=now - timedelta(seconds=1))


def test_signing_in_by_a_code_is_a_proof(client, asha, postbox):
    client.post(reverse("privacy:sign-in"), {"email": asha.email})
    client.post(reverse("privacy:sign-in-code"), {"code": postbox.last("signin.sign_in_code")["context"]["code"]})
    assert step_up_codes.PROVEN in client.session
