"""Choices of the registers."""

from collections.abc import Mapping

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.law.states import Channel


class OfficerKind(models.TextChoices):
    GRIEVANCE_OFFICER = "grievance_officer", _("Grievance Officer")
    DATA_PROTECTION_OFFICER = "data_protection_officer", _("Data Protection Officer")
    DEPUTY = "deputy", _("Deputy Grievance Officer")


class SenderKind(models.TextChoices):
    """What a message can come from. Each is one fiduciary's at a time."""

    SMS_HEADER = "sms_header", _("SMS header")
    SHORT_CODE = "short_code", _("Short code")
    WHATSAPP_NUMBER = "whatsapp_number", _("WhatsApp number")
    RCS_AGENT = "rcs_agent", _("RCS agent")
    VOICE_NUMBER = "voice_number", _("Voice number")
    OPT_OUT_NUMBER = "opt_out_number", _("Opt-out number (a missed call stops promotion)")


#: What a message on a channel can come from. The other channels have no registered senders.
SENDERS_OF_CHANNEL: Mapping[str, tuple[SenderKind, ...]] = {
    Channel.SMS: (SenderKind.SMS_HEADER, SenderKind.SHORT_CODE),
    Channel.WHATSAPP: (SenderKind.WHATSAPP_NUMBER,),
    Channel.RCS: (SenderKind.RCS_AGENT,),
    Channel.VOICE: (SenderKind.VOICE_NUMBER,),
}


class TargetKind(models.TextChoices):
    """Where a message may lead a person. Only what is listed may stand in a template."""

    LINK = "link", _("Link")
    NUMBER = "number", _("Telephone number")


class TemplateState(models.TextChoices):
    """Where a template stands with whoever carries the message (the platform, the operators)."""

    DRAFT = "draft", _("Draft")
    SUBMITTED = "submitted", _("Submitted")
    APPROVED = "approved", _("Approved")
    REJECTED = "rejected", _("Rejected")
    PAUSED = "paused", _("Paused")
    DISABLED = "disabled", _("Disabled")


TEMPLATE_MOVES: Mapping[str, frozenset[TemplateState]] = {
    TemplateState.DRAFT: frozenset({TemplateState.SUBMITTED}),
    TemplateState.SUBMITTED: frozenset({TemplateState.APPROVED, TemplateState.REJECTED}),
    TemplateState.APPROVED: frozenset({TemplateState.PAUSED, TemplateState.DISABLED}),
    TemplateState.REJECTED: frozenset({TemplateState.SUBMITTED}),
    TemplateState.PAUSED: frozenset({TemplateState.APPROVED, TemplateState.DISABLED}),
    TemplateState.DISABLED: frozenset(),
}


class FindingCode(models.TextChoices):
    """What the linter finds in a template, with the sentence that staff read."""

    BRAND_MISSING = "BRAND_MISSING", _("The brand does not stand in the text: people must see who writes.")
    HEADER_MISMATCH = (
        "HEADER_MISMATCH",
        _("A chosen sender may not carry this category. Choose another, or correct it."),
    )
    HIDDEN_CHARACTER = "HIDDEN_CHARACTER", _("An invisible character stands here. Remove it.")
    LINK_NOT_LISTED = (
        "LINK_NOT_LISTED",
        _("This link is not on the list of allowed links. Have it listed, or remove it."),
    )
    NUMBER_NOT_LISTED = (
        "NUMBER_NOT_LISTED",
        _("This number is not on the list of allowed numbers. Have it listed, or remove it."),
    )
    OPT_OUT_MISSING = "OPT_OUT_MISSING", _("A promotional message must say how to stop it.")
    PROMOTIONAL_WORD = "PROMOTIONAL_WORD", _("This is promotion. It makes the whole message promotional.")
    PROMOTIONAL_WORD_MAYBE = "PROMOTIONAL_WORD_MAYBE", _("This may be promotion. Say why it is not.")
    SENDER_MISSING = "SENDER_MISSING", _("No sender is chosen. Choose the headers or numbers it will come from.")
    TEXT_EMPTY = "TEXT_EMPTY", _("There is no text.")
    TOO_LONG = "TOO_LONG", _("The text is longer than the channel carries. What is marked is too much.")
    TOO_MANY_VARIABLES = "TOO_MANY_VARIABLES", _("There are more variables than the direction allows without a reason.")
    VARIABLE_BROKEN = "VARIABLE_BROKEN", _("A bracket here opens or closes no variable.")
    VARIABLE_NOT_TAGGED = "VARIABLE_NOT_TAGGED", _("This variable does not say what it will hold, like {#numeric#}.")


class Severity(models.TextChoices):
    ERROR = "error", _("Must be mended")
    WARNING = "warning", _("Needs a reason")


class RecipientKind(models.TextChoices):
    PROCESSOR = "processor", _("Processor")
    SENDER = "sender", _("Sending system")


class AddressForm(models.TextChoices):
    """How a recipient is told whom a word is about: by what it needs, no more."""

    PLAIN = "plain", _("The address itself")
    KEYED = "keyed", _("A keyed hash of the address, which it can work out from the addresses it holds")


class InstructionKind(models.TextChoices):
    STOP = "stop", _("Stop")
    CORRECT = "correct", _("Correct")
    ERASE = "erase", _("Erase")


class FactKind(models.TextChoices):
    """The steps of an instruction, each a fact of its own."""

    DELIVERED = "delivered", _("Delivered")
    ACKNOWLEDGED = "acknowledged", _("Acknowledged")
    ACTED = "acted", _("Done")
