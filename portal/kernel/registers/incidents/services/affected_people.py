"""Who is affected by an incident: found by query or by an uploaded list, kept by reference, and each written to once with
the same words.
"""

import hashlib
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from portal.kernel.audit import services as audit
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.core import access, addresses, pii_guard, ports
from portal.kernel.core import actor as actors
from portal.kernel.core.actor import Actor
from portal.kernel.core.enqueue import enqueue
from portal.kernel.core.errors import IllegalMove, Refused
from portal.kernel.outbox.services import post
from portal.kernel.people import selectors as people
from portal.kernel.people.choices import Answer
from portal.kernel.people.models import Principal
from portal.kernel.people.services import people as persons
from portal.kernel.people.services.contacts import Reach
from portal.kernel.people.services.people import NewPerson
from portal.kernel.registers.base.permissions import Permission
from portal.kernel.registers.base.services import contact_routes
from portal.kernel.registers.base.services.entry_fields import at_field, filled
from portal.kernel.registers.incidents import rules
from portal.kernel.registers.incidents.choices import IncidentStep
from portal.kernel.registers.incidents.models import (
    Incident,
    IncidentDecision,
    IncidentLetter,
    IncidentPerson,
    IncidentSearch,
)
from portal.kernel.registers.incidents.selectors import incidents
from portal.kernel.registers.incidents.services.incidents import lock, lock_open, require_open
from portal.kernel.vault.services import short_lists

#: The source of a search by a list of addresses.
LIST = "list"
#: More lines belong into several files: one transaction takes them all.
MOST_LINES = 20_000
MOST_BYTES = 4 * 1024 * 1024
#: What a workbook may come to when it is unpacked.
MOST_UNPACKED = 64 * 1024 * 1024
#: People in one statement, and letters in one turn of the task.
CHUNK = 1_000
LETTERS = 200
FIND = "portal.registers.tasks.find_affected"
TELL = "portal.registers.tasks.tell_affected"


def selections() -> dict[str, ports.PeopleSelection]:
    """The queries that the rooms offer, by their code (``ports.people_selections``)."""
    return {selection.code: selection for selection in ports.people_selections}


def search(
    *,
    incident: Incident,
    source: str,
    since: datetime | None,
    until: datetime | None,
    of: str,
    actor: Actor,
    now: datetime,
) -> IncidentSearch:
    """Ask a room for the people a query finds; a task then adds them. The row keeps who asked for what.

    Raises NotAllowed, IllegalMove for a closed incident, Refused for a query that there is not (SOURCE), for one that needs to
    know of what (OF) or names what nobody knows (OF_UNKNOWN), for an end that is not after the beginning (TIMES), and for
    words that tell who a person is (NUMBER_IN_WORDS): what is asked stays in the clear.
    """
    person = require_open(incident, actor)
    selection = selections().get(source)
    if selection is None:
        raise Refused(_("Query not found."), code="SOURCE")
    if selection.needs_of and not of.strip():
        raise Refused(_("Say of whom or of what."), code="OF")
    if since is not None and until is not None and until <= since:
        raise at_field("until", _("The end must be after the beginning."), code="TIMES")
    pii_guard.require_plain(of)
    asked: str = selection.known(of.strip())
    with access.acting(person, Permission.INCIDENT_OPEN):
        lock_open(incident)
        row = IncidentSearch.objects.create(
            incident=incident, source=source, since=since, until=until, of=asked, asked_at=now, asked_by=person
        )
        enqueue(FIND, row.pk)
    return row


def carry_out(row: IncidentSearch, *, now: datetime) -> IncidentSearch:
    """Add the people of a search that waits, chunk by chunk, each in a transaction of its own; safe to repeat. Whoever is
    added after a letter went out gets it as well (``go_on``). Raises IllegalMove for a closed incident: nobody is added. One
    that is given up meanwhile ends where it is.
    """
    if row.done_at is not None or row.given_up_at is not None or row.source == LIST:
        return row
    selection = selections()[row.source]
    found = selection.refs(since=row.since, until=row.until, of=row.of)
    number = added = 0
    for chunk in _chunks(found):
        refs = set(chunk)
        with transaction.atomic():
            lock_open(row.incident)
            if _is_given_up(row):
                return row
            added += _add(row, refs)
        number += len(refs)
    with transaction.atomic():
        lock(row.incident)
        if _is_given_up(row):
            return row
        _done(row, found=number, added=added, unknown=0, actor=actors.system(FIND), now=now)
    return row


def give_up(row: IncidentSearch, *, why: str, actor: Actor, now: datetime) -> None:
    """Wait no longer for a search that cannot be done, in one transaction with its audit event. Whom it had found stay; who
    approves the end of the incident reads it.

    Raises NotAllowed, IllegalMove for one that is done or given up and for a closed incident, Refused without a reason
    (FIELD_EMPTY) or with words that tell who a person is.
    """
    person = require_open(row.incident, actor)
    reason = filled(why, _("Say why, and how the people are found otherwise."))
    pii_guard.require_plain(reason)
    with access.acting(person, Permission.INCIDENT_OPEN):
        lock_open(row.incident)
        given_up = IncidentSearch.objects.filter(pk=row.pk, done_at=None, given_up_at=None).update(
            given_up_at=now, given_up_by=person, given_up_because=reason, added=row.people.count()
        )
        if given_up != 1:
            raise IllegalMove(_("This search is done or was cancelled already."))
        row.refresh_from_db()
        audit.record(
            AuditKind.REGISTERS_INCIDENT_SEARCH_GIVEN_UP,
            actor=actor,
            about=row.incident.about,
            facts={"incident": row.incident.reference, "source": row.source, "added": row.added},
            personal={"reason": {"new": reason}},
            at=now,
        )


def _is_given_up(row: IncidentSearch) -> bool:
    return IncidentSearch.objects.filter(pk=row.pk, given_up_at__isnull=False).exists()


def take_list(*, incident: Incident, name: str, content: bytes, actor: Actor, now: datetime) -> IncidentSearch:
    """Add everybody at the addresses of a CSV or XLSX file (column ``address``), all of them or none. Only its hash is kept.

    An address that several people share adds them all. Whoever we did not know becomes a person with that address, so that
    they can be told; the same list again adds nobody. Raises NotAllowed, IllegalMove, and Refused for a file that is no such
    list; the lines at fault are named by number, never by what stands in them.
    """
    person = require_open(incident, actor)
    wanted = read(name, content)
    with access.acting(person, Permission.INCIDENT_OPEN):
        lock_open(incident)
        row = IncidentSearch.objects.create(
            incident=incident,
            source=LIST,
            list_sha256=hashlib.sha256(content).hexdigest(),
            asked_at=now,
            asked_by=person,
        )
        known = people.refs_at(wanted)
        refs = set().union(*known.values())
        strangers = [NewPerson(reached_at=[Reach(*place)]) for place in wanted if place not in known]
        if strangers:
            refs.update(persons.bring(people=strangers, source=incident.reference, actor=actor, now=now))
        added = sum(_add(row, set(chunk)) for chunk in _chunks(refs))
        _done(row, found=len(refs), added=added, unknown=len(strangers), actor=actor, now=now)
    return row


def read(name: str, content: bytes) -> list[tuple[str, str]]:
    """The addresses of a file in normal form, each once, with their kinds. Raises Refused as ``take_list``."""
    if len(content) > MOST_BYTES:
        raise Refused(_("The file is larger than 4 MB. Split it."), code="TOO_LARGE")
    heading, *table = short_lists.lines(name, content, most_rows=MOST_LINES, most_unpacked=MOST_UNPACKED) or [[]]
    headings = [cell.strip().lower() for cell in heading]
    if "address" not in headings:
        raise Refused(_("The first line must name a column: address."), code="COLUMNS")
    if not table:
        raise Refused(_("The file must have 1 to %(most)d lines.") % {"most": MOST_LINES}, code="LINES")
    at = headings.index("address")
    found: dict[str, str] = {}
    faults: list[int] = []
    for number, cells in enumerate(table, start=2):
        text = cells[at].strip() if at < len(cells) else ""
        kind = addresses.kind_of(text)
        try:
            found[addresses.normalise(kind, text)] = kind
        except Refused:
            faults.append(number)
    if faults:
        shown = ", ".join(str(number) for number in faults[:20])
        said = _(
            "These lines have no email address and no phone number: %(lines)s. Fix them and choose the file again."
        )
        raise Refused(said % {"lines": shown}, code="FAULTS")
    return [(kind, address) for address, kind in found.items()]


def tell(decision: IncidentDecision, *, now: datetime) -> int:
    """Promise the next messages of the newest letter that two people agreed to, of which ``decision`` is or was one; each
    message and its row commit together.

    Returns how many people were dealt with: 0 when nobody is left. A person whom nothing reaches is marked so and counted.
    Someone who was found under two references gets one letter. Where other words are agreed to meanwhile, it ends: whoever
    was not written to yet gets those alone.
    """
    newest = incidents.tellings(decision.incident).first()
    letter = incidents.letter_of(decision.incident)
    if newest is None or letter is None:
        return 0
    rows = list(incidents.untold(letter).order_by("pk")[:LETTERS])
    for done, row in enumerate(rows):
        with transaction.atomic():
            lock(decision.incident)
            if incidents.tellings(decision.incident).values_list("pk", flat=True)[0] != newest.pk:
                return done
            way = _write(row, letter)
            IncidentLetter.objects.get_or_create(person=row, decision=letter, defaults={"told_at": now, "way": way})
    return len(rows)


def tell_on(decision: IncidentDecision, *, now: datetime) -> int:
    """One turn of the task: ``tell``, and another turn where somebody is left."""
    done = tell(decision, now=now)
    if done == LETTERS:
        with transaction.atomic():
            enqueue(TELL, decision.pk)
    return done


def go_on() -> int:
    """Hand out anew what a lost task left undone in open incidents, searches and letters that two people agreed to, and the
    letters to whoever was found after the others had theirs. Returns how many.
    """
    undone = IncidentSearch.objects.filter(done_at=None, given_up_at=None, incident__closed_at=None)
    undone = undone.exclude(source=LIST)
    searches = list(undone.values_list("pk", flat=True))
    agreed = IncidentDecision.objects.filter(answer=Answer.APPROVED, step=IncidentStep.TELL, incident__closed_at=None)
    told = {decision.incident_id: decision for decision in agreed.select_related("incident")}
    letters = [decision.pk for decision in told.values() if _is_unfinished(decision.incident)]
    with transaction.atomic():
        for pk in searches:
            enqueue(FIND, pk)
        for pk in letters:
            enqueue(TELL, pk)
    return len(searches) + len(letters)


def _is_unfinished(incident: Incident) -> bool:
    """Whether somebody has to get the newest letter yet."""
    letter = incidents.letter_of(incident)
    return letter is not None and incidents.untold(letter).exists()


def _write(row: IncidentPerson, letter: IncidentDecision) -> str:
    refs = people.refs_of(row.subject_ref)
    person = Principal.objects.filter(subject__ref__in=refs, subject__erased_at=None).order_by("pk").first()
    found = contact_routes.reach(person) if person is not None else None
    if person is None or found is None:
        return incidents.UNREACHABLE
    channel, address = found
    language = person.language.split("-", maxsplit=1)[0]
    post(
        kind=incidents.LETTER,
        subject_ref=person.subject.ref,
        channel=channel,
        address=address,
        language=language,
        purpose="policy_and_security",
        about=incidents.about_letter(letter),
        context={
            "reference": letter.incident.reference,
            "contact": incidents.contact_lines(),
            **rules.letter_of(letter.words, language),
        },
    )
    return str(channel)


def _add(row: IncidentSearch, refs: set[UUID]) -> int:
    """Insert those who do not stand there yet. Somebody who stands there under another reference of theirs does."""
    same = people.joined(refs)
    every = refs | {ref for refs_of_one in same.values() for ref in refs_of_one}
    there = set(
        IncidentPerson.objects.filter(incident=row.incident_id, subject_ref__among=frozenset(every)).values_list(
            "subject_ref", flat=True
        )
    )
    fresh: list[UUID] = []
    for ref in sorted(refs):
        if not there & {ref, *same.get(ref, ())}:
            fresh.append(ref)
            there.add(ref)
    with transaction.atomic():
        IncidentPerson.objects.bulk_create(
            [IncidentPerson(incident=row.incident, subject_ref=ref, search=row) for ref in fresh], ignore_conflicts=True
        )
    return len(fresh)


def _done(row: IncidentSearch, *, found: int, added: int, unknown: int, actor: Actor, now: datetime) -> None:
    row.found, row.added, row.unknown, row.done_at = found, added, unknown, now
    row.save(update_fields=["found", "added", "unknown", "done_at"])
    audit.record(
        AuditKind.REGISTERS_INCIDENT_PEOPLE_FOUND,
        actor=actor,
        about=row.incident.about,
        facts={
            "incident": row.incident.reference,
            "source": row.source,
            "count": found,
            "added": added,
            "unknown": unknown,
            "sha256": row.list_sha256 or None,
        },
        at=now,
    )


def _chunks(refs: Iterable[UUID]) -> Iterator[list[UUID]]:
    rows = iter(refs)
    while chunk := list(islice(rows, CHUNK)):
        yield chunk
