"""What an auditor's login may open and send: pages that show its days only, its own requests, lists taken away.

Asked before every page of the admin (``StaffSite.admin_view``). A page that is not named here is shut to such a login, so
that a new one cannot show it more than its scope; each page that it reads is an audit event.
"""

from typing import Any

from django.core.exceptions import RequestDataTooBig, TooManyFilesSent
from django.db import transaction
from django.http import HttpRequest
from django.urls import Resolver404, resolve
from django.utils.translation import gettext as _

from portal.kernel.audit import services as audit
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.core import answers
from portal.kernel.core.errors import NotAllowed
from portal.kernel.core.requests import actor_of

#: Ends of the names of a list, a record, a list to take away: their rows come from ``StaffModelAdmin.get_queryset``.
ROWS = ("_changelist", "_change", "_export", "_do", "_do_one")
#: The rest, by name: pages without rows of a day, and pages that ask ``access`` for the days themselves.
PAGES = frozenset(
    {
        "index",
        "app_list",
        "approval",
        "approvals",
        "go",
        "help",
        "jsi18n",
        "keys",
        "ledger",
        "ledger-verify",
        "password_change_done",
        "queues",
        "system",
        "view-remove",
        "view-save",
        "consent_consentevent_as-of",
        "consent_noticeversion_changes",
        "consent_noticeversion_languages",
        "consent_noticeversion_languages_one",
        "grievances_rightsrequest_log",
        "grievances_ticket_write",
        "jobs_job_result",
        "kyc_document_keys",
        "registers_incident_file",
        "registers_incidentdecision_paper",
        "retention_retentionrule_keep-or-erase",
    }
)
#: Every page of the auditors' room is theirs; each asks for the days itself.
ROOM = "evidence"
#: What may be sent: a search, a list or a proof to take away, a view to keep, a check of the ledger.
SENT = frozenset(
    {
        "go",
        "keys",
        "ledger-verify",
        "view-remove",
        "view-save",
        "consent_announcement_do",
        "consent_announcement_do_one",
        "consent_consentevent_as-of",
        "grievances_rightsrequest_log",
        "jobs_job_do_one",  # to take an export back; other acts on jobs need what no auditor has
        "kyc_document_keys",
    }
)
#: What is posted only so that it stands in no address: the box "Go to", the file of one person, a person's past.
ASKED = frozenset({"admin:go", "admin:consent_consentevent_as-of", "evidence:person"})
#: A helper of a page, which shows nothing by itself.
SILENT = frozenset({"jsi18n"})


def require(request: HttpRequest) -> None:
    """Raises NotAllowed (403) for a page or a sending that an auditor's login has no business with."""
    if answers.reading_scope.ask(request.user) is None:
        return
    match = request.resolver_match
    name = (match.url_name if match else None) or ""
    in_room = match is not None and match.app_name == ROOM
    if not (in_room or name in PAGES or name.endswith(ROWS)):
        raise NotAllowed(_("An auditor's login does not open this page: it shows more than the days of its scope."))
    if request.method in {"GET", "HEAD"} or in_room or name in SENT or _is_reading(request, name):
        return
    raise NotAllowed(_("An auditor's login changes nothing."))


def _is_reading(request: HttpRequest, name: str) -> bool:
    """A sending that asks for rows: a search of a list, a list to take away, the reason for opening a record."""
    if name.endswith("_export"):
        return True
    if name.endswith("_changelist"):
        return "find" in request.POST or request.POST.get("action") == "export-chosen"
    return name.endswith("_change") and "open_record" in request.POST


def only_asks(request: HttpRequest) -> bool:
    """Whether what staff post only asks to read: then read-only mode takes it (``portal.kernel.core.read_only``).

    Told by the address and the fields, before the session is read. The view asks by the same fields.
    """
    try:
        match, sent = resolve(request.path_info), request.POST
    except (Resolver404, RequestDataTooBig, TooManyFilesSent, OSError):
        return False
    if match.view_name in ASKED:
        return True
    if match.namespace != "admin":
        return False
    name, acts = match.url_name or "", {"action", "_save"} & set(sent)
    asks = ("find" in sent and name.endswith("_changelist")) or ("open_record" in sent and name.endswith("_change"))
    return asks and not acts


def note(request: HttpRequest, status: int) -> None:
    """Write down that an auditor's login was shown a page. What it was filtered by lies in the part that is erased."""
    match = request.resolver_match
    name = (match.view_name if match else "") or ""
    if status >= 300 or (match and match.url_name in SILENT) or answers.reading_scope.ask(request.user) is None:
        return
    with transaction.atomic():
        audit.record(
            AuditKind.ADMIN_PAGE_READ,
            actor=actor_of(request),
            about=f"page:{name}",
            facts={"page": name, "object": _object_of(match.kwargs if match else {}, match.args if match else ())},
            personal={"query": request.META.get("QUERY_STRING", "")},
        )


def _object_of(named: dict[str, Any], placed: tuple[Any, ...]) -> str | None:
    """The number or reference in the address; nothing for a list."""
    values = [str(value) for value in (*named.values(), *placed) if value is not None]
    return "/".join(values)[:120] or None
