"""What people and staff fill in."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from kyc.base.choices import (
    EVENTS,
    FINAL_REASONS,
    CustomerType,
    DecisionOutcome,
    DecisionReason,
    PartyRole,
    Relation,
    RenewalReason,
)
from kyc.base.models.cases import Case
from kyc.base.models.decisions import Decision
from kyc.cases.access_relevance import is_about
from portal.kernel.core.admin.record_access import OF_SOMEBODY_ELSE, PURPOSES, TicketField
from portal.kernel.core.conditional_fields import needed
from portal.kernel.core.form_fields import choice_field
from portal.kernel.core.pii_guard import PlainWords, PublicWords


class TypeForm(forms.Form):
    """What a customer is, as it says itself."""

    customer_type = forms.ChoiceField(
        label=_("What are you?"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what describes you."), "invalid_choice": _("Choose what describes you.")},
    )

    def __init__(self, *args: Any, types: Iterable[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = set(types)
        choice_field(self, "customer_type").choices = [
            choice for choice in CustomerType.choices if choice[0] in offered
        ]


class SharesForm(forms.Form):
    """What somebody owns: a field for the customer and for each organisation between, filled with what is noted now."""

    def __init__(
        self, *args: Any, bodies: Iterable[tuple[str, str]], noted: Mapping[str, Decimal], **kwargs: Any
    ) -> None:
        """``bodies`` by reference, with their names; the customer itself has an empty one, as in ``noted``."""
        super().__init__(*args, **kwargs)
        for reference, name in bodies:
            self.fields[self.name_of(reference)] = forms.DecimalField(
                label=_("Percentage of %(held)s") % {"held": name},
                help_text=_("Leave it empty if no part of it is owned."),
                initial=f"{noted[reference].normalize():f}" if reference in noted else None,
                required=False,
                min_value=Decimal(0),
                max_value=Decimal(100),
                max_digits=7,
                decimal_places=4,
                error_messages={
                    "invalid": _("Enter a number, for example 33.5."),
                    **dict.fromkeys(("min_value", "max_value"), _("A share is more than 0 and at most 100%.")),
                },
            )

    @staticmethod
    def name_of(reference: str) -> str:
        """The field of one body."""
        return f"percent_{reference}" if reference else "percent"


class PartyForm(forms.Form):
    """Somebody behind a customer: a person in one or more capacities, or an organisation that owns a part."""

    is_me = forms.BooleanField(required=False)
    name = forms.CharField(
        label=_("Full name"),
        help_text=_("As it appears on their documents."),
        max_length=200,
        error_messages={"required": _("Enter the name.")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    is_another = forms.BooleanField(
        label=_("It is another person or organisation with the same name"),
        error_messages={
            "required": _("This name is on your list already. If it is another one of the same name, tick the box.")
        },
    )
    is_organisation = forms.BooleanField(label=_("It is an organisation, not a person"), required=False)
    roles = forms.MultipleChoiceField(
        label=_("What this person is"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose what this person is.")},
    )
    percent = forms.DecimalField(
        label=_("Percentage owned"),
        help_text=_("For an owner, for example 33.5."),
        required=False,
        max_digits=7,
        decimal_places=4,
        error_messages={"invalid": _("Enter a number, for example 33.5.")},
    )
    held = forms.ChoiceField(label=_("Owns a part of"), required=False)

    def __init__(
        self,
        *args: Any,
        roles: Iterable[str],
        bodies: list[tuple[str, str]],
        me: str = "",
        names: Iterable[str] = (),
        **kwargs: Any,
    ) -> None:
        """``me``: what the person who fills it in is called, where they may name themself; ``names``: who is on the list."""
        super().__init__(*args, **kwargs)
        offered = set(roles)
        typed = me if me and self.data.get(self.add_prefix("is_me")) else self.data.get(self.add_prefix("name"), "")
        if _plain(typed) not in {_plain(name) for name in names}:
            del self.fields["is_another"]
        if me:
            self.fields["is_me"].label = _("It is me: %(name)s") % {"name": me}
            self.fields["name"].help_text = _("As it appears on their documents. Leave it empty if it is you.")
        else:
            del self.fields["is_me"]
        choices: Any = [choice for choice in PartyRole.choices if choice[0] in offered]
        choice_field(self, "roles").choices = choices
        choice_field(self, "held").choices = bodies
        if PartyRole.OWNER in offered:
            self.fields["roles"].help_text = _("One or more. Leave it empty for an organisation.")
        else:
            for name in ("is_organisation", "percent", "held"):
                del self.fields[name]

    def clean(self) -> dict[str, Any]:
        """What this type of customer is not asked for is empty; a share makes an owner of its person."""
        empty: dict[str, Any] = {"is_me": False, "is_organisation": False, "percent": None, "held": "", "roles": []}
        given = {**empty, **(super().clean() or {})}
        if given["is_me"]:
            self.errors.pop("name", None)
            if given["is_organisation"]:
                self.add_error("is_organisation", _("You are a person. Take one of the two ticks out."))
        if given["is_organisation"] or given["percent"] is not None:
            self.errors.pop("roles", None)
        if given["is_organisation"] and set(given["roles"]) - {str(PartyRole.OWNER)}:
            self.add_error("roles", _("An organisation signs and directs through a person. Name that person, too."))
        if given["percent"] is not None and not given["is_organisation"]:
            given["roles"] = list(dict.fromkeys([*given["roles"], str(PartyRole.OWNER)]))
        if given["is_organisation"] and given["percent"] is None and "percent" not in self.errors:
            self.add_error("percent", _("Enter what percentage the owner owns."))
        return given


def _plain(name: str) -> str:
    """A name as a reader takes it for the same: case and spaces make no other one."""
    return " ".join(name.split()).casefold()


class ReclassifyForm(forms.Form):
    """Staff say what a customer is, and why they change it."""

    relation = forms.ChoiceField(label=_("Relation"), choices=Relation.choices)
    customer_type = forms.ChoiceField(label=_("Type"), choices=CustomerType.choices)
    reason = PlainWords(
        label=_("Reason"),
        max_length=500,
        help_text=_("No names, numbers or addresses."),
    )


class AskAgainForm(forms.Form):
    """Staff say what has happened, so that KYC is done again, and how they know."""

    reason = forms.ChoiceField(
        label=_("What has happened"), choices=[(one.value, one.label) for one in RenewalReason if one in EVENTS]
    )
    why = PlainWords(
        label=_("How you know"),
        max_length=500,
        help_text=_("No names, numbers or addresses."),
    )


def _reasons(*, is_final: bool) -> list[tuple[str, Any]]:
    reasons = [one for one in DecisionReason if one != DecisionReason.APPEAL]
    return [(str(one), one.label) for one in reasons if (one in FINAL_REASONS) == is_final]


#: What a maker may propose, as short as the desk says it.
OUTCOMES = [
    (str(DecisionOutcome.APPROVE), _("Approve")),
    (str(DecisionOutcome.ASK_AGAIN), _("Ask again")),
    (str(DecisionOutcome.REJECT), _("Reject for good")),
]
#: Why a document is not approved: first what another file mends, then what may be for good. ``1`` to ``9`` choose.
REASONS = [*_reasons(is_final=False), *_reasons(is_final=True)]
#: A maker who approves writes nothing to the customer.
UNLESS_APPROVED = _("needed unless you approve")


class ProposalForm(forms.Form):
    """What a maker proposes. The reason code, the words to the customer and the note to colleagues are three fields."""

    answered = needed(
        _("needed to approve"),
        forms.MultipleChoiceField(
            label=_("The automatic check could not decide this. I reviewed it:"),
            required=False,
            widget=forms.CheckboxSelectMultiple,
            help_text=_("Write in the note what you saw, and where."),
        ),
    )
    outcome = forms.ChoiceField(label=_("Your proposal"), choices=OUTCOMES, widget=forms.RadioSelect)
    reason_code = needed(
        UNLESS_APPROVED,
        forms.ChoiceField(
            label=_("Reason"),
            choices=REASONS,
            required=False,
            widget=forms.RadioSelect,
        ),
    )
    message = needed(
        UNLESS_APPROVED,
        PublicWords(
            label=_("Message to the customer"),
            required=False,
            max_length=1000,
            widget=forms.Textarea(attrs={"rows": 3}),
            help_text=_("What to do now, in one or two sentences. The customer reads exactly this."),
        ),
    )
    note = PublicWords(
        label=_("Internal note"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("For colleagues. The customer does not see it."),
    )

    def __init__(
        self, *args: Any, to_answer: Iterable[tuple[str, Any]] = (), is_appeal: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        if is_appeal:
            choice_field(self, "outcome").choices = [OUTCOMES[1]]
            choice_field(self, "reason_code").choices = [(str(DecisionReason.APPEAL), DecisionReason.APPEAL.label)]
        asked = list(to_answer)
        if asked:
            choice_field(self, "answered").choices = asked
        else:
            del self.fields["answered"]

    def is_whole(self) -> bool:
        """Whether the letter of what was entered can be shown: of all but an approval a reason and words; errors where not."""
        if self.cleaned_data["outcome"] != DecisionOutcome.APPROVE:
            for name, said in (("reason_code", _("Choose the reason.")), ("message", _("Write what to do now."))):
                if not self.cleaned_data.get(name, "").strip():
                    self.add_error(name, said)
        return not self.errors


class AnswerForm(forms.Form):
    """What a checker says to the proposal that stood on the page: its reference comes along, unseen."""

    proposal = forms.CharField(widget=forms.HiddenInput, required=False)
    decision = forms.ChoiceField(
        label=_("Your answer"),
        choices=[("approve", _("Approve the proposal")), ("refuse", _("Send it back"))],
        widget=forms.RadioSelect,
    )
    reason = needed(
        _("needed to send it back"),
        PlainWords(
            label=_("Reason"),
            required=False,
            max_length=500,
            help_text=_("No names, numbers or addresses."),
        ),
    )

    def __init__(self, *given: Any, waiting: Decision | None = None, **named: Any) -> None:
        super().__init__(*given, **named)
        self.waiting = waiting
        self.initial["proposal"] = waiting.reference if waiting else ""

    def clean(self) -> dict[str, Any]:
        """A colleague may have answered what stood on the page, and another proposal may wait since."""
        if self.waiting is None or self.cleaned_data.get("proposal") != self.waiting.reference:
            # The reason stays in its field; the answer was to something else.
            self.data = {**dict(self.data.items()), **self.initial, "decision": ""}
            raise forms.ValidationError(_("Another proposal waits now. Read it here, then decide."), code="ANOTHER")
        return self.cleaned_data


class RevealForm(forms.Form):
    """Why somebody needs to see a number in clear, or a page without its mark, and for which ticket or case."""

    reason_code = forms.ChoiceField(
        label=_("Why do you need it?"),
        choices=[("", _("Choose a purpose")), *PURPOSES],
        error_messages={"required": _("Choose why you need it.")},
    )
    ticket = TicketField(
        label=_("Ticket or case"),
        help_text=_("Its reference, for example OS-KY-7K4M-9QXN. A queue is not enough."),
        queues=False,
    )

    def __init__(self, *args: Any, case: Case, **kwargs: Any) -> None:
        """``case``: whose document it is; the ticket is about that customer or its people."""
        kwargs.setdefault("initial", {"ticket": case.reference})
        super().__init__(*args, **kwargs)
        self.case = case

    def clean_ticket(self) -> str:
        ticket: str = self.cleaned_data["ticket"]
        if not is_about(ticket, self.case):
            raise forms.ValidationError(OF_SOMEBODY_ELSE, code="of_somebody_else")
        return ticket
