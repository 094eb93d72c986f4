"""What every page of a proposal needs: its fields, who may answer it, and the second person's answer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.kernel.core.admin.actions import ServiceAction, actions_of
from portal.kernel.core.conditional_fields import needed
from portal.kernel.core.errors import NotAllowed
from portal.kernel.core.pii_guard import PlainWords
from portal.kernel.people.choices import Answer
from portal.kernel.people.models import FourEyesModel
from portal.kernel.people.services import maker_checker

PROPOSAL = ("answer", "made_by", "made_at", "checked_by", "checked_at", "reason", "shown_sha256")


def not_answerable(proposal: FourEyesModel, user: Any) -> str:
    """Why this person cannot answer this proposal; empty when they can."""
    if proposal.answer != Answer.PENDING:
        return str(_("This was decided already."))
    if proposal.made_by_id == user.pk:
        return str(_("You proposed this: another person must decide."))
    try:
        maker_checker.require_checker(proposal, user)
    except NotAllowed as refusal:
        return str(refusal)
    return ""


class AnswerForm(forms.Form):
    """The second person's answer. What it is about stands above it on the page."""

    decision = forms.ChoiceField(
        label=_("Your answer"), choices=[("approve", _("Approve")), ("refuse", _("Reject"))], widget=forms.RadioSelect
    )
    reason = needed(
        _("needed if you reject"),
        PlainWords(
            label=_("Reason"),
            help_text=_("What the other person should change. No names or numbers of people."),
            max_length=500,
            required=False,
        ),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("decision") == "refuse" and not cleaned.get("reason", "").strip():
            self.add_error("reason", _("Say why you reject it, so that the other person can fix it."))
        return cleaned


def answered(give: Callable[..., Any], answer: Mapping[str, Any], **about: Any) -> str:
    """Hand what the form of the second person says to ``give``, the service that takes it, and say which it was."""
    approve = answer["decision"] == "approve"
    give(approve=approve, reason=answer["reason"], **about)
    return str(_("Approved.") if approve else _("Refused."))


@dataclass(frozen=True)
class Ways:
    """The acts of a page by which its proposals are approved, rejected and withdrawn; the last only where there is one."""

    approve: ServiceAction
    refuse: ServiceAction
    withdraw: ServiceAction | None = None

    @property
    def names(self) -> frozenset[str]:
        return frozenset(one.name for one in (self.approve, self.refuse, self.withdraw) if one is not None)

    def of(self, decision: str) -> ServiceAction | None:
        """The act of a decision as the page posts it; None for a word that is none."""
        return {"approve": self.approve, "refuse": self.refuse, "withdraw": self.withdraw}.get(decision)


def ways_to_answer(page: Any) -> Ways | None:
    """How the second person answers on a page of proposals: by one act that asks with ``AnswerForm``, or by two of their own.
    None for a page whose proposals are answered elsewhere.
    """
    acts = {one.name: one for one in actions_of(page)}
    both = next((one for one in acts.values() if isinstance(one.ask, type) and issubclass(one.ask, AnswerForm)), None)
    approve, refuse = acts.get("approve", both), acts.get("refuse", both)
    return None if approve is None or refuse is None else Ways(approve, refuse, acts.get("withdraw"))
