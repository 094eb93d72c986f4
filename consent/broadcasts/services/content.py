"""What a broadcast says on each channel and in each language, and what is wrong with it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext as _

from consent.broadcasts.selectors.segments import Segment
from portal.kernel.core import clock
from portal.kernel.core.errors import NotFound
from portal.kernel.law import selectors as law
from portal.kernel.law.category_order import PROMOTIONAL
from portal.kernel.law.channels import DESCRIPTIONS
from portal.kernel.law.choices import Channel, MessageCategory
from portal.kernel.law.models import Purpose
from portal.kernel.outbox.selectors import can_send
from portal.kernel.people.models import Fiduciary
from portal.kernel.people.models.fiduciaries import OWN_CODE
from portal.kernel.registers.senders.models.templates import ContentTemplate
from portal.kernel.registers.senders.rules import template_checks
from portal.kernel.registers.senders.selectors import senders
from portal.kernel.registers.senders.services import message_templates

BINDING = "en"
#: What passes whatever somebody answered: see ``consent.base.rules.contact``.
ESSENTIAL = (MessageCategory.TRANSACTIONAL, MessageCategory.POLICY_AND_SECURITY)
#: Channels whose texts somebody else registers or approves: nothing else may be sent there.
OF_TEMPLATES = tuple(code for code, channel in DESCRIPTIONS.items() if channel.is_registered)
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


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that keeps a plan from being sent, as a sentence. ``part`` of the plan is where it is mended.

    It is the name of a field of ``Plan`` or of its segment; of words "subject" or "text", a dot and the language; of a
    channel "channels", a dot and its place from 0.
    """

    part: str
    text: str

    def __str__(self) -> str:
        return self.text


def purpose_of(code: str, *, at: datetime) -> Purpose | None:
    """The purpose in force; None where there is none or it sends no messages."""
    try:
        found = law.purpose(code, on=clock.day(at))
    except NotFound:
        return None
    return found if found.sends_messages else None


def left_out(purpose: Purpose | None) -> str:
    """Who of the segment does not get it, in a sentence: what the decision at the time of sending goes by."""
    if purpose is None:
        return ""
    if purpose.message_category == PROMOTIONAL:
        return _("People who did not consent to it, or refused, do not get it.")
    if purpose.message_category in ESSENTIAL:
        return _(
            "It is owed: an opt-out, a pause and quiet hours do not stop it. People without a way to reach them do not get it."
        )
    if purpose.needs_consent:
        return _("People who did not consent to this purpose, or refused, do not get it.")
    return _("People who refused this purpose do not get it.")


def said_on(
    channel: str,
    language: str,
    *,
    words: Mapping[str, Mapping[str, str]],
    templates: Iterable[ContentTemplate],
    title: str,
) -> Said | None:
    """The text of a channel in the language, else in English; None where there is neither."""
    if channel in OF_TEMPLATES:
        found = in_language(templates_on(channel, templates), language)
        return Said(channel, found.language, title, found.text, found.template_id) if found is not None else None
    spoken = next((one for one in _wanted(language) if words.get(one, {}).get("text")), None)
    return Said(channel, spoken, words[spoken]["subject"], words[spoken]["text"]) if spoken else None


def templates_on(channel: str, templates: Iterable[ContentTemplate]) -> dict[str, ContentTemplate]:
    """Those of the channel, by language."""
    return {template.language: template for template in templates if template.channel == channel}


def in_language(templates: Mapping[str, ContentTemplate], language: str) -> ContentTemplate | None:
    """What a person of the language gets: else in the base language, else in English."""
    return next((templates[one] for one in _wanted(language) if one in templates), None)


def _wanted(language: str) -> Iterable[str]:
    return dict.fromkeys((language, language.split("-", maxsplit=1)[0], BINDING))


def preview(plan: Plan) -> list[Said]:
    """Every text as it will be read: each channel in each of the languages that people are written to in."""
    found = [
        said_on(channel, language, words=plan.words, templates=plan.templates, title=plan.title)
        for channel in plan.channels
        for language, _name in settings.LANGUAGES
    ]
    return list(dict.fromkeys(one for one in found if one is not None))


def faults(plan: Plan, *, at: datetime) -> list[Fault]:
    """Everything that keeps the plan from being sent, in plain sentences; none: it may be proposed."""
    purpose = purpose_of(plan.purpose, at=at)
    if purpose is None:
        return [Fault("purpose", _("Choose a purpose in force for which messages are sent."))]
    return [
        *_of_segment(plan.segment),
        *_of_channels(plan, purpose),
        *_of_words(plan),
        *_of_what_is_filled_in(plan),
        *_of_links(plan, at),
        *(Fault("templates", said) for said in _of_templates(plan, purpose, at)),
        *_promotion(plan, purpose, at),
    ]


def doubts(plan: Plan, *, at: datetime) -> list[str]:
    """Words in an essential broadcast that may be promotion: a person has to decide."""
    purpose = purpose_of(plan.purpose, at=at)
    if purpose is None or purpose.message_category == PROMOTIONAL:
        return []
    found = [
        word
        for _part, _name, text in _texts(plan)
        for word in message_templates.promotional_words(text, at=at, is_sure=False)
    ]
    return list(dict.fromkeys(found))


def languages_of(segment: Segment) -> list[str]:
    """The languages that own words are needed in: those of the segment, and the one that stands in for all others.

    Who is in the segment is asked again while it is sent, and somebody may have changed the language by then.
    """
    return [code for code, _name in settings.LANGUAGES if code == BINDING or code in (segment.languages or {code})]


def _of_segment(segment: Segment) -> Iterator[Fault]:
    if segment.entered_from and segment.entered_until and segment.entered_until < segment.entered_from:
        yield Fault("entered_until", _("The last day is before the first. Change one of them."))


def _of_channels(plan: Plan, purpose: Purpose) -> Iterator[Fault]:
    if not plan.channels:
        yield Fault("channels.0", _("Choose a channel."))
    for place, channel in enumerate(plan.channels):
        name, part = Channel(channel).label, f"channels.{place}"
        if channel in plan.channels[:place]:
            yield Fault(part, _("Name each channel once."))
        elif channel not in purpose.channels:
            yield Fault(part, _("The purpose sends nothing by %(channel)s.") % {"channel": name})
        elif not can_send(channel):
            yield Fault(part, _("This installation cannot send by %(channel)s.") % {"channel": name})


def _of_words(plan: Plan) -> Iterator[Fault]:
    if all(channel in OF_TEMPLATES for channel in plan.channels):
        return
    names = dict(settings.LANGUAGES)
    for language in languages_of(plan.segment):
        said, name = plan.words.get(language, {}), {"language": names[language]}
        if not said.get("subject", "").strip():
            yield Fault(f"subject.{language}", _("Write the subject in %(language)s.") % name)
        if not said.get("text", "").strip():
            yield Fault(f"text.{language}", _("Write the text in %(language)s.") % name)


def _of_what_is_filled_in(plan: Plan) -> Iterator[Fault]:
    """Nothing is filled in: people would read the mark itself."""
    for part, _where, text in _texts(plan):
        for mark in dict.fromkeys(template_checks.placeholders(text) if part != "templates" else ()):
            said = {"mark": mark}
            yield Fault(part, _("Leave out “%(mark)s”: a broadcast says the same to everyone.") % said)


def _of_links(plan: Plan, at: datetime) -> Iterator[Fault]:
    """The links of a registered template were looked at when it was registered."""
    own = Fiduciary.objects.filter(code=OWN_CODE).first()
    for part, _where, text in _texts(plan):
        if own is None or part == "templates":
            continue
        for link in dict.fromkeys(message_templates.foreign_links(text, fiduciary=own, at=at)):
            yield Fault(
                part,
                _(
                    "“%(link)s” is no page of ours and in no register. Leave it out, or have it entered in the allowed "
                    "links or the external links first."
                )
                % {"link": link},
            )


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
            yield (
                _("The template %(template)s is not in force, or not approved by the operator that carries it.") % said
            )
        elif template.category not in fits:
            yield _("The template %(template)s is registered for another category than the purpose.") % said
        elif message_templates.has_variables(template.text):
            yield _("The template %(template)s has variables: a broadcast says the same to everyone.") % said
        elif place in seen:
            yield _("Choose one template for each channel and language, not two like %(template)s.") % said
        seen.add(place)
    for channel in plan.channels:
        if channel in OF_TEMPLATES and (channel, BINDING) not in seen:
            name = {"channel": Channel(channel).label}
            yield _("Choose a registered template in English for %(channel)s.") % name


def _promotion(plan: Plan, purpose: Purpose, at: datetime) -> Iterator[Fault]:
    """An essential message reaches people who want no promotion: it carries none."""
    if purpose.message_category == PROMOTIONAL:
        return
    for part, name, text in _texts(plan):
        for word in message_templates.promotional_words(text, at=at):
            said = {"word": word, "where": name, "purpose": purpose.message_category}
            yield Fault(part, _("“%(word)s” in %(where)s is promotion. A %(purpose)s message cannot carry it.") % said)


def _texts(plan: Plan) -> Iterator[tuple[str, str, str]]:
    """Everything that somebody may read, with its part of the plan and its name in a sentence.

    The title heads what goes under a template, and no language is left out.
    """
    yield "title", _("the title"), plan.title
    names = dict(settings.LANGUAGES)
    for language, said in plan.words.items():
        for part in ("subject", "text"):
            yield f"{part}.{language}", names.get(language, language), said.get(part, "")
    for template in plan.templates:
        yield "templates", str(template), template.text
