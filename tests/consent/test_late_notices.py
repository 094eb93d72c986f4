"""Who agreed before the law began is given the notice afterwards, once, with proof (DPDP s.5(2))."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.urls import reverse

from consent.models import ConsentState, LateNotice, NoticeText
from consent.services import late_notices, record_all, telling, withdraw
from consent.services.addresses import address_of
from consent.services.late_notices import give_late_notices
from consent.services.recording import Choice
from consent.services.visiting import new_visitor
from consent.states import Answer, Way
from consent.tasks import give_late_notices as task
from portal.audit.models import AuditEvent
from portal.core import actor, clock
from portal.core.errors import Refused
from portal.outbox.models import Message
from portal.people.services import subjects
from tests.consent.factories import person, published_notice, said
from tests.people.factories import ContactPointFactory, CustomerUserFactory, FiduciaryFactory, StaffFactory
from tests.signin.people_who_sign_in import staff_client

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("law")]
#: The rule's first day, and some days later.
BEGAN = datetime(2027, 5, 12, 18, 30, tzinfo=UTC)
AFTER = BEGAN + timedelta(days=3)


@pytest.fixture
def asha(law):
    published_notice(text="What we use, for what, and how you withdraw.")
    asha = person()
    said(asha, "given")
    said(asha, "given", channel="email")
    said(asha, "given", purpose="analytics", channel="none")
    return asha


@pytest.fixture
def later():
    with time_machine.travel(AFTER, tick=False):
        yield


def give():
    return give_late_notices(now=clock.now())


def test_before_the_law_begins_nobody_is_told(asha):
    assert give() == 0
    with time_machine.travel(BEGAN - timedelta(minutes=1), tick=False):
        assert give() == 0


def test_the_notice_is_given_once_with_its_text_and_proof_and_the_yes_goes_on(asha, later, monkeypatch):
    CustomerUserFactory(principal=asha)
    posted = []
    whole = telling.post
    monkeypatch.setattr(telling, "post", lambda **given: posted.append(given) or whole(**given))
    assert give() == 1
    assert give() == 0
    text = "What we use, for what, and how you withdraw."
    assert {given["channel"] for given in posted} == {"dashboard", "email"}
    assert all(text in given["context"]["notice"] for given in posted)
    assert "Offers and news" in posted[0]["context"]["purposes"]
    assert set(Message.objects.filter(kind="consent.late_notice").values_list("category", flat=True)) == {
        "policy_and_security"
    }
    rows = {row.purpose: row for row in LateNotice.objects.all()}
    assert set(rows) == {"marketing", "analytics"}
    assert rows["marketing"].text_sha256 == rows["marketing"].notice_version.binding.sha256
    assert rows["marketing"].rule.startswith("IN-DPDP-LEGACY@")
    assert AuditEvent.objects.filter(kind="consent.late_notice.given").count() == 2
    assert set(ConsentState.objects.values_list("answer", flat=True)) == {"given"}


def test_who_withdrew_or_agreed_afterwards_or_to_a_client_is_not_told(asha, later):
    for purpose, channel in (("marketing", "sms"), ("marketing", "email"), ("analytics", "none")):
        withdraw(subject_ref=asha.subject.ref, purpose=purpose, channel=channel, way=Way.PAGE, actor=actor.SYSTEM)
    ravi = person(email=None, phone="+919811112222")
    said(ravi, "given", occurred_at=clock.now())
    said(ravi, "given", channel="whatsapp", fiduciary=FiduciaryFactory().code, occurred_at=BEGAN - timedelta(days=9))
    assert give() == 0


def test_nothing_is_recorded_as_given_where_nobody_could_read_it(asha, later):
    login = CustomerUserFactory(principal=asha, is_active=False)
    asha.contact_points.update(verified_at=None)
    assert give() == 0
    assert not LateNotice.objects.exists()
    login.is_active = True
    login.save()
    assert give() == 1
    assert set(Message.objects.filter(kind="consent.late_notice").values_list("channel", flat=True)) == {"dashboard"}


def test_a_closed_login_is_no_way_to_be_told(asha, later):
    CustomerUserFactory(principal=asha, is_active=False)
    assert give() == 1
    assert set(Message.objects.filter(kind="consent.late_notice").values_list("channel", flat=True)) == {"email"}


def test_a_letter_that_cannot_be_posted_leaves_no_proof(asha, later, monkeypatch):
    def broken(**given):
        raise Refused("The outbox is broken.")

    monkeypatch.setattr(telling, "post", broken)
    assert give() == 0
    assert not LateNotice.objects.exists()
    assert not AuditEvent.objects.filter(kind="consent.late_notice.given").exists()


def test_a_full_batch_calls_for_the_next(asha, later, monkeypatch):
    called = []
    monkeypatch.setattr("consent.tasks.enqueue", called.append)
    monkeypatch.setattr(late_notices, "MOST", 1)
    assert task() == 1
    assert task() == 0
    assert called == ["consent.tasks.give_late_notices"]


def test_one_who_cannot_be_told_keeps_nobody_else_waiting(asha, monkeypatch):
    ravi = person(email="ravi@acme.example", phone="+919876543211")
    said(ravi, "given")
    whole = telling.post

    def refusing_the_first(**given):
        if given["subject_ref"] == asha.subject.ref:
            raise Refused("Her address is not one.")
        return whole(**given)

    monkeypatch.setattr(telling, "post", refusing_the_first)
    monkeypatch.setattr(late_notices, "MOST", 1)
    with time_machine.travel(AFTER, tick=False):
        assert give() == 1
    assert LateNotice.objects.get().subject_ref == ravi.subject.ref


def no_way(address="+919800000077"):
    """Somebody who agreed and has no login, and no address that they confirmed."""
    who = person(email=None, phone=address)
    at = min(clock.now(), BEGAN - timedelta(days=9)) - timedelta(minutes=1)
    said(who, "given", address=address, occurred_at=at)
    who.contact_points.update(verified_at=None)
    return who


def test_who_has_no_way_to_be_told_is_counted_and_named_to_staff_with_the_reason(asha):
    silent, other = no_way(), no_way("+919800000078")
    said(other, "given", purpose="analytics", channel="none")
    visitor = new_visitor(now=clock.now())
    place = address_of(subject_ref=visitor, channel="none", kind="subject", text="")
    record_all(
        subject_ref=visitor, fiduciary="onesetu", way=Way.PAGE, occurred_at=clock.now(), actor=actor.SYSTEM,
        choices=[Choice(place, "analytics", "none", Answer.GIVEN, NoticeText.objects.get())],
    )  # fmt: skip
    assert late_notices.unreached(now=clock.now()) == late_notices.Waiting()
    with time_machine.travel(AFTER, tick=False):
        found = late_notices.unreached(now=clock.now())
        assert [(one.subject_ref, one.purposes) for one in found.people] == [
            (silent.subject.ref, ("marketing",)),
            (other.subject.ref, ("analytics", "marketing")),
        ]
        assert found.visitors == 1
        officer = staff_client(StaffFactory(roles=["data_protection_officer"]))
        page = officer.get(reverse("admin:consent_latenotice_changelist")).content.decode()
        assert "2 people are owed the notice" in page
        assert "no login and no confirmed address" in page
        assert str(silent.subject.ref) in page
        assert "1 visitor of the pages" in page


def test_whoever_can_be_told_by_another_reference_of_theirs_waits_for_the_sweep_alone(asha, later):
    silent = no_way()
    assert len(late_notices.unreached(now=clock.now()).people) == 1
    subjects.join(old_ref=silent.subject.ref, new_ref=asha.subject.ref, actor=actor.SYSTEM, now=clock.now())
    assert late_notices.unreached(now=clock.now()).people == ()


@pytest.mark.parametrize("way", ["login", "address", "withdrawal"])
def test_nobody_is_named_who_got_a_way_or_took_the_yes_back(asha, later, way):
    silent = no_way()
    assert len(late_notices.unreached(now=clock.now()).people) == 1
    if way == "login":
        CustomerUserFactory(principal=silent)
    elif way == "address":
        # Nothing goes out by SMS here: a confirmed number alone is no way.
        silent.contact_points.update(verified_at=clock.now())
        assert len(late_notices.unreached(now=clock.now()).people) == 1
        ContactPointFactory(principal=silent, kind="email", address="silent@acme.example", verified_at=clock.now())
    else:
        withdraw(
            subject_ref=silent.subject.ref, purpose="marketing", channel="sms", way=Way.STAFF, actor=actor.SYSTEM
        )  # fmt: skip
    assert late_notices.unreached(now=clock.now()).people == ()
