"""How the pages of incidents say what is owed, and hand out papers."""

from datetime import datetime

from django.http import HttpResponse
from django.utils.translation import gettext

from portal.core import moments
from portal.registers.models import IncidentDuty
from portal.registers.rules import incidents as rules


def label_of(duty: IncidentDuty) -> str:
    whose = f" ({duty.client.name})" if duty.client is not None else ""
    return f"{rules.duties()[duty.code].label}{whose}"


def in_both(at: datetime) -> str:
    """An instant in India's time and in UTC: authorities read either."""
    return f"{moments.moment(at)} ({at:%Y-%m-%d %H:%M} UTC)"


def worded(words: list[list[str]]) -> str:
    return "\n\n".join(f"{says}:\n{text or gettext('(not told yet)')}" for says, text in words)


def pdf(content: bytes, name: str) -> HttpResponse:
    answer = HttpResponse(content, content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="{name}.pdf"'
    return answer
