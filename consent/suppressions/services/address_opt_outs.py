"""A stop that names an address: for the person who holds it, and for the address itself where nobody or more than one does."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from consent.base.choices import Way
from consent.base.rules.status_fold import YES
from consent.records.models.events import ConsentReceipt
from consent.records.models.state import ConsentState
from consent.records.models.suppressions import Suppression
from consent.records.selectors.undos import has_been_given
from consent.records.services import confirmations, subject_locks
from consent.records.services.addresses import Address
from consent.records.services.confirmations import Reply
from consent.records.services.consent_events import Evidence
from consent.records.services.reported_times import counted
from consent.suppressions import selectors
from consent.suppressions.services import suppressions
from consent.suppressions.services.withdrawals import stop_all_promotional
from portal.kernel.core import addresses, clock
from portal.kernel.core.actor import Actor
from portal.kernel.core.advisory_locks import retried
from portal.kernel.law import selectors as law
from portal.kernel.law.choices import Channel
from portal.kernel.outbox.models import Message
from portal.kernel.people import selectors as people
from portal.kernel.people.choices import SubjectKind
from portal.kernel.people.models.fiduciaries import Fiduciary
from portal.kernel.people.models.people import ContactPoint, Principal
from portal.kernel.people.models.subjects import Subject
from portal.kernel.people.services import subjects
from portal.kernel.registers.senders.selectors import senders

#: The letter with the code of the public page.
CODE_LETTER: Final = "consent.stop_code"
#: Where a stop that did not come by a message is confirmed.
ANSWERED_BY = {addresses.PHONE: Channel.SMS, addresses.EMAIL: Channel.EMAIL}


def holder_of(kind: str, address: str) -> Principal | None:
    """The person at the address: the only one, or the only one who confirmed it. Of several, nobody knows who spoke."""
    contacts = list(people.contacts_at(kind, address))
    for among in (contacts, [contact for contact in contacts if contact.verified_at is not None]):
        if len({contact.principal_id for contact in among}) == 1:
            return among[0].principal
    return None


@retried
def stop_at_address(
    *,
    kind: str,
    address: str,
    fiduciary: Fiduciary,
    way: Way,
    actor: Actor,
    occurred_at: datetime | None = None,
    evidence: Evidence | None = None,
    reply_to: Reply | None = None,
    channel: str = "",
    header: str = "",
    language: str = "en",
    confirms: bool = True,
    again: bool = False,
    now: datetime | None = None,
) -> ConsentReceipt | None:
    """Stop everything promotional of the fiduciary for whoever is at the address, in one transaction, and confirm it once.

    The person's other addresses are covered too where it is sure who they are. ``header`` (with its channel) narrows the
    stop to that sender, on every channel that it is registered for. ``confirms``: False where the caller tells the person once of several stops. A machine's time is
    weighed (``told_times``): a stop that every yes has overtaken does not count and is not confirmed; one that some have is
    told by what it ended.

    Where nothing had to change, a stop that was said another time is recorded and confirmed all the same: with ``again``,
    where the caller takes each saying once, and where ``occurred_at`` is the time of none before. None for any other that
    changes nothing. Raises Refused for what is no address of the kind.
    """
    at = now or clock.now()
    number = addresses.normalise(kind, address)
    place = place_of(kind, number)
    with transaction.atomic():
        subject_locks.take_all_of(*_holders(kind, number), at=[place])
        principal = holder_of(kind, number)
        refs = people.refs_of(principal.subject) if principal is not None else set()
        told = counted(occurred_at or at, way=way, fiduciary=fiduciary, keys=place.keys, refs=refs, now=at)
        overtaken = _overtaken(place.keys, refs, fiduciary, told.at, at)
        if overtaken and all(overtaken):
            return None
        is_whole = not any(overtaken)
        is_timed = occurred_at is not None
        is_again = again or (is_timed and not suppressions.is_known(place, fiduciary, way=way, occurred_at=told.at))
        proof = (*([evidence] if evidence is not None else ()), *told.evidence)
        if principal is not None and not header:
            done = stop_all_promotional(
                subject_ref=principal.subject.ref,
                fiduciary=fiduciary,
                actor=actor,
                way=way,
                occurred_at=told.at,
                named=place,
                evidence=proof,
                reply_to=reply_to if is_whole else None,
                confirms=confirms,
                again=is_again,
                now=at,
            )
            if done.events:
                return done.receipt
            receipt = done.receipt
        else:
            receipt = suppressions.alone(
                subject_ref=principal.subject.ref if principal is not None else stranger_at(place, now=at),
                fiduciary=fiduciary,
                places=[place],
                way=way,
                occurred_at=told.at,
                actor=actor,
                evidence=proof,
                senders=_forms(fiduciary, channel, header, at) if header else suppressions.ALL_SENDERS,
                again=is_again,
                now=at,
            )
        if receipt is not None and confirms and is_whole:
            reply = reply_to or Reply(ANSWERED_BY[kind], number, language)
            confirmations.answer(receipt, reply, fiduciary=fiduciary, header=header)
    return receipt


def stopped_since(keys: Collection[bytes]) -> dict[int, datetime]:
    """By fiduciary, since when all its promotion is stopped at an address; none that someone there consented to since."""
    (stops,) = selectors.of_all_promotion([keys])
    return {whose: stop.suppressed_at for whose, stop in stops.items()}


def everybody_stopped_since(keys: Collection[bytes]) -> datetime | None:
    """Since when everybody who sends through us today is stopped at an address; None where somebody is not."""
    return _everywhere([keys])


def person_stopped_since(contacts: Iterable[ContactPoint]) -> datetime | None:
    """Since when everybody who sends through us is stopped at each of a person's addresses; None where somebody is not.

    Three queries, however many addresses and companies there are; one where nothing was stopped.
    """
    return _everywhere([addresses.address_keys(contact.address) for contact in contacts])


def _everywhere(places: Sequence[Collection[bytes]]) -> datetime | None:
    stops = selectors.of_all_promotion(places)
    if not stops or not all(stops):
        return None
    everybody = set(Fiduciary.objects.values_list("pk", flat=True))
    if any(everybody - here.keys() for here in stops):
        return None
    return max(here[whose].suppressed_at for here in stops for whose in everybody)


@retried
def stop_everybody_for(
    *,
    principal: Principal,
    actor: Actor,
    language: str,
    occurred_at: datetime | None = None,
    again: bool = True,
    now: datetime | None = None,
) -> list[ConsentReceipt]:
    """Stop everything promotional of everybody who sends through us today, for a person: a receipt each, our own first.

    One transaction and one confirmation. Empty where nothing had to change; ``again`` and ``occurred_at`` as for
    ``stop_all_promotional``. The same press twice gives the receipts of the first.
    """
    at = now or clock.now()
    everybody = sorted(Fiduciary.objects.all(), key=ours_first)
    with transaction.atomic():
        stopped = [
            stop_all_promotional(
                subject_ref=principal.subject.ref,
                fiduciary=one,
                actor=actor,
                occurred_at=occurred_at,
                confirms=len(everybody) == 1,
                again=again,
                is_press=True,
                now=at,
            ).receipt
            for one in everybody
        ]
        receipts = [receipt for receipt in stopped if receipt is not None]
        if len(everybody) > 1 and any(receipt.made_at == at for receipt in receipts):
            contact = people.contact_for(principal, Channel.EMAIL)
            if contact is not None and contact.verified_at is not None:
                reply, on_dashboard = Reply(Channel.EMAIL, contact.address, language), True
            else:
                reply, on_dashboard = Reply(Channel.DASHBOARD, "", language), False
            confirmations.answer_for_everybody(receipts, reply, on_dashboard=on_dashboard)
    return receipts


def ours_first(fiduciary: Fiduciary) -> tuple[bool, str]:
    """In which order companies are named: ourselves first, then by name."""
    return not fiduciary.is_self, fiduciary.name


def _forms(fiduciary: Fiduciary, channel: str, header: str, at: datetime) -> list[tuple[str, str]]:
    """The sender as it was named, and the same number on the other channels that the fiduciary registered it for."""
    return list(dict.fromkeys([(channel, header), *senders.forms_of(fiduciary=fiduciary, sender=header, at=at)]))


def _holders(kind: str, address: str) -> list[UUID]:
    holder = holder_of(kind, address)
    return [holder.subject.ref] if holder is not None else []


def _overtaken(
    keys: Collection[bytes], refs: Collection[UUID], fiduciary: Fiduciary, said_at: datetime, now: datetime
) -> list[bool]:
    """For each yes to promotion that stands at the address or is the person's: whether it was given after a stop."""
    on = clock.day(now)
    promotional = [purpose.code for purpose in law.purposes_in_force(on=on) if purpose.is_promotional]
    yeses = ConsentState.objects.filter(
        Q(address_key__in=keys) | Q(subject_ref__in=refs),
        fiduciary=fiduciary,
        purpose__in=promotional,
        answer__in=YES,
    )
    return [has_been_given(state.event, after=said_at) for state in yeses.select_related("event")]


def place_of(kind: str, address: str) -> Address:
    """An address in its normal form, as stops name it."""
    return Address(kind, tuple(addresses.address_keys(address)), text=address)


def stranger_at(place: Address, *, now: datetime) -> UUID:
    """Who stopped, or asked to, at this address before without our knowing them, or somebody new."""
    earlier = Suppression.objects.filter(address_key__in=place.keys).order_by("-pk")
    refs = list(earlier.values_list("receipt__subject_ref", flat=True)[:20])
    asked = Message.objects.filter(kind=CODE_LETTER, destination__address_key__in=place.keys).order_by("-pk")
    refs += asked.values_list("subject_ref", flat=True)[:20]
    known = Subject.objects.filter(ref__in=refs, kind=SubjectKind.STRANGER, erased_at=None).first()
    return known.ref if known is not None else subjects.new(SubjectKind.STRANGER, now=now).ref
