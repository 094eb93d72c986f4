"""The pages of messages, mailbox, jobs, books and retention: seen by whoever works with them."""

from typing import Any
from uuid import uuid4

import pytest
from django.core.mail import EmailMessage
from django.urls import reverse

from portal.kernel.core import actor, clock
from portal.kernel.jobs.choices import JobState
from portal.kernel.outbox import mailbox
from portal.kernel.outbox.models import Message
from portal.kernel.outbox.services import delivery, post
from portal.kernel.retention.services import holds, runs
from tests.consent.factories import law_is_loaded
from tests.jobs.factories import JobFactory
from tests.outbox.factories import KIND, use_template
from tests.people.factories import CustomerUserFactory, StaffFactory
from tests.registers.factories import as_actor, company_in_force, officer_in_office, proposed_officer
from tests.signin.people_who_sign_in import customer_client, staff_client

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def posted_to(subject_ref: Any, channel: str) -> Message:
    message = post(
        kind=KIND,
        subject_ref=subject_ref,
        channel=channel,
        address="asha@acme.example",
        language="en",
        purpose="account_service",
        about=f"tests.thing:{uuid4()}",
        context={"reference": "OS-GR-7K4M-9QX2"},
    )
    delivery.deliver(message.pk, now=clock.now())
    message.refresh_from_db()
    return message


@pytest.fixture
def notices(monkeypatch: pytest.MonkeyPatch) -> None:
    law_is_loaded()
    use_template(monkeypatch)


def test_a_customer_reads_a_message_and_sees_who_answers(window, notices) -> None:
    officer_in_office()
    company_in_force()
    user = CustomerUserFactory()
    posted_to(user.principal.subject.ref, "dashboard")
    person = window(narrow=True)
    person.signs_in_with(customer_client(user))
    page = person.goes_to(reverse("privacy:messages"))
    page.get_by_role("link", name="A notice").click()
    person.looks()
    assert page.get_by_text("Your reference number is OS-GR-7K4M-9QX2.").is_visible()
    assert page.get_by_text("Meera Kulkarni").first.is_visible()


def test_a_visitor_of_the_demonstration_reads_the_mailbox(window, settings, tmp_path) -> None:
    settings.DEMO, settings.MAILBOX = True, tmp_path / "mailbox"
    letter = EmailMessage("Your code", "Your code is 123456.\n", "privacy@onesetu.example", ["asha@acme.example"])
    mailbox.MailboxBackend().send_messages([letter])
    person = window(narrow=True)
    page = person.goes_to(reverse("demo:mailbox"))
    page.get_by_label("Letters to this address").fill("asha")
    page.get_by_role("button", name="Find letters").click()
    person.looks()
    page.get_by_role("link", name="Your code").click()
    person.looks()
    assert page.get_by_text("Your code is 123456.").is_visible()


def test_staff_see_messages_jobs_books_and_retention(window, notices) -> None:
    officer = StaffFactory(roles=["data_protection_officer"])
    failed = posted_to(uuid4(), "email")
    Message.objects.filter(pk=failed.pk).update(state="dead", sent_at=None)
    running = JobFactory(state=JobState.RUNNING, done=1, total=3, lease_token=uuid4(), leased_until=clock.now())
    proposal = proposed_officer(StaffFactory(roles=["administrator"]))
    hold = holds.place(
        subject_ref=uuid4(), retention_class="", order_reference="WP 1/2026", why="x", actor=as_actor(officer)
    )
    run = runs.run(now=clock.now(), actor=actor.system("tests"))
    person = window()
    person.signs_in_with(staff_client(officer))
    for name in ("outbox_message", "outbox_templateversion", "jobs_job", "registers_officer", "retention_hold"):
        person.goes_to(reverse(f"admin:{name}_changelist"))
    for name in ("registers_officer_add", "registers_companydetails_add", "retention_hold_add"):
        person.goes_to(reverse(f"admin:{name}"))
    for name, row in (
        ("outbox_message", failed),
        ("jobs_job", running),
        ("registers_officer", proposal),
        ("retention_hold", hold),
        ("retention_erasurerun", run),
    ):
        person.goes_to(reverse(f"admin:{name}_change", args=[row.pk]))
    page = person.goes_to(reverse("admin:registers_officer_do_one", args=[proposal.pk, "answer-officer"]))
    page.get_by_label("Approve").check()
    page.locator("#content-main, main").get_by_role("button").last.click()
    page.get_by_role("status").wait_for()
    person.looks()
    proposal.refresh_from_db()
    assert proposal.answer == "approved"
