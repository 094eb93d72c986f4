"""What somebody asked of a job, as its page says it."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from django.apps import apps
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.kernel.core import date_format, records
from portal.kernel.core.admin.labels import yes_or_no
from portal.kernel.jobs.list_writer import FORMATS

#: The names that kinds of jobs give to what was asked. One that is not here is said as it is, with blanks.
NAMES = {
    "announcement": gettext_lazy("Number of the announcement"),
    "at": gettext_lazy("As of"),
    "bundle": gettext_lazy("Number of the copy"),
    "drawn": gettext_lazy("Frozen samples"),
    "export": gettext_lazy("Number in the register of exports"),
    "file": gettext_lazy("File"),
    "filters": gettext_lazy("Filters"),
    "format": gettext_lazy("File format"),
    "from": gettext_lazy("First day"),
    "header": gettext_lazy("Sender"),
    "import": gettext_lazy("Import"),
    "lines": gettext_lazy("Lines"),
    "list": gettext_lazy("List"),
    "masked": gettext_lazy("Masked"),
    "sample": gettext_lazy("Size of the sample"),
    "seed": gettext_lazy("Seed of the sample"),
    "take_over": gettext_lazy("Take-over"),
    "to": gettext_lazy("Last day"),
    "until": gettext_lazy("Up to this moment of the last day"),
}
DAYS, MOMENTS = ("from", "to"), ("at", "until")


def in_words(parameters: Mapping[str, Any]) -> Iterator[str]:
    """A line for each thing that was asked, in the order of the form; what was left empty is left out."""
    for name, value in parameters.items():
        if value not in ("", None, [], {}):
            yield f"{NAMES.get(name, name.replace('_', ' ').capitalize())}: {_said(name, value)}"


def _said(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return yes_or_no(value=value)
    if isinstance(value, list):
        return ", ".join(_said(name, one) for one in value)
    if name == "format":
        return str(dict(FORMATS).get(value, value))
    if name == "list" and "." in str(value):
        return _list(str(value))
    if name in DAYS:
        return date_format.day(date.fromisoformat(value))
    return date_format.moment(datetime.fromisoformat(value)) if name in MOMENTS else str(value)


def _list(label: str) -> str:
    try:
        return records.list_name(apps.get_model(label))
    except LookupError:
        return _("%(list)s, which is no longer a list") % {"list": label}
