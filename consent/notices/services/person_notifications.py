"""Telling a person something about their own answers: owed, asked for by nobody, and never a promotion."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db.models import Min, Q, QuerySet
from django.urls import NoReverseMatch, reverse
from django.utils import translation

from consent.records.models.state import ConsentState
from consent.records.selectors.preferences import preference_of
from consent.records.selectors.reachability import TRIED, is_known
from portal.kernel.law.choices import Channel
from portal.kernel.outbox.selectors import can_send
from portal.kernel.outbox.services import post
from portal.kernel.people import selectors as people
from portal.kernel.people.models import Principal, User
from portal.kernel.people.models.fiduciaries import OWN_CODE

#: People read at once.
PAGE = 500


@dataclass(frozen=True)
class Reached:
    """How a person is told: their language, and each way with its address."""

    language: str
    ways: tuple[tuple[Channel, str], ...]


def reached(subject_ref: UUID) -> Reached | None:
    """The dashboard of who has a login, and a confirmed e-mail address; for who has none the confirmed number by SMS.

    None: nobody is there, or nothing would reach them. What nobody can read is told to nobody.
    """
    refs = people.refs_of(subject_ref)
    found = list(Principal.objects.filter(subject__ref__in=refs, subject__erased_at=None).order_by("pk"))
    if not found:
        return None
    wished = preference_of(refs)
    has_login = User.objects.filter(principal__in=found, is_active=True).exists()
    ways = [(Channel.DASHBOARD, "")] if has_login else []
    for channel in filter(can_send, TRIED):
        contacts = (people.contact_for(principal, channel) for principal in found)
        confirmed = next((one for one in contacts if one is not None and one.verified_at is not None), None)
        if confirmed is not None:
            ways.append((channel, confirmed.address))
            break
    return Reached(wished.language if wished else found[0].language, tuple(ways)) if ways else None


def waiting(states: QuerySet[ConsentState], *, first: str) -> Iterator[UUID]:
    """The people of the states, whose earliest ``first`` is first: page by page, so that whoever cannot be told
    keeps nobody behind them waiting. Visitors whom nobody knows are left out: no message can reach them.
    """
    people_of = states.filter(is_known()).order_by().values("subject_ref").annotate(first=Min(first))
    last: tuple[datetime, UUID] | None = None
    while True:
        rest = (
            people_of
            if last is None
            else people_of.filter(Q(first__gt=last[0]) | Q(first=last[0], subject_ref__gt=last[1]))
        )
        page = list(rest.order_by("first", "subject_ref").values_list("first", "subject_ref")[:PAGE])
        for at, subject_ref in page:
            yield subject_ref
            last = (at, subject_ref)
        if len(page) < PAGE:
            return


def tell(
    *,
    kind: str,
    subject_ref: UUID,
    purpose: str,
    about: str,
    context: Callable[[], Mapping[str, str]],
    fiduciary: str = OWN_CODE,
) -> int:
    """Post one message on each way, in the caller's transaction; returns how many. ``context`` is asked in their language."""
    found = reached(subject_ref)
    if found is None:
        return 0
    with translation.override(found.language):
        values = context()
    for channel, address in found.ways:
        post(
            kind=kind,
            subject_ref=subject_ref,
            channel=channel,
            address=address,
            language=found.language,
            purpose=purpose,
            about=about,
            context=values,
            fiduciary=fiduciary,
        )
    return len(found.ways)


def address_of_page(name: str, *args: str) -> str:
    """The address of one of the person's pages, or of the site where that page does not exist here."""
    try:
        return str(settings.SITE_URL) + reverse(f"privacy:{name}", args=args)
    except NoReverseMatch:
        return str(settings.SITE_URL)
