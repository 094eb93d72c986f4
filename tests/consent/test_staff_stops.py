"""Staff take a wish from the telephone or a letter: it lands where every withdrawal lands, and the person is told."""

from datetime import timedelta

import pytest
from django.urls import reverse

from consent.models import ConsentEvent, ConsentState, Suppression
from consent.services.stopping import stop_at_address
from consent.states import Way
from portal.core import actor, clock
from portal.outbox.models import Message
from portal.people.models import Fiduciary
from tests.consent.factories import ASHA_PHONE, person, published_notice, said
from tests.people.factories import StaffFactory
from tests.signin.people_who_sign_in import staff_client

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("law")]
ADD = "admin:consent_suppression_add"


@pytest.fixture
def asha(law):
    published_notice()
    asha = person()
    said(asha, "given")
    return asha


@pytest.fixture
def support(law):
    return staff_client(StaffFactory(roles=["support"]))


def entered(**changes):
    own = Fiduciary.objects.get(code="onesetu").pk
    return {"fiduciary": own, "kind": "phone", "address": "98765 43210", "way": "phone", "occurred_at": "", **changes}


def test_one_consent_is_withdrawn_with_the_way_and_the_time_it_was_told(asha, support):
    state = ConsentState.objects.get(channel="sms")
    at = (clock.now() - timedelta(seconds=20)).astimezone(clock.IST)
    url = reverse("admin:consent_consentstate_do_one", args=[state.pk, "withdraw"])
    answer = support.post(url, {"answer": "1", "way": "paper", "occurred_at": f"{at:%Y-%m-%dT%H:%M:%S}"})
    event = ConsentEvent.objects.get(answer="withdrawn")
    assert event.receipt.reference in answer.text
    assert (event.way, event.actor_kind) == ("paper", "staff")
    assert abs(event.occurred_at - at) < timedelta(seconds=1)
    assert Message.objects.filter(kind="consent.confirmed").exists()


def test_everything_promotional_stops_at_an_address_that_was_told_to_staff(asha, support):
    assert support.post(reverse(ADD), entered()).status_code == 302
    assert {e.way for e in ConsentEvent.objects.filter(next=None)} == {"phone"}
    assert not ConsentState.objects.filter(answer="given").exists()
    again = support.post(reverse(ADD), entered())
    assert again.status_code == 422
    assert "stopped there already" in again.text
    at = f"{(clock.now() - timedelta(seconds=20)).astimezone(clock.IST):%Y-%m-%dT%H:%M:%S}"
    assert [support.post(reverse(ADD), entered(occurred_at=at)).status_code for _press in range(2)] == [302, 422]
    assert len(set(Suppression.objects.values_list("receipt", flat=True))) == 2


def test_a_number_nobody_holds_can_be_stopped_too(support):
    assert support.post(reverse(ADD), entered(address="+919811112222")).status_code == 302
    row = Suppression.objects.get()
    assert row.way == "phone"
    assert "9811112222" not in support.get(reverse("admin:consent_suppression_changelist")).text
    page = support.post(reverse("admin:consent_suppression_changelist"), {"find": "98111 12222"}, follow=True).text
    assert row.receipt.reference in page


@pytest.mark.parametrize("model", [ConsentState, Suppression])
def test_what_was_said_last_stands_first_however_late_it_was_told(asha, support, model):
    said(asha, "denied", channel="voice", occurred_at=clock.now() - timedelta(days=9))
    for minutes, number in ((1, "+919811112222"), (9, "+919811113333")):
        stop_at_address(
            kind="phone", address=number, fiduciary=Fiduciary.objects.get(code="onesetu"), way=Way.PHONE,
            occurred_at=clock.now() - timedelta(minutes=minutes), actor=actor.SYSTEM,
        )  # fmt: skip
    column = "occurred_at" if model is ConsentState else "suppressed_at"
    shown = support.get(reverse(f"admin:consent_{model._meta.model_name}_changelist")).context["cl"].result_list
    times = [getattr(row, column) for row in shown]
    assert len(times) == 2
    assert times == sorted(times, reverse=True)


@pytest.mark.parametrize(("field", "value"), [("address", "12"), ("occurred_at", "2999-01-01T10:00"), ("way", "sms")])
def test_what_is_wrong_is_said_and_stops_nothing(asha, support, field, value):
    answer = support.post(reverse(ADD), entered(**{field: value}))
    assert answer.status_code == 422
    assert ConsentState.objects.get(channel="sms").answer == "given"


def test_who_may_only_look_stops_nothing(asha):
    auditor = staff_client(StaffFactory(roles=["auditor"]))
    assert auditor.get(reverse(ADD)).status_code == 403
    assert auditor.post(reverse(ADD), entered()).status_code == 403
    assert ConsentState.objects.get(channel="sms").answer == "given"
    assert ASHA_PHONE not in auditor.get(reverse("admin:consent_suppression_changelist")).text
