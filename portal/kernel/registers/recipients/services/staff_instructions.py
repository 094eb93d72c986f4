"""Staff instruct a recipient about a person: to correct or erase what it holds, or to stop, beside a withdrawal."""

from collections.abc import Collection
from contextlib import suppress
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from portal.kernel.core import addresses, answers
from portal.kernel.core.actor import Actor, system
from portal.kernel.core.errors import Refused
from portal.kernel.people import selectors as people
from portal.kernel.people.choices import SubjectKind
from portal.kernel.people.models import ContactPoint
from portal.kernel.people.services import maker_checker, subjects
from portal.kernel.registers.base.choices import InstructionKind
from portal.kernel.registers.base.models.orders import AuthorityOrder
from portal.kernel.registers.recipients.models.disclosures import Disclosure
from portal.kernel.registers.recipients.models.instructions import Instruction, Telling
from portal.kernel.registers.recipients.models.recipients import Recipient
from portal.kernel.registers.recipients.selectors import recipients
from portal.kernel.registers.recipients.services import recipient_notifications

ERASER = system("registers.erasure")


def erase_everywhere(*, subject_ref: UUID, at: datetime) -> list[Instruction]:
    """Registered in ``ports.person_erased``: everyone who holds data of a person has to erase too (DPDP s.8(7), GDPR Art 19):
    who was told of it, and who got it for a check or a payment. In the caller's transaction, while the addresses are still there.
    """
    return _instruct_holders(people.refs_of(subject_ref), about=recipients.erasure_label(subject_ref), at=at)


def erase_because_of(reference: str, *, refs: Collection[UUID], at: datetime) -> list[Instruction]:
    """The same because of a request or case, of which perhaps a part only goes here: what we keep by a duty of our own, a
    recipient does not keep for us. In the caller's transaction. A second call changes nothing.
    """
    return _instruct_holders(refs, about=recipients.because(reference), at=at)


def _instruct_holders(refs: Collection[UUID], *, about: str, at: datetime) -> list[Instruction]:
    """One without a webhook, or whose machine could not tell whom it is about, is a task for people (``recipient_notifications.by_hand``).

    The words are sealed under a reference of their own, because the person's keys may end in this very transaction, and go as
    soon as the recipient has answered. Who was instructed before and got nothing since is not instructed again.
    """
    told = codes_told(refs)
    holding = [
        (recipient, told[code])
        for code in recipients.holders_of(refs)
        if (recipient := recipients.by_code(code)) is not None
    ]
    if not holding:
        return []
    words = subjects.new(SubjectKind.STRANGER, now=at)
    return [_instruct(recipient, refs, ref, about=about, sealed_for=words.ref, at=at) for recipient, ref in holding]


def _instruct(
    recipient: Recipient, refs: Collection[UUID], subject_ref: UUID, *, about: str, sealed_for: UUID, at: datetime
) -> Instruction:
    do, reached_at = InstructionKind.ERASE, _reached_at(refs, recipient)
    if reached_at or not recipient.url:
        with suppress(Refused), transaction.atomic():  # its machine cannot be reached: people tell it
            return recipient_notifications.instruct(
                recipient,
                do=do,
                subject_ref=subject_ref,
                about=about,
                reached_at=reached_at,
                sealed_for=sealed_for,
                is_new=True,
                actor=ERASER,
                at=at,
            )
    return recipient_notifications.by_hand(
        recipient, do=do, subject_ref=subject_ref, about=about, is_new=True, actor=ERASER, at=at
    )


def codes_told(refs: Collection[UUID]) -> dict[str, UUID]:
    """Who got data of a person, by code, each with the reference under which that was; authorities by their orders not."""
    got = Disclosure.objects.filter(subject_ref__in=refs).exclude(about__startswith=AuthorityOrder.OWNER)
    told = Telling.objects.filter(subject_ref__in=refs).order_by("pk")
    return {
        **dict(got.order_by("pk").values_list("recipient_code", "subject_ref")),
        **dict(told.values_list("recipient_code", "subject_ref")),
    }


def _reached_at(refs: Collection[UUID], recipient: Recipient) -> list[tuple[str, str]]:
    """The person's addresses, as far as the recipient's fiduciary has to do with them: no client learns of others here."""
    contacts = ContactPoint.objects.filter(principal__subject__ref__in=refs).order_by("pk")
    keys_of = {each: set(addresses.address_keys(each.address)) for each in contacts if each.address}
    known = answers.addresses_used.ask(
        fiduciary=recipient.fiduciary, keys={key for keys in keys_of.values() for key in keys}
    )
    return [(contact.kind, contact.address) for contact, keys in keys_of.items() if keys & known]


def by_staff(
    *, recipient: Recipient, do: str, subject_ref: UUID, because: str, actor: Actor, now: datetime
) -> Instruction:
    """Give one instruction about a person as a whole, in one transaction with its clock and audit event.

    ``because`` is the reference of a grievance or request; the same for the same person and recipient gives the first
    instruction. A recipient without a webhook is a task for people. Raises NotAllowed for who is no staff, Refused
    (NO_ADDRESS) for a person whom a webhook could not tell.
    """
    maker_checker.person_of(actor)
    reached_at = _reached_at(people.refs_of(subject_ref), recipient)
    if recipient.url and not reached_at:
        said = _("No address of this person is known: the recipient could not know whom it is about.")
        raise Refused(said, code="NO_ADDRESS")
    return recipient_notifications.instruct(
        recipient,
        do=InstructionKind(do),
        subject_ref=subject_ref,
        about=recipients.because(because),
        reached_at=reached_at,
        actor=actor,
        at=now,
    )


def by_hand(
    *, recipient: Recipient, do: str, subject_ref: UUID, because: str, actor: Actor, now: datetime
) -> Instruction:
    """The same as a task for people, where the recipient's machine cannot be told. Raises NotAllowed for who is no staff."""
    maker_checker.person_of(actor)
    about = f"because:{because}"
    return recipient_notifications.by_hand(
        recipient, do=InstructionKind(do), subject_ref=subject_ref, about=about, actor=actor, at=now
    )
