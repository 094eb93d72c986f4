"""Trainings of staff in data protection and security."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.kernel.core.data_categories import declare
from portal.kernel.core.records import Place
from portal.kernel.registers.base.choices import TrainingKind
from portal.kernel.registers.base.models.register_entries import BookEntry, book


class Training(BookEntry):
    """One training that was held. Who attended is in its attachment, not in the register."""

    kind = models.CharField(_("kind"), max_length=12, choices=TrainingKind.choices)
    subject = models.CharField(_("subject"), max_length=300)
    held_on = models.DateField(_("date"))
    attended = models.PositiveIntegerField(_("number of people who attended"))

    OWN = ("kind", "subject", "held_on", "attended")
    record = book(
        name=_("Trainings"),
        place=Place.tab("registers", 85),
        title=_("Propose a training"),
        shows=("kind", "held_on", "attended"),
        filters=("kind",),
    )
    data_categories = declare(none=f"{BookEntry.DECLARED} {' '.join(OWN)}", free_text="reason")

    class Meta(BookEntry.Meta):
        verbose_name = _("training")
        verbose_name_plural = _("trainings")
