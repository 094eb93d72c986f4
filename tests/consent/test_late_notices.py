"""Who agreed before the law began is given the notice afterwards, once, with proof (DPDP s.5(2))."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from consent.base.choices import Answer, Way
from consent.models import ConsentState, LateNotice, NoticeText
from consent.notices.services import legacy_notices, person_notifications
from consent.notices.services.legacy_notices import give_late_notices
from consent.prompts.services.visitor_choices import new_visitor
from consent.records.services.addresses import address_of
from consent.records.services.consent_events import Choice, record_all
from consent.suppressions.services.withdrawals import withdraw
from consent.tasks import give_late_notices as task
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor, clock
from portal.kernel.core.errors import Refused
from portal.kernel.outbox.models import Message
from portal.kernel.outbox.services.message_content import text_of
from portal.kernel.people.services import subjects
from tests.consent.factories import person, published_notice, said
from tests.people.factories import ContactPointFactory, CustomerUserFactory, FiduciaryFactory, StaffFactory
from tests.signin.people_who_sign_in import staff_client

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("law")]
#: The rule's first day, and some days later.
BEGAN = datetime(2027, 5, 12, 18, 30, tzinfo=UTC)
AFTER = BEGAN + timedelta(days=3)


@pytest.fixture(autouse=True)
def before():
    """What people said without a time of its own is older than the law."""
    with time_machine.travel(BEGAN - timedelta(days=160), tick=True):
        yield


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
    whole = person_notifications.post
    monkeypatch.setattr(person_notifications, "post", lambda **given: posted.append(given) or whole(**given))
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


@pytest.mark.parametrize(("language", "said_before"), [("en", ""), ("hi", "यह अभी केवल अंग्रेज़ी में है:\n\n")])
def test_over_a_text_that_is_not_translated_stands_in_the_readers_language_that_it_is_in_english(
    asha, later, language, said_before
):
    asha.language = language
    asha.save(update_fields=["language"])
    assert give() == 1
    body = text_of(Message.objects.get(kind="consent.late_notice")).body
    assert f"\n\n{said_before}What we use, for what, and how you withdraw." in body


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

    monkeypatch.setattr(person_notifications, "post", broken)
    assert give() == 0
    assert not LateNotice.objects.exists()
    assert not AuditEvent.objects.filter(kind="consent.late_notice.given").exists()


def test_a_full_batch_calls_for_the_next(asha, later, monkeypatch):
    called = []
    monkeypatch.setattr("consent.tasks.enqueue", called.append)
    monkeypatch.setattr(legacy_notices, "MOST", 1)
    assert task() == 1
    assert task() == 0
    assert called == ["consent.tasks.give_late_notices"]


def test_one_who_cannot_be_told_keeps_nobody_else_waiting(asha, monkeypatch):
    ravi = person(email="ravi@acme.example", phone="+919876543211")
    said(ravi, "given")
    whole = person_notifications.post

    def refusing_the_first(**given):
        if given["subject_ref"] == asha.subject.ref:
            raise Refused("Her address is not one.")
        return whole(**given)

    monkeypatch.setattr(person_notifications, "post", refusing_the_first)
    monkeypatch.setattr(legacy_notices, "MOST", 1)
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
    assert legacy_notices.unreached(now=clock.now()) == legacy_notices.Waiting()
    with time_machine.travel(AFTER, tick=False):
        found = legacy_notices.unreached(now=clock.now())
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


def test_the_people_without_a_way_come_page_by_page_and_all_are_counted(asha, monkeypatch):
    monkeypatch.setattr(legacy_notices, "SHOWN", 2)
    silent = [no_way(f"+9198000000{number}") for number in range(70, 75)]
    subjects.join(old_ref=silent[1].subject.ref, new_ref=asha.subject.ref, actor=actor.SYSTEM, now=clock.now())
    CustomerUserFactory(principal=asha)
    left = [one.subject.ref for one in silent if one is not silent[1]]
    address = reverse("admin:consent_latenotice_changelist")
    with time_machine.travel(AFTER, tick=False):
        pages = [legacy_notices.unreached(now=clock.now(), page=page) for page in (1, 2)]
        assert [one.subject_ref for page in pages for one in page.people] == left
        assert {(page.count, page.pages) for page in pages} == {(4, 2)}
        assert legacy_notices.unreached(now=clock.now(), page=9) == pages[1]
        officer = staff_client(StaffFactory(roles=["data_protection_officer"]))
        shown = [officer.get(address, {"without_a_way": page}).text for page in ("1", "2", "x")]
    assert [[str(ref) in page for ref in left] for page in shown] == [
        [True, True, False, False],
        [False, False, True, True],
        [True, True, False, False],
    ]
    assert all("4 people are owed the notice" in page for page in shown)
    assert "?without_a_way=2" in shown[0]
    assert "?without_a_way=1" in shown[1]


def test_whoever_can_be_told_by_another_reference_of_theirs_waits_for_the_sweep_alone(asha, later):
    silent = no_way()
    assert len(legacy_notices.unreached(now=clock.now()).people) == 1
    subjects.join(old_ref=silent.subject.ref, new_ref=asha.subject.ref, actor=actor.SYSTEM, now=clock.now())
    assert legacy_notices.unreached(now=clock.now()).people == ()


def joined(old, new):
    subjects.join(old_ref=old.subject.ref, new_ref=new.subject.ref, actor=actor.SYSTEM, now=clock.now())


def test_whoever_is_known_by_several_references_is_counted_and_named_once_by_the_last_of_them(asha):
    first, second, third, alone = (no_way(f"+9198000000{number}") for number in range(80, 84))
    said(second, "given", purpose="analytics", channel="none")
    joined(first, second)
    joined(second, third)
    visitors = [new_visitor(now=clock.now()) for _number in range(3)]
    for visitor in visitors[:2]:
        place = address_of(subject_ref=visitor, channel="none", kind="subject", text="")
        record_all(
            subject_ref=visitor, fiduciary="onesetu", way=Way.PAGE, occurred_at=clock.now(), actor=actor.SYSTEM,
            choices=[Choice(place, "analytics", "none", Answer.GIVEN, NoticeText.objects.get())],
        )  # fmt: skip
    for visitor in visitors[1:]:
        subjects.join(old_ref=visitor, new_ref=visitors[0], actor=actor.SYSTEM, now=clock.now())
    with time_machine.travel(AFTER, tick=False):
        found = legacy_notices.unreached(now=clock.now())
    assert [(one.subject_ref, one.purposes) for one in found.people] == [
        (third.subject.ref, ("analytics", "marketing")),
        (alone.subject.ref, ("marketing",)),
    ]
    assert found.people[0].since == ConsentState.objects.get(subject_ref=first.subject.ref).occurred_at
    assert (found.count, found.visitors) == (2, 1)


def test_the_list_asks_no_more_for_many_joined_people_than_for_one(asha, later):
    def asked():
        with CaptureQueriesContext(connection) as queries:
            legacy_notices.unreached(now=clock.now())
        return len(queries)

    joined(no_way("+919800000060"), no_way("+919800000061"))
    for_one = asked()
    for number in range(62, 70, 2):
        joined(no_way(f"+9198000000{number}"), no_way(f"+9198000000{number + 1}"))
    assert legacy_notices.unreached(now=clock.now()).count == 5
    assert asked() == for_one


def test_a_joined_person_is_given_the_notice_once_and_not_again_when_more_of_them_turns_up(asha, later):
    ravi = person(email="ravi@acme.example", phone="+919876543211")
    said(ravi, "given", occurred_at=BEGAN - timedelta(days=9))
    joined(ravi, asha)
    assert give() == 1
    assert {row.subject_ref for row in LateNotice.objects.all()} == {asha.subject.ref}
    assert sorted(LateNotice.objects.values_list("purpose", flat=True)) == ["analytics", "marketing"]
    silent = no_way()
    joined(silent, asha)
    assert give() == 0
    assert legacy_notices.unreached(now=clock.now()) == legacy_notices.Waiting()


@pytest.mark.parametrize("first", ["silent", "reached"])
def test_a_way_of_whichever_reference_is_a_way_to_a_joined_person(asha, later, first):
    silent, ravi = no_way(), person(email="ravi@acme.example", phone="+919876543211")
    joined(*((silent, ravi) if first == "silent" else (ravi, silent)))
    asha.contact_points.update(verified_at=None)
    found = legacy_notices.unreached(now=clock.now())
    assert [one.subject_ref for one in found.people] == [asha.subject.ref]
    assert give() == 1
    assert Message.objects.get(kind="consent.late_notice").channel == "email"


@pytest.mark.parametrize("way", ["login", "address", "withdrawal"])
def test_nobody_is_named_who_got_a_way_or_took_the_yes_back(asha, later, way):
    silent = no_way()
    assert len(legacy_notices.unreached(now=clock.now()).people) == 1
    if way == "login":
        CustomerUserFactory(principal=silent)
    elif way == "address":
        # Nothing goes out by SMS here: a confirmed number alone is no way.
        silent.contact_points.update(verified_at=clock.now())
        assert len(legacy_notices.unreached(now=clock.now()).people) == 1
        ContactPointFactory(principal=silent, kind="email", address="silent@acme.example", verified_at=clock.now())
    else:
        withdraw(
            subject_ref=silent.subject.ref, purpose="marketing", channel="sms", way=Way.STAFF, actor=actor.SYSTEM
        )  # fmt: skip
    assert legacy_notices.unreached(now=clock.now()).people == ()
