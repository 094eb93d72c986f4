"""The history as a PDF that a person can keep, set by typst."""

import json
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import typst
from django.conf import settings
from django.utils import formats, timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from fontpkg_noto_sans import ROOT as LATIN
from fontpkg_noto_sans_devanagari import ROOT as DEVANAGARI

from consent.models import ConsentEvent
from consent.states import Answer, Way
from portal.core import clock
from portal.law import selectors as law
from portal.law.states import Channel

TEMPLATE = Path(settings.BASE_DIR) / "templates" / "letters" / "consent_history.typ"


def history_pdf(events: Iterable[ConsentEvent], *, at: datetime) -> bytes:
    """A PDF of the events as given, in the reader's language. Holds no address and no name: it is for the signed-in person."""
    names = {p.code: p.name for p in law.purposes_in_force(on=at.astimezone(clock.IST).date())}
    rows = [
        [
            _time(event.occurred_at),
            names.get(event.purpose, event.purpose),
            str(Channel(event.channel).label),
            str(Answer(event.answer).label),
            str(Way(event.way).label),
            event.receipt.reference,
        ]
        for event in events
    ]
    words = {
        "language": get_language() or "en",
        "title": _("What you agreed to"),
        "made": _("Made on %(time)s IST from the consent ledger of Onesetu.") % {"time": _time(at)},
        "heads": [_("When (IST)"), _("Purpose"), _("Channel"), _("Answer"), _("How"), _("Receipt")],
        "empty": _("There is no answer of yours in this period."),
        "rows": rows,
    }
    return bytes(
        typst.compile(
            TEMPLATE.read_bytes(),
            font_paths=typst.Fonts(include_system_fonts=False, font_paths=[LATIN, DEVANAGARI]),
            sys_inputs={"data": json.dumps(words, ensure_ascii=False)},
        )
    )


def _time(instant: datetime) -> str:
    return formats.date_format(timezone.localtime(instant, clock.IST), "j M Y, H:i")
