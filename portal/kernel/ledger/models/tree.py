from django.db import models
from django.db.models import Q, Value
from django.utils.translation import gettext_lazy as _

from portal.kernel.core.data_categories import declare
from portal.kernel.core.models import AppendOnlyModel
from portal.kernel.core.register_days import RegisterDays
from portal.kernel.ledger.choices import Scope


class Tile(models.Model):
    """Up to 256 neighbouring hashes of one level: the bytes of C2SP tlog-tiles. A row only ever grows."""

    level = models.SmallIntegerField(_("level"))
    n = models.BigIntegerField(_("number"))
    width = models.SmallIntegerField(_("hashes"), db_column="w")
    hashes = models.BinaryField(_("hashes"), max_length=8192)

    data_categories = declare(none="id level n width hashes")

    class Meta:
        verbose_name = _("tile")
        verbose_name_plural = _("tiles")
        constraints = [models.UniqueConstraint(fields=["level", "n"], name="ledger_tile_once")]

    def __str__(self) -> str:
        return f"tile {self.level}/{self.n}"


class Head(models.Model):
    """The one row that says how far the tree goes, and whether signing was stopped by a failed check."""

    size = models.BigIntegerField(_("leaves"), default=0)
    root = models.BinaryField(_("root"), max_length=32)
    #: Whatever was recorded before this time had its leaf when the tree got this size.
    complete_to = models.DateTimeField(_("complete up to"), null=True, blank=True)
    stopped_at = models.DateTimeField(_("signing stopped at"), null=True, blank=True)
    stopped_by = models.CharField(_("check that failed"), max_length=16, blank=True)

    data_categories = declare(none="id size root complete_to stopped_at stopped_by")

    class Meta:
        verbose_name = _("tree head")
        verbose_name_plural = _("tree heads")
        constraints = [models.CheckConstraint(condition=Q(id=1), name="ledger_head_is_one_row")]

    def __str__(self) -> str:
        return f"head of {self.size} leaves"


class Checkpoint(AppendOnlyModel):
    """A signed tree head. Written only after the tree was committed and the anchor agreed."""

    size = models.BigIntegerField(_("leaves"), primary_key=True)
    root = models.BinaryField(_("root"), max_length=32)
    note = models.BinaryField(_("signed note"))
    #: As on the head that was signed. Empty on checkpoints from before the column: then ``signed_at`` counts.
    complete_to = models.DateTimeField(_("complete up to"), null=True, blank=True)
    signed_at = models.DateTimeField(_("signed at"), db_index=True)

    data_categories = declare(none="size root note complete_to signed_at")

    class Meta:
        verbose_name = _("checkpoint")
        verbose_name_plural = _("checkpoints")

    def __str__(self) -> str:
        return f"checkpoint at {self.size}"


class Verification(AppendOnlyModel):
    """One run of the checks V1 to V11 and X1 over new or all entries, with what it found."""

    scope = models.CharField(_("scope"), max_length=8, choices=Scope.choices)
    size = models.BigIntegerField(_("leaves"))
    ok = models.BooleanField(_("clean"))
    failures = models.JSONField(_("failures"), default=list)
    #: By check the rows that V10 and V11 compared; empty of a run of before they were counted.
    compared = models.JSONField(_("rows compared"), default=dict, db_default=Value({}, models.JSONField()))
    started_at = models.DateTimeField(_("started at"))
    finished_at = models.DateTimeField(_("finished at"))

    data_categories = declare(none="id scope size ok failures compared started_at finished_at")
    register_days = RegisterDays(entered="started_at", changed=("finished_at",))

    class Meta:
        verbose_name = _("verification")
        verbose_name_plural = _("verifications")

    def __str__(self) -> str:
        return f"verification of {self.size} leaves"
