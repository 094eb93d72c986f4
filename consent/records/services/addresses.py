"""What an answer is about: an e-mail address, a number, or the person where no address is needed."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from portal.kernel.core import addresses
from portal.kernel.core.errors import Refused
from portal.kernel.law.channels import ADDRESS_KIND
from portal.kernel.law.choices import Channel
from portal.kernel.people import selectors as people
from portal.kernel.people.models import ContactPoint

#: The kind of "address" of channels that reach a person after signing in, and of processing that is no message.
SUBJECT = "subject"
#: A channel as plain text is found too.
KIND_OF_CHANNEL: dict[str, str] = {channel: ADDRESS_KIND.get(channel, SUBJECT) for channel in Channel}


@dataclass(frozen=True, slots=True)
class Address:
    """``keys`` are the lookup hashes under every key that was ever in use, the present one first.

    ``text`` is the address itself where it is at hand: for recipients, who have to know whom. It never reaches a row.
    """

    kind: str
    keys: tuple[bytes, ...]
    is_verified: bool = False
    text: str = field(default="", repr=False, compare=False)

    @property
    def key(self) -> bytes:
        return self.keys[0]


def subject_keys(subject_ref: UUID) -> list[bytes]:
    """The lookup hashes that stand for the person where there is no address."""
    return addresses.address_keys(addresses.subject_text(subject_ref))


def address_of(*, subject_ref: UUID, channel: str, kind: str, text: str) -> Address:
    """The address an answer is about. Raises Refused when it is none, or not one that the channel uses."""
    expected = KIND_OF_CHANNEL[Channel(channel)]
    if kind != expected:
        raise Refused(_("This kind of address is not used on that channel."), code="ADDRESS_KIND")
    if expected == SUBJECT:
        return Address(SUBJECT, tuple(subject_keys(subject_ref)), is_verified=True)
    normalised = addresses.normalise(kind, text)
    keys = tuple(addresses.address_keys(normalised))
    return Address(kind, keys, is_verified=_is_verified(subject_ref, keys), text=normalised)


def _is_verified(subject_ref: UUID, keys: tuple[bytes, ...]) -> bool:
    return ContactPoint.objects.filter(
        principal__subject__ref__in=people.refs_of(subject_ref),
        address_key__in=keys,
        left_at=None,
        verified_at__isnull=False,
    ).exists()


def contacts_of(refs: Collection[UUID]) -> list[ContactPoint]:
    """Where the person with these references is reached now."""
    return list(ContactPoint.objects.filter(principal__subject__ref__in=refs, left_at=None).order_by("pk"))


def addresses_by_channel(
    subject_ref: UUID, *, contacts: Iterable[ContactPoint] | None = None
) -> dict[str, list[Address]]:
    """Every address at which the person is reached now, by channel. ``contacts`` as ``contacts_of`` gives them."""
    if contacts is None:
        contacts = contacts_of(people.refs_of(subject_ref))
    by_kind: dict[str, list[Address]] = {
        SUBJECT: [Address(SUBJECT, tuple(subject_keys(subject_ref)), is_verified=True)]
    }
    for contact in contacts:
        keys = tuple(addresses.address_keys(contact.address))
        place = Address(contact.kind, keys, is_verified=contact.verified_at is not None, text=contact.address)
        by_kind.setdefault(contact.kind, []).append(place)
    return {str(channel): list(by_kind.get(kind, [])) for channel, kind in KIND_OF_CHANNEL.items()}


def addresses_of(subject_ref: UUID, channel: str) -> list[Address]:
    """Every address at which the person is reached on one channel now."""
    return addresses_by_channel(subject_ref)[str(channel)]
