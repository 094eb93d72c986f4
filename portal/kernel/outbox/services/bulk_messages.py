"""One text promised to many people in one transaction: what ``messages.post`` does, table by table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from portal.kernel.core import clock
from portal.kernel.core.enqueue import enqueue
from portal.kernel.core.errors import PortalError, Refused, Unavailable
from portal.kernel.law.choices import Channel
from portal.kernel.outbox import encryption, templates
from portal.kernel.outbox.models import DeliveryAddress, Message, MessageBody
from portal.kernel.outbox.services import messages


@dataclass(frozen=True, slots=True)
class Letter:
    """To whom, where and in what words. As the arguments of ``post``."""

    subject_ref: UUID
    channel: str
    address: str = field(repr=False)
    language: str
    context: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Draft:
    message: Message
    template: templates.MessageTemplate
    words: str = field(repr=False)
    address: str = field(repr=False)


def post_all(
    *,
    kind: str,
    purpose: str,
    about: str,
    letters: Sequence[Letter],
    fiduciary: str = "onesetu",
    only_here: bool = False,
) -> list[Message | PortalError]:
    """``post`` for each letter, in the caller's transaction: its message, or what ``post`` would have raised, in their order.

    A letter that was posted before, or twice in the list, gives the first message. Tasks of some messages each send them
    after the commit. Raises NotFound for a purpose that is not in force, TemplateFault as ``post``.
    """
    asked: dict[str, Any] = {
        "kind": kind,
        "purpose": purpose,
        "about": about,
        "fiduciary": fiduciary,
        "only_here": only_here,
    }
    with transaction.atomic():
        try:
            with transaction.atomic():
                return _post_together(letters, **asked)
        except IntegrityError:  # somebody else promised one of them in this instant
            return [_post_alone(letter, **asked) for letter in letters]


def _post_alone(letter: Letter, **asked: Any) -> Message | PortalError:
    try:
        return messages.post(
            subject_ref=letter.subject_ref,
            channel=letter.channel,
            address=letter.address,
            language=letter.language,
            context=letter.context,
            **asked,
        )
    except (Refused, Unavailable) as refusal:
        return refusal


def _post_together(letters: Sequence[Letter], *, kind: str, about: str, **asked: Any) -> list[Message | PortalError]:
    now = clock.now()
    refs = {letter.subject_ref for letter in letters}
    before = Message.objects.filter(kind=kind, about=about, subject_ref__in=refs)
    found: dict[tuple[UUID, str], Message | PortalError] = {(row.subject_ref, row.channel): row for row in before}
    drafts: list[_Draft] = []
    shared = _Shared(kind, about, now, **asked)
    for letter in letters:
        place = (letter.subject_ref, letter.channel)
        if place not in found:
            try:
                draft = shared.draft(letter)
            except Refused as refusal:
                found[place] = refusal
                continue
            found[place] = draft.message
            drafts.append(draft)
    lost = _write(drafts, now)
    found |= {(ref, channel): reason for (ref, channel), reason in lost.items()}
    return [found[letter.subject_ref, letter.channel] for letter in letters]


class _Shared:
    """What is the same for every letter of a list, looked up once."""

    def __init__(self, kind: str, about: str, now: datetime, *, purpose: str, fiduciary: str, only_here: bool) -> None:
        self._columns = {"kind": kind, "about": about, "purpose": purpose, "fiduciary": fiduciary}
        self._only_here, self._now = only_here, now
        self._templates: dict[str, tuple[templates.MessageTemplate, dict[str, object]]] = {}
        self._footers: dict[tuple[str, str], str] = {}

    def draft(self, letter: Letter) -> _Draft:
        """The letter's message and words, not saved. Raises Refused for an address that is none, TemplateFault."""
        channel = Channel(letter.channel)
        address = messages.normalised_on(channel, letter.address)
        template, category = self._template(letter.language)
        message = Message(
            **self._columns,
            **messages.new_identity(self._now),
            **category,
            subject_ref=letter.subject_ref,
            channel=channel,
            language=letter.language,
            only_here=self._only_here or bool(template.opens),
            template_sha256=template.sha256,
            template_language=template.language,
        )
        footer = self._footer(channel, template.language)
        return _Draft(message, template, messages.words_of(message, template, letter.context, footer=footer), address)

    def _template(self, language: str) -> tuple[templates.MessageTemplate, dict[str, object]]:
        if language not in self._templates:
            template = templates.load(self._columns["kind"], language)
            messages.keep_version(template, self._now)
            category = messages.category_of(template, self._columns["purpose"], self._now)
            self._templates[language] = template, category
        return self._templates[language]

    def _footer(self, channel: Channel, language: str) -> str:
        place = (channel, language)
        if place not in self._footers:
            self._footers[place] = messages.footer_of(channel, language, self._now)
        return self._footers[place]


def _write(drafts: Sequence[_Draft], now: datetime) -> dict[tuple[UUID, str], Unavailable]:
    """The rows of all drafts but those whose subject's key is being shredded: these are returned."""
    clear = [
        (draft.message.subject_ref, [draft.words, draft.address] if draft.address else [draft.words])
        for draft in drafts
    ]
    lost: dict[tuple[UUID, str], Unavailable] = {}
    kept: list[tuple[_Draft, list[bytes]]] = []
    for draft, sealed in zip(drafts, encryption.seal_for(clear), strict=True):
        if sealed is None:
            said = _("What is kept here is being erased at this moment. Try again in ten minutes.")
            lost[draft.message.subject_ref, draft.message.channel] = Unavailable(said)
        else:
            kept.append((draft, sealed))
    Message.objects.bulk_create(draft.message for draft, _sealed in kept)
    MessageBody.objects.bulk_create(
        MessageBody(message=draft.message, sealed=sealed[0], created_at=now) for draft, sealed in kept
    )
    DeliveryAddress.objects.bulk_create(
        messages.destination_of(draft.message, draft.address, sealed[1], now) for draft, sealed in kept if draft.address
    )
    keys = [draft.message.pk for draft, _sealed in kept]
    for start in range(0, len(keys), settings.OUTBOX_GATEWAY_AT_ONCE):
        enqueue("portal.outbox.tasks.deliver_messages", *keys[start : start + settings.OUTBOX_GATEWAY_AT_ONCE])
    return lost
