"""Rows that one person at a time works on."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class ClaimedModel(models.Model):
    """Taken by one member of staff, for a time: cases and grievances. How it is taken is ``services.claims``."""

    locked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("taken by")
    )
    locked_until = models.DateTimeField(_("taken until"), null=True, blank=True)

    class Meta:
        abstract = True

    def holder_id_at(self, at: datetime) -> int | None:
        """Whoever has it at an instant: what was taken is free again once its time is over."""
        return self.locked_by_id if self.locked_until is not None and self.locked_until >= at else None
