"""That an organisation is under insolvency, as an order says and two people agreed, and who acts for it instead."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal.kernel.core.data_categories import declare
from portal.kernel.core.fields import EncryptedTextField
from portal.kernel.core.records import Place, Record
from portal.kernel.people.choices import Answer, InsolvencyStep
from portal.kernel.people.models.customers import Customer
from portal.kernel.people.models.maker_checker import FourEyesModel


class Insolvency(FourEyesModel):
    """One step of the proceedings: they begin or pass to another professional, or they end.

    What holds is the last step that was agreed to. ``registration`` is the professional's number in the public register of
    the Insolvency and Bankruptcy Board. ``email`` is where the invitation goes; it is emptied with the answer. ``acting`` is
    the membership of the professional: from the answer on of a member, else from when ``invitation`` was opened.
    ``suspended`` are the memberships that were owners when the proceedings began. Of the order only its SHA-256 is kept.
    """

    customer = models.ForeignKey(
        Customer, models.PROTECT, related_name="insolvency_steps", verbose_name=_("organisation")
    )
    step = models.CharField(_("what happened"), max_length=9, choices=InsolvencyStep.choices)
    authority = models.CharField(_("court or tribunal"), max_length=200)
    order_number = models.CharField(_("number of the order"), max_length=80)
    ordered_on = models.DateField(_("day of the order"))
    paper_sha256 = models.CharField(_("SHA-256 of the order"), max_length=64)
    registration = models.CharField(_("registration of the professional"), max_length=60, blank=True)
    email = EncryptedTextField(_("email of the professional"), purpose="people.insolvency.email", blank=True)
    language = models.CharField(_("language of the invitation"), max_length=12, default="en", db_default="en")
    invitation = models.ForeignKey(
        "people.Invitation", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("invitation")
    )
    acting = models.ForeignKey(
        "people.Membership", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("who acts by it")
    )
    suspended = models.JSONField(_("owners until then"), default=list, blank=True, editable=False)

    record = Record(
        name=_("Insolvencies"),
        place=Place.approval("people", "people.Customer"),
        kept="The number of an order and of a public register; the address is emptied with the decision, or with the proposal that is rejected.",
    )
    data_categories = declare(
        none="id act made_by made_at checked_by checked_at shown_sha256 answer customer step authority order_number "
        "ordered_on paper_sha256 registration language invitation acting suspended",
        contact="email",
        free_text="reason",
    )
    named_by = ("customer",)

    class Meta(FourEyesModel.Meta):
        verbose_name = _("insolvency of an organisation")
        verbose_name_plural = _("insolvencies of organisations")
        ordering = ("-made_at", "-id")
        constraints = (
            *FourEyesModel.Meta.constraints,
            models.UniqueConstraint(
                name="people_one_open_step_of_insolvency", fields=("customer",), condition=Q(answer=Answer.PENDING)
            ),
        )

    def __str__(self) -> str:
        return f"{self.customer} {self.get_step_display()}"
