"""A certificate of destruction for staff to read: each fact with its label, in the order of the certificate."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from portal.kernel.core import date_format, ports
from portal.kernel.retention.choices import Cause
from portal.kernel.retention.run_steps import GROUNDS

LABELS = {
    "v": _("version of the certificate"),
    "run": _("run"),
    "cause": _("cause"),
    "because": _("because of"),
    "plan_sha256": _("SHA-256 of the plan"),
    "planned_at": _("planned"),
    "approval": _("approval"),
    "started_at": _("started"),
    "finished_at": _("finished"),
    "started_by": _("started by"),
    "recipients_told": _("recipients notified to erase"),
    "field_acts_sha256": _("SHA-256 of the acts on fields"),
    "steps": _("steps"),
    "what": _("what"),
    "class": _("kind of data"),
    "rule": _("version of the rule"),
    "rule_sha256": _("SHA-256 of the rule"),
    "began_before": _("began before"),
    "due": _("due"),
    "held": _("held"),
    "disputed": _("in dispute"),
    "stale": _("changed since"),
    "kept_by_law": _("kept by a rule"),
    "erased": _("erased"),
    "failure": _("failure"),
    "subjects_sha256": _("SHA-256 of the people"),
    "fields": _("fields"),
    "fields_erased": _("fields erased"),
    "kept": _("kept"),
    "provision": _("provision"),
    "last_day": _("last day"),
    "records": _("records"),
    "by": _("approved by"),
    "decision": _("decision"),
    "proposal": _("proposal"),
    "proposed_by": _("proposed by"),
    "approved_by": _("second person"),
    "approved_at": _("approved"),
    "shown_sha256": _("SHA-256 of what both saw"),
    "exports_ended": _("exports ended"),
    "copies_ended": _("copies ended"),
    "anonymity": _("anonymity"),
}


def table(certificate: Mapping[str, Any]) -> SafeString:
    """The facts as rows; what holds facts of its own holds them indented under a number."""
    rows = format_html_join("", "<div><dt>{}</dt><dd>{}</dd></div>", _rows(certificate))
    return format_html('<dl class="facts">{}</dl>', rows)


def _rows(facts: Mapping[str, Any]) -> Iterator[tuple[Any, Any]]:
    """What has no value is left out; an empty list says what it means that nothing is in it."""
    for name, value in facts.items():
        if value is None or value in ("", {}):
            continue
        label = LABELS.get(name, name.replace("_", " "))
        if isinstance(value, list) and value and isinstance(value[0], Mapping):
            for number, each in enumerate(value, start=1):
                yield f"{label} {number}", table(each)
        elif isinstance(value, Mapping):
            yield label, table(value)
        else:
            yield label, _said(name, value)


def _named(name: str) -> Mapping[str, Any] | None:
    """The words for the codes of a fact; None for a fact without codes."""
    if name == "what":
        return {str(eraser.name): eraser.label for eraser in ports.erasers}
    if name == "cause":
        return {str(cause): cause.label for cause in Cause}
    return {str(why): words for why, words in GROUNDS.items()} if name == "because" else None


def _said(name: str, value: Any) -> Any:
    if value == []:
        return _("none: nothing was due") if name == "steps" else _("none")
    if isinstance(value, list):
        return ", ".join(str(each) for each in value)
    named = _named(name)
    if named is not None:
        return named.get(value, value)
    if name.endswith("_at") or name == "began_before":
        return date_format.moment(datetime.fromisoformat(value))
    return date_format.day(date.fromisoformat(value)) if name == "last_day" else value
