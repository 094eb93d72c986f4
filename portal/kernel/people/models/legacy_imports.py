"""What was brought of an old system, and what became of each line of it."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.kernel.people.choices import TAKE_OVER_MOVES, TakeOverState


class TakeOverModel(models.Model):
    """One file of one old system: its lines are tried first, then taken in. How is ``services.legacy_imports``.

    It lies encrypted under a key of its own, which ends with the take-over.
    """

    DECLARED = "id reference state origin sha256 file file_ref job brought_by brought_at lines ended_at"

    reference = models.CharField(_("reference"), max_length=20, unique=True)
    state = models.CharField(
        _("state"), max_length=12, choices=TakeOverState.choices, default=TakeOverState.TRYING, db_index=True
    )
    origin = models.CharField(_("old system"), max_length=80)
    sha256 = models.CharField(_("SHA-256 of the file"), max_length=64, db_index=True)
    file = models.ForeignKey("vault.StoredFile", models.PROTECT, related_name="+", verbose_name=_("file"))
    file_ref = models.UUIDField(_("key of the file"), editable=False)
    job = models.ForeignKey("jobs.Job", models.PROTECT, related_name="+", verbose_name=_("job"))
    brought_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("uploaded by")
    )
    brought_at = models.DateTimeField(_("brought"))
    lines = models.PositiveIntegerField(_("lines"), default=0)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    #: The rows of its lines, in the room's table.
    results: Any

    class Meta:
        abstract = True
        ordering: ClassVar[tuple[str, ...]] = ("-brought_at", "-id")

    def __str__(self) -> str:
        return self.reference

    @property
    def has_ended(self) -> bool:
        """Nothing of it can be taken in any more."""
        return not TAKE_OVER_MOVES[self.state]

    def taken(self) -> "models.QuerySet[Any]":
        """The lines that were taken in."""
        found: models.QuerySet[Any] = self.results.filter(fault="")
        return found

    def faulty(self) -> "models.QuerySet[Any]":
        """The lines with something wrong, by their number."""
        found: models.QuerySet[Any] = self.results.exclude(fault="")
        return found


class TakeOverLineModel(models.Model):
    """One line: what it became, in a column of the room's, or the code of what is wrong with it; never both."""

    DECLARED = "id take_over number fault"

    number = models.PositiveIntegerField(_("line"))
    fault = models.CharField(_("what is wrong"), max_length=40, blank=True)

    #: What was brought, in the room's table.
    take_over: Any

    class Meta:
        abstract = True
        verbose_name = _("line of a take-over")
        verbose_name_plural = _("lines of take-overs")
        ordering: ClassVar[tuple[str, ...]] = ("number",)
        constraints: ClassVar[tuple[models.BaseConstraint, ...]] = (
            models.UniqueConstraint(name="%(app_label)s_a_line_is_taken_over_once", fields=("take_over", "number")),
        )

    def __str__(self) -> str:
        return f"{self.take_over} {self.number}"
