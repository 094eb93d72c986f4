"""What of an incident is handed to an authority on paper: one report, or the whole file, as PDF."""

from collections.abc import Mapping
from datetime import datetime

from portal.kernel.core import date_format, typst_pdf
from portal.kernel.law import rules as law_rules
from portal.kernel.law.models import Clock, LegalRule
from portal.kernel.people.choices import Answer
from portal.kernel.registers.incidents import rules
from portal.kernel.registers.incidents.models import Incident, IncidentDecision, IncidentDuty
from portal.kernel.registers.incidents.selectors import incident_gaps, incidents

HEADS = ("What is owed", "Under", "Due", "State", "Reported", "In time")


def report_pdf(decision: IncidentDecision, *, at: datetime) -> bytes:
    """One report as both people saw it, with what proves it. Without ``decision.duty`` (the end of an incident) as well."""
    duty, incident = decision.duty, decision.incident
    terms = rules.terms(duty.code) if duty is not None else None
    rows = [
        ["Our reference", incident.reference],
        *(
            [["Report under", incident_gaps.source_words(terms, incident_gaps.source_rules())]]
            if terms is not None
            else []
        ),
        *([["Kind of report", kind]] if (kind := incident_gaps.kind_of_report(decision)) else []),
        ["What was decided", str(decision.get_step_display())],
        ["Agreed to by a second person", _answer(decision)],
        ["SHA-256 of what both saw", typst_pdf.in_groups(decision.shown_sha256)],
        *([["Why", decision.why]] if decision.why else []),
        *([["Sent or filed", date_format.in_both(decision.done_at)]] if decision.done_at else []),
        *(
            [["Known not to have arrived", date_format.in_both(decision.undelivered_at)]]
            if decision.undelivered_at
            else []
        ),
        *([["Number given by the authority", decision.filed_reference]] if decision.filed_reference else []),
        *(
            [["SHA-256 of its acknowledgement", typst_pdf.in_groups(decision.proof_sha256)]]
            if decision.proof_sha256
            else []
        ),
    ]
    if duty is not None:
        rows[2:2] = _clock_rows(duty)
    parts = [
        typst_pdf.part("The report", rows),
        typst_pdf.part("Its words", [[says, text] for says, text in decision.words], "No words."),
    ]
    title = terms.label if terms is not None else "Incident"
    return typst_pdf.paper(f"{title}: report of an incident", parts, at=at, footer=incident.reference)


def file_pdf(incident: Incident, *, at: datetime) -> bytes:
    """The whole file of an incident: facts, duties with their clocks, decisions, people found and told. Names nobody."""
    known = incidents.known(incident)
    labels = {code: kind.label for code, kind in rules.fact_kinds().items()}
    facts = [[labels[code], known[code]] for code in labels if code in known and not code.startswith("letter_")]
    duties = list(incident.duties.select_related("incident", "client"))
    clocks, sources = incidents.clocks_of(duties), incident_gaps.source_rules()
    parts = [
        typst_pdf.part("The incident", _incident_rows(incident, known)),
        typst_pdf.part("What is known", facts, "Nothing was entered yet."),
        typst_pdf.part("What is not known yet", _pending_rows(incident), "Nothing is open."),
        typst_pdf.part(
            "Who has to be notified",
            [_duty_row(duty, clocks.get(duty.owner), sources) for duty in duties],
            heads=HEADS,
        ),
        typst_pdf.part("Decisions of two people", _decision_rows(incident), "None yet."),
        typst_pdf.part("Searches for affected people", _search_rows(incident), "None yet."),
    ]
    return typst_pdf.paper(f"Incident {incident.reference}", parts, at=at, footer=incident.reference)


def _incident_rows(incident: Incident, known: Mapping[str, str]) -> list[list[str]]:
    yes = {True: "Yes", False: "No"}
    return [
        ["In one line", incident.headline],
        ["When", known["timing"]],
        ["Entered", date_format.in_both(incident.opened_at)],
        ["Closed", date_format.in_both(incident.closed_at) if incident.closed_at else "Open"],
        ["Our role", str(incident.get_role_display())],
        ["Laws of the people", ", ".join(incident.regimes)],
        ["Cyber incident", yes[incident.is_cyber]],
        ["Telecom network or service", yes[incident.is_telecom]],
        ["Personal data", yes[incident.has_personal_data]],
        ["Risk to people", str(incident.get_risk_display())],
        ["Affected people", known["people_told"]],
    ]


def _clock_rows(duty: IncidentDuty) -> list[list[str]]:
    clock_of = incidents.clocks_of([duty]).get(duty.owner)
    return [["Due", date_format.in_both(clock_of.due_at)], ["Rule", clock_of.rule_key]] if clock_of is not None else []


def _pending_rows(incident: Incident) -> list[list[str]]:
    rows = incident_gaps.pending_rows(incident).values()
    return [[incident_gaps.label_of(row.code), f"Will follow by {date_format.in_both(row.due_at)}"] for row in rows]


def _duty_row(duty: IncidentDuty, clock_of: Clock | None, sources: Mapping[str, LegalRule] | None = None) -> list[str]:
    terms = rules.terms(duty.code)
    state = str(duty.get_not_due_because_display() if duty.not_due_because else duty.get_state_display())
    in_time = "–"
    if duty.reported_at is not None and clock_of is not None:
        in_time = "No" if law_rules.is_late(clock_of.due_at, duty.reported_at) else "Yes"
    due, reported = (date_format.in_both(at) for at in (clock_of.due_at if clock_of else None, duty.reported_at))
    source = incident_gaps.source_words(terms, incident_gaps.source_rules() if sources is None else sources)
    return [str(duty), source, due, state, reported, in_time]


def _decision_rows(incident: Incident) -> list[list[str]]:
    rows = incident.decisions.select_related("duty").order_by("pk")
    return [
        [
            f"{rules.terms(row.duty.code).label if row.duty else 'The incident'}: {row.get_step_display()}",
            "\n".join(filter(None, _course_of(row))),
        ]
        for row in rows
    ]


def _course_of(decision: IncidentDecision) -> list[str]:
    done, lost = decision.done_at, decision.undelivered_at
    return [
        _answer(decision),
        decision.why,
        date_format.in_both(done) if done else "",
        f"Known not to have arrived: {date_format.in_both(lost)}" if lost else "",
        decision.filed_reference,
    ]


def _search_rows(incident: Incident) -> list[list[str]]:
    return [
        [
            f"{row.source} {row.of}".strip(),
            f"{date_format.moment(row.asked_at)}: {row.found} found, {row.added} of them new, {row.unknown} "
            "unknown to us"
            if row.given_up_at is None
            else f"{date_format.moment(row.asked_at)}: cancelled {date_format.moment(row.given_up_at)}: {row.given_up_because}",
        ]
        for row in incident.searches.order_by("pk")
    ]


def _answer(decision: IncidentDecision) -> str:
    if decision.answer == Answer.PENDING:
        return "Not yet"
    return f"{decision.get_answer_display()}, {date_format.in_both(decision.checked_at)}"
