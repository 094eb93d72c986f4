"""Consent managers: companies registered with the Data Protection Board that act for people (DPDP s.6(7)-(9), r.4)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.kernel.core.data_categories import declare
from portal.kernel.core.records import Place, Record
from portal.kernel.registers.base.models.dated_entry import IN_FORCE, DatedEntry


class ConsentManager(DatedEntry):
    """One manager and the key it signs with, from a day on, for the consents of one fiduciary. A new key is a new entry."""

    board_number = models.CharField(_("registration number with the Board"), max_length=40)
    name = models.CharField(_("name"), max_length=200)
    public_key = models.CharField(
        _("public key"), max_length=44, help_text=_("Ed25519, 32 bytes in base64, as the manager publishes it.")
    )

    record = Record(
        name=_("Consent managers"),
        place=Place.tab("consent", 80),
        kept="Words of staff about a company; kept with the proposal they explain.",
    )
    data_categories = declare(none=f"{DatedEntry.DECLARED} board_number name public_key", free_text="reason")
    SHOWN = ("board_number", "name", "public_key")
    KEYS = (("fiduciary", "board_number"),)

    class Meta(DatedEntry.Meta):
        verbose_name = _("consent manager")
        verbose_name_plural = _("consent managers")
        constraints = (
            *DatedEntry.Meta.constraints,
            models.UniqueConstraint(
                name="registers_one_manager_per_number", fields=("fiduciary", "board_number"), condition=IN_FORCE
            ),
        )

    def __str__(self) -> str:
        return self.name
