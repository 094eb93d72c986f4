"""What the consent pages say about channels, categories and answers."""

from datetime import datetime

from django import template
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from consent.base import labels
from consent.base.choices import Answer, Way
from consent.base.rules.status_fold import YES
from consent.notices.selectors import languages
from consent.records.models.events import ConsentEvent
from consent.records.models.preferences import PreferenceChange
from consent.records.models.suppressions import Suppression
from consent.records.selectors.consent_activity import Told
from portal.kernel.core import clock
from portal.kernel.core.errors import PortalError
from portal.kernel.law import selectors as law
from portal.kernel.law.choices import Channel
from portal.kernel.law.labels import without_a_purpose

register = template.Library()

#: The letter at the end of the sender's name on a telephone (TRAI).
SUFFIXES = {"promotional": "-P", "service": "-S", "transactional": "-T"}


@register.filter
def suffix(category: str) -> str:
    """``-P``, ``-S`` or ``-T``."""
    return SUFFIXES.get(category, "")


@register.filter
def channel_name(channel: str) -> str:
    """The channel in the reader's language."""
    return str(Channel(channel).label)


@register.filter
def answer_name(answer: str) -> str:
    """The answer in the reader's language."""
    return str(Answer(answer).label)


@register.filter
def answer_of(event: ConsentEvent) -> str:
    """What the event says, for the person."""
    return labels.answer_words(event)


@register.filter
def sender_label(event: ConsentEvent) -> str:
    """Whom an answer is about: one sender, or all of the company's."""
    return labels.sender_label(event)


@register.filter
def language_name(code: str) -> str:
    """A language of notices by its own name."""
    return languages.language_of(code).name


@register.filter
def purpose_name(code: str) -> str:
    """The purpose in the reader's language; its code where it is in force no more."""
    try:
        return law.purpose(code, on=clock.day(clock.now())).name
    except PortalError:
        return without_a_purpose(code)


@register.filter
def blocked_words(change: PreferenceChange) -> list[tuple[str, str]]:
    """What a person blocked with one change: each list that holds something, and its words."""
    return labels.blocked_words(change) or [(_("Your answer"), _("Nothing is blocked now."))]


@register.filter
def stop_words(act: Told) -> list[str]:
    """Purpose, channel and answer of an act that is neither an answer nor a block."""
    return labels.stop_words(act)


@register.filter
def notice_title(title: str) -> str | SafeString:
    """A notice's title in the reader's language; where nobody has translated it, marked as the English it is."""
    said = _(title)
    if said != title or get_language() == "en":
        return said
    return format_html('<span lang="en">{}</span>', title)


@register.filter
def since(event: ConsentEvent) -> str:
    """When and how the box came to stand as it does."""
    day = formats.date_format(timezone.localtime(event.occurred_at, clock.IST), "j F Y")
    values = {"date": day, "way": Way(event.way).label}
    if event.answer in YES:
        return _("You consented on %(date)s.") % values
    if event.answer == Answer.EXPIRED and event.way == Way.UNDO:
        return _("There was no yes before you stopped, and there is none now.")
    if event.answer == Answer.EXPIRED:
        return _("Your answer ended on %(date)s.") % values
    is_here = event.way in {Way.PAGE, Way.STOP_ALL}
    if event.answer == Answer.DENIED:
        return (_("You refused on %(date)s.") if is_here else _("You refused on %(date)s: %(way)s.")) % values
    return (_("Withdrawn on %(date)s.") if is_here else _("Withdrawn on %(date)s: %(way)s.")) % values


@register.filter
def stopped_on(stop: Suppression) -> str:
    """When and how promotion was stopped at an address, without an answer about a purpose."""
    day = formats.date_format(timezone.localtime(stop.suppressed_at, clock.IST), "j F Y")
    return _("Stopped on %(date)s: %(way)s.") % {"date": day, "way": Way(stop.way).label}


@register.filter
def stamped(text: str) -> str:
    """``25 November 2026, 19:39 IST`` of a time as the ledger writes it; the text itself where it is none."""
    try:
        local = datetime.fromisoformat(text).astimezone(clock.IST)
    except ValueError:
        return text
    return _("%(date)s, %(time)s IST") % {"date": formats.date_format(local, "j F Y"), "time": f"{local:%H:%M}"}


@register.filter
def answer_tag(answer: str) -> str:
    """Which sign stands before the answer."""
    return "ok" if answer in YES else "none"
