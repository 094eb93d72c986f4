"""What authorities ask about people, on what power, and what they were given (policy 5 and 6.5)."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal.kernel.core.data_categories import declare
from portal.kernel.core.fields import EncryptedTextField
from portal.kernel.core.records import Place, Record
from portal.kernel.core.register_days import RegisterDays
from portal.kernel.people.models import FourEyesModel
from portal.kernel.registers.base.choices import OrderDecision, OrderKind, OrderState, Verified
from portal.kernel.registers.base.labels import CATEGORIES
from portal.kernel.registers.base.models.register_entries import CodesField


class AuthorityOrder(models.Model):
    """One demand of an authority, from its receipt on. Its clock is law's, under ``OWNER`` and the reference.

    Nothing leaves before two people agreed to an ``OrderAnswer``. Where the order binds us to silence the person learns of
    it once that has ended, by day (``secret_until``) or because two people agreed to a ``SilenceEnd``.
    """

    reference = models.CharField(_("reference"), max_length=20, unique=True)
    kind = models.CharField(_("kind"), max_length=12, choices=OrderKind.choices)
    authority = models.CharField(_("authority"), max_length=200)
    officer_name = EncryptedTextField(_("officer who signed"), purpose="registers.order.officer")
    verified_how = models.CharField(_("how the officer was verified"), max_length=16, choices=Verified.choices)
    power = models.CharField(_("law and section that it is based on"), max_length=200)
    order_number = models.CharField(_("number of the order"), max_length=80)
    paper_sha256 = models.CharField(_("SHA-256 of the document"), max_length=64)
    asked = EncryptedTextField(_("what is asked"), purpose="registers.order.asked")
    asked_categories = CodesField(_("kinds of data asked for"), known=lambda: CATEGORIES)
    #: References of the people and customers it is about, as text.
    subject_refs = models.JSONField(_("whom it is about"), default=list)
    #: A day named in the order itself. Its clock runs to it where it is earlier than the law's.
    wanted_by = models.DateTimeField(_("day named in the order"), null=True, blank=True)
    undertaking_on = models.DateField(_("undertaking not to hand it on (SPDI Rules r.6)"), null=True, blank=True)
    is_secret = models.BooleanField(_("we must be silent"), default=False)
    secret_until = models.DateField(_("silent until"), null=True, blank=True)
    secrecy_ended_at = models.DateTimeField(_("silence ended"), null=True, blank=True)
    state = models.CharField(_("state"), max_length=12, choices=OrderState.choices, default=OrderState.RECEIVED)
    received_at = models.DateTimeField(_("received"))
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)
    #: References of the people who were told what was given, as text; ``person_told_at`` once each of them was.
    told_refs = models.JSONField(_("informed people"), default=list)
    person_told_at = models.DateTimeField(_("people were informed"), null=True, blank=True)

    #: What the label of its clock begins with.
    OWNER = "registers.authorityorder:"

    record = Record(
        name=_("Authority orders"),
        place=Place.tab("incidents", 10),
        kept="The officer who signed an order, and what it asks: sealed, and kept as the proof why data was given.",
        day="received_at",
        prefix="AO",
        is_work=True,
    )
    data_categories = declare(
        none="id reference kind authority verified_how power order_number paper_sha256 asked_categories subject_refs "
        "wanted_by undertaking_on is_secret secret_until secrecy_ended_at state received_at answered_at told_refs "
        "person_told_at",
        name="officer_name",
        free_text="asked",
    )
    #: An order is in force until it is answered.
    register_days = RegisterDays(
        entered="received_at",
        changed=("secrecy_ended_at", "person_told_at"),
        since="received_at",
        until="answered_at",
    )

    class Meta:
        verbose_name = _("order of an authority")
        verbose_name_plural = _("orders of authorities")
        ordering: ClassVar[tuple[str, ...]] = ("-received_at", "-id")
        constraints = (
            models.UniqueConstraint(name="registers_an_order_once", fields=("authority", "order_number")),
            models.CheckConstraint(
                name="registers_answered_order_has_a_time",
                condition=Q(state=OrderState.RECEIVED, answered_at=None)
                | (~Q(state=OrderState.RECEIVED) & Q(answered_at__isnull=False)),
            ),
        )

    def __str__(self) -> str:
        return self.reference

    @property
    def owner(self) -> str:
        """The label of its clock."""
        return f"{self.OWNER}{self.reference}"


class OrderAnswer(FourEyesModel):
    """What is given, and what of that was asked is not: proposed by one approver, agreed to by another."""

    order = models.ForeignKey(AuthorityOrder, models.PROTECT, related_name="answers", verbose_name=_("order"))
    decision = models.CharField(_("decision"), max_length=8, choices=OrderDecision.choices)
    given_categories = CodesField(_("kinds of data given"), known=lambda: CATEGORIES, blank=True)
    given = EncryptedTextField(_("what is given"), purpose="registers.order.given")
    held_back = EncryptedTextField(_("what is not given, and why"), purpose="registers.order.held_back")

    named_by = ("order",)
    record = Record(
        name=_("Order responses"),
        place=Place.approval("incidents", "registers.AuthorityOrder"),
        kept="What two people decided about an order: sealed, and kept as the proof why data was given.",
    )
    data_categories = declare(
        none="id act made_by made_at checked_by checked_at shown_sha256 answer order decision given_categories",
        free_text="reason given held_back",
    )

    class Meta(FourEyesModel.Meta):
        verbose_name = _("order response")
        verbose_name_plural = _("order responses")
        ordering = ("-made_at", "-id")
        constraints = (
            *FourEyesModel.Meta.constraints,
            models.UniqueConstraint(
                name="registers_one_open_answer_per_order", fields=("order",), condition=Q(answer="pending")
            ),
        )

    def __str__(self) -> str:
        return f"{self.order}: {self.get_decision_display()}"


class SilenceEnd(FourEyesModel):
    """That we may speak about an order before its own day of silence is over: proposed by one person, agreed to by another."""

    order = models.ForeignKey(AuthorityOrder, models.PROTECT, related_name="silence_ends", verbose_name=_("order"))
    why = EncryptedTextField(_("why we may speak"), purpose="registers.order.silence")

    named_by = ("order",)
    record = Record(
        name=_("Non-disclosure lifts"),
        place=Place.approval("incidents", "registers.AuthorityOrder"),
        kept="Why two people ended a silence: sealed, and kept as the proof that we might speak.",
    )
    data_categories = declare(
        none="id act made_by made_at checked_by checked_at shown_sha256 answer order", free_text="reason why"
    )

    class Meta(FourEyesModel.Meta):
        verbose_name = _("end of a silence")
        verbose_name_plural = _("ends of silences")
        ordering = ("-made_at", "-id")
        constraints = (
            *FourEyesModel.Meta.constraints,
            models.UniqueConstraint(
                name="registers_one_open_end_of_silence", fields=("order",), condition=Q(answer="pending")
            ),
        )

    def __str__(self) -> str:
        return str(self.order)

    @property
    def proposed(self) -> str:
        return self.order.authority
