"""Rows of the books from a file: each becomes a proposal, as the book's own form makes one, which another person answers."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import partial
from typing import Any, ClassVar, Final

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy

from portal.kernel.core.actor import Actor
from portal.kernel.jobs.choices import RowOutcome
from portal.kernel.jobs.import_forms import FormRows
from portal.kernel.jobs.import_types import Taken
from portal.kernel.registers.base.models.dated_entry import DatedEntry
from portal.kernel.registers.base.models.register_entries import BookEntry, every_book
from portal.kernel.registers.base.permissions import Permission
from portal.kernel.registers.entries.forms.register_entries import form_of
from portal.kernel.registers.entries.services import register_entries
from portal.kernel.registers.recipients.forms import RecipientForm
from portal.kernel.registers.recipients.models.recipients import Recipient
from portal.kernel.registers.recipients.services import recipients
from portal.kernel.registers.senders.forms import (
    ConsentTemplateForm,
    EntityForm,
    EntryForm,
    SenderForm,
    TargetForm,
    TemplateForm,
)
from portal.kernel.registers.senders.models.senders import ListedTarget, Sender, SendingEntity
from portal.kernel.registers.senders.models.templates import ConsentTemplate, ContentTemplate
from portal.kernel.registers.senders.services import message_templates, senders
from portal.kernel.registers.senders.services.sender_entries import EntryTaken


class ProposalRows(FormRows):
    """The import of one book. ``propose`` is the service that its form calls.

    What holds or is proposed with the same content makes no second proposal; with other content it is a fault, as it is on
    the form, unless what holds makes room: then the proposal is to take its place.
    """

    found_by: ClassVar[Mapping[str, str]] = {"people.Fiduciary": "code", "people.User": "email"}
    lines = ("sent_from",)
    means = gettext_lazy("Each row becomes a proposal in your name. It is valid once another person has approved it.")

    def __init__(
        self, model: type[DatedEntry], form: type[EntryForm], propose: Callable[..., DatedEntry], permission: Permission
    ) -> None:
        self.name = model._meta.label
        self.label = format_lazy("{}", model._meta.verbose_name_plural)
        self.form = form
        self.permission = permission
        self._propose = propose

    def take(self, cells: Mapping[str, str], *, actor: Actor, now: datetime) -> Taken:
        """Raises Refused, NotAllowed for who may not propose."""
        entered = self.cleaned(cells)
        try:
            entry, outcome = self._propose(**entered, actor=actor, now=now), RowOutcome.NEW
        except EntryTaken as taken:
            if not taken.is_same or not _has_senders(taken.other, entered.get("senders", ())):
                raise
            entry, outcome = taken.entry, RowOutcome.SAME
        return Taken(outcome, tuple(_places(entry)))


def _has_senders(entry: DatedEntry, chosen: Iterable[Any]) -> bool:
    """Of a template: it goes from these headers and numbers."""
    return not isinstance(entry, ContentTemplate) or set(entry.senders.all()) == set(chosen)


def _places(entry: DatedEntry) -> Iterable[str]:
    """The keys under which one entry at a time holds."""
    for key in entry.KEYS:
        values = (str(getattr(getattr(entry, name), "pk", getattr(entry, name))) for name in key)
        yield f"{'+'.join(key)}: {' '.join(values)}"


def _book(model: type[BookEntry]) -> ProposalRows:
    return ProposalRows(model, form_of(model), partial(register_entries.propose, model), Permission.BOOK_PROPOSE)


KINDS: Final = (
    ProposalRows(Recipient, RecipientForm, recipients.propose, Permission.RECIPIENT_PROPOSE),
    ProposalRows(SendingEntity, EntityForm, senders.propose_entity, Permission.SENDER_PROPOSE),
    ProposalRows(Sender, SenderForm, senders.propose_sender, Permission.SENDER_PROPOSE),
    ProposalRows(ListedTarget, TargetForm, senders.propose_target, Permission.SENDER_PROPOSE),
    ProposalRows(ContentTemplate, TemplateForm, message_templates.propose, Permission.TEMPLATE_PROPOSE),
    ProposalRows(ConsentTemplate, ConsentTemplateForm, message_templates.propose_consent, Permission.TEMPLATE_PROPOSE),
    *(_book(model) for model in every_book()),
)
