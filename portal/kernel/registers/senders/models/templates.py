"""Texts that may be sent, agreed to by two people, and what disagreed when something was asked for."""

import hashlib
from typing import Any

from django.conf import settings
from django.db import models
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from portal.kernel.core.data_categories import declare
from portal.kernel.core.records import Place, Record
from portal.kernel.core.register_days import RegisterDays
from portal.kernel.law.category_order import CARRIED
from portal.kernel.law.channels import OPERATORS
from portal.kernel.law.choices import MessageCategory, message_channel_choices
from portal.kernel.registers.base.choices import TemplateState
from portal.kernel.registers.base.models.dated_entry import IN_FORCE, DatedEntry
from portal.kernel.registers.senders.models.senders import Sender

#: Channels whose templates the operators' ledger gives an id.
CATEGORIES = [(category, MessageCategory(category).label) for category in CARRIED]


#: How much of a text its proposal shows in a list.
FIRST_WORDS = 80


class ContentTemplate(DatedEntry):
    """A text with its variables. Two people agree to its category; ``shown_sha256`` binds both to the text.

    ``findings`` are what the linter found when it was proposed, ``why`` the maker's reason for the warnings among them.
    ``state`` is where it stands with whoever carries it: only an approved one is usable.
    """

    channel = models.CharField(_("channel"), max_length=16, choices=message_channel_choices)
    template_id = models.CharField(_("template id"), max_length=80)
    category = models.CharField(_("category"), max_length=16, choices=CATEGORIES)
    language = models.CharField(_("language"), max_length=8, choices=settings.LANGUAGES)
    brand = models.CharField(_("brand"), max_length=80)
    text = models.TextField(_("text"), max_length=20_000)
    senders = models.ManyToManyField(Sender, related_name="templates", verbose_name=_("sent from"), blank=True)
    findings = models.JSONField(_("findings"), default=list, editable=False)
    why = models.TextField(_("reason for the warnings"), max_length=1000, blank=True)
    state = models.CharField(_("with whoever carries it"), max_length=10, choices=TemplateState.choices, editable=False)

    record = Record(
        name=_("Content templates"),
        place=Place.tab("senders", 10),
        kept="Words of staff about a text; kept with the proposal they explain.",
    )
    data_categories = declare(
        none=f"{DatedEntry.DECLARED} channel template_id category language brand text findings state",
        free_text="reason why",
    )
    SHOWN = ("channel", "template_id", "category", "language", "brand", "text", "findings", "why")
    KEYS = (("fiduciary", "channel", "template_id", "language"),)

    class Meta(DatedEntry.Meta):
        verbose_name = _("content template")
        verbose_name_plural = _("content templates")
        constraints = (
            *DatedEntry.Meta.constraints,
            models.UniqueConstraint(
                name="registers_one_text_per_template_id",
                fields=("channel", "template_id", "language", "fiduciary"),
                condition=IN_FORCE,
            ),
            # An id of the operators' ledger is one fiduciary's; a platform's name may be used by many.
            models.UniqueConstraint(
                name="registers_an_operators_template_id_is_unique",
                fields=("template_id",),
                condition=IN_FORCE & models.Q(channel__in=OPERATORS),
            ),
        )
        indexes = (models.Index(fields=("channel", "template_id"), name="registers_template_asked"),)

    def __str__(self) -> str:
        return f"{self.template_id} ({self.language})"

    @property
    def proposed(self) -> str:
        return Truncator(self.text).chars(FIRST_WORDS)

    def shown(self) -> dict[str, Any]:
        """The text, its hash and the senders too."""
        return {**super().shown(), **self.bound(self.text, (sender.pk for sender in self.senders.all()))}

    def twins(self) -> list[models.QuerySet[Any]]:
        """An id of the operators' ledger has one text, whatever the language and whoever uses it."""
        if self.channel in OPERATORS:
            return [ContentTemplate.objects.filter(channel__in=OPERATORS, template_id=self.template_id)]
        return super().twins()

    @staticmethod
    def bound(text: str, senders: Any) -> dict[str, Any]:
        return {"senders": sorted(senders), "text_sha256": hashlib.sha256(text.encode()).hexdigest()}


class ConsentTemplate(DatedEntry):
    """What a person agrees to through the operators' consent register: the fields that the register asks for."""

    template_id = models.CharField(_("consent template id"), max_length=80)
    short_code = models.ForeignKey(
        Sender, models.PROTECT, related_name="consent_templates", verbose_name=_("short code")
    )
    brand = models.CharField(_("brand"), max_length=80)
    language = models.CharField(_("language"), max_length=8, choices=settings.LANGUAGES)
    scope = models.TextField(_("scope: what is agreed to"), max_length=1000)
    revocation_text = models.TextField(_("how to take it back"), max_length=500)

    record = Record(
        name=_("Consent templates"),
        place=Place.tab("senders", 20),
        kept="Words of staff about a text; kept with the proposal they explain.",
    )
    data_categories = declare(
        none=f"{DatedEntry.DECLARED} template_id short_code brand language scope revocation_text", free_text="reason"
    )
    SHOWN = ("template_id", "short_code", "brand", "language", "scope", "revocation_text")
    KEYS = (("template_id", "language"),)

    class Meta(DatedEntry.Meta):
        verbose_name = _("consent template")
        verbose_name_plural = _("consent templates")
        constraints = (
            *DatedEntry.Meta.constraints,
            models.UniqueConstraint(
                name="registers_one_consent_template", fields=("template_id", "language"), condition=IN_FORCE
            ),
        )

    def __str__(self) -> str:
        return f"{self.template_id} ({self.language})"

    @property
    def proposed(self) -> str:
        return Truncator(self.scope).chars(FIRST_WORDS)


class SenderDefect(models.Model):
    """Purpose, header and template that were asked for together and name different categories. Once for each trio."""

    fiduciary = models.ForeignKey("people.Fiduciary", models.PROTECT, related_name="+", verbose_name=_("whose"))
    channel = models.CharField(_("channel"), max_length=16, choices=message_channel_choices)
    purpose = models.CharField(_("purpose"), max_length=40)
    sender = models.ForeignKey(
        Sender, models.PROTECT, null=True, related_name="+", verbose_name=_("header, number or code")
    )
    template = models.ForeignKey(
        ContentTemplate, models.PROTECT, null=True, related_name="+", verbose_name=_("template")
    )
    category = models.CharField(_("taken for"), max_length=20, choices=MessageCategory.choices)
    #: The six above as one text: a unique key over columns that may be empty would let two rows in.
    key = models.CharField(_("key"), max_length=160, unique=True, editable=False)
    first_at = models.DateTimeField(_("first seen"))
    last_at = models.DateTimeField(_("last seen"))

    record = Record(name=_("Sender issues"), place=Place.tab("senders", 60), day="first_at")
    data_categories = declare(none="id fiduciary channel purpose sender template category key first_at last_at")
    register_days = RegisterDays(entered="first_at", changed=("last_at",), since="first_at", until="last_at")

    class Meta:
        verbose_name = _("defect of a sending")
        verbose_name_plural = _("defects of sendings")
        ordering = ("-last_at", "-id")

    def __str__(self) -> str:
        return f"{self.purpose} {self.channel}"
