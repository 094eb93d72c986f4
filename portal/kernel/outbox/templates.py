"""Message templates: plain text files ``templates/messages/<kind>.<language>.txt``, and what is made of them.

A file begins with header lines (``Subject:`` and ``Opens:`` always; ``Category:`` where the text itself decides), a blank
line, the body::

    Subject: We have received your grievance
    Opens: nothing

    Your reference number is {{ reference }}.

A subject names no person and no matter (it shows on a locked screen). ``Opens:`` names the values with which whoever
reads them may act as the person: a code, a key, a link that signs in. The SHA-256 of the file is its version.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

from django.conf import settings
from django.template import Context, Engine, Template, TemplateDoesNotExist
from django.utils import translation

FALLBACK = "en"
HEADERS = frozenset({"Subject", "Category", "Opens"})
NOTHING = "nothing"
KIND = re.compile(r"[a-z_]+(\.[a-z_]+)+")
_MISSING = "\ue000%s\ue001"
_MISSING_FOUND = re.compile("\ue000(.*?)\ue001")


class TemplateFault(Exception):
    """A message template is missing, or wrongly written, or names a value the caller did not give."""


@dataclass(frozen=True)
class MessageTemplate:
    """One file: its language may be the fallback where the wanted one is missing."""

    kind: str
    language: str
    subject: str
    body: str
    category: str
    opens: frozenset[str]
    source: str
    sha256: str


def load(kind: str, language: str) -> MessageTemplate:
    """The template in ``language``, else in its base language ("hi" for "hi-IN"), else in English. Raises TemplateFault."""
    if not KIND.fullmatch(kind):
        raise TemplateFault(f"{kind!r} is not a kind of message: write room.event.")
    engine = _engine()
    for wanted in dict.fromkeys((language, language.split("-", maxsplit=1)[0], FALLBACK)):
        try:
            source = str(engine.get_template(f"messages/{kind}.{wanted}.txt").source)
        except TemplateDoesNotExist:
            continue
        return parse(kind, wanted, source)
    raise TemplateFault(f"There is no template messages/{kind}.{FALLBACK}.txt.")


def parse(kind: str, language: str, source: str) -> MessageTemplate:
    """Split header lines from the body. Raises TemplateFault for a missing ``Subject:`` or ``Opens:``, and an unknown header."""
    head, blank, body = source.partition("\n\n")
    headers: dict[str, str] = {}
    for line in head.splitlines():
        name, colon, value = line.partition(":")
        if not colon or name not in HEADERS or name in headers:
            raise TemplateFault(f"messages/{kind}.{language}.txt begins with a line that is no header: {line!r}.")
        headers[name] = value.strip()
    if not blank or not headers.get("Subject") or not body.strip():
        raise TemplateFault(f"messages/{kind}.{language}.txt needs a Subject line, a blank line and a body.")
    opens = frozenset(headers.get("Opens", "").split())
    if not opens:
        raise TemplateFault(f"messages/{kind}.{language}.txt has to say which values open something: Opens: {NOTHING}.")
    digest = hashlib.sha256(source.encode()).hexdigest()
    return MessageTemplate(
        kind=kind,
        language=language,
        subject=headers["Subject"],
        body=body.strip("\n"),
        category=headers.get("Category", ""),
        opens=opens - {NOTHING},
        source=source,
        sha256=digest,
    )


def render(template: MessageTemplate, context: Mapping[str, str], *, footer: str) -> tuple[str, str]:
    """Subject and body as the person will read them, in the template's language.

    A value may not smuggle in a second header: line breaks are folded in the subject. Raises TemplateFault when the
    template names a value that ``context`` lacks.
    """
    with translation.override(template.language):
        subject = " ".join(_fill(template, template.subject, context).split())
        body = _fill(template, template.body, context)
    return subject, "\n\n".join(part for part in (body, footer) if part) + "\n"


def _fill(template: MessageTemplate, text: str, context: Mapping[str, str]) -> str:
    filled = str(_compiled(text).render(Context(dict(context), autoescape=False)))
    if missing := _MISSING_FOUND.findall(filled):
        names = ", ".join(sorted(set(missing)))
        raise TemplateFault(f"The message {template.kind} needs values it was not given: {names}.")
    return filled


@lru_cache(maxsize=512)
def _compiled(text: str) -> Template:
    return _engine().from_string(text)


@cache
def _engine() -> Engine:
    """Its own engine: plain text is not escaped, and a name without a value is an error, not a hole in a letter."""
    return Engine(
        dirs=[str(settings.BASE_DIR / "templates")],
        autoescape=False,
        string_if_invalid=_MISSING,
        libraries={"i18n": "django.templatetags.i18n", "l10n": "django.templatetags.l10n"},
    )
