"""The checks, in the order of the page. Limits here are technical; what ends when is a house rule."""

import shutil
import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.storage import storages
from django.db.models import Min
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from consent.collection.services.deferred_opt_outs import STOPS, refused_kept_since
from portal.fronts.workplace.health import host
from portal.fronts.workplace.health.result import Check, Finding, Health
from portal.fronts.workplace.models import Pulse
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import clock, database_clock, date_format, read_only, readiness, task_faults
from portal.kernel.jobs.choices import FINISHED
from portal.kernel.jobs.models import Job
from portal.kernel.law import selectors as law
from portal.kernel.ledger import services as ledger
from portal.kernel.ledger.models import Pending, Verification
from portal.kernel.ledger.services import checkpoints, witnesses
from portal.kernel.outbox.models import Message
from portal.kernel.people.models import ApiKey
from portal.kernel.retention import selectors as retention

#: Beat asks every queue for a pulse once a minute.
PULSE_LATE, PULSE_LOST = timedelta(minutes=3), timedelta(minutes=10)
SEAL_LATE, SEAL_LOST = timedelta(seconds=20), timedelta(seconds=60)
JOB_LATE, JOB_LOST = timedelta(minutes=15), timedelta(hours=2)
#: Shares of a disk that are still free.
DISK_LOW, DISK_FULL = 0.15, 0.05
CLOCKS_APART = 2.0
KEPT_LATE, KEPT_LOST = 30.0, 120.0
#: House rules.
ENDS_SOON, BACKUP_LATE = "operations.ends_soon", "operations.backup_late"


def _by(value: float, look: float, bad: float) -> Health:
    return Health.BAD if value > bad else Health.LOOK if value > look else Health.WELL


def parts(now: datetime) -> Iterator[Finding]:
    """Databases, broker, sealing, witnesses, outbox, signing certificates."""
    words: dict[str, tuple[Any, Any]] = {
        "database": (_("Database"), _("Look whether the server runs and lets us in; then its own log.")),
        "frozen": (_("Insert-only tables"), _("Run migrate as the owner of the tables: it puts the guards on again.")),
        "broker": (_("Broker (Redis)"), _("Look whether Redis runs. Nothing is lost: work waits in the database.")),
        "ledger": (_("Ledger"), _("Open “Ledger”. Run verify_ledger before anything else.")),
        "witnesses": (_("Witnesses of the ledger"), _("See WITNESSES in the handbook.")),
        "outbox": (_("Outbox"), _("Look whether a worker serves the queue notify, and at messages not delivered.")),
        "signers": (_("Signing certificates"), _("Import the issuer's next certificate, two people.")),
    }
    for name, is_ok, detail in readiness.parts():
        kind, _sep, which = name.partition(".")
        label, todo = words.get(kind, (kind, _("Check the log.")))
        said = f"{label} “{which}”" if which else label
        doubt = _doubt(name) if is_ok else ""
        state = Health.BAD if not is_ok else Health.LOOK if doubt else Health.WELL
        yield Finding(name, said, state, " ".join(filter(None, [detail, doubt])), "" if state == Health.WELL else todo)


def _doubt(name: str) -> str:
    """What keeps a part that works, or is not asked to work now, from being well."""
    if name == "outbox" and read_only.is_on():
        return _("Nothing is sent in read-only mode.")
    if name == "ledger" and checkpoints.is_stopped():
        return _("This takes no page out of service in read-only mode.")
    if name == "ledger" and not Verification.objects.exists():
        return _("Not checked yet.")
    if name == "witnesses" and not witnesses.independent():
        return _("No external party could notice that the whole ledger was rewritten.")
    return ""


def ledger_checks(now: datetime) -> Iterator[Finding]:
    """What the last check of the ledger found: V1-V9 of entries, V10 and V11 of the rows that follow from them."""
    for one in ledger.state_of_checks():
        rows = "" if one.rows is None else " " + _("%(count)d entries or rows.") % {"count": one.rows}
        says = _("%(result)s. %(what)s. Last run %(at)s.") % {
            "result": _("Clean") if one.is_ok else _("Failed"),
            "what": one.words,
            "at": date_format.moment(one.run.finished_at),
        }
        todo = "" if one.is_ok else _("Open “Ledger”. Run verify_ledger before anything else.")
        state = Health.WELL if one.is_ok else Health.BAD
        label = _("Check of the ledger %(name)s") % {"name": one.name}
        yield Finding(f"ledger.{one.name.lower()}", label, state, says + rows, todo, one.rows, "rows")


def mode(now: datetime) -> Iterator[Finding]:
    """Whether the portal takes in and sends."""
    if not read_only.is_on():
        yield Finding("mode", _("Read-only mode"), Health.WELL, _("Off: the portal receives and sends."))
        return
    todo = _("End it with the command read_only off as soon as the work is done: what is due waits.")
    since = _moment_of(read_only.said().get("since", ""))
    says = _("On since %(since)s: nothing is sent.") % {"since": since} if since else _("On: nothing is sent.")
    yield Finding("mode", _("Read-only mode"), Health.LOOK, says, todo)


def _moment_of(stamp: str) -> str:
    """A moment of the switch's file as people read it; what is no moment, as it stands."""
    try:
        return date_format.moment(datetime.fromisoformat(stamp))
    except ValueError:
        return stamp


def pulses(now: datetime) -> Iterator[Finding]:
    """Beat and the workers of each queue: when somebody last did what beat asks for once a minute."""
    last = dict(Pulse.objects.values_list("queue", "at"))
    asked_since = Pulse.objects.aggregate(first=Min("first_at"))["first"]
    waiting = host.waiting()
    newest = max(last.values(), default=None)
    todo = _("Start one celery beat. Deadlines and sealing wait for it.")
    yield _pulse("beat", _("Timetable (beat)"), newest, now, todo, asked_since=asked_since)
    for queue in settings.QUEUES:
        label = _("Workers of the queue “%(queue)s”") % {"queue": queue}
        todo = _("Start a celery worker with -Q %(queue)s, or look why it hangs.") % {"queue": queue}
        at, queued = last.get(queue), waiting.get(queue)
        yield _pulse(f"queue.{queue}", label, at, now, todo, asked_since=asked_since, waiting=queued)


def _pulse(
    name: str,
    label: Any,
    at: datetime | None,
    now: datetime,
    todo: Any,
    *,
    asked_since: datetime | None,
    waiting: int | None = None,
) -> Finding:
    """``asked_since``: when a worker first gave a sign of life, of whichever queue; from then on each was asked for one."""
    queued = "" if waiting is None else " " + _("%(count)s tasks wait.") % {"count": waiting}
    if at is None:
        state = Health.BAD if asked_since is not None and now - asked_since > PULSE_LOST else Health.LOOK
        return Finding(name, label, state, _("No heartbeat yet.") + queued, todo)
    age = (now - at).total_seconds()
    state = _by(age, PULSE_LATE.total_seconds(), PULSE_LOST.total_seconds())
    says = _("Last heartbeat %(seconds)d seconds ago.") % {"seconds": age} + queued
    return Finding(name, label, state, says, "" if state == Health.WELL else todo, age, "seconds")


def lags(now: datetime) -> Iterator[Finding]:
    """What has waited longest for the sealer, for its time to be sent, for a worker of long work.

    The last two have to wait while the portal is read-only: then they are not bad, however long it takes.
    """
    waits = read_only.is_on()
    sealing = Pending.objects.order_by("pk").values_list("entry__recorded_at", flat=True).first()
    yield _lag(
        "lag.sealing", _("Oldest unsealed entry"), sealing, now, (SEAL_LATE, SEAL_LOST), _("Check the queue ledger.")
    )
    due = Message.objects.filter(next_attempt_at__lt=now).order_by("next_attempt_at")
    limits = (timedelta(minutes=2), timedelta(seconds=settings.OUTBOX_LAG_SECONDS))
    message = due.values_list("next_attempt_at", flat=True).first()
    label = _("Oldest message past its time")
    yield _lag("lag.outbox", label, message, now, limits, _("Check the queue notify."), has_to_wait=waits)
    open_jobs = Job.objects.exclude(state__in=FINISHED).order_by("pk").values_list("created_at", flat=True)
    yield _lag(
        "lag.jobs",
        _("Oldest unfinished job"),
        open_jobs.first(),
        now,
        (JOB_LATE, JOB_LOST),
        _("Open “Jobs” and look how far it is."),
        has_to_wait=waits,
    )


def _lag(
    name: str,
    label: Any,
    since: datetime | None,
    now: datetime,
    limits: tuple[timedelta, timedelta],
    todo: Any,
    *,
    has_to_wait: bool = False,
) -> Finding:
    if since is None:
        return Finding(name, label, Health.WELL, _("Nothing waits."), "", 0, "seconds")
    age = max(0.0, (now - since).total_seconds())
    state = _by(age, *(limit.total_seconds() for limit in limits))
    if has_to_wait and state == Health.BAD:
        state = Health.LOOK
    says = _("Waits for %(seconds)d seconds.") % {"seconds": age}
    return Finding(name, label, state, says, "" if state == Health.WELL else todo, age, "seconds")


def dropped(now: datetime) -> Iterator[Finding]:
    """Tasks that nobody worked on: they came too late, or were none of ours. Sweeps do their work; the cause stays."""
    words = {
        task_faults.EXPIRED: (
            _("Tasks that came too late to be worked on"),
            _("Compare the clocks of the machines, and see whether each queue has enough workers."),
        ),
        task_faults.SET_ASIDE: (
            _("Entries of the broker that are no tasks"),
            _("Check the lists set-aside:QUEUE in Redis, and who may write to it."),
        ),
    }
    for kind, (label, todo) in words.items():
        count = task_faults.counted(kind, now=now)
        state = Health.LOOK if count else Health.WELL
        says = _("%(count)d in the last 24 hours.") % {"count": count}
        yield Finding(f"tasks.{kind}", label, state, says, todo if count else "", count, "tasks")


def deferred_opt_outs(now: datetime) -> Iterator[Finding]:
    """Opt-outs that came while the database was away and are not recorded yet, on this machine; and those that cannot be."""
    label = _("Opt-outs received while the database was away")
    waiting, oldest, refused = STOPS.waiting(), STOPS.oldest(), STOPS.refused()
    age = (now - oldest).total_seconds() if oldest else 0
    state = _by(age, KEPT_LATE, KEPT_LOST) if waiting else Health.LOOK if refused else Health.WELL
    says = _("%(waiting)d waiting on this machine, %(refused)d could not be recorded.") % {
        "waiting": waiting,
        "refused": refused,
    }
    todo = _(
        "The log says why: spool.refused and spool.crashed are the entries that are not recorded. Once the cause "
        "is fixed, run "
        "manage.py deferred_opt_outs --again."
    )
    if first := STOPS.first_refused():
        ends = first + (now - refused_kept_since(now))
        todo += " " + _("Those that could not be recorded are deleted from %(day)s on.") % {
            "day": date_format.day(clock.day(ends))
        }
    yield Finding("stops.kept", label, state, says, "" if state == Health.WELL else todo, waiting, "stops")


def keys(now: datetime) -> Iterator[Finding]:
    """API keys near their end."""
    today = clock.day(now)
    until = now + law.house_rule(ENDS_SOON, on=today).duration
    live = ApiKey.objects.filter(issued_at__isnull=False, ended_at=None, expires_at__gt=now)
    soon = live.filter(expires_at__lte=until).count()
    says = _("%(soon)d of %(all)d end soon.") % {"soon": soon, "all": live.count()}
    todo = _("Open “API keys” and propose the next ones, two people.") if soon else ""
    yield Finding("keys.api", _("API keys"), Health.LOOK if soon else Health.WELL, says, todo, soon, "keys")


def directory(now: datetime) -> Iterator[Finding]:
    """A directory that would have deactivated the last administrator within a day: its token may be stolen."""
    if not settings.SCIM_TOKENS:
        return
    refused = AuditEvent.objects.filter(
        kind=AuditKind.PEOPLE_STAFF_DEACTIVATION_REFUSED, at__gt=now - timedelta(days=1)
    )
    last = refused.order_by("-pk").values_list("at", flat=True).first()
    says = (
        _("It would have deactivated the last administrator (%(at)s).") % {"at": date_format.moment(last)}
        if last
        else ""
    )
    todo = _("Take its token out of SCIM_TOKENS unless you know why. The audit log names which token it was.")
    state = Health.BAD if last else Health.WELL
    yield Finding("directory", _("Deactivation by the directory (SCIM)"), state, says, todo if last else "")


def backups(now: datetime) -> Iterator[Finding]:
    """The last backup, the last one that was opened to its last byte, and when no expired one was left."""
    taken = AuditEvent.objects.filter(kind=AuditKind.VAULT_BACKUP_TAKEN).order_by("-pk")
    last = taken.values_list("at", flat=True).first()
    todo = _("Run backup, and see why the nightly one did not (handbook, backups).")
    if last is None:
        yield Finding("backup", _("Last backup"), Health.LOOK, _("None was ever taken with the command backup."), todo)
        return
    yield _backup("backup", _("Last backup"), last, last, now, todo)
    # Of the last few: somebody who opens an older one has not shown that the newest does not open.
    events = AuditEvent.objects.order_by("-pk").values_list("about", flat=True)
    opened = list(events.filter(kind=AuditKind.VAULT_BACKUP_VERIFIED)[:10])
    verified = taken.filter(about__in=opened).values_list("at", flat=True).first()
    cleared = AuditEvent.objects.filter(kind=AuditKind.VAULT_BACKUP_CLEARED).order_by("-pk")
    first = taken.order_by("pk").values_list("at", flat=True)[0]
    label = _("Last backup that was opened to its last byte")
    yield _backup(
        "backup.verified", label, verified, first, now, _("Run backup --verify latest, and see what it says.")
    )
    label, todo = (
        _("No expired backup was left"),
        _("Run backup --remove-expired: it names what is left, and says why."),
    )
    yield _backup("backup.cleared", label, cleared.values_list("at", flat=True).first(), first, now, todo)


def _backup(name: str, label: Any, at: datetime | None, first: datetime, now: datetime, todo: Any) -> Finding:
    """``at``: the backup, or the run, by which it was so; where it never was, it counts from the first backup."""
    late = law.house_rule(BACKUP_LATE, on=clock.day(now)).duration.total_seconds()
    age = (now - (at or first)).total_seconds()
    state = _by(age, late, 2 * late)
    says = _("Never yet.") if at is None else _("%(at)s.") % {"at": date_format.moment(at)}
    return Finding(name, label, state, says, "" if state == Health.WELL else todo, age, "seconds")


def disks(now: datetime) -> Iterator[Finding]:
    """The disks of this machine that we write to, each mount once."""
    places = {
        "disk.var": (_("Disk of PORTAL_VAR"), settings.VAR),
        "disk.vault": (_("Disk of the stored files"), Path(getattr(storages["vault"], "location", settings.VAR))),
        "disk.anchor": (_("Disk of the anchor"), settings.LEDGER_ANCHOR.parent),
        "disk.backups": (_("Disk of the backups"), settings.BACKUP_DIR),
        "disk.backups_keys": (_("Disk of the backups of keys"), settings.BACKUP_KEYS_DIR),
        "disk.temporary": (_("Disk of temporary files"), Path(tempfile.gettempdir())),
    }
    seen: set[int] = set()
    for name, (label, path) in places.items():
        there = next(one for one in (path, *Path(path).absolute().parents) if one.exists())
        if there.stat().st_dev in seen:
            continue
        seen.add(there.stat().st_dev)
        usage = shutil.disk_usage(there)
        free = usage.free / usage.total
        state = Health.BAD if free < DISK_FULL else Health.LOOK if free < DISK_LOW else Health.WELL
        says = _("%(share)d %% free, %(size).0f GB.") % {"share": free * 100, "size": usage.free / 1e9}
        todo = "" if state == Health.WELL else _("Free some space: expired backups, old logs, then a larger disk.")
        yield Finding(name, label, state, says, todo, free, "share")


def clocks(now: datetime) -> Iterator[Finding]:
    """Whether this machine's clock is kept right by NTP, and whether the database's agrees with it."""
    kept = database_clock.is_kept_by_ntp()
    todo = _("Switch on chrony or systemd-timesyncd: deadlines and evidence depend on this clock.")
    if kept is None:
        yield Finding("clock.ntp", _("Clock (NTP)"), Health.LOOK, _("This machine does not say."), todo)
    else:
        says = _("Kept right by NTP.") if kept else _("Not kept right by NTP.")
        yield Finding("clock.ntp", _("Clock (NTP)"), Health.WELL if kept else Health.LOOK, says, "" if kept else todo)
    apart = abs(database_clock.apart().total_seconds())
    label = _("Clock of the database")
    says = _("%(seconds).1f seconds apart.") % {"seconds": apart}
    if apart <= CLOCKS_APART:
        yield Finding("clock.database", label, Health.WELL, says, "", apart, "seconds")
        return
    todo = _("Both machines need NTP.")
    if apart > database_clock.MOST_APART.total_seconds():
        says += " " + _("This machine records nothing until its clock is right; stops are kept and carried out.")
        todo = _("Set the clock of the machine that is wrong. With SQLite, restart the portal afterwards.")
    yield Finding("clock.database", label, Health.BAD, says, todo, apart, "seconds")


def profile(now: datetime) -> Iterator[Finding]:
    """Whether the company profile decides every question on which keeping depends (``retention.E004``)."""
    found = retention.open_questions_named(on=clock.day(now))
    label = _("Company profile")
    if not found:
        yield Finding("profile", label, Health.WELL, _("Every question on which retention depends is decided."))
        return
    says = _("Not decided: %(questions)s. What depends on it is kept until decided.") % {
        "questions": "; ".join(found.values())
    }
    present = law.profile(on=clock.day(now))
    others = sum(1 for name in present.SWITCHES if name not in found and not present.is_decided(name))
    if others:
        more = ngettext(
            "%(count)d more question of the profile is open; no rule to keep depends on it.",
            "%(count)d more questions of the profile are open; no rule to keep depends on them.",
            others,
        )
        says = f"{says} {more % {'count': others}}"
    yield Finding(
        "profile", label, Health.BAD, says, _("Propose the profile; a second person approves it."), len(found)
    )


CHECKS: tuple[Check, ...] = (
    parts,
    ledger_checks,
    mode,
    pulses,
    lags,
    dropped,
    deferred_opt_outs,
    keys,
    directory,
    backups,
    disks,
    clocks,
    profile,
)
