"""What the outbox asks before each send."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from consent.base.choices import Way
from consent.collection.services.gpc_signals import opt_out
from consent.decisions.services.bulk_decisions import Answered, Question, decide_all
from consent.decisions.services.contact_decisions import Decision, may_contact
from consent.records.services.addresses import KIND_OF_CHANNEL, SUBJECT
from consent.records.services.consent_events import fiduciary_of
from consent.suppressions.services.address_opt_outs import stop_at_address
from consent.suppressions.services.withdrawals import withdraw
from portal.kernel.core import actor
from portal.kernel.core.actor import Actor
from portal.kernel.law.choices import Channel, MessageCategory


def send_gate(
    *, address: str, purpose: str, channel: str, at: datetime, fiduciary: str, subject_ref: UUID | None = None
) -> Decision:
    """Fills ``answers.send_gate``."""
    return may_contact(
        address=address, purpose=purpose, channel=channel, at=at, fiduciary=fiduciary, subject_ref=subject_ref
    )


def send_gate_of_many(
    *, asked: Sequence[tuple[str, UUID]], purpose: str, channel: str, at: datetime, fiduciary: str
) -> list[Answered]:
    """Fills ``answers.send_gate_of_many``: the answers of ``send_gate``, from a few statements for all."""
    is_person = KIND_OF_CHANNEL[Channel(channel)] == SUBJECT
    places = [str(ref) if is_person else address for address, ref in asked]
    question = Question(purpose, channel, at, fiduciary)
    return list(decide_all(question, places, written_to=[ref for _address, ref in asked]))


def complained(
    *, subject_ref: UUID, fiduciary: str, purpose: str, category: str, channel: str, address: str, at: datetime
) -> None:
    """Registered in ``ports.complaints``: a complaint about promotion withdraws its purpose on that channel.

    In the caller's transaction, at the address that complained too when it is none of the person's. Complaints about
    other messages withdraw nothing: they are owed.
    """
    if category != MessageCategory.PROMOTIONAL:
        return
    withdraw(
        subject_ref=subject_ref,
        fiduciary=fiduciary,
        purpose=purpose,
        channel=channel,
        way=Way.COMPLAINT,
        actor=actor.system("consent.complaints"),
        address_kind=KIND_OF_CHANNEL[Channel(channel)] if address else "",
        address=address,
        now=at,
    )


def opted_out(*, subject_ref: UUID, actor: Actor, at: datetime) -> None:
    """Fills ``answers.opted_out``: a request to opt out holds from the moment at which it is shown who asks (``signals``)."""
    opt_out(subject_ref=subject_ref, actor=actor, now=at)


def stop_wanted(
    *, kind: str, address: str, fiduciary: str, actor: Actor, at: datetime, is_complaint: bool = True
) -> str:
    """Fills ``answers.stop_at_address``: a grievance about unwanted messages, or a request that was granted, ends with everything
    promotional stopped there.

    In the caller's transaction. Returns the receipt's reference; empty where nothing had to change. Raises Refused for what
    is no address of the kind.
    """
    way = Way.COMPLAINT if is_complaint else Way.PAGE
    receipt = stop_at_address(
        kind=kind, address=address, fiduciary=fiduciary_of(fiduciary), way=way, actor=actor, now=at
    )
    return receipt.reference if receipt is not None else ""
