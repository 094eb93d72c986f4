"""What staff enter about a grievance."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from grievances.base import labels
from grievances.base.choices import AppealOutcome, Door
from grievances.base.models.appeal import Appeal
from grievances.base.models.ticket import Ticket
from grievances.tickets.forms.public import (
    LONGEST_MESSAGE,
    LONGEST_STORY,
    LONGEST_WISH,
    ContactForm,
    FileForm,
    Prose,
    normal_address,
)
from portal.kernel.core import clock
from portal.kernel.core.conditional_fields import needed
from portal.kernel.core.errors import BadReference
from portal.kernel.core.form_fields import choice_field
from portal.kernel.core.ids import parse_reference
from portal.kernel.core.time_range import MomentField
from portal.kernel.law.choices import LateReason, StartReason


class ReceiptForm(forms.Form):
    """When a grievance really reached us: the earliest moment, whatever way it came (C14)."""

    received_at = MomentField(
        label=_("When did it reach us, on any way? (IST)"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%d-%m-%Y %H:%M"],
    )
    reason_code = forms.ChoiceField(
        label=_("Why was the start wrong?"), choices=StartReason.choices, widget=forms.RadioSelect
    )


class DocumentForm(forms.Form):
    """Which document a grievance is about, and how an officer knows that its customer wrote."""

    document = forms.CharField(
        label=_("Reference of the document"),
        max_length=40,
        help_text=_("As the grievance names it, such as OS-DO-7K4M-9QX3."),
        error_messages={"required": _("Enter the reference of the document")},
    )
    why = Prose(
        label=_("How do you know that the writer acts for its account? (an internal note)"),
        longest=LONGEST_MESSAGE,
        error_messages={"required": _("Say how you know it")},
    )

    def clean_document(self) -> str:
        try:
            return parse_reference(self.cleaned_data["document"], "DO")
        except BadReference as error:
            raise forms.ValidationError(str(error), code=error.code) from error


class TakeForm(forms.Form):
    """Carries who had each grievance when the page was shown: whoever confirms takes it from nobody else."""

    had = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, tickets: Iterable[Ticket] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["had"].initial = " ".join(f"{ticket.pk}:{ticket.assigned_to_id or 0}" for ticket in tickets)

    def clean(self) -> dict[str, Any]:
        """Nothing of it was entered by anybody, so the trace of the act holds nothing of it."""
        return {}

    @staticmethod
    def had_by(posted: Mapping[str, str], ticket: Ticket) -> int | None:
        """The officer who had this grievance by the page that was sent; nobody where the page did not say."""
        seen = dict(pair.partition(":")[::2] for pair in posted.get("had", "").split())
        held = seen.get(str(ticket.pk), "0")
        return int(held) or None if held.isdecimal() else None


class KeyedChoice(forms.RadioSelect):
    """Radio buttons that a single key presses, after which the keyboard is in the box that ``then`` names."""

    def __init__(self, *args: Any, keys: Mapping[str, str], then: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.keys, self.then = keys, then

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """One button, with its key where it has one."""
        option: dict[str, Any] = super().create_option(name, value, *args, **kwargs)
        key = self.keys.get(str(value))
        if key:
            option["attrs"] |= {"data-key": key, "data-then": self.then, "aria-keyshortcuts": key}
            option["label"] = format_html('{} <kbd aria-hidden="true">{}</kbd>', option["label"], key)
        return option


class Offered(forms.ChoiceField):
    """A choice that a page offers while it is possible. What was possible when the page was drawn is taken, and the service
    says why it is not any more, or that it is done already.
    """

    def __init__(self, *, known: Iterable[str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.known = frozenset(known)

    def valid_value(self, value: Any) -> bool:
        """Whether a page ever offers it."""
        return str(value) in self.known


class ComposerForm(forms.Form):
    """What staff write: to the person, and then what comes of the grievance; or among themselves, and nothing moves."""

    TO_PERSON = "person"
    INTERNAL = "internal"
    TO_STAFF = (INTERNAL, _("Internal"))
    REPLY = "reply"
    STAY = "stay"
    ASK = "ask"
    PROPOSE = "propose"
    CORRECT = "correct"
    #: The answer to an appeal, and what becomes of the first one.
    CHANGED = "changed"
    STAYS = "stays"
    #: What a message does, beside being read.
    AFTER: Mapping[str, Any] = {
        PROPOSE: _("Resolve: ask if this settles it"),
        CHANGED: _("Decide: the first answer is changed"),
        STAYS: _("Decide: the first answer stays"),
        CORRECT: _("Correct our answer"),
        ASK: _("Wait for the customer"),
        REPLY: _("Interim reply"),
        STAY: _("Interim reply, stay here"),
    }
    KEYS: Mapping[str, str] = {
        TO_PERSON: "w",
        INTERNAL: "i",
        PROPOSE: "r",
        CHANGED: "c",
        CORRECT: "c",
        STAYS: "f",
        ASK: "a",
        REPLY: "e",
        STAY: "s",
    }

    to = Offered(
        known=(TO_PERSON, INTERNAL),
        label=_("Who reads this?"),
        choices=[(TO_PERSON, _("Public")), TO_STAFF],
        widget=KeyedChoice(keys=KEYS, then="id_text"),
        error_messages={"required": _("Choose who reads this"), "invalid_choice": _("Choose who reads this")},
    )
    text = Prose(
        label=_("Message"),
        longest=LONGEST_MESSAGE,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Write the message")},
    )
    act = Offered(
        known=AFTER,
        label=_("After sending"),
        widget=KeyedChoice(keys=KEYS, then="id_text"),
        error_messages=dict.fromkeys(("required", "invalid_choice"), _("Choose what happens after sending")),
    )
    late_because = needed(
        _("needed to resolve"),
        forms.ChoiceField(
            label=_("Why is the answer late?"),
            help_text=_("The customer does not read it; an auditor does."),
            choices=[("", "–"), *LateReason.choices],
            required=False,
        ),
    )
    once = forms.UUIDField(widget=forms.HiddenInput)
    #: How many lines of others the page showed; without a number none was seen.
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(
        self,
        *args: Any,
        acts: Sequence[str] = (),
        late: bool = False,
        keys: bool = True,
        appeal: Appeal | None = None,
        **kwargs: Any,
    ) -> None:
        """``acts``: what a message to the person may do; without any only a note can be saved, and there is nothing to choose.
        ``late`` asks why; ``keys``: whether single keys are on. ``appeal`` is that of the grievance, if there is one.
        """
        super().__init__(*args, **kwargs)
        self.acts, self.appeal = acts, appeal
        if not keys:
            for name in ("to", "act"):
                self.fields[name].widget.keys = {}
        if not late:
            del self.fields["late_because"]
        choice_field(self, "act").choices = [(act, self.AFTER[act]) for act in acts]
        if len(acts) == 1:
            self.initial["act"] = acts[0]
        if not acts:
            choice_field(self, "to").choices = [self.TO_STAFF]
            self.initial["to"] = self.INTERNAL

    def clean(self) -> dict[str, Any]:
        """What happens after sending is asked of a message to the person; of a note nothing does."""
        cleaned = super().clean() or {}
        if cleaned.get("to") == self.INTERNAL:
            self.errors.pop("act", None)
            cleaned["act"] = ""
        cleaned["seen"] = cleaned.get("seen") or 0
        return cleaned


class ApproveForm(forms.Form):
    """What the second person says with a yes to an answer that is late, or that is given on appeal."""

    late_because = forms.ChoiceField(
        label=_("Why is the answer late?"),
        help_text=_("The person does not read it; an auditor does."),
        choices=LateReason.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose why it is late")},
    )
    on_appeal = forms.TypedChoiceField(
        label=_("What becomes of the first answer?"),
        choices=[(one, labels.APPEAL_OUTCOMES[one]) for one in (AppealOutcome.CHANGED, AppealOutcome.STAYS)],
        coerce=AppealOutcome,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what becomes of the first answer")},
    )

    def __init__(self, *args: Any, late: bool, on_appeal: bool, **kwargs: Any) -> None:
        """Each question is there where one of the chosen answers needs it."""
        super().__init__(*args, **kwargs)
        if not late:
            del self.fields["late_because"]
        if not on_appeal:
            del self.fields["on_appeal"]


class FiledForm(FileForm, ContactForm):
    """A grievance as a person told it on the telephone or wrote it by post."""

    door = forms.ChoiceField(
        label=_("How did it come?"),
        choices=[(Door.PHONE, labels.DOORS[Door.PHONE]), (Door.POST, labels.DOORS[Door.POST])],
        widget=forms.RadioSelect,
        error_messages={"required": _("Select how it came"), "invalid_choice": _("Select how it came")},
    )
    received_at = MomentField(
        label=_("When did it come in?"),
        help_text=_(
            "The first moment at which any of us got it, in Indian time: 24 11 2026 19:10. The legal deadlines run "
            "from it. Empty for a call: now."
        ),
        required=False,
        input_formats=["%d %m %Y %H:%M", "%d.%m.%Y %H:%M", "%d/%m/%Y %H:%M", "%d-%m-%Y %H:%M", "%Y-%m-%d %H:%M"],
        error_messages={
            "required": _("Enter the day and the time, like 24 11 2026 19:10"),
            "invalid": _("Enter the day and the time, like 24 11 2026 19:10"),
        },
    )
    for_whom = forms.ChoiceField(
        label=_("For whom?"), choices=list(labels.FOR_WHOM.items()), error_messages={"required": _("Select for whom")}
    )
    kind = forms.ChoiceField(
        label=_("What is it about?"),
        choices=list(labels.FORM_KINDS.items()),
        error_messages={"required": _("Select a kind")},
    )
    what_happened = Prose(
        label=_("What happened, in the person's words?"),
        help_text=_("Do not write an Aadhaar number, a card number or a one-time password."),
        longest=LONGEST_STORY,
        error_messages={"required": _("Write what the person said or wrote")},
    )
    wanted = Prose(label=_("What would put it right?"), required=False, longest=LONGEST_WISH)
    sender = forms.CharField(label=_("Of an unwanted message: who sent it?"), required=False, max_length=40)
    received_at_number = forms.CharField(
        label=_("Of an unwanted message: which number or email address got it?"), required=False, max_length=254
    )
    key = forms.UUIDField(widget=forms.HiddenInput)

    field_order = (
        "door",
        "received_at",
        "for_whom",
        "kind",
        "what_happened",
        "wanted",
        "sender",
        "received_at_number",
        "email",
        "phone",
        "language",
        "file",
        "key",
    )

    def clean_received_at(self) -> datetime | None:
        """A call that somebody is on came in now; of a letter the day is never guessed."""
        at: datetime | None = self.cleaned_data["received_at"]
        if at is None and self.cleaned_data.get("door") == Door.POST:
            raise forms.ValidationError(self.fields["received_at"].error_messages["required"], code="required")
        return clock.now() if at is None else at

    def clean_received_at_number(self) -> str:
        text = str(self.cleaned_data["received_at_number"]).strip()
        return normal_address(text) if text else ""
