"""What is said before a document is given: why it is asked for, who sees it, until when it is kept."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kyc.models import Case
from kyc.needs import requirements_of
from portal.core.clock import day
from portal.law.selectors import house_rule

#: By the need that a document meets.
WHY: dict[str, Any] = {
    "agreement": gettext_lazy("To know what we agreed upon."),
    "authorisation": gettext_lazy("To know that whoever signs may sign for you."),
    "bank": gettext_lazy("To pay to the right account, and to refund."),
    "education": gettext_lazy("To check what you told us when you applied."),
    "employment": gettext_lazy("To check what you told us when you applied."),
    "identity": gettext_lazy("To know that the person is who they say they are, and an adult."),
    "owners": gettext_lazy("To know who owns you in the end."),
    "pan": gettext_lazy("To know whose taxes and invoices these are, and to tell two customers of one name apart."),
}
REST = gettext_lazy("To know that the organisation exists under this name.")


@dataclass(frozen=True)
class Notice:
    """Three sentences, in the reader's language."""

    why: str
    who: str
    until: str


def notice_of(case: Case, kind: str, *, now: datetime) -> Notice:
    """The notice on one kind of document in this case; the time is the house rule's, in force on that day."""
    wanted = requirements_of(case, now=now)
    needs = [*wanted.own, *(need for needs in wanted.people.values() for need in needs)]
    name = next((need.name for need in needs if kind in need.kinds), "")
    years = house_rule("kyc.retention", on=day(now)).amount
    return Notice(
        why=str(WHY.get(name, REST)),
        who=_("Two trained people here. Every look is recorded, and you can ask who looked."),
        until=_("While you are with us and %(years)d years after. A file that we cannot use is destroyed at once.")
        % {"years": int(years or 0)},
    )
