"""A copy of somebody's data: each room's part by itself, then one archive; encrypted, given out by two people, ended.

A part that fails says so and is tried again alone. Nothing is given out while one is missing.
"""

import csv
import io
import json
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, BinaryIO
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import F, Q
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from grievances.base import selectors
from grievances.base.choices import TicketState
from grievances.base.models.data_copies import Bundle, BundleSection
from grievances.base.models.requests import RightsRequest
from grievances.base.number_redaction import without_numbers
from grievances.base.permissions import GrievancePermission
from grievances.base.request_choices import (
    BUNDLE_MOVES,
    BUNDLED,
    RECIPIENT_SECTIONS,
    UNDECIDED,
    BundleState,
    Capacity,
    RequestState,
    Right,
    SectionState,
)
from grievances.nominees.services import nominee_authority
from grievances.requests import rules
from grievances.tickets.services import intake
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core import access, clock, ports
from portal.kernel.core.actor import Actor, system
from portal.kernel.core.errors import NotFound, Refused
from portal.kernel.core.state_transitions import move
from portal.kernel.jobs import services as jobs
from portal.kernel.jobs.archives import Member, deterministic_zip
from portal.kernel.jobs.export_columns import escape_formula
from portal.kernel.law import selectors as law
from portal.kernel.people.models import ContactPoint, User
from portal.kernel.retention.retention_decisions import refs_of_person
from portal.kernel.vault.choices import RetentionClass
from portal.kernel.vault.models import StoredFile
from portal.kernel.vault.services import files as vault

log = structlog.get_logger(__name__)

JOB = "grievances.bundle"
LIFE = "requests.bundle_life"
MOST_DOWNLOADS = "requests.bundle_downloads"
WORKER = system(JOB)


def data_refs(request: RightsRequest) -> set[UUID]:
    """Every reference of the person whose data it is about (``data_subject``). Raises what that raises."""
    return refs_of_person(data_subject(request))


def data_subject(request: RightsRequest) -> UUID:
    """Whose data it is about: the asking person's own, or that of the one person at the address they named.

    Raises Refused where nobody, or more than one person, is known at that address.
    """
    if request.capacity == Capacity.SELF:
        return request.ticket.subject_ref
    if rules.needs_standing(right=request.right, capacity=request.capacity):
        return nominee_authority.person_of(request)
    meant = nominee_authority.refs_meant(request)
    if len(meant) != 1:
        raise Refused(_("At the address they named we know no one, or more than one person."), code="WHOSE")
    return meant.pop()


def lock(request: RightsRequest) -> None:
    """Lock the row until the caller's transaction ends, and read anew what says whose data it is: from then on no officer
    enters another address (``subject_identification.name_person``).
    """
    request.refresh_from_db(fields=["state", "details_sealed"], from_queryset=RightsRequest.objects.select_for_update())


def collect(*, request: RightsRequest, by: User, actor: Actor, at: datetime) -> Bundle:
    """Begin to put the copy together, or again: all parts, in a job. Raises NotAllowed, Refused before it is shown who asks.

    The request is locked, and whose data it is worked out in the same transaction.
    """
    access.require(by, GrievancePermission.REQUEST_ANSWER)
    with access.acting(by, GrievancePermission.REQUEST_ANSWER):
        lock(request)
        if request.right not in BUNDLED or request.state != RequestState.SHOWN:
            raise Refused(_("A copy is made only for a request that is to be answered with one."), code="NOT_NOW")
        refs = sorted(str(ref) for ref in data_refs(request))
        bundle, is_new = Bundle.objects.select_for_update().get_or_create(
            request=request, defaults={"started_at": at, "refs": refs}
        )
        if not is_new and bundle.state != BundleState.COLLECTING:
            if bundle.state == BundleState.RELEASED:  # the request was opened again: the old copy ends with the new one
                end(bundle=bundle, at=at)
            move(bundle, BundleState.COLLECTING, moves=BUNDLE_MOVES, file=None, started_at=at, refs=refs)
        for name in _names(request):
            BundleSection.objects.update_or_create(
                bundle=bundle, name=name, defaults={"state": SectionState.WAITING, "error": "", "file": None}
            )
        jobs.start(kind=JOB, parameters={"bundle": bundle.pk}, actor=actor)
    return bundle


def try_again(*, section: BundleSection, by: User, actor: Actor, at: datetime) -> None:
    """Try one part again, and no other. Raises NotAllowed, Refused for a part that did not fail (NOT_FAILED) and for a copy
    that is not being put together (NOT_COLLECTING): its key has ended, and nobody would end another one.
    """
    access.require(by, GrievancePermission.REQUEST_ANSWER)
    with access.acting(by, GrievancePermission.REQUEST_ANSWER):
        if not _is_collecting(section.bundle_id):
            said = _("This copy is no longer in preparation. Build it again as a whole.")
            raise Refused(said, code="NOT_COLLECTING")
        failed = BundleSection.objects.filter(pk=section.pk, state=SectionState.FAILED)
        if failed.update(state=SectionState.WAITING, error="") != 1:
            raise Refused(_("This part did not fail."), code="NOT_FAILED")
        jobs.start(kind=JOB, parameters={"bundle": section.bundle_id}, actor=actor)


def run(bundle: Bundle, *, progress: Callable[[int, int], None]) -> None:
    """What the job does: the parts that wait, each by itself; then the archive, once none is missing. Safe to repeat.

    A copy that ends meanwhile, because its person was erased or its request refused, keeps nothing of it.
    """
    request = bundle.request
    refs = data_refs(request)
    own = _own_addresses(request, refs)
    waiting = list(bundle.sections.filter(state=SectionState.WAITING))
    with translation.override(request.ticket.language):
        for done, section in enumerate(waiting):
            progress(done, len(waiting) + 1)
            _collect_one(bundle, section, refs, own)
        bundle.refresh_from_db()
        if bundle.state == BundleState.COLLECTING and not bundle.sections.exclude(state=SectionState.DONE).exists():
            _pack(bundle)
    progress(len(waiting) + 1, len(waiting) + 1)


def release(*, bundle: Bundle, actor: Actor, at: datetime) -> None:
    """Give the copy out for the promised days, in the caller's transaction: two people have agreed."""
    move(
        bundle,
        BundleState.RELEASED,
        moves=BUNDLE_MOVES,
        released_at=at,
        expires_at=at + selectors.promise(LIFE, at=at),
        downloads=0,
    )
    _note(AuditKind.GRIEVANCES_BUNDLE_RELEASED, bundle, actor, at)


def fetch(*, bundle: Bundle, actor: Actor, at: datetime) -> BinaryIO:
    """The archive for its person, counted. The caller has decided that it is theirs. Raises NotFound when it is over."""
    with transaction.atomic():
        counted = Bundle.objects.filter(
            pk=bundle.pk, state=BundleState.RELEASED, expires_at__gt=at, downloads__lt=most_downloads(at)
        ).update(downloads=F("downloads") + 1)
        bundle.refresh_from_db()
        if not counted or bundle.file is None:
            raise NotFound(_("This copy no longer exists. Ask for a new one if something is missing."), code="EXPIRED")
        _note(AuditKind.GRIEVANCES_BUNDLE_FETCHED, bundle, actor, at)
    return vault.open_stream(bundle.file, actor=actor, reason=f"copy for {bundle.request.ticket.reference}")


def look(*, bundle: Bundle, by: User, actor: Actor) -> BinaryIO:
    """The archive for an officer who has to answer for it. Raises NotAllowed, NotFound before it is put together."""
    access.require(by, GrievancePermission.REQUEST_ANSWER)
    if bundle.file is None or bundle.state == BundleState.ENDED:
        raise NotFound(_("There is no archive."))
    return vault.open_stream(
        bundle.file, actor=actor, reason=f"look before release of {bundle.request.ticket.reference}"
    )


def most_downloads(at: datetime) -> int:
    """How often a copy can be fetched, by the promise in force."""
    return int(law.house_rule(MOST_DOWNLOADS, on=clock.day(at)).amount or 0)


def end_expired(*, now: datetime, most: int = 200) -> int:
    """End the key of every copy whose time is over, or that was not given out before its request was. Returns how many."""
    is_late = Q(state=BundleState.RELEASED, expires_at__lte=now)
    is_decided = ~Q(request__state__in=UNDECIDED) | Q(request__ticket__state=TicketState.CLOSED)
    is_not_out = Q(state__in=(BundleState.COLLECTING, BundleState.READY))
    over = Bundle.objects.filter(is_late | is_not_out & is_decided).order_by("expires_at", "pk")[:most]
    return sum(end(bundle=bundle, at=now) for bundle in over)


def end_holding(*, subject_refs: Collection[UUID], at: datetime) -> int:
    """Registered in ``ports.copies``: end every copy that holds one of these subjects, whose data was erased."""
    erased = {str(ref) for ref in subject_refs}
    not_over = Bundle.objects.exclude(state=BundleState.ENDED).order_by("pk")
    return sum(end(bundle=bundle, at=at) for bundle in not_over.iterator() if erased.intersection(bundle.refs))


def end(*, bundle: Bundle, at: datetime) -> bool:
    """End one copy: its key and with it the archive and every part. False where it ended before."""
    with transaction.atomic():
        if Bundle.objects.filter(pk=bundle.pk).exclude(state=BundleState.ENDED).update(state=BundleState.ENDED) != 1:
            return False
        vault.shred(subject_ref=bundle.key_ref, retention_class=RetentionClass.EXPORT)
        bundle.refresh_from_db()
        _note(AuditKind.GRIEVANCES_BUNDLE_ENDED, bundle, WORKER, at)
    return True


def _names(request: RightsRequest) -> list[str]:
    names = sorted(section.name for section in ports.sections)
    return [name for name in names if request.right != Right.RECIPIENTS or name in RECIPIENT_SECTIONS]


def _own_addresses(request: RightsRequest, refs: Iterable[UUID]) -> frozenset[str]:
    held = ContactPoint.objects.filter(principal__subject__ref__in=list(refs))
    return frozenset({*(contact.address for contact in held), *intake.addresses_of(request.ticket).values()} - {""})


def _is_collecting(bundle_pk: int) -> bool:
    """Whether a copy is being put together; in the caller's transaction, until whose end nobody ends it."""
    return Bundle.objects.select_for_update().filter(pk=bundle_pk, state=BundleState.COLLECTING).exists()


def _collect_one(bundle: Bundle, section: BundleSection, refs: set[UUID], own: frozenset[str]) -> None:
    """One room's part, whole or failed; a failure stops no other part. It is kept only while its copy is being put together."""
    waits = BundleSection.objects.filter(pk=section.pk, bundle__state=BundleState.COLLECTING)
    if not waits.update(tries=F("tries") + 1):
        return
    try:
        contributor = next(each for each in ports.sections if each.name == section.name)
        records = _as_given(contributor.collect(subject_refs=refs), own)
        part = json.dumps({"label": str(contributor.label), "records": records}).encode()
        with vault.encrypted(io.BytesIO(part)) as bytes_of, transaction.atomic():
            if _is_collecting(bundle.pk):
                stored = _kept(bytes_of, bundle, "grievances.bundle_part")
                BundleSection.objects.filter(pk=section.pk).update(
                    state=SectionState.DONE, error="", records=len(records), file=stored, finished_at=clock.now()
                )
    except Exception as crash:  # noqa: BLE001 - whatever broke in one room, the others' parts are made all the same
        # No traceback: it may quote a person's data.
        log.error("grievances.bundle_part_failed", part=section.name, error=type(crash).__name__)  # noqa: TRY400
        BundleSection.objects.filter(pk=section.pk).update(
            state=SectionState.FAILED, error=type(crash).__name__, finished_at=clock.now()
        )


def _kept(bytes_of: vault.Encrypted, bundle: Bundle, kind: str) -> StoredFile:
    return vault.keep(
        bytes_of, subject_ref=bundle.key_ref, retention_class=RetentionClass.EXPORT, kind=kind, actor=WORKER
    )


def _as_given(records: Iterable[Any], own: frozenset[str]) -> list[dict[str, Any]]:
    """The records without what is others' and without the numbers that are not kept, in the active language.

    Of a thousand records most texts are the same, and are searched once.
    """
    seen: dict[str, str] = {}

    def cut(text: str) -> str:
        if text not in seen:
            seen[text] = without_numbers(text)[0]
        return seen[text]

    return [rules.without_others(one, own=own, cut=cut) for one in _plain(list(records))]


def _pack(bundle: Bundle) -> None:
    parts: dict[str, dict[str, Any]] = {}
    for section in bundle.sections.select_related("file").order_by("name"):
        if section.file is not None:
            with vault.open_stream(section.file, actor=WORKER, reason="copy put together") as stream:
                parts[section.name] = json.loads(stream.read())
    reference = bundle.request.ticket.reference
    context = {
        "reference": reference,
        "right": bundle.request.get_right_display(),
        "made_at": bundle.started_at,
        "language": bundle.request.ticket.language,
        "parts": [(part["label"], [_in_html(one) for one in part["records"]]) for part in parts.values()],
    }
    members = [
        Member("index.html", io.BytesIO(render_to_string("selfservice/requests/bundle.html", context).encode())),
        Member("data.json", io.BytesIO(_as_json({"request": reference, "parts": parts}))),
        *(Member(f"csv/{name}.csv", io.BytesIO(_as_csv(part["records"]))) for name, part in parts.items()),
    ]
    target = io.BytesIO()
    deterministic_zip(target, members)
    target.seek(0)
    with vault.encrypted(target) as bytes_of, transaction.atomic():
        if _is_collecting(bundle.pk):
            move(bundle, BundleState.READY, moves=BUNDLE_MOVES, file=_kept(bytes_of, bundle, "grievances.bundle"))
            _note(AuditKind.GRIEVANCES_BUNDLE_MADE, bundle, WORKER, clock.now())


def _plain(value: Any) -> Any:
    """What JSON can say: other things as text, in the active language."""
    return json.loads(json.dumps(value, default=str, ensure_ascii=False))


def _as_json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True).encode()


def _as_csv(records: list[dict[str, Any]]) -> bytes:
    """One line a record; what is nested stands as JSON in its cell. Formulas are text for spreadsheets."""
    columns = list(dict.fromkeys(name for one in records for name in one))
    target = io.StringIO()
    writer = csv.writer(target)
    writer.writerow(columns)
    for one in records:
        writer.writerow([_cell(one.get(name)) for name in columns])
    return ("\ufeff" + target.getvalue()).encode()


def _cell(value: Any) -> str:
    text = "" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return escape_formula(text)


def _in_html(one: Mapping[str, Any]) -> SafeString:
    """A record as a person reads it: names with blanks, nested parts line by line. Not by the template, whose loop took
    longer over a thousand records than to put them together.
    """
    pieces = (
        f"<dt>{escape(name.replace('_', ' '))}</dt><dd>{_broken(escape(_in_lines(value)))}</dd>"
        for name, value in one.items()
    )
    return mark_safe("".join(pieces))  # noqa: S308 - every piece is escaped above


def _broken(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\n", "<br>")


def _in_lines(value: Any) -> str:
    if value in (None, "", [], {}):
        return "–"
    if isinstance(value, dict):
        return "; ".join(f"{name.replace('_', ' ')}: {_in_lines(one)}" for name, one in value.items())
    if isinstance(value, list):
        return "\n".join(_in_lines(one) for one in value)
    return str(value)


def _note(kind: AuditKind, bundle: Bundle, actor: Actor, at: datetime) -> None:
    ticket = bundle.request.ticket
    record(
        kind,
        actor=actor,
        about=ticket.about,
        facts={"reference": ticket.reference, "request": bundle.request.right, "state": bundle.state},
        subject_ref=ticket.subject_ref,
        at=at,
    )
