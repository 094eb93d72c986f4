"""The system page, signs of life, alerts and metrics."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.db import transaction
from django.urls import reverse

from portal.fronts.workplace import health_monitor, tasks
from portal.fronts.workplace.health import Finding, Health, checks, findings
from portal.fronts.workplace.models import HealthState
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core import clock, database_clock, read_only
from portal.kernel.core.actor import system
from portal.kernel.ledger.models import Verification
from portal.kernel.outbox.models import Message
from portal.schedule import BEAT
from tests.people.factories import StaffFactory
from tests.shipped import every_rule

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def rules() -> None:
    every_rule()


def of(name: str, now=None) -> Finding:
    return next(one for one in findings(now or clock.now()) if one.name == name)


def test_the_certificates_of_signers_have_the_same_name_here_as_among_the_figures(monkeypatch) -> None:
    monkeypatch.setattr(checks.readiness, "parts", lambda: [("signers", True, "")])
    assert [str(one.label) for one in checks.parts(clock.now())] == ["Signing certificates"]


def test_the_page_says_of_each_check_how_it_is_and_what_to_do(staff, monkeypatch) -> None:
    client = staff("auditor")
    now = clock.now()
    tasks.pulse("default")
    health_monitor.beat("notify", now=now - timedelta(minutes=20))
    monkeypatch.setattr(checks, "CHECKS", (*checks.CHECKS, lambda now: 1 / 0))
    page = client.get(reverse("admin:system")).text
    assert "✓ Well" in page
    assert "■ Bad" in page
    assert "Start a celery worker with -Q notify" in page
    assert "Search the log for health.check_failed." in page, "a check that breaks hides no other"
    assert "Audit events" in page
    assert staff("support").get(reverse("admin:system")).status_code == 403


def test_what_works_and_was_never_looked_at_or_is_seen_by_nobody_outside_is_not_well(
    settings, tmp_path, monkeypatch
) -> None:
    works = [("ledger", True, "0 waiting"), ("witnesses", True, "no independent witness")]
    monkeypatch.setattr(checks.readiness, "parts", lambda: works)
    assert of("ledger").state == of("witnesses").state == Health.LOOK
    assert "Not checked yet." in of("ledger").says
    Verification.objects.create(scope="all", started_at=clock.now(), finished_at=clock.now(), size=0, ok=True)
    assert of("ledger").state == Health.WELL
    settings.READ_ONLY_SWITCH = tmp_path / "read-only"
    read_only.turn_on(why="maintenance", now=datetime(2026, 11, 27, 7, 18, 38, tzinfo=UTC))
    assert of("mode").says == "On since 27 Nov 2026, 12:48 IST: nothing is sent."


def test_the_checks_of_rows_against_the_log_are_there_with_their_last_run_rows_and_result() -> None:
    assert not [one for one in findings(clock.now()) if one.name.startswith("ledger.v")]
    Verification.objects.create(
        scope="all",
        started_at=clock.now(),
        finished_at=datetime(2026, 11, 27, 7, 18, 38, tzinfo=UTC),
        size=70,
        ok=False,
        failures=[["V10", None, "A state differs."]],
        compared={"V10": 5, "V11": 12},
    )
    assert (of("ledger.v10").state, of("ledger.v10").number) == (Health.BAD, 5)
    assert "Last run 27 Nov 2026, 12:48 IST. 12 entries or rows." in of("ledger.v11").says
    assert [of(f"ledger.{name}").state for name in ("v1-v9", "v11", "x1-x2")] == [Health.WELL] * 3
    assert of("ledger.v1-v9").number == 70


def test_each_queue_gives_a_sign_of_life_and_beat_is_known_by_the_newest() -> None:
    asked = {entry["args"][0]: entry["options"]["queue"] for entry in BEAT.values() if entry["task"].endswith(".pulse")}
    assert asked == {queue: queue for queue in settings.QUEUES}
    assert of("beat").state == Health.LOOK
    tasks.pulse("kyc")
    assert (of("beat").state, of("queue.kyc").state, of("queue.bulk").state) == (Health.WELL, Health.WELL, Health.LOOK)
    later = clock.now() + timedelta(minutes=11)
    assert (of("beat", later).state, of("queue.kyc", later).state) == (Health.BAD, Health.BAD)


def test_a_queue_that_nobody_ever_served_is_bad_once_another_was_served_for_some_minutes(settings) -> None:
    now = clock.now()
    health_monitor.beat("kyc", now=now)
    assert of("queue.notify", now + timedelta(minutes=9)).state == Health.LOOK, "its worker may be on its way"
    health_monitor.beat("kyc", now=now + timedelta(minutes=11))
    lost = of("queue.notify", now + timedelta(minutes=11))
    assert (lost.state, of("queue.kyc", now + timedelta(minutes=11)).state) == (Health.BAD, Health.WELL)
    assert "Start a celery worker with -Q notify" in lost.todo
    StaffFactory(roles=["administrator"])
    told = [health_monitor.watch(now=now + timedelta(minutes=minute)) for minute in range(13)]
    assert sum(told) > 0
    assert HealthState.objects.get(name="queue.notify").is_bad


def test_backups_are_well_only_where_they_were_opened_and_expired_ones_ended_too() -> None:
    def say(what: str, about: str, facts: dict[str, Any]) -> None:
        with transaction.atomic():
            record(AuditKind(f"vault.backup.{what}"), actor=system("tests"), about=about, facts=facts)

    names = ("backup", "backup.verified", "backup.cleared")
    taken = {"expires_at": "2026-12-24", "files": 0, "size": 0, "sha256": "", "files_sha256": "", "keys_sha256": ""}

    def states(after: timedelta) -> list[str]:
        found = {one.name: one.state.value for one in findings(clock.now() + after)}
        return [found[name] for name in names if name in found]

    assert states(timedelta(0)) == ["look"], "none was ever taken"
    say("taken", "vault.backup:bk-1", {**taken, "backup": "bk-1"})
    assert states(timedelta(0)) == ["well", "well", "well"], "they follow in the same night"
    assert states(timedelta(hours=53)) == ["bad", "bad", "bad"]
    with time_machine.travel(clock.now() + timedelta(hours=53)):
        say("taken", "vault.backup:bk-2", {**taken, "backup": "bk-2"})
        say("verified", "vault.backup:bk-1", {"backup": "bk-1"})
        assert states(timedelta(0)) == ["well", "bad", "bad"], "the newest was not opened"
        say("verified", "vault.backup:bk-2", {"backup": "bk-2"})
        assert states(timedelta(0)) == ["well", "well", "bad"]
        say("verified", "vault.backup:bk-1", {"backup": "bk-1"})
        say("cleared", "vault.backup", {"removed": 0})
        assert states(timedelta(0)) == ["well", "well", "well"]
        assert states(timedelta(hours=27)) == ["look", "look", "look"]


def test_clocks_and_disks_are_measured(monkeypatch) -> None:
    assert 0 < of("disk.var").number < 1
    assert of("clock.database").state == Health.WELL
    for kept, state in ((True, Health.WELL), (False, Health.LOOK), (None, Health.LOOK)):
        monkeypatch.setattr(database_clock, "is_kept_by_ntp", lambda kept=kept: kept)
        assert of("clock.ntp").state == state


def test_who_receives_alerts_is_told_once_when_a_check_turns_bad_and_once_when_it_is_well_again(
    settings, monkeypatch
) -> None:
    StaffFactory(roles=["administrator"])
    StaffFactory(roles=["auditor"])
    settings.ALERT_WEBHOOK_URL = "https://watch.example/hook"
    state = Health.WELL
    monkeypatch.setattr(checks, "CHECKS", (lambda now: [Finding("disk.var", "Disk", state, "5 % free", "Free some")],))
    now = clock.now()

    def looks(count: int) -> int:
        return sum(health_monitor.watch(now=now + timedelta(minutes=minute)) for minute in range(count))

    assert looks(2) == 0
    state = Health.BAD
    assert looks(1) == 0, "one look may be wrong"
    assert looks(3) == 1
    assert HealthState.objects.get().is_bad
    now, state = now + timedelta(hours=1), Health.LOOK
    assert looks(4) == 1
    letters = Message.objects.filter(kind="workplace.staff_health")
    assert letters.count() == 2, "one login, twice"
    assert Message.objects.filter(kind="operations.health", channel="webhook").count() == 2


def test_a_check_that_broke_is_told_of_each_time_and_told_to_be_well_when_it_answers_again(monkeypatch) -> None:
    """It is bad under a name of its own, which no finding has once it answers again."""
    StaffFactory(roles=["administrator"])
    letters = Message.objects.filter(kind="workplace.staff_health")
    is_broken, disk, minute = False, Health.BAD, 0

    def disks(now: datetime) -> list[Finding]:
        if is_broken:
            raise OSError("the mount hangs")
        return [Finding("disk.var", "Disk", disk, "3 % free", "Free some")]

    monkeypatch.setattr(checks, "CHECKS", (disks,))

    def looks() -> int:
        nonlocal minute
        minute += 3
        start = clock.now() + timedelta(minutes=minute)
        return sum(health_monitor.watch(now=start + timedelta(minutes=one)) for one in range(3))

    assert looks() == 1, "the disk is nearly full"
    for times in (1, 2):
        is_broken = True
        assert looks() == 1, "the check broke"
        assert HealthState.objects.get(name="disk.var").is_bad, "nobody has looked: the disk is not well again"
        is_broken = False
        assert looks() == 1, "it answers again"
        assert not HealthState.objects.get(name="check.disks").is_bad
        assert letters.count() == 1 + 2 * times
    monkeypatch.setattr(checks, "CHECKS", (lambda now: [],))
    assert looks() == 1, "what is not asked about any more is bad no more"
    assert not HealthState.objects.filter(is_bad=True).exists()


def test_metrics_are_for_whoever_has_the_token(client, settings) -> None:
    url = reverse("metrics")
    assert client.get(url).status_code == 404
    settings.METRICS_TOKEN = "t" * 40
    assert client.get(url).status_code == 401
    tasks.pulse("default")
    text = client.get(url, headers={"Authorization": f"Bearer {'t' * 40}"}).text
    assert 'portal_check_state{check="queue.default"} 0.0' in text
    assert "portal_ledger_waiting " in text
    assert 'django="5.2' in text
