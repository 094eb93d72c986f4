"""The answers of a grievance on the page on which they are checked before they are sent."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from grievances.base import labels
from grievances.base.models.draft import TicketDraft
from grievances.tickets import category_details
from grievances.tickets.forms import public
from grievances.tickets.services import thread_access


@dataclass(frozen=True)
class Row:
    """One answer on the check page."""

    label: object
    value: object
    change_url: str = ""


def rows(draft: TicketDraft, answers: Mapping[str, str], *, page: Callable[[str], str]) -> list[Row]:
    """Every answer of a draft with the way back to its page; ``page`` gives a page's address."""

    def change(name: str) -> str:
        return f"{page(name)}?change=1"

    found = [
        Row(_("Who is it for?"), labels.FOR_WHOM[answers["for_whom"]], change("who")),
    ]
    if public.needs_organisation(answers["for_whom"]):
        found.append(Row(_("Which organisation is it for?"), answers.get("organisation"), change("organisation")))
    found.append(Row(_("What is it about?"), labels.KINDS[answers["kind"]], change("about")))
    where = "message" if public.needs_message_details(answers["kind"]) else "details"
    found += [
        Row(label, said, change(where))
        for label, said in category_details.shown(answers, names=category_details.names_of(answers["kind"]))
    ]
    files = "\n".join(
        f"{kept.name} ({kept.kind}, {filesizeformat(kept.size)})" for kept in thread_access.draft_files(draft)
    )
    return [
        *found,
        Row(_("What happened?"), answers["what_happened"], change("what-happened")),
        Row(_("What would put it right?"), answers.get("wanted"), change("what-happened")),
        Row(_("Files"), files, change("files")),
        Row(_("Email address"), answers.get("email"), change("contact")),
        Row(_("Mobile number"), answers.get("phone"), change("contact")),
        Row(_("Language of our reply"), dict(public.LANGUAGES)[answers["language"]], change("contact")),
    ]
