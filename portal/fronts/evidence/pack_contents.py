"""What stands in an evidence pack beside registers and proofs: reports, controls, letters, the summary, and what is missing."""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import rfc8785
from django.db import DEFAULT_DB_ALIAS
from django.utils import translation

from portal.fronts.evidence import controls, legal_duties, policy_commitments
from portal.fronts.evidence.commitment_texts import in_words
from portal.fronts.evidence.control_choices import MEANINGS, WORDS, ControlState
from portal.fronts.evidence.controls import Control
from portal.fronts.evidence.models import MonthlyReport
from portal.fronts.evidence.period import Period
from portal.fronts.evidence.policy_commitments import Map
from portal.fronts.evidence.reports import REPORTS
from portal.fronts.evidence.reports.tables import Table, csv_of
from portal.fronts.evidence.verdicts import Shown, State
from portal.kernel.core import answers, clock, date_format, typst_pdf
from portal.kernel.jobs.export_columns import escape_formula
from portal.kernel.law.date_arithmetic import add_months
from portal.kernel.law.models import Clock
from portal.kernel.ledger import program
from portal.kernel.outbox.choices import WEBHOOK
from portal.kernel.outbox.models import Message, TemplateVersion
from portal.kernel.people.signin_limits import number
from portal.kernel.registers.entries.services import register_tasks

#: Codes that the first page names of one kind; the file names all.
NAMED = 40


@dataclass(frozen=True)
class Missing:
    """One thing that a complete pack would hold. ``kind`` and ``name`` are codes, ``why`` a sentence."""

    kind: str
    name: str
    why: str

    @classmethod
    def because(cls, kind: str, name: str, code: str) -> "Missing":
        """For one of the reasons that ``verify.py`` admits."""
        return cls(kind, name, program.reasons()[kind][code])


@dataclass(frozen=True)
class Asked:
    """The policy map and the controls as the rows had them at the end of the period."""

    found: Map
    parts: dict[str, list[Control]]


def asked(period: Period, *, using: str = DEFAULT_DB_ALIAS) -> Asked:
    """Ask the rows once for both lists. ``using``: the view in which measures and clocks are read."""
    with translation.override("en"):
        found = policy_commitments.policy_map(now=period.end, start=period.start)
        parts = {
            "policy": controls.of_map(found, now=period.end),
            "measures": controls.of_measures(now=period.end, using=using),
            "law": legal_duties.of_law(Clock.objects.using(using), period),
        }
    return Asked(found, parts)


def policy_map(rows: Asked) -> bytes:
    """The promises as JSON."""
    return _json(policy_commitments.as_plain(rows.found))


def control_list(rows: Asked, period: Period) -> bytes:
    """The controls as JSON, with the period and where each result can be derived again. The promises are in the policy map:
    without the days of what is looked at on the day itself, which are in no pack.
    """
    plain = controls.as_plain({name: found for name, found in rows.parts.items() if name != "policy"})
    months = number(register_tasks.EVIDENCE, now=period.end, otherwise=12)
    about = {"start": clock.stamp(period.start), "end": clock.stamp(period.end), "evidence_months": months}
    with translation.override("en"):
        states = {str(state): str(means) for state, means in MEANINGS.items()}
    return _json({"about": about, "states": states, **plain})


def _json(body: Any) -> bytes:
    return json.dumps(body, ensure_ascii=False, indent=1, sort_keys=True).encode()


def months_of(period: Period) -> Iterator[Period]:
    """The whole months of the period."""
    first = period.first_day.replace(day=1)
    if first < period.first_day:
        first = add_months(first, 1)
    while (following := add_months(first, 1)) <= period.last_day + timedelta(days=1):
        if period.until is None or following <= period.last_day:
            yield Period(first, following - timedelta(days=1))
        first = following


def report_files(period: Period) -> Iterator[tuple[str, bytes]]:
    """Each kept report of each whole month, as the JSON whose hash the log states and as CSV. ``monthly_reports.keep`` has made them."""
    months = [month.first_day for month in months_of(period)]
    for row in MonthlyReport.objects.filter(first_day__in=months).order_by("first_day", "code"):
        name, body = f"reports/{row.first_day:%Y-%m}-{row.code}", rfc8785.dumps(row.tables)
        yield f"{name}.json", body
        yield f"{name}.csv", csv_of([Table(**table) for table in json.loads(body)])


def report_gaps(period: Period) -> list[Missing]:
    """The reports that are not in the pack: those of days that make no whole month."""
    months = list(months_of(period))
    kept = set(
        MonthlyReport.objects.filter(first_day__in=[month.first_day for month in months]).values_list(
            "first_day", "code"
        )
    )
    gaps = [
        Missing.because("report", f"{month.first_day:%Y-%m} {code}", "failed")
        for month in months
        for code in REPORTS
        if (month.first_day, code) not in kept
    ]
    whole = sum((month.last_day - month.first_day).days + 1 for month in months)
    if whole < (period.last_day - period.first_day).days + 1:
        gaps.append(Missing.because("report", "part of a month", "part"))
    return gaps


def letters(period: Period) -> tuple[list[tuple[str, bytes]], list[Missing]]:
    """The text of every letter that was sent in the period, as it was then, with its place-holders and nobody's data; and the
    kinds of notifications to programs of recipients, which have no text.
    """
    sent = Message.objects.filter(sent_at__gte=period.start, sent_at__lt=period.end).order_by()
    notified = sent.filter(channel=WEBHOOK, template_sha256="")
    written = sent.exclude(channel=WEBHOOK, template_sha256="")
    wanted = sorted(set(written.values_list("kind", "template_language", "template_sha256")))
    kept = {
        (row.kind, row.language, row.sha256): row.source
        for row in TemplateVersion.objects.filter(sha256__in=[sha256 for _k, _l, sha256 in wanted])
    }
    kinds = sorted(set(notified.values_list("kind", flat=True)))
    files, missing = [], [Missing.because("recipient notification", kind, "webhook") for kind in kinds]
    for kind, language, sha256 in wanted:
        name = f"{kind}.{language}.{sha256[:12]}"
        if (kind, language, sha256) in kept:
            files.append((f"letters/{name}.txt", kept[kind, language, sha256].encode()))
        else:
            missing.append(Missing.because("letter", name, "lost"))
    return files, missing


def verifier_page() -> tuple[list[tuple[str, bytes]], list[Missing]]:
    """The page that checks packs and receipts in a browser with the network off. No key stands in it: an auditor brings their own."""
    page = answers.verifier_page.ask()
    if page:
        return [("verify.html", page)], []
    return [], [Missing.because("program", "verify.html", "page")]


def unshown(rows: Asked) -> list[Missing]:
    """Promises and controls without evidence at the end of the period."""
    not_shown = [
        Missing("promise", row.promise.key, _why(row)) for row in rows.found.rows if row.state == State.NOT_SHOWN
    ]
    names = {"measures": "measure", "law": "duty of law"}
    return not_shown + [
        Missing(names[part], control.code, _lacking(control))
        for part, found in rows.parts.items()
        if part in names
        for control in found
        if control.state in {ControlState.MISSING, ControlState.MISSED}
    ]


def _lacking(control: Control) -> str:
    with translation.override("en"):
        counted = f"{control.word}." if control.state == ControlState.MISSED else ""
    return " ".join(filter(None, [counted, control.note])) or "There is no evidence of it."


def _why(row: Shown) -> str:
    """What a promise lacks, in English whoever asks for the pack: the same pack has the same bytes."""
    with translation.override("en"):
        found = " ".join(f"{words}: {one.broken} of {one.population}." for words, one in row.searched if one.broken)
        lacking = " ".join(f"{in_words(question)}." for question, _seen in row.lacking)
    said = " ".join(filter(None, [row.why, found, f"Missing or too old: {lacking}" if lacking else ""]))
    return said or "There is no evidence of it."


def missing_file(missing: Sequence[Missing]) -> bytes:
    """All that is missing, as CSV (UTF-8, CRLF)."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["kind", "name", "why"])
    writer.writerows([escape_formula(cell) for cell in (row.kind, row.name, row.why)] for row in missing)
    return text.getvalue().encode()


def summary(
    period: Period,
    *,
    facts: Sequence[tuple[str, str]],
    rows: Asked,
    registers: dict[str, int],
    missing: Sequence[Missing],
) -> bytes:
    """The summary as PDF: what is missing by name on the first page, then what the pack holds. The same words, the same bytes."""
    days = date_format.days(period.first_day, period.last_day)
    with translation.override("en"):
        parts = [
            typst_pdf.part("The pack", [list(fact) for fact in facts]),
            typst_pdf.part("What is missing", _by_kind(missing), "Nothing.", heads=["Kind", "How many", "Which"]),
            typst_pdf.part("Controls", _controls(rows), heads=["Controls", "State", "How many"]),
            typst_pdf.part(
                "Registers", [[name, str(count)] for name, count in registers.items()], heads=["Register", "Rows"]
            ),
        ]
        words = {
            "title": f"Evidence pack {days}",
            "made": f"Controls as of the end of the period, {date_format.in_both(period.end)}. States in the registers are as of the "
            "making of the pack, whose instant its leaf in the ledger names.",
            "footer": f"Onesetu · Evidence pack {days}",
            "parts": parts,
        }
        return typst_pdf.typeset("paper.typ", words)


def _by_kind(missing: Sequence[Missing]) -> list[list[str]]:
    kinds: dict[str, list[str]] = {}
    for row in missing:
        kinds.setdefault(row.kind, []).append(row.name)
    return [[kind, str(len(names)), _some(names)] for kind, names in sorted(kinds.items(), key=_weight)]


def _weight(item: tuple[str, list[str]]) -> tuple[bool, str]:
    """What the pack lacks before what it shows to be lacking: a long list of duties hides no lost letter."""
    return item[0] in {"promise", "measure", "duty of law"}, item[0]


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMED} more, in MISSING.csv" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more


def _controls(rows: Asked) -> list[list[str]]:
    words = {"policy": "Promises of the policy", "measures": "Security measures", "law": "Duties of law"}
    return [
        [words[name], str(WORDS[ControlState(state)]), str(count)]
        for name, found in rows.parts.items()
        for state, count in controls.counted(found).items()
    ]


def made_of(period: Period) -> list[tuple[str, str]]:
    """The period in words, as the first lines of the summary."""
    until = [] if period.until is None else [("Complete until", clock.stamp(period.until))]
    return [("From", period.first_day.isoformat()), ("To", f"{period.last_day.isoformat()}, included"), *until]
