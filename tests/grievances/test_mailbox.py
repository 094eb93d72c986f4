"""Fetching by IMAP: each mail once, in reading only; the daily count explains every mail in the mailbox."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from grievances import tasks
from grievances.mail.services import imap_mailbox, inbound_mail
from grievances.models import MailCount, SeenMail, Ticket
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import clock
from portal.kernel.core.errors import Unavailable
from tests.data.mails import OURS, lines
from tests.people.factories import StaffFactory
from tests.servers import imap
from tests.signin.people_who_sign_in import staff_client

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("house")]


@pytest.fixture
def box(settings):
    with imap.running(imap.Box()) as running:
        settings.MAIL_IN_URL, settings.MAIL_IN_ADDRESSES = running.url, [OURS]
        settings.OUTGOING_PRIVATE_HOSTS = [running.host]
        yield running


def mail(number: int) -> bytes:
    return lines(body=f"Number {number}")


def test_each_mail_is_fetched_once_and_the_mailbox_stays_as_it_is(box) -> None:
    box.put(mail(1), at=clock.now() - timedelta(hours=5))
    box.put(lines("Auto-Submitted: auto-replied"))
    assert imap_mailbox.fetch(now=clock.now()) == imap_mailbox.Fetched(taken=2)
    assert imap_mailbox.fetch(now=clock.now()) == imap_mailbox.Fetched()
    box.put(mail(3))
    assert imap_mailbox.fetch(now=clock.now()).taken == 1
    assert Ticket.objects.count() == 2
    assert sum(command.startswith("UID FETCH") for command in box.commands) == 3
    assert not any("STORE" in command or command.startswith("SELECT") for command in box.commands)


def test_the_clocks_run_from_the_arrival_in_the_mailbox(box) -> None:
    arrived = (clock.now() - timedelta(hours=5)).replace(microsecond=0)
    box.put(mail(1), at=arrived)
    imap_mailbox.fetch(now=clock.now())
    assert Ticket.objects.get().received_at == arrived


def test_a_mailbox_that_was_made_anew_brings_nothing_twice(box) -> None:
    box.put(mail(1))
    imap_mailbox.fetch(now=clock.now())
    box.validity += 1
    imap_mailbox.fetch(now=clock.now())
    assert Ticket.objects.count() == 1
    assert SeenMail.objects.get(outcome="ignored").reason == "known"


def test_a_bad_mail_stops_no_other_and_is_asked_for_again(box, monkeypatch) -> None:
    plain = inbound_mail.take

    def fails_once(raw, **kwargs):
        if b"Number 1" in raw:
            raise Unavailable("busy")
        return plain(raw, **kwargs)

    box.put(mail(1))
    box.put(mail(2))
    with monkeypatch.context() as patch:
        patch.setattr(inbound_mail, "take", fails_once)
        assert imap_mailbox.fetch(now=clock.now()) == imap_mailbox.Fetched(taken=1, failed=1)
        counted = imap_mailbox.reconcile(now=clock.now())
        assert (counted.in_mailbox, counted.tickets, counted.unexplained) == (2, 1, 1)
        with pytest.raises(SystemExit):
            call_command("fetch_mail", count=True)
    assert imap_mailbox.fetch(now=clock.now()).taken == 1


def test_a_mail_that_breaks_us_stops_no_other_and_the_log_does_not_quote_it(box, monkeypatch, caplog) -> None:
    plain = inbound_mail.take

    def breaks(raw, **kwargs):
        if b"Number 1" in raw:
            raise RuntimeError("Asha wrote it")
        return plain(raw, **kwargs)

    box.put(mail(1))
    box.put(mail(2))
    monkeypatch.setattr(inbound_mail, "take", breaks)
    assert imap_mailbox.fetch(now=clock.now()) == imap_mailbox.Fetched(taken=1, failed=1)
    counted = imap_mailbox.reconcile(now=clock.now())
    assert (counted.in_mailbox, counted.tickets, counted.unexplained) == (2, 1, 1)
    said = caplog.text
    assert "RuntimeError" in said
    assert "Asha wrote it" not in said


def test_a_mail_that_the_mailbox_will_not_give_stops_no_other(box) -> None:
    box.kept_back.add(box.put(mail(1)))
    box.put(mail(2))
    assert imap_mailbox.fetch(now=clock.now()) == imap_mailbox.Fetched(taken=1, failed=1)
    box.kept_back.clear()
    assert imap_mailbox.fetch(now=clock.now()).taken == 1


def test_half_a_letter_stops_no_mail_behind_it(box) -> None:
    box.put(lines("Content-Type: text/plain; charset=utf-7", body="+2AA-"))
    box.put(mail(2))
    assert imap_mailbox.fetch(now=clock.now()) == imap_mailbox.Fetched(taken=2)


def test_the_daily_count_takes_what_a_fetch_missed_and_explains_every_mail(box) -> None:
    box.put(mail(1), at=clock.now() - timedelta(days=6))
    box.put(lines("Precedence: bulk"))
    imap_mailbox.fetch(now=clock.now())
    assert Ticket.objects.count() == 0
    tasks.count_mail()
    counted = MailCount.objects.get()
    assert (counted.in_mailbox, counted.tickets, counted.ignored) == (2, 1, 1)
    assert (counted.found_now, counted.unexplained) == (1, 0)
    assert AuditEvent.objects.get(kind="grievances.mail.counted").facts["count"] == 2
    with pytest.raises(IntegrityError), transaction.atomic():
        MailCount.objects.create(
            counted_at=clock.now(), days=1, in_mailbox=2, tickets=1, lines=0, ignored=0, found_now=0, unexplained=0
        )


def test_a_mailbox_that_refuses_or_is_away_is_said_so_without_its_password(box, capfd) -> None:
    box.refuses = True
    with pytest.raises(Unavailable):
        imap_mailbox.fetch(now=clock.now())
    assert imap.PASSWORD not in capfd.readouterr().err
    tasks.fetch_mail()


@pytest.mark.parametrize("url", ["", "imap://x:y@mail.example/INBOX", "https://mail.example"])
def test_without_a_mailbox_or_without_tls_nothing_is_fetched(settings, url) -> None:
    settings.MAIL_IN_URL = url
    with pytest.raises(imap_mailbox.NotSetUp):
        imap_mailbox.fetch(now=clock.now())
    tasks.fetch_mail()


def test_staff_see_what_became_of_each_mail(box) -> None:
    box.put(mail(1))
    box.put(lines("Precedence: bulk"))
    imap_mailbox.reconcile(now=clock.now())
    desk = staff_client(StaffFactory(roles=["grievance_officer"]))
    page = desk.get("/admin/grievances/seenmail/").content.decode()
    assert "Sent to many" in page
    assert Ticket.objects.get().reference in page
    assert "asha" not in page
    assert desk.get("/admin/grievances/mailcount/").status_code == 200


def test_which_mails_were_taken_is_asked_for_all_at_once(box) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert imap_mailbox.fetch(now=clock.now()) == imap_mailbox.Fetched()
        return len(seen)

    box.put(mail(1))
    imap_mailbox.fetch(now=clock.now())
    with_one = asked()
    for number in range(2, 7):
        box.put(mail(number))
    imap_mailbox.fetch(now=clock.now())
    assert asked() == with_one
