from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.kernel.core.data_categories import declare
from portal.kernel.core.models import AppendOnlyModel
from portal.kernel.ledger.models.content import Entry


class Pending(models.Model):
    """An entry that waits for its place in the tree.

    The sealer picks by membership here and never by "larger than the last one": numbers commit out of order, and a
    cursor would lose the late ones.
    """

    entry = models.OneToOneField(Entry, models.PROTECT, primary_key=True, verbose_name=_("entry"))

    data_categories = declare(none="entry")

    class Meta:
        verbose_name = _("entry to be sealed")
        verbose_name_plural = _("entries to be sealed")

    def __str__(self) -> str:
        return f"pending {self.pk}"


class Leaf(AppendOnlyModel):
    """The place of an entry in the tree, given once by the sealer."""

    index = models.BigIntegerField(_("index"), primary_key=True, db_column="idx")
    entry = models.OneToOneField(Entry, models.PROTECT, verbose_name=_("entry"))

    data_categories = declare(none="index entry")

    class Meta:
        verbose_name = _("leaf")
        verbose_name_plural = _("leaves")

    def __str__(self) -> str:
        return f"leaf {self.index}"
