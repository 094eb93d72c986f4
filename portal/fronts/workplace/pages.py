"""The pages of the workplace by name, and the menu of each role. Which lists a page has, the models say (``core.records``)."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.core.checks import CheckMessage, Error
from django.utils.translation import gettext_lazy as _

from portal.kernel.core import ports, records

#: Every page by its code, in the order of the directory.
PAGES: dict[str, Any] = {
    "grievances": _("Grievances"),
    "requests": _("Rights requests"),
    "desk": _("Review desk"),
    "cases": _("KYC cases"),
    "screening": _("Screening"),
    "qa": _("QA"),
    "people": _("People"),
    "consent": _("Consent"),
    "messages": _("Messages"),
    "policies": _("Policies"),
    "incidents": _("Incidents"),
    "registers": _("Registers"),
    "retention": _("Retention"),
    "senders": _("Senders"),
    "law": _("Deadlines and law"),
    "staff": _("Staff"),
    "evidence": _("Evidence"),
    "audit": _("Audit trail"),
    "operations": _("Operations"),
}
_ORDER = {code: number for number, code in enumerate(PAGES)}


@dataclass(frozen=True)
class Entry:
    """One line of a role's menu. ``parts`` are pages by code; single lists (``room.Model``) and staff pages (name of the
    address) where a role works on these alone. One page unfolds its first tabs, several parts unfold as they are.
    ``opens`` is the queue at which the entry opens.
    """

    label: Any
    parts: tuple[str, ...]
    opens: str = ""


def _page(code: str, *, opens: str = "") -> Entry:
    """An entry that is one page and has its name."""
    return Entry(PAGES[code], (code,), opens)


#: The menu of each role below its first page: at most seven entries of at most four parts. Of several roles a login has the
#: union in this order, as far as it fits; everything else is in the directory.
MENUS: dict[str, tuple[Entry, ...]] = {
    "data_protection_officer": (
        Entry(_("Casework"), ("grievances", "requests")),
        Entry(PAGES["people"], ("people", "consent", "messages")),
        Entry(_("KYC"), ("cases", "screening", "qa")),
        _page("incidents"),
        Entry(PAGES["registers"], ("registers", "retention", "senders")),
        Entry(_("Policies and law"), ("policies", "law")),
        Entry(PAGES["evidence"], ("evidence", "audit", "staff", "operations")),
    ),
    "administrator": (
        _page("staff"),
        _page("people"),
        Entry(PAGES["senders"], ("senders", "messages")),
        _page("incidents"),
        Entry(PAGES["registers"], ("registers", "retention")),
        Entry(_("Policies and law"), ("policies", "law")),
        Entry(PAGES["operations"], ("operations", "audit")),
    ),
    "grievance_officer": (
        _page("grievances"),
        _page("requests"),
        Entry(PAGES["people"], ("people", "consent")),
        _page("messages"),
        _page("incidents"),
        _page("retention"),
        _page("law"),
    ),
    "kyc_checker": (
        _page("desk", opens="kyc-second"),
        _page("cases"),
        _page("screening"),
        _page("qa"),
        _page("people"),
        _page("law"),
    ),
    "kyc_maker": (
        _page("desk"),
        _page("cases"),
        _page("screening"),
        _page("qa"),
        _page("people"),
        _page("law"),
    ),
    "support": (
        _page("people"),
        _page("grievances"),
        _page("consent"),
        _page("cases"),
        _page("messages"),
        _page("policies"),
    ),
    "auditor": (
        Entry(_("Controls"), ("evidence:controls", "registers.AuditFinding", "registers.Measure")),
        Entry(_("Policy map"), ("evidence:promises", "consent.NoticeVersion")),
        Entry(_("Requests"), ("evidence:requests", "evidence:samples")),
        Entry(_("Evidence packs"), ("evidence:packs", "evidence:reports", "evidence:inventory")),
        Entry(_("Casework and consent"), ("grievances", "requests", "cases", "consent")),
        Entry(PAGES["registers"], ("registers", "retention", "law")),
        Entry(PAGES["audit"], ("audit.AuditEvent", "admin:ledger", "jobs.ListExport")),
    ),
}


@dataclass(frozen=True)
class FirstPage:
    """What a role finds on its first page before it chooses otherwise: deadlines whose owners begin so, and charts by code.

    ``watches``: it sees what the law demands also where a colleague works on it, and may look at everyone's work.
    """

    owners: tuple[str, ...] = ()
    #: Beginnings of the labels of what it takes from a queue.
    takes: tuple[str, ...] = ()
    charts: tuple[str, ...] = ()
    watches: bool = False
    sees_everyone: bool = False
    is_approvals_first: bool = False
    has_caller_box: bool = False


FIRST_PAGES: dict[str, FirstPage] = {
    "data_protection_officer": FirstPage(
        ("grievances.", "registers.", "retention.", "consent."),
        takes=("registers.",),
        charts=("on-time", "opt-outs"),
        watches=True,
        sees_everyone=True,
    ),
    "administrator": FirstPage(
        ("registers.incident:", "registers.authorityorder:", "retention.run"),
        takes=("registers.",),
        charts=("deliveries",),
        sees_everyone=True,
    ),
    "grievance_officer": FirstPage(("grievances.", "retention.child"), ("grievances.",), ("grievances", "requests")),
    "kyc_checker": FirstPage(("kyc.",), ("kyc.",), ("kyc",), is_approvals_first=True),
    "kyc_maker": FirstPage(("kyc.",), ("kyc.",), ("kyc",)),
    "support": FirstPage(has_caller_box=True),
}


def first_page(roles: Collection[str]) -> FirstPage:
    """The first page of a login with these roles: of several all of it; approvals come first where no role has them later."""
    held = [page for role, page in FIRST_PAGES.items() if role in roles]
    return FirstPage(
        owners=tuple(dict.fromkeys(start for page in held for start in page.owners)),
        takes=tuple(dict.fromkeys(start for page in held for start in page.takes)),
        charts=tuple(dict.fromkeys(code for page in held for code in page.charts)),
        watches=any(page.watches for page in held),
        sees_everyone=any(page.sees_everyone for page in held),
        is_approvals_first=bool(held) and all(page.is_approvals_first for page in held),
        has_caller_box=any(page.has_caller_box for page in held),
    )


def position(place: records.Place) -> tuple[int, bool, int]:
    """Where a place comes among all: by page, in it tabs by their order and then the rest. Pages that nobody named come last."""
    return _ORDER.get(place.page, len(_ORDER)), place.shown is not records.Shown.TAB, place.order


def place_of(model: str) -> tuple[int, bool, int]:
    """Where the list of ``room.Model`` comes among all; a model without a place comes last."""
    found = records.by_label().get(model)
    return position(found.place) if found is not None and found.place is not None else (len(_ORDER), True, 0)


def name_of(number: int) -> Any:
    """The name of the page with this number."""
    names = list(PAGES.values())
    return names[number] if number < len(names) else _("More")


def check(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """workplace.E001: a place on a page that has no name, or a list of staff without a place."""
    placed = {model._meta.label: record.place for model, record in records.declared().items()}
    placed |= {page.url_name: page.place for page in ports.staff_pages}
    listed = [model._meta.label for model in apps.get_models() if admin.site.is_registered(model)]
    return [
        *(
            Error(f"{label} has a place on {place.page}, a page without a name.", id="workplace.E001")
            for label, place in placed.items()
            if place is not None and place.page not in PAGES
        ),
        *(
            Error(f"The list of {label} has no place: declare one at its model.", id="workplace.E001")
            for label in listed
            if placed.get(label) is None
        ),
    ]
