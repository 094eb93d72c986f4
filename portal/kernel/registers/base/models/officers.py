"""Who answers for grievances and for personal data, and since when."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal.kernel.core import date_format
from portal.kernel.core.data_categories import declare
from portal.kernel.core.records import Place, Record
from portal.kernel.core.register_days import RegisterDays
from portal.kernel.people.choices import Answer
from portal.kernel.people.models import FourEyesModel
from portal.kernel.registers.base.choices import OfficerKind


class Officer(FourEyesModel):
    """An appointment, proposed by one person and approved by another. Rows are superseded, never edited.

    The law has the officer's name and contact published (SPDI Rules r.5(9); DPDP Rules r.9).
    """

    record = Record(
        name=_("Officers"),
        place=Place.tab("law", 60),
        kept="Published by law (SPDI Rules r.5(9)) and named in messages that are kept as proof.",
    )
    data_categories = declare(
        none="id act made_by made_at checked_by checked_at shown_sha256 answer kind title effective_from",
        name="full_name",
        contact="email phone postal_address",
        free_text="reason",
    )
    #: As ``current_entries.current_officer`` answers: of an office the approved row that began last.
    register_days = RegisterDays(
        entered="made_at",
        changed=("checked_at",),
        since="effective_from",
        among=Q(answer=Answer.APPROVED),
        one_per=("kind",),
        rank=("effective_from", "checked_at", "pk"),
    )

    kind = models.CharField(_("office"), max_length=32, choices=OfficerKind.choices)
    full_name = models.CharField(_("name"), max_length=120)
    title = models.CharField(
        _("title"), max_length=120, help_text=_("As messages show it, such as Head of Compliance.")
    )
    email = models.CharField(_("email address"), max_length=254)
    phone = models.CharField(_("phone number"), max_length=16)
    postal_address = models.CharField(_("postal address"), max_length=300)
    effective_from = models.DateField(_("in office from"))

    class Meta(FourEyesModel.Meta):
        verbose_name = _("officer")
        verbose_name_plural = _("officers")
        ordering = ("kind", "-effective_from", "-id")
        constraints = (
            *FourEyesModel.Meta.constraints,
            models.CheckConstraint(
                name="registers_officer_can_be_reached",
                condition=~models.Q(full_name="") & ~models.Q(email="") & ~models.Q(phone=""),
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {date_format.day(self.effective_from)}"
