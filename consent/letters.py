"""What a person can keep as a PDF, set by typst: the history, and the receipt of one answer with its proof."""

import io
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

import segno
import typst
from django.conf import settings
from django.utils import formats, timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from fontpkg_noto_sans import ROOT as LATIN
from fontpkg_noto_sans_devanagari import ROOT as DEVANAGARI

from consent.models import ConsentEvent, Suppression
from consent.states import Answer, Way
from portal.core import clock
from portal.law import selectors as law
from portal.law.states import Channel

TEMPLATES = Path(settings.BASE_DIR) / "templates" / "letters"


def history_pdf(events: Iterable[ConsentEvent], *, at: datetime) -> bytes:
    """A PDF of the events as given, in the reader's language. Holds no address and no name: it is for the signed-in person."""
    names = {p.code: p.name for p in law.purposes_in_force(on=clock.day(at))}
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
    return _set("consent_history.typ", words)


def receipt_pdf(event: ConsentEvent, *, proof: bytes, address: str, at: datetime) -> bytes:
    """One answer with its proof: as an attachment, and as a code to scan where it fits into one.

    ``address`` is of the page that checks receipts. Holds no address and no name: it is for the signed-in person.
    """
    names = {p.code: p.name for p in law.purposes_in_force(on=clock.day(at))}
    notice = event.notice_version
    rows = [
        [_("Receipt"), event.receipt.reference],
        [_("Your answer"), str(event.get_answer_display())],
        [_("Purpose"), names.get(event.purpose, event.purpose)],
        [_("Channel"), str(event.get_channel_display())],
        [_("When (IST)"), _time(event.occurred_at)],
        [_("How"), str(event.get_way_display())],
        [_("On behalf of"), event.fiduciary.name],
        [_("Ends"), _time(event.expires_at) if event.expires_at else _("When you withdraw it")],
        [_("What you were asked"), f"{notice}, SHA-256 {event.notice_sha256}" if notice else "–"],
        [_("Place in the ledger"), str(event.entry.index)],
    ]
    return _receipt(event.receipt.reference, rows, proof=proof, address=address, at=at)


def stop_pdf(stop: Suppression, *, proof: bytes, address: str, at: datetime) -> bytes:
    """The same of a stop that stands alone: no answer of a person we know, an address where promotion has ended."""
    rows = [
        [_("Receipt"), stop.receipt.reference],
        [_("Your answer"), _("Stop all promotional messages")],
        *([[_("Sender"), stop.header]] if stop.header else []),
        [_("When (IST)"), _time(stop.suppressed_at)],
        [_("How"), str(stop.get_way_display())],
        [_("On behalf of"), stop.fiduciary.name],
        [_("Place in the ledger"), str(stop.entry.index)],
    ]
    return _receipt(stop.receipt.reference, rows, proof=proof, address=address, at=at)


def _receipt(reference: str, rows: Sequence[Sequence[str]], *, proof: bytes, address: str, at: datetime) -> bytes:
    name = f"{reference}.tlog-proof"
    words = {
        "language": get_language() or "en",
        "title": _("Receipt for your choice"),
        "made": _("Made on %(time)s IST from the consent ledger of Onesetu.") % {"time": _time(at)},
        "rows": rows,
        "check": _("Check this receipt"),
        "address": address,
        "how": _("Anybody may check it here, with the file attached to this PDF (%(file)s):") % {"file": name},
        "whole": _("This code is the whole receipt file. Scan it and paste the text on the page above."),
        "too_long": _("The receipt file is too long for a code. It is attached to this PDF."),
        "file": name,
        "attached": _("Receipt file"),
    }
    pictures = {"proof": proof.decode(), "address": _code(address), "code": _code(proof.decode())}
    return _set("consent_receipt.typ", words, pictures)


def _code(text: str) -> str:
    """A QR code as SVG; empty for more than the largest code holds (2,953 bytes; ISO/IEC 18004, version 40)."""
    drawn = io.BytesIO()
    try:
        segno.make(text, error="l", micro=False).save(drawn, kind="svg", border=4, xmldecl=False)
    except segno.DataOverflowError:
        return ""
    return drawn.getvalue().decode()


def _set(template: str, words: Mapping[str, object], inputs: Mapping[str, str] | None = None) -> bytes:
    return bytes(
        typst.compile(
            (TEMPLATES / template).read_bytes(),
            font_paths=typst.Fonts(include_system_fonts=False, font_paths=[LATIN, DEVANAGARI]),
            sys_inputs={"data": json.dumps(words, ensure_ascii=False), **(inputs or {})},
        )
    )


def _time(instant: datetime) -> str:
    return formats.date_format(timezone.localtime(instant, clock.IST), "j M Y, H:i")
