"""Everybody is told of a changed policy before it applies, once, with proof; a job that dies goes on where it stopped."""

import csv
import io
from datetime import timedelta

import pytest
from django.urls import reverse

from consent.base.choices import AnnouncementKind, Weight
from consent.base.selectors.notices import open_defects
from consent.models import Announcement, Telling
from consent.notices import jobs
from consent.notices.selectors import notification_reach
from consent.notices.services import acknowledgements, policy_notifications, policy_reminders, publication
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor, clock
from portal.kernel.jobs.choices import JobState
from portal.kernel.jobs.models import Job
from portal.kernel.jobs.services import runner
from portal.kernel.law.models import OrganisationProfile
from portal.kernel.outbox.models import Message
from portal.kernel.outbox.services import delivery
from portal.kernel.outbox.services.message_content import text_of
from tests.consent.factories import law_is_loaded, person, published_notice, said
from tests.consent.test_publishing import CLEAN, SUMMARIES, draft
from tests.people.factories import ContactPointFactory, CustomerUserFactory, PrincipalFactory, StaffFactory
from tests.signin.people_who_sign_in import staff_client

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _law(db):
    law_is_loaded()


def far(days=0):
    return clock.day(clock.now()) + timedelta(days=days)


@pytest.fixture
def publish():
    maker = actor.staff(StaffFactory(roles=["data_protection_officer"]).pk)
    checker = actor.staff(StaffFactory(roles=["administrator"]).pk)

    def act(text=CLEAN, *, days=-30, weight="", purposes=()):
        version = draft(text, on=far(days), purposes=purposes)
        proposal = publication.propose(version=version, weight=weight, actor=maker)
        publication.answer(proposal=proposal, approve=True, actor=checker)
        version.refresh_from_db()
        return version

    return act


@pytest.fixture
def change(publish):
    """A second version that a job has still to tell of."""

    def act(weight="", purposes=()):
        publish()
        version = publish(CLEAN.replace("a year", "two years"), days=30, weight=weight, purposes=purposes)
        return version.announcements.get()

    return act


def run(job, **kwargs):
    return runner.run(job.pk, now=clock.now(), **kwargs)


def ways_of(who):
    return sorted(Message.objects.filter(subject_ref=who.subject.ref).values_list("channel", flat=True))


def test_a_first_version_is_announced_to_nobody(publish):
    person()
    publish()
    assert not Announcement.objects.exists()


def test_everybody_is_told_on_the_ways_they_have_with_proof(change, settings):
    settings.OUTBOX_CHANNELS = {**settings.OUTBOX_CHANNELS, "sms": "tests.outbox"}
    member = CustomerUserFactory().principal
    by_mail, by_phone = PrincipalFactory(email="ravi@acme.example"), PrincipalFactory(phone="+919811112222")
    nowhere = PrincipalFactory()
    unverified = PrincipalFactory()
    ContactPointFactory(principal=unverified, verified_at=None)
    announcement = change()
    assert announcement.job.kind == policy_notifications.TELL
    assert run(announcement.job) == JobState.DONE
    assert (ways_of(member), ways_of(by_mail), ways_of(by_phone)) == (["dashboard", "email"], ["email"], ["sms"])
    assert ways_of(nowhere) == ways_of(unverified) == []
    assert Telling.objects.get(subject_ref=unverified.subject.ref).channels == ""
    assert not Telling.objects.filter(subject_ref=nowhere.subject.ref).exists()
    event = AuditEvent.objects.get(kind=AuditKind.NOTICES_CHANGE_TOLD)
    assert (event.facts["count"], event.facts["job"]) == (4, announcement.job.reference)
    announcement.refresh_from_db()
    assert announcement.finished_at is not None


@pytest.mark.parametrize("is_let_stand", [False, True])
def test_a_letter_says_what_changed_in_the_readers_language_or_in_it_that_it_cannot(publish, is_let_stand):
    asha = person(language="mr")
    CustomerUserFactory(principal=asha)
    publish()
    version = draft(CLEAN.replace("a year", "two years"), on=far(30), summaries={} if is_let_stand else SUMMARIES)
    maker, checker = (actor.staff(StaffFactory(roles=[r]).pk) for r in ("data_protection_officer", "administrator"))
    for defect in open_defects(version):
        override = publication.propose_override(defect=defect, why="It cannot wait.", actor=maker)
        publication.answer_override(override=override, approve=True, actor=checker)
    publication.answer(proposal=publication.propose(version=version, actor=maker), approve=True, actor=checker)
    run(version.announcements.get().job)
    bodies = [text_of(letter).body for letter in Message.objects.filter(kind="consent.policy_changed")]
    wanted = "हे सध्या फक्त इंग्रजीत आहे:\nIt says more." if is_let_stand else SUMMARIES["mr"]
    assert len(bodies) == 2
    for body in bodies:
        assert f"काय बदलते:\n{wanted}\n" in body


def test_other_words_are_told_in_the_dashboard_to_whoever_has_one(change):
    member, other = CustomerUserFactory().principal, PrincipalFactory(email="ravi@acme.example")
    run(change(Weight.EDITORIAL).job)
    assert (ways_of(member), ways_of(other)) == (["dashboard"], [])


def test_a_job_that_dies_goes_on_where_it_stopped_and_tells_nobody_twice(change, monkeypatch):
    monkeypatch.setattr(policy_notifications, "BATCH", 2)
    people = [PrincipalFactory(email=f"p{n}@acme.example") for n in range(5)]
    announcement = change()

    def dies(done, total=None):
        if done >= 4:
            raise RuntimeError

    with pytest.raises(RuntimeError):
        policy_notifications.tell_everyone(announcement, progress=dies, job="JB")
    assert Telling.objects.count() == Message.objects.filter(kind="consent.policy_changed").count() == 4
    assert run(announcement.job) == JobState.DONE
    assert Telling.objects.count() == Message.objects.filter(kind="consent.policy_changed").count() == 5
    assert {ways_of(who)[0] for who in people} == {"email"}
    policy_notifications.tell_everyone(announcement, progress=lambda *a: None, job="JB")
    assert Telling.objects.count() == 5


def test_another_job_that_told_a_person_meanwhile_is_noticed(change):
    asha = PrincipalFactory(email="asha@acme.example")
    announcement = change()
    Telling.objects.create(
        announcement=announcement, subject_ref=asha.subject.ref, channels="email", told_at=clock.now()
    )
    policy_notifications._tell(announcement, [asha], at=clock.now())
    assert not Message.objects.filter(subject_ref=asha.subject.ref).exists()


def test_whoever_comes_before_the_day_is_told_too_and_nobody_after_it(change):
    announcement = change()
    run(announcement.job)
    assert policy_reminders.sweep(now=clock.now()).gone_on == 0
    new = PrincipalFactory(email="new@acme.example")
    assert policy_reminders.sweep(now=clock.now()).gone_on == 1
    assert policy_reminders.sweep(now=clock.now()).gone_on == 0
    announcement.refresh_from_db()
    run(announcement.job)
    assert ways_of(new) == ["email"]
    PrincipalFactory(email="late@acme.example")
    assert policy_reminders.sweep(now=clock.now() + timedelta(days=31)).gone_on == 0


def test_a_job_that_staff_cancelled_stays_so_until_staff_ask(change):
    PrincipalFactory(email="asha@acme.example")
    announcement = change()
    Job.objects.update(state=JobState.CANCELLED)
    announcement.refresh_from_db()
    assert policy_reminders.sweep(now=clock.now()).gone_on == 0
    assert policy_notifications.go_on(announcement, actor=actor.SYSTEM, is_asked=True)
    assert Job.objects.filter(state=JobState.QUEUED).count() == 1


def test_the_reach_counts_people_and_the_proof_has_a_line_for_each_channel(change):
    asked = published_notice()
    read, silent = CustomerUserFactory().principal, CustomerUserFactory().principal
    announcement = change(purposes=["analytics"])
    run(announcement.job)
    for pk in Message.objects.values_list("pk", flat=True):
        delivery.deliver(pk, now=clock.now())
    version = announcement.version
    acknowledgements.acknowledge(subject_ref=read.subject.ref, text=version.binding, actor=actor.SYSTEM)
    said(read, "given", purpose="analytics", channel="none", notice_version=asked, occurred_at=clock.now())
    found = notification_reach.reach_of(announcement, audience=policy_notifications.audience(announcement).count())
    assert (found.audience, found.told, found.delivered) == (2, 2, 2)
    assert (found.acknowledged, found.reconsented, found.on_old_version, found.late) == (1, 1, 1, 0)
    kept = {}

    class Handle:
        reference = "OS-JB-TEST"
        parameters = {"announcement": announcement.pk}

        def progress(self, done, total=None):
            kept["progress"] = (done, total)

        def result(self, stream, file_name):
            kept.update(data=stream.read().decode("utf-8-sig"), name=file_name)

    jobs.ReachProof().run(Handle())
    rows = list(csv.DictReader(io.StringIO(kept["data"])))
    assert kept["name"] == "privacy-policy-2-change-1.csv"
    assert len(rows) == 4
    mine = [row for row in rows if row["subject_ref"] == str(read.subject.ref)]
    assert {row["channel"] for row in mine} == {"dashboard", "email"}
    assert all(row["told_at"] and row["acknowledged_at"] and row["reconsented_at"] for row in mine)
    assert not any(row["acknowledged_at"] for row in rows if row["subject_ref"] == str(silent.subject.ref))
    assert "acme.example" not in kept["data"]


def test_a_reminder_begins_before_the_interval_of_the_law_is_over(publish):
    CustomerUserFactory()
    PrincipalFactory(email="no-account@acme.example")
    version = publish()
    now = version.published_at
    assert policy_reminders.sweep(now=now + timedelta(days=80)).begun == 0
    assert policy_reminders.sweep(now=now + timedelta(days=86)).begun == 1
    reminder = version.announcements.get()
    assert reminder.kind == AnnouncementKind.REMINDER
    assert run(reminder.job) == JobState.DONE
    assert Telling.objects.filter(announcement=reminder).count() == 1
    assert policy_reminders.sweep(now=now + timedelta(days=90)).begun == 0
    assert policy_reminders.sweep(now=now + timedelta(days=86 + 86)).begun == 1
    assert version.announcements.order_by("-round").first().round == 2


def test_nobody_is_reminded_where_we_are_no_intermediary(publish):
    version = publish()
    answers = dict.fromkeys(OrganisationProfile.SWITCHES, "undecided") | {"intermediary": "no"}
    OrganisationProfile.objects.create(
        effective_from=far(-100), made_by_ref="a", checked_by_ref="b", shown_sha256="0" * 64, **answers
    )
    assert policy_reminders.sweep(now=version.published_at + timedelta(days=200)).begun == 0


@pytest.mark.parametrize("state", [JobState.CANCELLED, JobState.FAILED])
def test_staff_see_that_a_telling_stopped_halfway_and_what_to_do(change, state):
    officer = staff_client(StaffFactory(roles=["data_protection_officer"]))
    for n in range(2):
        PrincipalFactory(email=f"p{n}@acme.example")
    announcement = change()
    page = reverse("admin:consent_announcement_change", args=[announcement.pk])
    listed = reverse("admin:consent_announcement_changelist")
    assert "no job continues it" not in officer.get(page).text
    assert "Under way" in officer.get(listed).text
    Job.objects.update(state=state)
    assert f"the job is at “{state.label}”. Press “Resume sending”" in officer.get(page).text
    assert "Stopped before everyone was notified" in officer.get(listed).text
    announcement.refresh_from_db()
    policy_notifications.go_on(announcement, actor=actor.SYSTEM, is_asked=True)
    announcement.refresh_from_db()
    run(announcement.job)
    assert "no job continues it" not in officer.get(page).text
    assert "Everyone was notified" in officer.get(listed).text


def test_who_could_be_reached_on_no_way_is_told_once_there_is_one(change):
    asha = PrincipalFactory()
    contact = ContactPointFactory(principal=asha, verified_at=None)
    announcement = change()
    run(announcement.job)
    assert policy_reminders.sweep(now=clock.now()).gone_on == 0
    contact.verified_at = clock.now()
    contact.save()
    assert policy_reminders.sweep(now=clock.now()).gone_on == 1
    announcement.refresh_from_db()
    run(announcement.job)
    assert ways_of(asha) == ["email"]
    assert policy_reminders.sweep(now=clock.now()).gone_on == 0
    found = notification_reach.reach_of(announcement, audience=1)
    assert (found.unreachable, found.on_old_version) == (0, 1)
    assert [proof.channel for proof in notification_reach.proofs(announcement)] == ["email"]
