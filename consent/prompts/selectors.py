"""What a person may be asked, and from when again after a no."""

from collections.abc import Collection, Sequence
from datetime import datetime, time
from uuid import UUID

from django.db.models import Q

from consent.base.choices import TOLD, Way
from consent.base.rules.status_fold import NO, YES
from consent.base.selectors.contact_rulebook import rulebook
from consent.records.models.events import ConsentEvent
from consent.records.models.prompts import Meeting
from consent.records.models.suppressions import Suppression
from portal.kernel.core import clock
from portal.kernel.law import selectors as law
from portal.kernel.law.models import Purpose
from portal.kernel.law.services import due_dates
from portal.kernel.people import selectors as people
from portal.kernel.people.models import ContactPoint, Fiduciary

#: After a no nobody asks again before these allow it; the latest counts. The person may say yes at any time.
REASK_RULES = ("IN-TRAI-90D", "CA-12M")


def may_be_asked_from(refused_at: datetime, *, subject_ref: UUID) -> datetime:
    """The first instant at which the person may be asked again after a no, by the laws that apply to them."""
    on = clock.day(refused_at)
    rules = law.rules_for_us(REASK_RULES, on=on, regimes=people.regimes_of(subject_ref), profile=law.profile(on=on))
    return max((due_dates.dates_of(rule, refused_at, str(clock.IST)).due for rule in rules), default=refused_at)


def left_in_peace_until(
    subject_ref: UUID,
    keys: Sequence[bytes],
    purpose: Purpose,
    channel: str,
    *,
    fiduciary: Fiduciary,
    sender: str = "",
) -> datetime | None:
    """Until when nobody may ask the person, or whoever is at the address of ``keys``, about the purpose on the channel; None: nobody said no.

    A no counts while it is the last word, a stop of the address until it is lifted or the person themselves has said yes
    there since: what a system told of them ends no rest, nor a key press that it told of. That a yes ended by itself is no
    word: a no from before that end, of which we heard later, stands. With a ``sender`` what was said of others does not
    count; without one a no to any of them does.
    """
    refs = people.refs_of(subject_ref)
    events = ConsentEvent.objects.filter(
        Q(subject_ref__in=refs) | Q(address_key__in=keys),
        fiduciary=fiduciary,
        purpose=purpose.code,
        channel=channel,
    ).exclude(way=Way.EXPIRY)
    if sender:
        events = events.filter(sender__in=("", sender))
    last = {
        "" if sender else of: (answer, at)
        for of, answer, at in events.order_by("occurred_at", "pk").values_list("sender", "answer", "occurred_at")
    }
    noes = [at for answer, at in last.values() if answer in NO]
    if purpose.is_promotional:
        stops = Suppression.objects.filter(fiduciary=fiduciary, address_key__in=keys, header="", lift=None)
        own = events.filter(subject_ref__in=refs, address_key__in=keys, answer__in=YES).exclude(way__in=TOLD)
        again = own.order_by("-occurred_at").values_list("occurred_at", flat=True).first()
        noes += [at for at in stops.values_list("suppressed_at", flat=True) if again is None or at >= again]
    return may_be_asked_from(max(noes), subject_ref=subject_ref) if noes else None


def unanswered(
    subject_ref: UUID,
    purposes: Collection[Purpose],
    *,
    fiduciary: Fiduciary,
    at: datetime,
    refs: Collection[UUID] | None = None,
) -> list[Purpose]:
    """Those of the purposes about which the person has not answered as they mean now, and may be asked.

    What is asked where it is needed is put here only to who said yes to it before, when that does not hold any more.
    An answer to an earlier meaning is none to the new one, nor is a yes to a text that has changed materially since; but after a no the rule about asking again is kept all the
    same: the person has said to be left in peace. So has who stopped promotion at an address of theirs.
    A stop that was undone is none: what was open before is open again.
    """
    refs = refs or people.refs_of(subject_ref)
    stops = _stops(refs, fiduciary) if any(purpose.is_promotional for purpose in purposes) else []
    events = ConsentEvent.objects.filter(
        subject_ref__in=refs, fiduciary=fiduciary, purpose__in=[p.code for p in purposes]
    ).exclude(next__way=Way.UNDO)
    said = list(
        events.order_by("occurred_at", "pk").values_list("purpose", "occurred_at", "answer", "notice_version_id")
    )
    book = rulebook(at)
    found = []
    agreed = {code for code, _at, answer, _notice in said if answer in YES}
    for purpose in purposes:
        if purpose.is_asked_in_place and purpose.code not in agreed:
            continue
        terms = book.purposes.get(purpose.code)
        own = [
            (occurred_at, answer)
            for code, occurred_at, answer, notice in said
            if code == purpose.code and not (answer in YES and terms is not None and terms.is_text_old(notice, at=at))
        ]
        since = datetime.combine(purpose.meaning_since, time(), tzinfo=clock.IST)
        if any(occurred_at >= since and answer != "expired" for occurred_at, answer in own):
            continue
        refusals = [occurred_at for occurred_at, answer in own if answer in NO]
        refusals += stops if purpose.is_promotional else []
        if refusals and may_be_asked_from(max(refusals), subject_ref=subject_ref) > at:
            continue
        found.append(purpose)
    return found


def _stops(refs: Collection[UUID], fiduciary: Fiduciary) -> list[datetime]:
    """When promotion was stopped at the addresses that the person holds now."""
    held = ContactPoint.objects.filter(principal__subject__ref__in=refs, left_at=None)
    keys = [bytes(key) for key in held.values_list("address_key", flat=True)]
    found = Suppression.objects.filter(fiduciary=fiduciary, address_key__in=keys, header="", lift=None)
    return list(found.values_list("suppressed_at", flat=True))


def met(
    subject_ref: UUID, purposes: Collection[Purpose], *, at: datetime, refs: Collection[UUID] | None = None
) -> set[str]:
    """The codes of those whose question, as they mean now and in a text that still holds, the person was brought to before."""
    terms = rulebook(at).purposes
    means = {purpose.code: purpose.meaning_since for purpose in purposes}
    rows = Meeting.objects.filter(subject_ref__in=refs or people.refs_of(subject_ref), purpose__in=means)
    return {
        code
        for code, since, notice in rows.values_list("purpose", "meaning_since", "notice_version_id")
        if since == means[code] and not (code in terms and terms[code].is_text_old(notice, at=at))
    }
