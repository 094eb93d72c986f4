"""How the pages of incidents say what is owed, and hand out papers."""

from django.http import HttpResponse
from django.utils.translation import gettext


def worded(words: list[list[str]]) -> str:
    return "\n\n".join(f"{says}:\n{text or gettext('(not told yet)')}" for says, text in words)


def pdf(content: bytes, name: str) -> HttpResponse:
    answer = HttpResponse(content, content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="{name}.pdf"'
    return answer
