"""The papers without which nobody outside gets data: contract, check of the recipient, transfer, rule of the country."""

from dataclasses import replace

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.kernel.core.data_categories import declare
from portal.kernel.core.records import Place
from portal.kernel.law.choices import Regime
from portal.kernel.registers.base.choices import (
    CheckOutcome,
    Clause,
    ContractKind,
    CountrySays,
    Mechanism,
    ServiceKind,
    TrainingUse,
)
from portal.kernel.registers.base.labels import CATEGORIES
from portal.kernel.registers.base.models.register_entries import BookEntry, CodesField, book

CONFIDENCE = (
    ("R", _("Read in the law")),
    ("R2", _("Read in a commentary")),
    ("M", _("From memory, unconfirmed")),
    ("U", _("Unsure, unconfirmed")),
)


class Contract(BookEntry):
    """What binds a recipient: its clauses, when it was signed, and until when it holds."""

    recipient_code = models.SlugField(_("code of the recipient"), max_length=40, db_index=True)
    kind = models.CharField(_("kind"), max_length=16, choices=ContractKind.choices)
    clauses = CodesField(_("what it says"), known=lambda: Clause.choices)
    signed_on = models.DateField(_("signed on"))
    valid_until = models.DateField(_("last valid day"), null=True, blank=True)
    paper_sha256 = models.CharField(_("SHA-256 of the signed document"), max_length=64, blank=True)

    OWN = ("recipient_code", "kind", "clauses", "signed_on", "valid_until", "paper_sha256")
    ABOUT = ("recipient_code",)
    record = book(
        name=_("Contracts"),
        place=Place.view("registers", "registers.Recipient"),
        title=_("Propose a contract"),
        shows=("recipient_code", "valid_until"),
        filters=("kind",),
    )
    data_categories = declare(none=f"{BookEntry.DECLARED} {' '.join(OWN)}", free_text="reason")
    register_days = replace(BookEntry.register_days, last="valid_until")

    class Meta(BookEntry.Meta):
        verbose_name = _("contract with a recipient")
        verbose_name_plural = _("contracts with recipients")


class RecipientCheck(BookEntry):
    """Due diligence about one recipient: what it is, whom it hands data on to, where, and what it may get."""

    recipient_code = models.SlugField(_("code of the recipient"), max_length=40, db_index=True)
    service = models.CharField(_("what it does"), max_length=16, choices=ServiceKind.choices)
    sub_processors = models.CharField(_("whom it hands data on to"), max_length=500, blank=True)
    region = models.CharField(_("region where the data is stored"), max_length=120)
    sells_nothing = models.BooleanField(_("it has stated that it neither sells nor shares the data"), default=False)
    training_use = models.CharField(_("training of AI models"), max_length=8, choices=TrainingUse.choices)
    allowed_categories = CodesField(_("kinds of data it may get"), known=lambda: CATEGORIES)
    checked_on = models.DateField(_("checked on"))
    outcome = models.CharField(_("outcome"), max_length=12, choices=CheckOutcome.choices)
    conditions = models.CharField(_("conditions"), max_length=300, blank=True)

    OWN = (
        *("recipient_code", "service", "sub_processors", "region", "sells_nothing", "training_use"),
        *("allowed_categories", "checked_on", "outcome", "conditions"),
    )
    ABOUT = ("recipient_code",)
    record = book(
        name=_("Vendor assessments"),
        place=Place.section("registers", "registers.Recipient"),
        title=_("Propose a check of a recipient"),
        shows=("service", "outcome"),
        filters=("service", "outcome"),
    )
    data_categories = declare(none=f"{BookEntry.DECLARED} {' '.join(OWN)}", free_text="reason")

    class Meta(BookEntry.Meta):
        verbose_name = _("check of a recipient")
        verbose_name_plural = _("checks of recipients")

    @property
    def forbids(self) -> bool:
        """The recipient may get nothing."""
        return self.outcome == CheckOutcome.UNFIT


class Transfer(BookEntry):
    """Data of people that goes to one recipient in one country abroad, and on what that rests (policy 13)."""

    recipient_code = models.SlugField(_("code of the recipient"), max_length=40, db_index=True)
    country = models.CharField(_("country"), max_length=2)
    used_categories = CodesField(_("kinds of data"), known=lambda: CATEGORIES)
    mechanism = models.CharField(_("what it is based on"), max_length=16, choices=Mechanism.choices)
    assessed_on = models.DateField(_("risks in that country assessed on"))
    assessment = models.CharField(_("what the assessment found"), max_length=500)
    valid_until = models.DateField(_("last valid day"), null=True, blank=True)

    OWN = (
        *("recipient_code", "country", "used_categories", "mechanism", "assessed_on", "assessment"),
        "valid_until",
    )
    ABOUT = ("recipient_code", "country")
    record = book(
        name=_("Cross-border transfers"),
        place=Place.tab("registers", 30),
        title=_("Propose a transfer abroad"),
        shows=("recipient_code", "country"),
        filters=("mechanism",),
    )
    data_categories = declare(none=f"{BookEntry.DECLARED} {' '.join(OWN)}", free_text="reason")
    register_days = replace(BookEntry.register_days, last="valid_until")

    class Meta(BookEntry.Meta):
        verbose_name = _("transfer abroad")
        verbose_name_plural = _("transfers abroad")


class CountryRule(BookEntry):
    """What a law says about data going to a country. No row: nothing is said against it, and nothing for it."""

    country = models.CharField(_("country"), max_length=2, db_index=True)
    law = models.CharField(_("whose law says so"), max_length=8, choices=Regime.choices)
    says = models.CharField(_("what it says"), max_length=12, choices=CountrySays.choices)
    conditions = models.CharField(_("conditions"), max_length=300, blank=True)
    source = models.CharField(_("source"), max_length=300)
    confidence = models.CharField(_("how sure"), max_length=2, choices=CONFIDENCE)

    OWN = ("country", "law", "says", "conditions", "source", "confidence")
    ABOUT = ("country", "law")
    record = book(
        name=_("Country rules"),
        place=Place.section("registers", "registers.Transfer"),
        title=_("Propose a rule about a country"),
        shows=("country", "says"),
        filters=("says", "law"),
    )
    data_categories = declare(none=f"{BookEntry.DECLARED} {' '.join(OWN)}", free_text="reason")

    class Meta(BookEntry.Meta):
        verbose_name = _("rule about a country")
        verbose_name_plural = _("rules about countries")

    @property
    def forbids(self) -> bool:
        """No data may go to the country."""
        return self.says == CountrySays.DENIED
