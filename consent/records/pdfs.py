"""What a person can keep as a PDF, set by typst: the history, and the receipt of one answer with its proof."""

import io
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import segno
from django.utils import formats, timezone, translation
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from consent.base.choices import Way
from consent.base.labels import (
    BLOCKED,
    answer_words,
    blocked_words,
    change_identified_words,
    event_identified_words,
    sender_label,
    stop_identified_words,
    stop_words,
)
from consent.base.models.notices import NoticeVersion
from consent.records.models.events import ConsentEvent
from consent.records.models.guardians import StandingEnded
from consent.records.models.preferences import PreferenceChange
from consent.records.models.suppressions import Suppression
from consent.records.selectors.consent_activity import Acts, Told
from portal.kernel.core import clock, typst_pdf
from portal.kernel.jobs.export_columns import Cell, Column
from portal.kernel.law.choices import Channel
from portal.kernel.law.labels import names_of_purposes

#: Acts that one PDF holds: it is set while the person waits, and eight thousand took seconds and a gigabyte of memory.
MOST_ACTS: Final = 1_000


def purpose_names(at: datetime) -> dict[str, str]:
    """What each purpose is called, by its code, in the reader's language: one that has ended as it was called last."""
    return names_of_purposes(on=clock.day(at))


def history_pdf(acts: Acts, names: Mapping[str, str], *, at: datetime) -> bytes:
    """A PDF of the acts, the latest ``MOST_ACTS`` of them, in the reader's language; where there are more it says so.

    Holds no address and no name: it is for the signed-in person.
    """
    shown = acts[:MOST_ACTS]
    total = acts.count() if len(shown) == MOST_ACTS else len(shown)
    words = {
        "language": get_language() or "en",
        "title": _("What you agreed to"),
        "made": _("Made on %(time)s IST from the consent ledger of Onesetu.") % {"time": _time(at)},
        "cut": _("These are the latest %(shown)s of %(total)s. The CSV file on the same page has all of them.")
        % {"shown": _number(len(shown)), "total": _number(total)}
        if total > len(shown)
        else "",
        "heads": [
            *(_("When (IST)"), _("Company"), _("Purpose"), _("Channel"), _("Answer"), _("How"), _("Receipt")),
        ],
        "empty": _("There is no answer of yours in this period."),
        "rows": [[_time(act.at), *_said(act, names), act.how, act.reference] for act in shown],
    }
    return typst_pdf.typeset("consent_history.typ", words)


def history_columns(names: Mapping[str, str], language: str) -> list[Column[Told]]:
    """The columns of the same list as CSV: codes and hashes, and one of words in ``language``, whenever it is written."""

    def in_words(act: Told) -> str:
        with translation.override(language):
            company, purpose, channel, answer = _said(act, names)
        about = f"{purpose}, {channel}" if act.event is not None and act.event.channel != Channel.NONE else purpose
        return f"{company}: {about}: {answer}"

    return [
        Column("receipt", lambda act: act.reference),
        Column("answered_at", lambda act: act.at),
        Column("recorded_at", lambda act: act.recorded_at),
        Column("purpose", lambda act: act.purpose),
        Column("channel", lambda act: act.event.channel if act.event else None),
        Column("sender", lambda act: act.event.sender if act.event else None),
        Column("answer", lambda act: act.event.answer if act.event else None),
        Column("way", lambda act: act.way),
        *(Column(name, _of_event(read)) for name, read in _ASKED.items()),
        Column("ledger_entry", lambda act: act.entry.event_id),
        Column("ledger_index", lambda act: act.entry.index),
        Column("company", lambda act: act.company or None),
        Column("company_code", lambda act: act.company_code or None),
        *(Column(f"blocked_{_HEADS.get(name, name)}", _blocked(name)) for name in BLOCKED),
        Column("in_words", in_words),
    ]


#: Called so wherever a person reads their data.
_HEADS = {"bands": "hours"}
#: What only an answer has: the text that was shown, and an end.
_ASKED: dict[str, Callable[[ConsentEvent], Cell]] = {
    "notice": lambda event: event.notice_version.notice.code if event.notice_version else None,
    "notice_version": lambda event: event.notice_version.number if event.notice_version else None,
    "notice_sha256": lambda event: event.notice_sha256,
    "ends_at": lambda event: event.expires_at,
}


def _of_event(read: Callable[[ConsentEvent], Cell]) -> Callable[[Told], Cell]:
    return lambda act: read(act.event) if act.event is not None else None


def _blocked(name: str) -> Callable[[Told], Cell]:
    """The codes of one list of what is blocked."""
    return lambda act: str(getattr(act.change, f"blocked_{name}")) if act.change is not None else None


def _said(act: Told, names: Mapping[str, str]) -> list[str]:
    """Company, purpose, channel and answer of an act, in the reader's language."""
    if act.event is not None:
        event = act.event
        purpose, channel = names.get(event.purpose, event.purpose), event.channel_label
        return [act.company, purpose, channel, answer_words(event)]
    if act.change is None:
        return [act.company or "–", *stop_words(act)]
    said = "; ".join(f"{label}: {words}" for label, words in blocked_words(act.change))
    return [_("Every company"), _("Do not disturb"), "–", said or _("Nothing is blocked now.")]


def receipt_pdf(event: ConsentEvent, *, proof: bytes, address: str, at: datetime) -> bytes:
    """One answer with its proof: as an attachment, and as a code to scan where it fits into one.

    ``address`` is of the page that checks receipts. Holds no address and no name: it is for the signed-in person.
    """
    names = purpose_names(at)
    notice = event.notice_version
    rows = [
        [_("Receipt"), event.receipt.reference],
        [_("Your answer"), answer_words(event)],
        [_("Purpose"), names.get(event.purpose, event.purpose)],
        [_("Channel"), event.channel_label],
        *([[_("Sender"), sender]] if (sender := sender_label(event)) else []),
        [_("When (IST)"), _time(event.occurred_at)],
        [_("How"), str(event.get_way_display())],
        [_("How we knew who it was"), event_identified_words(event)],
        [_("On behalf of"), event.fiduciary.name],
        [_("Ends"), _time(event.expires_at) if event.expires_at else _("When you withdraw it")],
        [_("What you were asked"), _asked(notice, event.notice_sha256) if notice else "–"],
        [_("Place in the ledger"), str(event.entry.index)],
    ]
    return _receipt(event.receipt.reference, rows, proof=proof, address=address, at=at)


def _asked(version: NoticeVersion, sha256: str) -> str:
    """The text that was asked, by the name that readers of the language know it under."""
    named = _("%(notice)s, version %(number)s") % {"notice": _(version.notice.title), "number": version.number}
    return f"{named}, SHA-256 {sha256}"


def stop_pdf(stop: Suppression, *, proof: bytes, address: str, at: datetime) -> bytes:
    """The same of a stop that stands alone: no answer of a person we know, an address where promotion has ended."""
    rows = [
        [_("Receipt"), stop.receipt.reference],
        [_("Your answer"), _("Stop all promotional messages")],
        *([[_("Sender"), stop.header]] if stop.header else []),
        [_("When (IST)"), _time(stop.suppressed_at)],
        [_("How"), str(stop.get_way_display())],
        [_("How we knew who it was"), stop_identified_words(stop)],
        [_("On behalf of"), stop.fiduciary.name],
        [_("Place in the ledger"), str(stop.entry.index)],
    ]
    return _receipt(stop.receipt.reference, rows, proof=proof, address=address, at=at)


def fact_pdf(fact: PreferenceChange | StandingEnded, *, proof: bytes, address: str, at: datetime) -> bytes:
    """The same of what a person blocks ("do not disturb"), and of a guardian who answers for somebody no more."""
    row: Any = fact  # a change of wishes that has no receipt has no file either
    if isinstance(fact, PreferenceChange):
        said = blocked_words(fact) or [(_("Your answer"), _("Nothing is blocked now."))]
        when = fact.changed_at
        how = [
            (_("How"), str(Way(row.entry.auditevent.facts["way"]).label)),
            (_("How we knew who it was"), change_identified_words(fact)),
        ]
    else:
        said = [(_("Your answer"), _("You no longer decide for this person"))]
        when, how = fact.ended_at, [(_("Ended by"), str(fact.get_by_display()))]
    rows = [
        [_("Receipt"), row.receipt.reference],
        *([label, words] for label, words in said),
        [_("When (IST)"), _time(when)],
        *([label, words] for label, words in how),
        [_("Place in the ledger"), str(row.entry.index)],
    ]
    return _receipt(row.receipt.reference, rows, proof=proof, address=address, at=at)


def _receipt(reference: str, rows: Sequence[Sequence[str]], *, proof: bytes, address: str, at: datetime) -> bytes:
    name = f"{reference}.tlog-proof"
    words = {
        "language": get_language() or "en",
        "title": _("Receipt for your choice"),
        "made": _("Made on %(time)s IST from the consent ledger of Onesetu.") % {"time": _time(at)},
        "rows": rows,
        "check": _("Check this receipt"),
        "address": address,
        "how": _("Anyone may check it here, with the file attached to this PDF (%(file)s):") % {"file": name},
        "whole": _("This code is the whole receipt file. Scan it and paste the text on the page above."),
        "too_long": _("The receipt file is too long for a code. It is attached to this PDF."),
        "file": name,
        "attached": _("Receipt file"),
    }
    pictures = {"proof": proof.decode(), "address": _code(address, error="m"), "code": _code(proof.decode())}
    return typst_pdf.typeset("consent_receipt.typ", words, pictures)


def _code(text: str, *, error: str = "l") -> str:
    """A QR code as SVG; empty for more than the largest code holds (2,953 bytes; ISO/IEC 18004, version 40)."""
    drawn = io.BytesIO()
    try:
        segno.make(text, error=error, micro=False).save(drawn, kind="svg", border=4, xmldecl=False)
    except segno.DataOverflowError:
        return ""
    return drawn.getvalue().decode()


def _time(instant: datetime) -> str:
    return formats.date_format(timezone.localtime(instant, clock.IST), "j M Y, H:i")


def _number(count: int) -> str:
    return formats.number_format(count, force_grouping=True)
