"""A small story, told whole: what the large one promises holds for it too."""

import tempfile
from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils.translation import override

from consent.broadcasts.selectors.broadcasts import report_of
from consent.models import (
    Broadcast,
    ConsentEvent,
    ConsentList,
    ConsentState,
    HeldConsent,
    InboundMessage,
    NoticeVersion,
    PolicyDefect,
    Preference,
    Suppression,
    TakenAnswer,
)
from consent.notices.rules import text_diff
from consent.notices.services import policy_notifications, publication
from grievances.models import Ticket
from kyc.cases.outstanding_items import ownership_of
from kyc.models import Case, DeletionRequest, Document, Likeness, Screening, TakeOver
from kyc.signers.services import signer_proposals
from kyc.signers.shipped_signers import shipped
from portal.demo import first_page
from portal.demo.story import builder, consent_imports, pieces, recipients, staff, timeline
from portal.demo.story.cast import OPENED, Cast
from portal.fronts.evidence import packs
from portal.fronts.evidence.period import Period
from portal.fronts.evidence.violations import messages
from portal.fronts.evidence.violations.findings import Window
from portal.kernel.core import actor, clock
from portal.kernel.core.enqueue import leaving_out
from portal.kernel.core.errors import Refused
from portal.kernel.law.models import Clock
from portal.kernel.ledger.models import Checkpoint, Entry
from portal.kernel.ledger.services import seal_now, verify
from portal.kernel.outbox.models import Message
from portal.kernel.outbox.services import message_content
from portal.kernel.people.models import Customer, Fiduciary, Principal, RoleGrant, User
from portal.kernel.people.selectors import reading_scope
from portal.kernel.registers.base.models.dated_entry import IN_FORCE
from portal.kernel.registers.base.selectors.current_entries import company_details
from portal.kernel.registers.entries.services import officers
from portal.kernel.registers.models import (
    ConsentManager,
    ContentTemplate,
    Contract,
    Instruction,
    ProcessingActivity,
    SendingEntity,
)
from portal.kernel.registers.recipients.selectors import recipients as recipient_selectors
from tests.selfservice.test_no_english_is_left import english_in
from tests.signin.people_who_sign_in import customer_client


def silent(what, done, total):
    assert 0 < done <= total


@pytest.fixture
def told(transactional_db, small):
    now = clock.now()
    builder.build(seed=7, now=now, tell=silent)
    return now


def month_of(at):
    return clock.day(at).replace(day=1)


def months_until(now):
    months, month = set(), OPENED.replace(day=1)
    while month <= clock.day(now):
        months.add(month)
        month = (month + timedelta(days=32)).replace(day=1)
    return months


def english_in_letters():
    """By kind: the English that stands in letters to people who read another language."""
    company, officer = company_details(on=clock.day(clock.now())), officers.current(on=clock.day(clock.now()))
    named = [company.legal_name, company.postal_address, officer.full_name, officer.postal_address]
    names = frozenset([*named, *Fiduciary.objects.values_list("name", flat=True)])
    found = {}
    for letter in Message.objects.exclude(language="en"):
        text = message_content.text_of(letter)
        if left := english_in(SimpleNamespace(said=[text.subject, text.body]), names):
            found[letter.kind] = left
    return found


def texts_are_published_on_the_first_day():
    """One published policy in three languages, written and published after the opening, and the notices that are asked under."""
    published = NoticeVersion.objects.get(notice__code="privacy-policy", number=1)
    opening = datetime(2025, 12, 15, tzinfo=clock.IST)
    for version in (published, NoticeVersion.objects.get(notice__code="consent-notice")):
        assert opening < version.drafted_at < version.published_at < opening + timedelta(days=1)
    assert {text.language: text.needs_native_review for text in published.texts.all()} == {
        "en": False,
        "hi": True,
        "mr": True,
    }
    preferences = NoticeVersion.objects.get(notice__code="consent-notice")
    assert {text.language: text.is_reviewed for text in preferences.texts.all()} == {
        "en": True,
        "hi": True,
        "mr": False,
    }
    asked = NoticeVersion.objects.get(notice__code="aadhaar-consent")
    assert {text.language for text in asked.texts.all()} == {"en", "hi", "mr"}


def test_the_first_day_of_a_story_has_its_people_its_texts_and_a_ledger_that_verifies(transactional_db, small):
    cast = Cast(seed=7, start=clock.now())
    with override("en"), pieces.whole(), leaving_out(*builder.DONE_HERE):
        team, notice, _people = builder.tell_opening(timeline.Timeline(cast), cast, tell=silent)
    assert (Customer.objects.count(), Principal.objects.count()) == (9, 40)
    assert team["auditor"].email == staff.address("auditor")
    assert (notice.state, officers.current(on=clock.day(clock.now())).full_name) == ("published", "Vidya Gokhale")
    texts_are_published_on_the_first_day()
    first = Entry.objects.earliest("recorded_at").recorded_at
    assert first <= RoleGrant.objects.earliest("starts_at").starts_at
    assert {clock.day(at) for at in Entry.objects.values_list("recorded_at", flat=True)} == {OPENED}
    seal_now()
    assert verify().ok


@pytest.mark.full
def test_a_story_holds_every_kind_of_thing_and_its_ledger_verifies(told, client, settings):
    """Full: it tells the whole story. The first day alone is quick."""
    assert (Customer.objects.count(), Principal.objects.count()) == (9, 40 + consent_imports.LINES)
    assert sorted(ConsentList.objects.values_list("state", flat=True)) == ["checked", "done", "faulty"]
    assert set(Ticket.objects.values_list("state", flat=True)) >= {
        "received",
        "with_us",
        "with_you",
        "answered",
        "closed",
    }
    assert Document.objects.count() == 6 + 2
    assert Case.objects.filter(customer_type="company").count() == 2
    offers = ProcessingActivity.objects.filter(IN_FORCE).get(code="offers")
    assert set(offers.recipients) == {company.code for company in recipients.COMPANIES}
    assert set(offers.transfers) == {
        f"transfer-{company.code}" for company in recipients.COMPANIES if company.country != "IN"
    }
    assert ProcessingActivity.objects.filter(IN_FORCE).get(code="visits").recipients == ["page-gauge"]
    company = Case.objects.get(parties__is_signatory=True)
    assert sorted(ownership_of(company, now=clock.now()).percents.values()) == [60]
    assert sorted(TakenAnswer.objects.values_list("way", "answer")) == [
        ("paper", "approved"), ("paper", "approved"), ("phone", "pending"),
    ]  # fmt: skip
    assert sorted(HeldConsent.objects.values_list("state", flat=True)) == ["given", "held"]
    of_children = messages.consents_of_children((), Window(clock.now() - timedelta(days=400), clock.now()))
    assert (of_children.population > 0, of_children.broken) == (True, 0)
    assert Clock.objects.filter(told_percent=100).exists()
    assert set(InboundMessage.objects.values_list("effect", flat=True)) == {"stop", "nothing"}
    used = ConsentState.objects.filter(channel="none").values_list("purpose", "answer").distinct()
    assert set(used) >= {(each, said) for each in ("content_reading", "ai_tools") for said in ("given", "denied")}
    assert Preference.objects.exclude(blocked_categories="", blocked_days="", blocked_modes="").exists()
    assert Suppression.objects.filter(event=None).exists()
    assert ConsentManager.objects.filter(answer="approved").exists()
    letters = Message.objects.filter(kind="updates.service_changed")
    assert letters.exists()
    assert all("/privacy/out/" in message_content.text_of(letter).body for letter in letters)
    assert officers.current(on=clock.day(clock.now())).full_name == "Vidya Gokhale"
    assert {"hi", "mr"} <= set(Message.objects.filter(kind="consent.policy_changed").values_list("language", flat=True))
    assert english_in_letters() == {}
    assert len(signer_proposals.trusted()) == len(shipped())
    assert verify().ok
    assert not Entry.objects.filter(leaf=None).exists()
    # The auditor whom the first page names may look today, at the past that is told.
    auditor = User.objects.get(email=staff.address("auditor"))
    scope = reading_scope(auditor, now=clock.now())
    assert scope is not None
    assert scope.first_day <= OPENED < clock.day(told) <= scope.last_day
    # Messages of the past left when they were due, not at the end of their month.
    acknowledged = Message.objects.filter(kind="grievances.acknowledged").exclude(sent_at=None)
    waited = [sent_at - created_at for created_at, sent_at in acknowledged.values_list("created_at", "sent_at")]
    assert len(waited) > 1
    assert max(waited) < timedelta(minutes=15)
    # The first day begins with the first entry: no role and no deadline is older than the ledger.
    first = Entry.objects.earliest("recorded_at").recorded_at
    assert first <= RoleGrant.objects.earliest("starts_at").starts_at
    assert first <= Clock.objects.earliest("started_at").started_at
    # Each month since the opening has entries, was sealed before the next began, and consents that were given in it.
    assert not ConsentEvent.objects.filter(occurred_at__gt=told + timedelta(minutes=5)).exists()
    months = months_until(told)
    assert {month_of(at) for at in Entry.objects.values_list("recorded_at", flat=True)} == months
    assert {month_of(at) for at in Checkpoint.objects.values_list("signed_at", flat=True)} == months
    assert len({month_of(at) for at in ConsentEvent.objects.values_list("recorded_at", flat=True)}) >= len(months) - 2
    for recorded_at, occurred_at in ConsentEvent.objects.filter(way="page").values_list("recorded_at", "occurred_at"):
        assert timedelta(0) <= recorded_at - occurred_at < timedelta(days=1)
    assert Contract.objects.latest("made_at").made_at < told - timedelta(days=30)
    # The texts: one published policy in three languages, one draft that must not be published.
    texts_are_published_on_the_first_day()
    assert {defect.code for defect in PolicyDefect.objects.all()} >= {"EMPTY_LIST", "CONSENT_BY_USE"}
    # A changed policy came with faults: one was let stand by two people, and in the end all were mended; people are told.
    changed = NoticeVersion.objects.get(notice__code="privacy-policy", number=2)
    assert (changed.state, changed.weight) == ("published", "material")
    assert not changed.defects.filter(mended=None).exists()
    assert changed.defects.get(overrides__answer="approved").code == "CONSENT_BY_USE"
    # The next draft has no faults but those that it came with.
    draft = NoticeVersion.objects.get(notice__code="privacy-policy", number=3)
    assert draft.state == "draft"
    assert {(defect.clause, defect.code) for defect in draft.defects.all()} == {
        ("18", "CONSENT_BY_USE"),
        ("18", "EMPTY_LIST"),
    }
    # What a person reads has an end, and says of itself no more than is so.
    assert not any(
        clause.paragraphs[-1].endswith(":")
        for clause in changed.binding.clauses.exclude(number__in=["9"])
        if clause.paragraphs
    )
    told_of = {gone.title for gone in publication.compared(changed) if gone.sign != "same"}
    assert told_of == {"Recorded calls", "No acceptance by use"}
    assert "Nothing else" not in changed.what_changed
    assert len(changed.what_changed.splitlines()) == 4
    mended = set(changed.defects.filter(mended__isnull=False).values_list("code", flat=True))
    assert mended == {"CONSENT_BY_USE", "EMPTY_LIST", "MISSING_CLAUSE"}
    assert text_diff.changes(publication.compared(changed)) > 3
    announcement = changed.announcements.get()
    assert announcement.tellings.count() == policy_notifications.audience(announcement).count() > 30
    # Senders of Onesetu and two clients; texts wait with warnings that a second person will see.
    assert Fiduciary.objects.count() == 3
    assert SendingEntity.objects.filter(customer__isnull=False, answer="approved").count() == 2
    waiting = ContentTemplate.objects.filter(answer="pending")
    assert {found["code"] for row in waiting for found in row.findings} == {"PROMOTIONAL_WORD_MAYBE"}
    assert all(row.why for row in waiting)
    # A broadcast that two people agreed to reached the members of one customer.
    broadcast = Broadcast.objects.get()
    assert (broadcast.state, broadcast.made_by.email, broadcast.checked_by.email) == (
        "done",
        staff.address("support"),
        staff.address("data.protection"),
    )
    report = report_of(broadcast)
    assert 0 < report.people < 20
    assert report.of("sent") + report.of("delivered") == report.people
    # What the KYC desk watches beside documents.
    assert TakeOver.objects.get().lines == 2
    assert Screening.objects.filter(party=None).count() == Case.objects.count()
    assert {row.case.customer.name for row in Likeness.objects.all()} <= set(
        Customer.objects.values_list("name", flat=True)
    )
    assert DeletionRequest.objects.filter(state="asked").count() >= 1
    # Recipients: most confirmed that they stopped, one is late.
    abouts = Instruction.objects.filter(kind="stop").values_list("about", flat=True).distinct()
    progress = [(each.confirmed, each.total) for each in map(recipient_selectors.progress_of, abouts)]
    assert (5, 7) in progress
    assert (
        recipient_selectors.late(recipient_selectors.with_standing(Instruction.objects.all()), now=clock.now()).count()
        == 1
    )
    (because,) = Instruction.objects.filter(kind="correct").values_list("about", flat=True)
    assert Ticket.objects.filter(reference=because.removeprefix("because:")).exists()
    # It is told once.
    assert builder.is_told() is True
    # The first page lists ten things and a code that signs in.
    settings.DEMO = True
    page = client.get(reverse("demo:first-page"))
    administrator = User.objects.get(email=staff.address("administrator"))
    assert page.content.decode().count("<li>") >= 10
    assert first_page.code_of(administrator) in page.content.decode()
    assert first_page.customer_login("individual").endswith(".example")
    # Who is told to stop offers has offers to stop; the late grievance stands first; a pack of today holds records.
    ones = {thing.url.partition("?")[0]: thing for thing in first_page.things()}
    stopper = User.objects.get(email=ones[reverse("privacy:preferences")].login)
    yes = ConsentState.objects.filter(subject_ref=stopper.principal.subject.ref, purpose="marketing", answer="given")
    assert yes.exists()
    assert ones[reverse("admin:grievances_ticket_changelist")].url.endswith("?queue=overdue")
    today = clock.day(told)
    period = Period.of(today, today, now=clock.now())
    with tempfile.TemporaryFile() as pack:
        made = packs.make_pack(
            period=period,
            sample=packs.Sample(3, 7),
            target=pack,
            actor=actor.system("test"),
            now=clock.now(),
        )
    assert made.records > 100
    settings.DEMO = False
    assert client.get(reverse("demo:first-page")).status_code == 404
    mother = User.objects.get(email=first_page.customer_login("individual"))
    assert "/privacy/answering-for/OS-" in customer_client(mother).get(reverse("privacy:wards")).text


def test_the_same_seed_casts_the_same_people(small):
    now = clock.now()
    one, other, third = Cast(7, now), Cast(7, now), Cast(8, now)
    drawn = [
        [cast.person(), cast.phone(), cast.pan("Asha Rao"), cast.gstin("ABCPE1234F")] for cast in (one, other, third)
    ]
    assert drawn[0] == drawn[1] != drawn[2]


@pytest.mark.full
def test_a_story_that_starts_some_weeks_after_the_opening_tells_of_nothing_before_it(transactional_db, small):
    """Full: it tells the whole story once more."""
    opening = datetime(2025, 12, 15, 10, 30, tzinfo=clock.IST)
    builder.build(seed=7, now=opening + timedelta(weeks=6), tell=silent)
    assert ConsentEvent.objects.filter(way="page").earliest("occurred_at").occurred_at > opening
    assert Ticket.objects.earliest("received_at").received_at > opening
    assert verify().ok


def test_a_database_that_holds_something_else_is_left_alone(db):
    customers_before = Customer.objects.count()
    User.objects.create_user("somebody@else.example", created_at=clock.now())
    with pytest.raises(Refused, match="start again"):
        builder.is_told()
    with pytest.raises(Refused, match="start again"):
        call_command("load_demo")
    assert Customer.objects.count() == customers_before


@pytest.mark.parametrize("command", ["demo", "load_demo"])
def test_the_demonstration_never_runs_in_production(db, settings, command):
    settings.PRODUCTION = True
    with pytest.raises(CommandError, match="PRODUCTION"):
        call_command(command)
