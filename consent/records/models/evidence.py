"""What stands behind an answer: the words shown or played, the scan, the reference of the call."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from consent.records.models.events import ConsentEvent
from portal.kernel.core.data_categories import declare
from portal.kernel.core.models import AppendOnlyModel


class ShownText(AppendOnlyModel):
    """Words beside a notice: a question as a page asked it, a prompt as a call played it. Kept once for each wording."""

    sha256 = models.CharField(_("SHA-256"), max_length=64, unique=True)
    language = models.CharField(_("language"), max_length=12)
    body = models.BinaryField(_("text"))
    first_at = models.DateTimeField(_("first shown"))

    data_categories = declare(none="id sha256 language body first_at")

    class Meta:
        verbose_name = _("words shown")
        verbose_name_plural = _("words shown")

    def __str__(self) -> str:
        return self.sha256[:12]

    @property
    def text(self) -> str:
        return bytes(self.body).decode()


class ConsentEvidence(AppendOnlyModel):
    """One piece of the evidence of an answer. Kind and hash stand in the ledger too, so that neither can be exchanged.

    ``reference`` is another system's own (of a call, of a request), never a number of anybody; ``file`` lies in the vault.
    """

    event = models.ForeignKey(ConsentEvent, models.PROTECT, related_name="evidence", verbose_name=_("answer"))
    kind = models.CharField(_("kind"), max_length=24)
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    reference = models.CharField(_("reference"), max_length=64, blank=True)
    file = models.ForeignKey(
        "vault.StoredFile", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("file")
    )

    data_categories = declare(none="id event kind sha256 reference file")

    class Meta:
        verbose_name = _("consent evidence")
        verbose_name_plural = _("consent evidence")
        indexes = (
            # A call that is reported twice.
            models.Index(fields=("kind", "reference"), name="consent_evidence_reference"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.sha256[:12]}"
