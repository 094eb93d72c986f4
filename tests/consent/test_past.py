"""The past is answered as it was: by a fold over what had reached us, whatever the present has become."""

import json
import time
from datetime import timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consent.base.choices import Way
from consent.decisions.selectors import point_in_time
from consent.decisions.services.contact_decisions import may_contact
from consent.models import ConsentState
from consent.preferences.services import preferences
from consent.preferences.services.preferences import WishList
from consent.suppressions.services import suppressions
from consent.suppressions.services.address_opt_outs import stop_at_address
from consent.suppressions.services.withdrawals import withdraw
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor, clock
from portal.kernel.people.models import Fiduciary
from portal.kernel.people.services import subjects
from tests.consent.factories import ASHA_PHONE, person, published_notice, said
from tests.people.factories import StaffFactory
from tests.registers.factories import registered_sender
from tests.signin.people_who_sign_in import staff_client

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("law")]


@pytest.fixture
def asha(law):
    published_notice()
    return person()


def asked_now(at):
    return may_contact(address=ASHA_PHONE, purpose="marketing", channel="sms", at=at).reason


def asked_of(who, at):
    found = [
        then
        for then in point_in_time.of_person(who.subject.ref, at)
        if (then.purpose, then.channel) == ("marketing", "sms")
    ]
    return found[0].verdict.reason if found else "NO_CONSENT"


STEPS = st.lists(
    st.sampled_from(["given", "withdrawn", "denied", "brother yes", "brother no", "pause", "no pause", "join"]),
    min_size=1,
    max_size=6,
)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_each_instant_answers_later_as_it_answered_then(asha, emptied, steps):
    with emptied():
        brother = person(email="brother@acme.example")
        heard = [(clock.now(), asked_now(clock.now()))]
        for place, step in enumerate(steps):
            if step == "join" and "join" in steps[:place]:
                continue
            # The clock counts milliseconds: what comes after an instant must not share it.
            time.sleep(0.002)
            take(step, asha, brother)
            at = clock.now()
            heard.append((at, asked_now(at)))
        assert [asked_of(asha, at) for at, _reason in heard] == [reason for _at, reason in heard]


def take(step, asha, brother):
    now = clock.now()
    if step == "join":
        subjects.join(old_ref=brother.subject.ref, new_ref=asha.subject.ref, actor=actor.SYSTEM, now=now)
    elif step.endswith("pause"):
        until = None if step == "no pause" else now + timedelta(days=3)
        preferences.change(
            subject_ref=asha.subject.ref, wishes=WishList(paused_until=until), actor=actor.SYSTEM, now=now
        )
    elif step.startswith("brother"):
        said(brother, "given" if step.endswith("yes") else "denied", occurred_at=now)
    else:
        said(asha, step, occurred_at=now)


def test_a_stop_that_only_suppressed_the_number_is_seen_in_the_past(asha):
    person(email="brother@acme.example")
    said(asha, "given")
    heard = [(clock.now(), asked_now(clock.now()))]
    own = Fiduciary.objects.get(is_self=True)
    receipt = stop_at_address(kind="phone", address=ASHA_PHONE, fiduciary=own, way=Way.SMS, actor=actor.SYSTEM)
    heard.append((clock.now(), asked_now(clock.now())))
    # The clock counts milliseconds: what comes after an instant must not share it.
    time.sleep(0.002)
    suppressions.take_back(stop=receipt, place=None, actor=actor.SYSTEM, at=clock.now())
    heard.append((clock.now(), asked_now(clock.now())))
    assert [asked_of(asha, at) for at, _reason in heard] == [reason for _at, reason in heard]
    assert [str(reason) == "SUPPRESSED" for _at, reason in heard] == [False, True, False]


def test_each_sender_that_was_answered_about_by_itself_has_a_line_as_the_gate_answered(asha, officer):
    registered_sender("ONESTU", carries=["promotional"])
    registered_sender("OFFERS", carries=["promotional"])
    noon = clock.now().astimezone(clock.IST).replace(hour=12, minute=0, second=0) - timedelta(days=2)
    with time_machine.travel(noon, tick=False) as still:
        said(asha, "given", occurred_at=clock.now())
        still.shift(60)
        withdraw(
            subject_ref=asha.subject.ref, purpose="marketing", channel="sms", sender="ONESTU", way=Way.PAGE,
            actor=actor.SYSTEM,
        )  # fmt: skip
        still.shift(60)
        at = clock.now()
        asked = {"address": ASHA_PHONE, "purpose": "marketing", "channel": "sms", "at": at}
        gate = {header: may_contact(**asked, header=header or None).reason for header in ("", "ONESTU", "OFFERS")}
    lines = {then.sender: then for then in point_in_time.of_person(asha.subject.ref, at)}
    assert {sender: then.verdict.reason for sender, then in lines.items()} == {"": gate[""], "ONESTU": gate["ONESTU"]}
    assert (lines[""].answer, lines["ONESTU"].answer) == ("given", "withdrawn")
    assert gate["OFFERS"] == "ALLOWED_BY_CONSENT"
    assert not lines[""].verdict.allowed, "a question that names no sender"
    page = officer.post(
        reverse(URL),
        {
            "at": f"{at.astimezone(clock.IST):%d-%m-%Y %H:%M}",
            "subject": str(asha.subject.ref),
            "why": "audit",
            "ticket": "yearly audit",
        },
    ).text
    assert '<td data-label="Sender">All senders</td>' in page
    assert '<td data-label="Sender">ONESTU</td>' in page


def test_the_projection_is_not_asked(asha):
    said(asha, "given")
    at = clock.now()
    before = asked_of(asha, at)
    ConsentState.objects.all().delete()
    assert asked_of(asha, at) == before


def test_what_reached_us_later_was_not_known(asha):
    early = clock.now() - timedelta(days=30)
    said(asha, "given", occurred_at=early, way=Way.IMPORT, notice_version=None,
         evidence=[{"type": "form", "sha256": "ab" * 32}])  # fmt: skip
    assert point_in_time.of_person(asha.subject.ref, early + timedelta(days=1)) == []
    assert len(point_in_time.of_person(asha.subject.ref, clock.now())) == 1


def test_a_purpose_is_counted_by_channel_and_answer(asha):
    said(asha, "given")
    said(asha, "given", channel="email")
    between = clock.now()
    said(asha, "withdrawn", occurred_at=clock.now())
    assert [(row.channel, row.answer, row.count) for row in point_in_time.of_purpose("marketing", between)] == [
        ("email", "given", 1),
        ("sms", "given", 1),
    ]
    assert ("sms", "withdrawn", 1) in [
        (row.channel, row.answer, row.count) for row in point_in_time.of_purpose("marketing", clock.now())
    ]
    over = clock.now() + timedelta(days=4_000)
    assert ("email", "expired", 1) in [
        (row.channel, row.answer, row.count) for row in point_in_time.of_purpose("marketing", over)
    ]


def test_the_texts_of_the_day_are_named(asha):
    published_notice(code="privacy-policy", kind="privacy_policy", asks=[])
    assert [version.notice.code for version in point_in_time.texts_in_force(clock.now())] == [
        "consent",
        "privacy-policy",
    ]
    assert point_in_time.texts_in_force(clock.now() - timedelta(days=3_000)) == []


def test_the_commands_print_the_past(asha, capsys):
    event = said(asha, "given")
    at = clock.now().isoformat()
    call_command("decisions_as_of", str(asha.subject.ref), at, "--json")
    body = json.loads(capsys.readouterr().out)
    assert [(row["purpose"], row["answer"], row["entry"]) for row in body["decisions"]] == [
        ("marketing", "given", str(event.entry.event_id))
    ]
    assert body["texts"] == [{"notice": "consent", "version": 1}]
    call_command("purpose_as_of", "marketing", at, "--json")
    body = json.loads(capsys.readouterr().out)
    assert body["counts"] == [{"fiduciary": "onesetu", "channel": "sms", "answer": "given", "addresses": 1}]


@pytest.fixture
def officer():
    return staff_client(StaffFactory(roles=["data_protection_officer"]))


URL = "admin:consent_consentevent_as-of"


def test_a_persons_past_is_opened_for_a_reason_which_is_an_audit_event(asha, officer):
    receipt = said(asha, "given").receipt.reference
    asked = {"at": f"{clock.now().astimezone(clock.IST):%d-%m-%Y %H:%M}", "subject": str(asha.subject.ref)}
    refused = officer.post(reverse(URL), asked)
    assert refused.status_code == 422
    assert not AuditEvent.objects.filter(kind=AuditKind.ADMIN_RECORD_OPENED).exists()
    said_why = {**asked, "why": "audit", "ticket": "yearly audit"}
    page = officer.post(reverse(URL), said_why)
    assert page.status_code == 200
    assert AuditEvent.objects.filter(kind=AuditKind.ADMIN_RECORD_OPENED).exists()
    assert receipt not in officer.get(reverse(URL)).content.decode()


def test_a_purposes_past_shows_counts_and_texts(asha, officer):
    said(asha, "given")
    page = officer.post(reverse(URL), {"at": "01-01-2020 10:00", "purpose": "marketing"}).content.decode()
    assert "No choice made." in page
    assert "As it was at a time" in officer.get(reverse("admin:consent_consentevent_changelist")).content.decode()
