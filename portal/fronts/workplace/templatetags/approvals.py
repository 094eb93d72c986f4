"""A proposal on its own page: what would change, and the second person's two buttons."""

from dataclasses import dataclass
from typing import Any

from django import forms, template
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from portal.fronts.workplace import approvals
from portal.kernel.core import access, clock
from portal.kernel.core.admin.actions import ServiceAction
from portal.kernel.people.admin.proposals import Ways
from portal.kernel.people.labels import ActNames
from portal.kernel.people.models import FourEyesModel
from portal.kernel.registers.models import Attachment

register = template.Library()


@dataclass(frozen=True)
class Approval:
    """An open proposal as its page shows it. ``why_not`` says why this login does not answer it; then there are no buttons."""

    act: str
    maker: str
    made_at: Any
    age: str
    differences: list[tuple[Any, str, str]]
    files: list[Attachment]
    form: forms.Form
    url: str
    kind: str
    names: frozenset[str]
    why_not: str
    may_withdraw: bool
    #: It opened by itself after the answer to another one: what decides is behind one more step.
    came_by_itself: bool = False

    @property
    def has_before(self) -> bool:
        """Whether something is there now that would change."""
        return any(before for _label, before, _after in self.differences)


@register.simple_tag(takes_context=True)
def approval(context: Any, row: Any) -> Approval | None:
    """What the page of a row needs where the row waits for a second person; None for every other row."""
    if not isinstance(row, FourEyesModel) or not approvals.is_open(row):
        return None
    ways = approvals.ways_of(row)
    if ways is None:
        return None
    request: HttpRequest = context["request"]
    page: Any = admin.site.get_model_admin(type(row))
    model = row._meta.label_lower
    return Approval(
        act=ActNames()(row.act),
        maker=row.made_by.display_name,
        made_at=row.made_at,
        age=approvals.age(row.made_at, clock.now()),
        differences=list(page.differences(request, row)),
        files=list(Attachment.objects.filter(about=f"{model}:{row.pk}", ended_at=None)),
        form=_form(ways, row),
        url=reverse("admin:approval", args=[row._meta.label, row.pk]),
        kind=str(request.GET.get("kind", "")),
        names=ways.names,
        why_not=_why_not(request, page, ways.approve, row),
        came_by_itself=approvals.AFTER in request.GET,
        may_withdraw=ways.withdraw is not None and not ways.withdraw.skip(row, request.user),
    )


def _why_not(request: HttpRequest, page: Any, act: ServiceAction, row: FourEyesModel) -> str:
    if not access.allowed(request.user, act.permission):
        return _("Your role may not decide this.")
    return str(page.left_out(request, act, row))


def _form(ways: Ways, row: FourEyesModel) -> forms.Form:
    """What either decision asks for, in one form: the buttons say which it is."""
    form = forms.Form(use_required_attribute=False)
    for ask in (ways.refuse.ask, ways.approve.ask):
        asked: Any = ask() if ask is not None else forms.Form()
        if hasattr(asked, "for_rows"):
            asked.for_rows([row])
        for name, field in asked.fields.items():
            if name not in {"decision", *form.fields}:
                form.fields[name] = field
    reason = form.fields.get("reason")
    if reason is not None:
        # No "optional" beside it: it is demanded with the second button.
        reason.required = True
        reason.label = _("Reason, if you reject")
        reason.help_text = _("What the other person should change. No names or numbers of people.")
    return form
