"""Messages come into being as rows of the caller's transaction."""

import json
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID, uuid4

import structlog
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import translation

from portal.kernel.core import addresses, answers, clock, ids
from portal.kernel.core.enqueue import enqueue
from portal.kernel.core.errors import Refused
from portal.kernel.law import selectors as law
from portal.kernel.law.category_order import strictest
from portal.kernel.law.channels import ADDRESS_KIND
from portal.kernel.law.choices import Channel
from portal.kernel.outbox import encryption, templates
from portal.kernel.outbox.choices import SHORT, WITHOUT_ADDRESS
from portal.kernel.outbox.models import DeliveryAddress, Message, MessageBody, TemplateVersion

log = structlog.get_logger(__name__)


def post(
    *,
    kind: str,
    subject_ref: UUID,
    channel: Channel | str,
    address: str,
    language: str,
    purpose: str,
    about: str,
    context: Mapping[str, str],
    fiduciary: str = "onesetu",
    only_here: bool = False,
) -> Message:
    """Promise one message to one person, in the caller's transaction; a worker sends it after the commit.

    The text is rendered at once and kept encrypted, so what was promised is what is sent. ``purpose`` gives the message
    category (the template may only make it stricter). ``about`` is a label and a reference, such as
    ``grievances.ticket:OS-GR-7K4M-9QXK/acknowledged``; posting the same kind about the same thing to the same subject
    on the same channel again returns the first message. ``address`` is not used for the dashboard and for push.
    ``only_here`` keeps it on this channel whatever happens: it proves the address, or was asked for there; a template
    of which a value opens something does the same. Every other essential message goes by another channel of the person
    when this one fails.
    Raises Refused for an address that is none or a channel that carries no messages, NotFound for a purpose that is not
    in force, TemplateFault for a programming error in a template.
    """
    way = Channel(channel)
    once = {"kind": kind, "subject_ref": subject_ref, "channel": way, "about": about}
    with transaction.atomic():
        if Message.objects.filter(**once).exists():
            return Message.objects.get(**once)
        now = clock.now()
        normalised = normalised_on(way, address)
        template = templates.load(kind, language)
        values = {
            **new_identity(now),
            **category_of(template, purpose, now),
            "purpose": purpose,
            "language": language,
            "fiduciary": fiduciary,
            "only_here": only_here or bool(template.opens),
            "template_sha256": template.sha256,
            "template_language": template.language,
        }
        try:
            with transaction.atomic():
                message = Message.objects.create(**once, **values)
        except IntegrityError:  # somebody else promised it in this instant
            return Message.objects.get(**once)
        keep(message, template, context, normalised, now)
        enqueue("portal.outbox.tasks.deliver_message", message.pk)
        return message


def normalised_on(channel: Channel, address: str) -> str:
    """The address in its normal form, empty where the channel needs none. Raises Refused for what is none."""
    if channel in WITHOUT_ADDRESS:
        return ""
    if channel not in ADDRESS_KIND:
        raise Refused("This channel carries no messages.", code="NO_SUCH_CHANNEL")
    return addresses.normalise(ADDRESS_KIND[channel], address)


def new_identity(now: datetime) -> dict[str, object]:
    """What names a message and says when it is due."""
    return {
        "reference": ids.new_reference("MS"),
        "message_id": f"<{uuid4()}@{settings.OUTBOX_MESSAGE_ID_DOMAIN}>",
        "attempts_allowed": settings.OUTBOX_ATTEMPTS,
        "next_attempt_at": now,
        "created_at": now,
    }


def category_of(template: templates.MessageTemplate, purpose: str, now: datetime) -> dict[str, object]:
    """An essential purpose cannot carry a text that calls itself promotional, nor the other way round."""
    by_purpose = str(law.purpose(purpose, on=clock.day(now)).message_category)
    named = [by_purpose, template.category] if template.category else [by_purpose]
    is_disputed = len(set(named)) > 1
    if is_disputed:
        log.warning("outbox.category_disputed", kind=template.kind, purpose=purpose)
    return {"category": strictest(named), "category_is_disputed": is_disputed}


def keep(
    message: Message, template: templates.MessageTemplate, context: Mapping[str, str], normalised: str, now: datetime
) -> None:
    """Keep the words of a message as its channel carries them, with the version of their template, and where it goes;
    words and address sealed under its subject's key. ``normalised`` is empty for a channel that needs no address.

    Raises TemplateFault for a value that is missing, Unavailable while the subject's key is being shredded.
    """
    words = words_of(message, template, context, footer=footer_of(message.channel, template.language, now))
    clear = [words, normalised] if normalised else [words]
    sealed, *sealed_address = encryption.seal_all(clear, subject_ref=message.subject_ref)
    MessageBody.objects.create(message=message, sealed=sealed, created_at=now)
    keep_version(template, now)
    for address in sealed_address:
        destination_of(message, normalised, address, now).save(force_insert=True)


def footer_of(channel: str, language: str, now: datetime) -> str:
    """Who writes: the officer and the company, where the channel has room for it."""
    return "" if channel in SHORT else str(answers.letter_footer.ask(language=language, on=clock.day(now)))


def words_of(message: Message, template: templates.MessageTemplate, context: Mapping[str, str], *, footer: str) -> str:
    """Subject, body, values and what opens something, as they are sealed. Raises TemplateFault for a value that is missing."""
    one_click = _one_click(message)
    foot = "\n\n".join(part for part in (_way_out(one_click, template.language), footer) if part)
    subject, body = templates.render(template, context, footer=foot)
    variables = {name: str(value) for name, value in context.items()}
    opens = [value for name, value in variables.items() if name in template.opens and value]
    words = {"subject": subject, "body": body, "variables": variables, "opens": [*opens, *filter(None, [one_click])]}
    return json.dumps(words, ensure_ascii=False)


def keep_version(template: templates.MessageTemplate, now: datetime) -> None:
    """The template as it is used, once."""
    version = {"kind": template.kind, "language": template.language, "sha256": template.sha256}
    if not TemplateVersion.objects.filter(**version).exists():
        TemplateVersion.objects.get_or_create(**version, defaults={"source": template.source, "first_used_at": now})


def destination_of(message: Message, normalised: str, sealed: bytes, now: datetime) -> DeliveryAddress:
    """The row of where a message goes, not saved."""
    return DeliveryAddress(
        message=message,
        sealed=sealed,
        address_key=addresses.address_key(normalised),
        masked=addresses.mask(ADDRESS_KIND[Channel(message.channel)], normalised),
        created_at=now,
    )


def _one_click(message: Message) -> str:
    """The address that stops messages of this kind, empty where none stands in the words: what is owed, and short
    channels, where the registered template says how.
    """
    if message.channel in SHORT or message.channel not in ADDRESS_KIND:
        return ""
    return str(answers.one_click_url.ask(reference=message.reference, category=message.category))


def _way_out(url: str, language: str) -> str:
    """The line under a letter that may be stopped."""
    if not url:
        return ""
    with translation.override(language):
        return str(translation.gettext("Stop these messages at one press, without signing in: %(url)s") % {"url": url})
