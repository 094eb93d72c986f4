"""What a broadcast says on each channel and in each language, and what is wrong with it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext as _

from consent.selectors.segments import Segment
from portal.core import clock
from portal.core.errors import NotFound
from portal.law import selectors as law
from portal.law.models import Purpose
from portal.law.states import Channel, MessageCategory
from portal.law.strictness import PROMOTIONAL
from portal.outbox.selectors import can_send
from portal.outbox.states import ADDRESS_KIND
from portal.people.models.fiduciaries import OWN_CODE
from portal.registers.models import ContentTemplate
from portal.registers.selectors import senders
from portal.registers.services import templates as register

BINDING = "en"
#: Channels whose texts somebody else registers or approves: nothing else may be sent there.
OF_TEMPLATES = tuple(channel for channel in ADDRESS_KIND if channel != Channel.EMAIL)
#: What a template may be registered for, by the category of the purpose.
_FITS = {
    MessageCategory.POLICY_AND_SECURITY: (MessageCategory.TRANSACTIONAL, MessageCategory.SERVICE),
}


@dataclass(frozen=True, slots=True)
class Plan:
    """A broadcast before it is proposed. ``channels`` stand in the order in which they are tried."""

    title: str
    purpose: str
    channels: Sequence[str]
    segment: Segment
    per_minute: int
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    templates: Sequence[ContentTemplate] = ()


@dataclass(frozen=True, slots=True)
class Said:
    """What a person reads on one channel. ``language`` is the one that is there, which may be the binding one."""

    channel: str
    language: str
    subject: str
    text: str
    template_id: str = ""


def purpose_of(code: str, *, at: datetime) -> Purpose | None:
    """The purpose in force; None where there is none or it sends no messages."""
    try:
        found = law.purpose(code, on=clock.day(at))
    except NotFound:
        return None
    return found if found.sends_messages else None


def said_on(
    channel: str,
    language: str,
    *,
    words: Mapping[str, Mapping[str, str]],
    templates: Iterable[ContentTemplate],
    title: str,
) -> Said | None:
    """The text of a channel in the language, else in English; None where there is neither."""
    wanted = dict.fromkeys((language, language.split("-", maxsplit=1)[0], BINDING))
    if channel in OF_TEMPLATES:
        of_channel = {template.language: template for template in templates if template.channel == channel}
        found = next((of_channel[one] for one in wanted if one in of_channel), None)
        return Said(channel, found.language, title, found.text, found.template_id) if found is not None else None
    spoken = next((one for one in wanted if words.get(one, {}).get("text")), None)
    return Said(channel, spoken, words[spoken]["subject"], words[spoken]["text"]) if spoken else None


def preview(plan: Plan) -> list[Said]:
    """Every text as it will be read: each channel in each of the languages that people are written to in."""
    found = [
        said_on(channel, language, words=plan.words, templates=plan.templates, title=plan.title)
        for channel in plan.channels
        for language, _name in settings.LANGUAGES
    ]
    return list(dict.fromkeys(one for one in found if one is not None))


def faults(plan: Plan, *, at: datetime) -> list[str]:
    """Everything that keeps the plan from being sent, in plain sentences; none: it may be proposed."""
    purpose = purpose_of(plan.purpose, at=at)
    if purpose is None:
        return [_("Choose a purpose in force for which messages are sent.")]
    return [
        *_of_channels(plan, purpose),
        *_of_words(plan),
        *_of_templates(plan, purpose, at),
        *_promotion(plan, purpose, at),
    ]


def doubts(plan: Plan, *, at: datetime) -> list[str]:
    """Words in an essential broadcast that may be promotion: a person has to decide."""
    purpose = purpose_of(plan.purpose, at=at)
    if purpose is None or purpose.message_category == PROMOTIONAL:
        return []
    found = [word for _name, text in _texts(plan) for word in register.promotional_words(text, at=at, is_sure=False)]
    return list(dict.fromkeys(found))


def _of_channels(plan: Plan, purpose: Purpose) -> Iterator[str]:
    if not plan.channels:
        yield _("Choose a channel.")
    if len(set(plan.channels)) != len(plan.channels):
        yield _("Name each channel once.")
    for channel in plan.channels:
        name = Channel(channel).label
        if channel not in purpose.channels:
            yield _("The purpose sends nothing by %(channel)s.") % {"channel": name}
        elif not can_send(channel):
            yield _("This installation cannot send by %(channel)s.") % {"channel": name}


def _of_words(plan: Plan) -> Iterator[str]:
    if all(channel in OF_TEMPLATES for channel in plan.channels):
        return
    for language, name in settings.LANGUAGES:
        said = plan.words.get(language, {})
        if not (said.get("subject", "").strip() and said.get("text", "").strip()):
            yield _("Write subject and text in %(language)s too.") % {"language": name}


def _of_templates(plan: Plan, purpose: Purpose, at: datetime) -> Iterator[str]:
    seen: set[tuple[str, str]] = set()
    fits = _FITS.get(MessageCategory(purpose.message_category), (purpose.message_category,))
    usable = set(
        senders.in_force(ContentTemplate.objects.filter(fiduciary__code=OWN_CODE, state="approved"), at=at)
        .filter(pk__in=[template.pk for template in plan.templates])
        .values_list("pk", flat=True)
    )
    for template in plan.templates:
        place = (template.channel, template.language)
        said = {"template": template}
        if template.channel not in plan.channels or template.channel not in OF_TEMPLATES:
            yield _("The template %(template)s is of a channel that is not chosen.") % said
        elif template.pk not in usable:
            yield _("The template %(template)s is not in force, or not approved by whoever carries it.") % said
        elif template.category not in fits:
            yield _("The template %(template)s is registered for another category than the purpose.") % said
        elif register.has_variables(template.text):
            yield _("The template %(template)s has variables: a broadcast says the same to everybody.") % said
        elif place in seen:
            yield _("Choose one template for each channel and language, not two like %(template)s.") % said
        seen.add(place)
    for channel in plan.channels:
        if channel in OF_TEMPLATES and (channel, BINDING) not in seen:
            yield _("Choose a registered template in English for %(channel)s.") % {"channel": Channel(channel).label}


def _promotion(plan: Plan, purpose: Purpose, at: datetime) -> Iterator[str]:
    """An essential message reaches people who want no promotion: it carries none."""
    if purpose.message_category == PROMOTIONAL:
        return
    for name, text in _texts(plan):
        for word in register.promotional_words(text, at=at):
            said = {"word": word, "where": name, "purpose": purpose.message_category}
            yield _("“%(word)s” in %(where)s is promotion. A %(purpose)s message cannot carry it.") % said


def _texts(plan: Plan) -> Iterator[tuple[str, str]]:
    """Everything that somebody may read: the title heads what goes under a template, and no language is left out."""
    yield _("the title"), plan.title
    names = dict(settings.LANGUAGES)
    for language, said in plan.words.items():
        yield names.get(language, language), "\n".join((said.get("subject", ""), said.get("text", "")))
    for template in plan.templates:
        yield str(template), template.text
