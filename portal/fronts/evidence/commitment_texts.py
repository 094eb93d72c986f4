"""What the policy map asks, in words: the questions of ``data/promises.toml`` and ``questions`` as sentences for people.

The pages and a pack's ``MISSING.csv`` show these; the codes of the questions stand in ``policy-map.json``.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.kernel.law.labels import title_of
from portal.kernel.people.labels import ACTS
from portal.kernel.registers.base.choices import ServiceKind
from portal.kernel.registers.base.labels import CATEGORIES

#: The questions of their own, each as what is so when it is answered with yes; ``%s`` is what it is asked about.
OF_THEIR_OWN: Mapping[str, Any] = {
    "access_reviewed": gettext_lazy("Role assignments were reviewed within the quarter"),
    "bases_stated": gettext_lazy("Each record of processing that we decide about, and each purpose, has its lawful basis"),
    "categories_have_purposes": gettext_lazy("A record of processing or a purpose names each kind of data that we store"),
    "category_recorded": gettext_lazy("A record of processing speaks of this kind of data: %s"),
    "contracts_confidential": gettext_lazy("Each contract has the clauses that are needed"),
    "datasets_leave_out": gettext_lazy("Each data set for models leaves out children and everyone who opted out"),
    "disclosures_have_papers": gettext_lazy("Each recipient of a disclosure is in the register of recipients and bound by a contract"),
    "findings_in_time": gettext_lazy("Findings of audits are written down, and none that is open is over its day"),
    "inventory": gettext_lazy("The data inventory agrees with the databases"),
    "kept_in_time": gettext_lazy("This was done, and never after the date of a law: %s"),
    "links_tried": gettext_lazy("Each link to another site that we show was tried"),
    "measures_fresh": gettext_lazy("Each security measure has evidence, none of it older than our own rule allows"),
    "no_sale": gettext_lazy("Each recipient has stated that it neither sells nor shares"),
    "nothing_learned": gettext_lazy("No recipient that trains models may get what is never learned from"),
    "officer_named": gettext_lazy("A Grievance Officer is appointed and named"),
    "orders_two_people": gettext_lazy("Each disclosure to an authority follows a decision of two people"),
    "orders_verified": gettext_lazy("Each order with a response has its officer, how it was verified and the SHA-256 of its document"),
    "orders_within": gettext_lazy("No order was answered with more than it asks for"),
    "products_with_records": gettext_lazy("Each live product has valid records of processing"),
    "purpose_recorded": gettext_lazy("A record of processing names this purpose: %s"),
    "purposes_named": gettext_lazy("Each purpose in force is in a published notice"),
    "purposes_recorded": gettext_lazy("Each purpose in force is in a record of processing"),
    "recipients_with_papers": gettext_lazy("No recipient lacks a document"),
    "service_checked": gettext_lazy("The vendor assessment of each recipient of these kinds found it suitable, and there is at least one: %s"),
    "staff_second_factor": gettext_lazy("Each member of staff who can sign in has a second factor"),
    "subject_recorded": gettext_lazy("A record of processing speaks of these people: %s"),
    "subjects_recorded": gettext_lazy("Records of processing speak of customers, visitors, recipients of messages and partners"),
    "transfers_covered": gettext_lazy("Each recipient abroad is covered by its transfer documents"),
}  # fmt: skip


def in_words(question: str) -> str:
    """One question as what has to be so. Raises KeyError for a word that no question begins with."""
    word, *rest = question.split()
    return _SAID[word](rest)


def _rows(words: Sequence[str]) -> str:
    label, moment, *rest = words
    said = {"list": _list(label), "date": _field(label, moment), "with": _filters(label, rest, besides=moment)}
    if any(word.startswith("within=") for word in rest):
        return _("“%(list)s” has an entry%(with)s whose date “%(date)s” is no older than our own rule allows") % said
    return _("“%(list)s” has an entry%(with)s with the date “%(date)s”") % said


def _held(words: Sequence[str]) -> str:
    label, *rest = words
    return _("“%(list)s” has an approved entry%(with)s that is in force") % {
        "list": _list(label),
        "with": _filters(label, rest),
    }


def _no(words: Sequence[str]) -> str:
    label, moment, *rest = words
    said = {"list": _list(label), "with": _filters(label, rest, besides=moment)}
    return _("“%(list)s” has no entry%(with)s") % said


def _event(words: Sequence[str]) -> str:
    act = words[0].replace(".", ", ").replace("_", " ")
    if len(words) > 1:
        return _("The audit events say “%(act)s”, no longer ago than our own rule allows") % {"act": act}
    return _("The audit events say “%(act)s”") % {"act": act}


def _acts(words: Sequence[str]) -> str:
    return _("Two people are needed for this: %(act)s") % {"act": ACTS.get(words[0], words[0])}


def _page(words: Sequence[str]) -> str:
    try:
        return _("There is the page %(page)s") % {"page": reverse(words[0])}
    except NoReverseMatch:
        return _("There is the page %(page)s") % {"page": words[0]}


def _runs(words: Sequence[str]) -> str:
    return _("This runs by itself: %(task)s") % {"task": words[0].rpartition(".")[2].replace("_", " ")}


def _is(words: Sequence[str]) -> str:
    said, known = str(OF_THEIR_OWN[words[0]]), {**dict(CATEGORIES), **dict(ServiceKind.choices)}
    about = ", ".join(str(known.get(word, word.replace("_", " "))) for word in words[1:])
    return said % about if "%s" in said else said


_SAID: Mapping[str, Callable[[Sequence[str]], str]] = {
    "rows": _rows,
    "held": _held,
    "no": _no,
    "event": _event,
    "acts": _acts,
    "page": _page,
    "runs": _runs,
    "is": _is,
}


def _list(label: str) -> str:
    try:
        plural = str(apps.get_model(label)._meta.verbose_name_plural)
    except LookupError:
        return label
    return plural[:1].upper() + plural[1:]


def _filters(label: str, words: Sequence[str], *, besides: str = "") -> str:
    """The filters of a question, each field by its name and its value by its word; that the date is there goes without saying."""
    said = [_filter(label, word) for word in words if word != f"{besides}__isnull=False" and "within=" not in word]
    return f" ({'; '.join(said)})" if said else ""


def _filter(label: str, word: str) -> str:
    name, _equals, value = word.partition("=")
    name, empty = name.removesuffix("__isnull"), name.endswith("__isnull")
    field = _field(label, name)
    if empty:
        return _("%(field)s: none") % {"field": field} if value == "True" else _("%(field)s: given") % {"field": field}
    if name == "key":  # of a rule of law or of our own
        return f"{field}: {title_of(value)}"
    column = _column(label, name)
    choices = {str(key): str(shown) for key, shown in getattr(column, "flatchoices", ())}
    shown = {"True": _("yes"), "False": _("no"), "": _("none")}.get(value, choices.get(value, value.replace("_", " ")))
    return f"{field}: {shown}"


def _field(label: str, name: str) -> str:
    return str(getattr(_column(label, name), "verbose_name", name.replace("_", " ")))


def _column(label: str, name: str) -> Any:
    """The field that a filter ends at, through relations; None where there is none."""
    try:
        at: type[Model] | None = apps.get_model(label)
    except LookupError:
        return None
    column: Any = None
    for part in name.split("__"):
        try:
            column = at._meta.get_field(part) if at is not None else None
        except FieldDoesNotExist:
            return None
        at = getattr(column, "related_model", None)
    return column
