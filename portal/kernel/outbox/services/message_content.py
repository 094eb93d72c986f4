"""Opening what was sealed: the words of a message, and where it goes."""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist

from portal.kernel.core.errors import NotFound
from portal.kernel.outbox import encryption
from portal.kernel.outbox.choices import WITHOUT_ADDRESS
from portal.kernel.outbox.models import Message

#: In the place of what opens something.
DOTS = "••••"


@dataclass(frozen=True)
class Text:
    """``opens``: what in it lets whoever reads it act as the person."""

    subject: str = field(repr=False)
    body: str = field(repr=False)
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    opens: tuple[str, ...] = field(default=(), repr=False)

    def without_keys(self) -> "Text":
        """The words for anybody but the person: codes, keys and links that open something are dots."""
        subject, body = self.subject, self.body
        for key in sorted(self.opens, key=len, reverse=True):
            subject, body = subject.replace(key, DOTS), body.replace(key, DOTS)
        return Text(subject, body)


def text_of(message: Message) -> Text:
    """The words as they were sent. Raises NotFound when they were erased; the caller answers for who may read them."""
    return _read(encryption.unseal(_sealed_text(message), subject_ref=message.subject_ref))


def address_of(message: Message) -> str:
    """The address in its normal form, empty where the channel needs none. Raises NotFound when it was erased."""
    sealed = _sealed_address(message)
    return encryption.unseal(sealed, subject_ref=message.subject_ref) if sealed else ""


def both_of(message: Message) -> tuple[Text, str]:
    """What ``text_of`` and ``address_of`` give, for whose key is asked once. Raises as they do."""
    sealed = [_sealed_text(message), _sealed_address(message)]
    text, *address = encryption.unseal_all([one for one in sealed if one], subject_ref=message.subject_ref)
    return _read(text), address[0] if address else ""


def both_of_each(messages: Sequence[Message]) -> dict[int, tuple[Text, str]]:
    """What ``both_of`` gives, by message, for whose keys is asked once; those for which it raises are left out."""
    sealed: dict[int, tuple[UUID, list[bytes]]] = {}
    for message in messages:
        with suppress(NotFound):
            both = _sealed_text(message), _sealed_address(message)
            sealed[message.pk] = (message.subject_ref, [one for one in both if one])
    opened = zip(sealed, encryption.unseal_of(list(sealed.values())), strict=True)
    return {pk: (_read(texts[0]), texts[1] if texts[1:] else "") for pk, texts in opened if texts is not None}


def _sealed_text(message: Message) -> bytes:
    try:
        return bytes(message.text.sealed)
    except ObjectDoesNotExist:
        raise NotFound("The text of this message was erased.", code="TEXT_ERASED") from None


def _sealed_address(message: Message) -> bytes:
    """Empty where the channel needs none."""
    try:
        return bytes(message.destination.sealed)
    except ObjectDoesNotExist:
        if message.channel in WITHOUT_ADDRESS:
            return b""
        raise NotFound("The address of this message was erased.", code="ADDRESS_ERASED") from None


def _read(opened: str) -> Text:
    both = json.loads(opened)
    return Text(both["subject"], both["body"], both.get("variables", {}), tuple(both["opens"]))


def open_in_dashboard(message: Message, *, now: datetime) -> Text:
    """The words for the person they are for; the first opening is noted on the row, later ones change nothing."""
    text = text_of(message)
    Message.objects.filter(pk=message.pk, seen_at=None).update(seen_at=now)
    return text
