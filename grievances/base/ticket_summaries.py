"""What a list says of grievances: the gist of the person's own words, and whose they are.

The gist is made when a grievance is filed and lies sealed under its subject's key, which ends with the words themselves.
"""

import re
from collections.abc import Sequence
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext as _

from grievances.base import encryption
from grievances.base.choices import EntryKind
from grievances.base.models.thread import EntryText
from grievances.base.models.ticket import Ticket, TicketContact
from grievances.base.permissions import GrievancePermission
from portal.kernel.core import access, addresses
from portal.kernel.core.text import without_hiding_marks
from portal.kernel.people import short_names
from portal.kernel.vault.services import texts

#: Characters of a gist.
LONGEST: Final = 80
#: Rows that ``fill`` writes in one transaction.
BATCH: Final = 200
#: What stands where something was cut out.
CUT: Final = "…"
#: Whatever looks like an email address, a payment address or a name with an at sign; a link, or a host; more than four digits,
#: whatever stands between them; a number with letters in it (PAN, GSTIN, passport, a reference).
_NOT_SHOWN: Final = (
    re.compile(r"\S*[@＠]\S*"),
    re.compile(r"(?:\S*:/|www\.)\S*|\b[\w-]+(?:\.[\w-]+)*\.[^\W\d_]{2,}(?:[/?#:]\S*)?", re.IGNORECASE),
    re.compile(rf"\d(?:(?:[^\w{CUT}]|_){{0,3}}\d){{4,}}"),
    re.compile(r"\b(?=[\w-]*\d[\w-]*\d[\w-]*\d)(?=[\w-]*[^\W\d_])[\w-]{8,}"),
)
_CUTS: Final = re.compile(rf"{CUT}(?:[\W_]*{CUT})+")


def gist_of(text: str) -> str:
    """The first line that says something, at most 80 characters, without digits over four, addresses and links."""
    lines = (" ".join(line.split()) for line in without_hiding_marks(text).splitlines())
    line = next((line for line in lines if line), "")
    for pattern in _NOT_SHOWN:
        line = pattern.sub(CUT, line)
    line = _CUTS.sub(CUT, line).strip()
    return line if len(line) <= LONGEST else line[: LONGEST - 1].rstrip() + CUT


def seal_gist(text: str, *, subject_ref: Any) -> bytes:
    """The gist of what was written, sealed under the subject's key like the words themselves."""
    return texts.seal(gist_of(text), subject_ref=subject_ref, retention_class=encryption.RETENTION_CLASS)


def gists_of(tickets: Sequence[Ticket], *, user: Any) -> dict[int, str]:
    """The gist of each grievance, by its key, to a login that may read grievances; nothing to others.

    Two statements, however many. One whose words were erased, or that a release without gists filed, is not in the answer.
    The page that shows them writes one event (``short_names.record_listed``).
    """
    if not access.allowed(user, GrievancePermission.TICKET_READ):
        return {}
    sealed = [(ticket.subject_ref, [bytes(ticket.gist_sealed)]) for ticket in tickets if ticket.gist_sealed]
    keys = [ticket.pk for ticket in tickets if ticket.gist_sealed]
    opened = texts.open_of(sealed, retention_class=encryption.RETENTION_CLASS) if sealed else []
    return {key: found[0] for key, found in zip(keys, opened, strict=True) if found and found[0]}


def people_of(tickets: Sequence[Ticket], *, user: Any) -> dict[int, str]:
    """Whose each grievance is, by its key: "Asha K.", and of a stranger the end of the address they gave.

    To a login that may not see names the reference of the account; of a stranger then nothing. At most seven statements.
    """
    known = short_names.of_subjects({ticket.subject_ref for ticket in tickets}, user=user)
    said = {ticket.pk: known[ticket.subject_ref] for ticket in tickets if ticket.subject_ref in known}
    if short_names.may_see_names(user):
        said |= _strangers([ticket for ticket in tickets if ticket.pk not in said])
    return said


def _strangers(tickets: Sequence[Ticket]) -> dict[int, str]:
    refs = {ticket.pk: ticket.subject_ref for ticket in tickets}
    rows = list(TicketContact.objects.filter(ticket__in=refs).order_by("kind", "pk")) if refs else []
    opened = encryption.unseal_of([(refs[row.ticket_id], row.address_sealed) for row in rows])
    ends = {
        row.ticket_id: addresses.ending(row.kind, found["address"])
        for row, found in zip(rows, opened, strict=True)
        if found
    }
    return {key: _("No name, %(contact)s") % {"contact": end} for key, end in ends.items()}


def fill(model: Any = Ticket) -> tuple[str, int]:
    """Make the gists that a release without them did not; how many. Batch by batch, safe to stop and to repeat.

    ``model`` is ``grievances.Ticket``, or what a migration knows of it. Grievances whose words were erased stay without.
    """
    last, written = 0, 0
    without = model._default_manager.filter(gist_sealed=None).order_by("pk")
    while rows := list(without.filter(pk__gt=last).values_list("pk", "subject_ref")[:BATCH]):
        refs = dict(rows)
        firsts = EntryText.objects.filter(entry__ticket__in=refs, entry__kind=EntryKind.FILED).order_by("pk")
        words = [(refs[pk], pk, bytes(sealed)) for pk, sealed in firsts.values_list("entry__ticket", "sealed")]
        opened = encryption.unseal_of([(ref, sealed) for ref, _pk, sealed in words])
        with transaction.atomic():
            made = [
                (pk, ref, gist_of(found.get("text", "")))
                for (ref, pk, _sealed), found in zip(words, opened, strict=True)
                if found
            ]
            sealed = texts.seal_for(
                [(ref, [gist]) for _pk, ref, gist in made], retention_class=encryption.RETENTION_CLASS
            )
            for (pk, _ref, _gist), one in zip(made, sealed, strict=True):
                if one is not None:
                    written += model._default_manager.filter(pk=pk, gist_sealed=None).update(gist_sealed=one[0])
        last = rows[-1][0]
    return "grievances.Ticket", written


def fill_gists(*, again: bool) -> tuple[str, int]:
    """Answers ``ports.short_texts``: a gist never changes, so there is nothing to make again."""
    return fill()
