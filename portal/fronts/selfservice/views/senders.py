"""What a client sees of its own senders, templates and recording settings. Read only."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from portal.kernel.core import clock
from portal.kernel.people.choices import Answer
from portal.kernel.people.customer_access import customer_required
from portal.kernel.registers.base.choices import SenderKind, TemplateState
from portal.kernel.registers.base.models.dated_entry import DatedEntry
from portal.kernel.registers.senders.models.senders import Sender
from portal.kernel.registers.senders.models.templates import CATEGORIES, ContentTemplate
from portal.kernel.registers.senders.selectors import senders as sender_selectors

A_PAGE = 20


@dataclass(frozen=True)
class Status:
    """Where an entry stands: a kind of tag and its words."""

    kind: str
    words: str


def status_of(entry: DatedEntry, *, at: datetime) -> Status:
    """One status for each entry: the first thing that keeps it from being used."""
    if entry.answer == Answer.PENDING:
        return Status("info", gettext("Waiting for our second check"))
    if entry.answer == Answer.REFUSED:
        return Status("err", gettext("Refused"))
    if entry.ends_at is not None and entry.ends_at <= at:
        return Status("none", gettext("Ended on %(date)s") % {"date": _day(entry.ends_at)})
    if isinstance(entry, ContentTemplate) and entry.state != TemplateState.APPROVED:
        return Status("warn", str(TemplateState(entry.state).label))
    if entry.starts_at > at:
        return Status("info", gettext("Usable from %(date)s") % {"date": _day(entry.starts_at)})
    return Status("ok", gettext("In use"))


def _day(at: datetime) -> str:
    return date_format(localtime(at, clock.IST), "j F Y")


def carried(sender: Sender) -> str:
    """The categories that a sender may carry, in the reader's language."""
    return ", ".join(str(label) for category, label in CATEGORIES if category in sender.carries)


@customer_required
@require_safe
def senders(request: HttpRequest) -> HttpResponse:
    """The senders, the recording settings and the templates of the fiduciaries that the person acts for."""
    now = clock.now()
    fiduciaries = list(sender_selectors.fiduciaries_of(request.user, at=now))
    own = Sender.objects.filter(fiduciary__in=fiduciaries).order_by("kind", "value", "pk").select_related("fiduciary")
    rows = [(sender, carried(sender), status_of(sender, at=now)) for sender in own]
    texts = ContentTemplate.objects.filter(fiduciary__in=fiduciaries).order_by("-made_at", "-pk")
    page = Paginator(texts.prefetch_related("senders"), A_PAGE).get_page(request.GET.get("page"))
    context: dict[str, Any] = {
        "fiduciaries": [(fiduciary, sender_selectors.entity_of(fiduciary, at=now)) for fiduciary in fiduciaries],
        "senders": rows,
        "recording": [row for row in rows if row[0].kind == SenderKind.VOICE_NUMBER and row[2].kind == "ok"],
        "templates": [(template, status_of(template, at=now)) for template in page.object_list],
        "page": page,
    }
    return render(request, "selfservice/senders/list.html", context)
