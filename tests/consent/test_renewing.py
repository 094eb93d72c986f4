"""Before a yes ends the person is told once, and may renew it; who says nothing is left in peace."""

from datetime import timedelta

import pytest
import time_machine

from consent.base.choices import Answer, Way
from consent.collection.services import consent_expiry
from consent.decisions.services.contact_decisions import may_contact
from consent.models import ConsentEvent, ConsentState, EndingTold
from consent.notices.services import person_notifications
from consent.prompts.services import consent_renewals
from consent.records.services.addresses import address_of
from consent.records.services.consent_events import Choice, record_all
from consent.records.services.projection import rebuild as rebuild_consent_state
from consent.suppressions.services.withdrawals import withdraw
from consent.tasks import end_what_is_over, remind_who_ends_soon
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor, clock
from portal.kernel.core.errors import PortalError, Refused
from portal.kernel.law.services import purposes
from portal.kernel.ledger.services import payload_of
from portal.kernel.outbox.models import Message
from tests.consent.factories import ASHA, ASHA_PHONE, person, published_notice, said
from tests.people.factories import CustomerUserFactory, FiduciaryFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("law")]
DAY = timedelta(days=1)


@pytest.fixture
def notice(law):
    return published_notice()


@pytest.fixture
def asha(notice):
    return person()


def yes_that_ends(who, notice, *, after, channel="sms", purpose="marketing", fiduciary="onesetu"):
    """A yes whose end lies ``after`` now."""
    kind = {"email": "email", "none": "subject", "dashboard": "subject"}.get(channel, "phone")
    text = {"email": ASHA, "phone": ASHA_PHONE}.get(kind, "")
    place = address_of(subject_ref=who.subject.ref, channel=channel, kind=kind, text=text)
    at = clock.now()
    choice = Choice(place, purpose, channel, Answer.GIVEN, notice.binding, ends_at=at + after)
    done = record_all(
        subject_ref=who.subject.ref, fiduciary=fiduciary, choices=[choice], way=Way.PAGE,
        occurred_at=at - timedelta(minutes=1), actor=actor.SYSTEM, now=at,
    )  # fmt: skip
    return done.events[0]


def remind():
    return consent_renewals.remind_who_ends_soon(now=clock.now())


def reminders():
    return Message.objects.filter(kind="consent.ends_soon")


def renew(who, notice, **answers):
    return consent_renewals.renew(
        subject_ref=who.subject.ref, answers=answers, shown=dict.fromkeys(answers, notice.binding.sha256),
        actor=actor.SYSTEM,
    )  # fmt: skip


def test_a_person_is_told_once_before_the_end_by_a_message_that_is_owed(asha, notice):
    CustomerUserFactory(principal=asha)
    first = yes_that_ends(asha, notice, after=3 * DAY)
    yes_that_ends(asha, notice, after=4 * DAY, channel="email")
    assert remind() == 1
    assert {(m.channel, m.category) for m in reminders()} == {
        ("dashboard", "transactional"),
        ("email", "transactional"),
    }
    assert set(EndingTold.objects.values_list("event", "ends_at")) >= {(first.pk, first.expires_at)}
    assert EndingTold.objects.count() == 2
    assert remind() == 0
    assert reminders().count() == 2


def test_the_reminder_names_what_ends_and_where_to_say_so_and_no_address(asha, notice, monkeypatch):
    yes_that_ends(asha, notice, after=3 * DAY)
    seen = {}
    monkeypatch.setattr(person_notifications, "post", lambda **given: seen.update(given))
    remind()
    assert "Offers and news (SMS): ends on" in seen["context"]["choices"]
    assert seen["context"]["url"].endswith("/privacy/renew/")
    assert ASHA_PHONE not in str(seen["context"])


def test_who_has_a_number_only_is_told_there(notice, monkeypatch):
    ravi = person(email=None)
    yes_that_ends(ravi, notice, after=3 * DAY)
    assert remind() == 0
    monkeypatch.setattr(person_notifications, "can_send", lambda channel: channel == "sms")
    assert remind() == 1
    assert set(reminders().values_list("channel", flat=True)) == {"sms"}


@pytest.mark.parametrize("after", [8 * DAY, timedelta(minutes=0)])
def test_too_early_or_too_late_nobody_is_told(asha, notice, after):
    yes_that_ends(asha, notice, after=after)
    assert remind() == 0


def test_nobody_is_told_of_what_they_withdrew_or_of_what_is_a_clients_or_not_asked_any_more(asha, notice):
    yes_that_ends(asha, notice, after=3 * DAY)
    withdraw(subject_ref=asha.subject.ref, purpose="marketing", channel="sms", way=Way.PAGE, actor=actor.SYSTEM)
    client = FiduciaryFactory()
    yes_that_ends(asha, notice, after=3 * DAY, channel="email", fiduciary=client.code)
    assert remind() == 0


def test_a_message_that_cannot_be_posted_leaves_no_proof_that_it_was(asha, notice, monkeypatch):
    yes_that_ends(asha, notice, after=3 * DAY)

    def broken(**given):
        raise Refused("The outbox is broken.")

    monkeypatch.setattr(person_notifications, "post", broken)
    assert remind() == 0
    assert not EndingTold.objects.exists()
    monkeypatch.undo()
    assert remind() == 1


def test_a_full_batch_calls_for_the_next(asha, notice, monkeypatch):
    called = []
    monkeypatch.setattr("consent.tasks.enqueue", lambda name, *args: called.append((name, args)))
    monkeypatch.setattr(consent_renewals, "MOST", 1)
    monkeypatch.setattr(consent_expiry, "MOST", 1)
    said = yes_that_ends(asha, notice, after=DAY)
    assert remind_who_ends_soon() == 1
    mark = (said.occurred_at.isoformat(), ConsentState.objects.get().pk)
    with time_machine.travel(clock.now() + 2 * DAY):
        assert end_what_is_over() == 1
        assert end_what_is_over(*mark) == 0
    assert called == [("consent.tasks.remind_who_ends_soon", ()), ("consent.tasks.end_what_is_over", mark)]


def test_a_renewed_yes_names_the_text_in_force_and_holds_for_its_whole_time_again(asha, notice):
    old = yes_that_ends(asha, notice, after=2 * DAY)
    newer = published_notice(text="May we still?")
    done = renew(asha, newer, marketing=True)
    (event,) = done.events
    assert (event.answer, event.previous, event.notice_sha256) == ("renewed", old, newer.binding.sha256)
    assert event.expires_at > clock.now() + 600 * DAY
    assert payload_of(event.entry)["event"] == "renewed"
    assert may_contact(
        address=ASHA_PHONE, purpose="marketing", channel="sms", at=(clock.now() + 30 * DAY).replace(hour=6)
    ).allowed
    assert consent_renewals.endings(asha.subject.ref, at=clock.now()) == ()


def test_a_no_withdraws_at_once_and_silence_changes_nothing(asha, notice):
    yes_that_ends(asha, notice, after=2 * DAY)
    yes_that_ends(asha, notice, after=2 * DAY, channel="none", purpose="analytics")
    done = renew(asha, notice, marketing=False)
    assert [(e.purpose, e.answer) for e in done.events] == [("marketing", "withdrawn")]
    assert [e.purpose.code for e in consent_renewals.endings(asha.subject.ref, at=clock.now())] == ["analytics"]
    assert renew(asha, notice).receipt is None


def test_what_does_not_end_soon_or_was_shown_in_other_words_is_refused_and_leaves_nothing(asha, notice):
    yes_that_ends(asha, notice, after=2 * DAY)
    before = ConsentEvent.objects.count()
    with pytest.raises(Refused) as refusal:
        renew(asha, notice, analytics=True)
    assert refusal.value.code == "NOT_ENDING"
    published_notice(text="Other words.")
    with pytest.raises(Refused) as refusal:
        renew(asha, notice, marketing=True)
    assert refusal.value.code == "NOTICE_CHANGED"
    assert ConsentEvent.objects.count() == before


def test_the_end_is_recorded_once_although_two_sweeps_saw_it(asha, notice, monkeypatch):
    yes_that_ends(asha, notice, after=DAY)
    with time_machine.travel(clock.now() + 2 * DAY):
        state = ConsentState.objects.get()
        assert consent_expiry._end_one(state.pk, consent_expiry._changes(clock.now()), now=clock.now())
        assert not consent_expiry._end_one(state.pk, consent_expiry._changes(clock.now()), now=clock.now())
    assert ConsentEvent.objects.filter(answer="expired").count() == 1


def test_one_yes_that_cannot_be_ended_holds_up_no_other(asha, notice, monkeypatch):
    bad = yes_that_ends(asha, notice, after=DAY)
    yes_that_ends(asha, notice, after=DAY, channel="email")
    whole = consent_expiry.record_all

    def sometimes(**given):
        if given["choices"][0].channel == bad.channel:
            raise PortalError("It is locked.")
        return whole(**given)

    monkeypatch.setattr(consent_expiry, "record_all", sometimes)
    with time_machine.travel(clock.now() + 2 * DAY):
        assert consent_expiry.end_what_is_over(now=clock.now()).ended == 1
        monkeypatch.undo()
        assert consent_expiry.end_what_is_over(now=clock.now()).ended == 1


def test_a_full_batch_of_what_cannot_be_ended_does_not_end_the_sweep(asha, notice, monkeypatch):
    bad = yes_that_ends(asha, notice, after=DAY)
    yes_that_ends(asha, notice, after=DAY, channel="email")
    yes_that_ends(asha, notice, after=DAY, channel="whatsapp")
    ConsentState.objects.update(occurred_at=bad.occurred_at)  # all at one instant: the number of the row decides
    whole = consent_expiry.record_all

    def sometimes(**given):
        if given["choices"][0].channel == bad.channel:
            raise PortalError("It is locked.")
        return whole(**given)

    monkeypatch.setattr(consent_expiry, "record_all", sometimes)
    monkeypatch.setattr(consent_expiry, "MOST", 1)
    monkeypatch.setattr("consent.tasks.enqueue", lambda name, *args: end_what_is_over(*args))
    with time_machine.travel(clock.now() + 2 * DAY):
        end_what_is_over()
    left = ConsentState.objects.filter(answer="given")
    assert [state.channel for state in left] == [bad.channel]


def new_meaning(**changes):
    return purposes.adopt(
        code="marketing",
        fields={"descriptions": {"en": "Offers of ours and of our partners."}},
        effective_from=clock.day(clock.now()),
        made_by_ref="user:1",
        checked_by_ref="user:2",
        shown_sha256="a" * 64,
        **changes,
    )


def noon():
    return (clock.now() + DAY).astimezone(clock.IST).replace(hour=12)


def test_a_new_meaning_ends_the_yes_to_the_old_one_from_its_first_instant(asha, notice):
    from consent.base.selectors import contact_rulebook

    said(asha, "given", occurred_at=clock.now() - 40 * DAY)
    new_meaning()
    contact_rulebook.forget()
    asked = may_contact(address=ASHA_PHONE, purpose="marketing", channel="sms", at=noon())
    assert (asked.allowed, asked.reason) == (False, "PURPOSE_CHANGED")
    assert consent_expiry.end_what_is_over(now=clock.now()).ended == 1
    assert ConsentState.objects.get().answer == "expired"
    assert rebuild_consent_state(actor=actor.SYSTEM).mended == 0


def test_a_correction_of_words_leaves_every_yes_as_it_is(asha, notice):
    from consent.base.selectors import contact_rulebook

    said(asha, "given", occurred_at=clock.now() - 40 * DAY)
    new_meaning(is_correction=True)
    contact_rulebook.forget()
    assert may_contact(address=ASHA_PHONE, purpose="marketing", channel="sms", at=noon()).allowed
    assert consent_expiry.end_what_is_over(now=clock.now()).ended == 0
    assert AuditEvent.objects.filter(kind="law.purpose.adopted", facts__kind="correction").count() == 1
