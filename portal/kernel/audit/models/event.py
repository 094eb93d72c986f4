from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.kernel.core.data_categories import declare
from portal.kernel.core.fields import EncryptedTextField
from portal.kernel.core.models import AppendOnlyModel
from portal.kernel.core.records import Place, Record


class AuditEvent(AppendOnlyModel):
    """One act: codes and references only, one leaf of the ledger. Its ledger entry commits to all of it."""

    entry = models.OneToOneField("ledger.Entry", models.PROTECT, verbose_name=_("ledger entry"))
    kind = models.CharField(_("act"), max_length=64, db_index=True)
    actor_kind = models.CharField(_("kind of actor"), max_length=16)
    actor_ref = models.CharField(_("actor"), max_length=64)
    via = models.CharField(_("way"), max_length=64, blank=True)
    about = models.CharField(_("about"), max_length=120, db_index=True)
    facts = models.JSONField(_("facts"), default=dict)
    subject_ref = models.UUIDField(_("subject"), null=True, blank=True, db_index=True)
    at = models.DateTimeField(_("at"), db_index=True)

    record = Record(name=_("Audit events"), place=Place.entry("audit"), day="at")
    data_categories = declare(none="id entry kind actor_kind actor_ref via about facts subject_ref at")

    class Meta:
        verbose_name = _("audit event")
        verbose_name_plural = _("audit events")

    def __str__(self) -> str:
        return f"{self.kind} {self.about}"


class AuditPersonal(models.Model):
    """What of an act is about a person: old and new values, the network address. Encrypted; erased with the person."""

    event = models.OneToOneField(AuditEvent, models.PROTECT, primary_key=True, verbose_name=_("audit event"))
    subject_ref = models.UUIDField(_("subject"), null=True, blank=True, db_index=True)
    body = EncryptedTextField(_("values"), purpose="audit.personal")
    recorded_at = models.DateTimeField(_("recorded at"), db_index=True)

    data_categories = declare(none="event subject_ref recorded_at", free_text="body")

    class Meta:
        verbose_name = _("personal part of an audit event")
        verbose_name_plural = _("personal parts of audit events")

    def __str__(self) -> str:
        return f"personal part of event {self.pk}"
