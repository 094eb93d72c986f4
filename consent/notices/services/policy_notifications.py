"""Everybody is told of a changed policy before it applies, and reminded of the one in force.

A round goes through people in batches, each batch one transaction with its messages and its proof. Whoever stands in the
proof is left out of the next batch, so that a job which died goes on where it stopped, and two at once tell nobody twice.
"""

from collections.abc import Callable, Iterable
from datetime import datetime

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils import formats, translation
from django.utils.translation import gettext as _

from consent.base.choices import AnnouncementKind, Weight
from consent.base.models.notices import NoticeVersion
from consent.base.selectors.contact_routes import Addressee, reached
from consent.notices.models.policy_notifications import Announcement, Telling
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core import actor as actors
from portal.kernel.core import clock
from portal.kernel.core.actor import Actor
from portal.kernel.core.errors import PortalError
from portal.kernel.jobs import services as jobs
from portal.kernel.jobs.choices import FINISHED, JobState
from portal.kernel.law.choices import Channel
from portal.kernel.law.request_cache import remembering
from portal.kernel.outbox.selectors import can_send
from portal.kernel.outbox.services import post
from portal.kernel.people.choices import ContactKind
from portal.kernel.people.models import ContactPoint, Principal, User

#: The kind of job that tells (``consent.notices.jobs``).
TELL = "notices.tell"
PURPOSE = "policy_and_security"
BATCH = 100
LETTERS = {AnnouncementKind.CHANGE: "consent.policy_changed", AnnouncementKind.REMINDER: "consent.policy_reminder"}
#: An SMS has no room for the list of changes.
SHORT_LETTER = "consent.policy_changed_short"


def begin(
    *, version: NoticeVersion, kind: AnnouncementKind, round_: int = 1, actor: Actor, at: datetime
) -> Announcement:
    """Open a round and start the job that tells, in the caller's transaction. Safe to repeat: a round is opened once."""
    announcement, is_new = Announcement.objects.get_or_create(
        version=version, kind=kind, round=round_, defaults={"begun_at": at}
    )
    if is_new:
        _start(announcement, actor)
    return announcement


def go_on(announcement: Announcement, *, actor: Actor, is_asked: bool = False) -> bool:
    """Start another job where somebody is left to tell and none is at work. A job that staff cancelled stays so, unless
    staff ask.

    Returns whether one was started.
    """
    job = announcement.job
    if job is not None and (job.state not in FINISHED or (job.state == JobState.CANCELLED and not is_asked)):
        return False
    if not untold(announcement).exists():
        return False
    with transaction.atomic():
        # Of two sweeps at once one starts a job.
        taken = Announcement.objects.filter(pk=announcement.pk, job=job).update(finished_at=None)
        current = Announcement.objects.select_for_update().get(pk=announcement.pk)
        if not taken or current.job_id != announcement.job_id:
            return False
        _start(current, actor)
    return True


def _start(announcement: Announcement, actor: Actor) -> None:
    announcement.job = jobs.start(kind=TELL, parameters={"announcement": announcement.pk}, actor=actor)
    announcement.save(update_fields=["job"])


def audience(announcement: Announcement) -> QuerySet[Principal]:
    """Whom a round tells: of a material change everybody we know; of other words, and reminders, who has an account."""
    people = Principal.objects.filter(subject__erased_at=None)
    is_for_all = announcement.kind == AnnouncementKind.CHANGE and announcement.version.weight != Weight.EDITORIAL
    if not is_for_all:
        return people.filter(_with_login())
    reachable = Exists(ContactPoint.objects.filter(principal=OuterRef("pk"), left_at=None))
    return people.filter(_with_login() | Q(reachable))


def untold(announcement: Announcement) -> QuerySet[Principal]:
    """Whoever of the audience was not told yet: who could be reached on no way once is told when there is one."""
    tellings = Telling.objects.filter(announcement=announcement, subject_ref=OuterRef("subject__ref"))
    told, without_a_way = tellings.exclude(channels=""), tellings.filter(channels="")
    return audience(announcement).filter(~Exists(told)).filter(~Exists(without_a_way) | _has_a_way())


def _has_a_way() -> Q:
    """The condition of ``_ways`` in the database."""
    kinds = [ContactKind.EMAIL, *([ContactKind.PHONE] if can_send(Channel.SMS) else [])]
    contacts = ContactPoint.objects.filter(principal=OuterRef("pk"), left_at=None, verified_at__isnull=False)
    return _with_login() | Q(Exists(contacts.filter(kind__in=kinds)))


def _with_login() -> Q:
    return Q(Exists(User.objects.filter(principal=OuterRef("pk"), is_active=True)))


def has_stopped(announcement: Announcement) -> bool:
    """Whether somebody is left to tell, the telling never came to its end, and no job is at work on it."""
    if announcement.finished_at is not None:
        return False
    job = announcement.job
    return (job is None or job.state in FINISHED) and untold(announcement).exists()


def tell_everyone(announcement: Announcement, *, progress: Callable[[int, int | None], None], job: str) -> int:
    """Tell all who were not told yet, batch by batch; returns how many this call told. Opens its own transactions.

    ``progress`` may raise to stop between two batches; what is told stays told.
    """
    total, done, last = untold(announcement).count(), 0, 0
    while batch := list(untold(announcement).filter(pk__gt=last).select_related("subject").order_by("pk")[:BATCH]):
        last = batch[-1].pk
        done += _tell(announcement, batch, at=clock.now())
        progress(done, max(total, done))
    with transaction.atomic():
        at = clock.now()
        Announcement.objects.filter(pk=announcement.pk).update(finished_at=at)
        record(
            AuditKind.NOTICES_CHANGE_TOLD,
            actor=actors.system("consent.announcing"),
            about=announcement.about,
            facts={
                "notice": announcement.version.notice.code,
                "version": announcement.version.number,
                "kind": announcement.kind,
                "round": announcement.round,
                "count": done,
                "job": job,
            },
            at=at,
        )
    return done


def _tell(announcement: Announcement, batch: list[Principal], *, at: datetime) -> int:
    """One batch in one transaction: for each person the proof first, which another job may have written meanwhile."""
    with remembering(), transaction.atomic(), transaction.atomic(using="keys"):
        for person in reached(batch):
            ways = list(_ways(announcement, person))
            telling = _proof(announcement, person, [channel for channel, _address in ways], at)
            if telling is None:
                continue
            for channel, address in ways:
                _post(announcement, person, channel, address)
    return len(batch)


def _proof(announcement: Announcement, person: Addressee, channels: list[Channel], at: datetime) -> Telling | None:
    try:
        with transaction.atomic():
            return Telling.objects.create(
                announcement=announcement,
                subject_ref=person.principal.subject.ref,
                channels=" ".join(channels),
                told_at=at,
            )
    except IntegrityError:
        return None


def _ways(announcement: Announcement, person: Addressee) -> Iterable[tuple[Channel, str]]:
    """The dashboard where there is a login, and e-mail; a telephone only for whom nothing else reaches.

    Other words with the same meaning are told in the dashboard alone.
    """
    if person.has_login:
        yield Channel.DASHBOARD, ""
    if announcement.version.weight == Weight.EDITORIAL and announcement.kind == AnnouncementKind.CHANGE:
        return
    if person.email:
        yield Channel.EMAIL, person.email
    elif person.phone and not person.has_login and can_send(Channel.SMS):
        yield Channel.SMS, person.phone


def _post(announcement: Announcement, person: Addressee, channel: Channel, address: str) -> None:
    language = person.principal.language
    try:
        post(
            kind=SHORT_LETTER if channel is Channel.SMS else LETTERS[AnnouncementKind(announcement.kind)],
            subject_ref=person.principal.subject.ref,
            channel=channel,
            address=address,
            language=language,
            purpose=PURPOSE,
            about=announcement.about,
            context=_context(announcement.version, language),
        )
    except PortalError:
        # An address that is none: the report shows the channel without a message.
        return


def _context(version: NoticeVersion, language: str) -> dict[str, str]:
    url = reverse("privacy:policy", args=[version.number])  # the same in each language, and learned once for each
    with translation.override(language):
        return {
            "day": formats.date_format(version.effective_on, "j F Y"),
            "number": str(version.number),
            "changes": _changes(version, language),
            "url": f"{settings.SITE_URL}{url}",
        }


def _changes(version: NoticeVersion, language: str) -> str:
    """What changed, in the reader's language; two people may let a summary be missing there, and then it says so."""
    said, spoken = version.summary_in(language)
    if not said:
        return version.get_weight_display()
    return said if spoken == language else "\n".join([_("We can say this in English only so far:"), said])
