from uuid import UUID

from django.db import models
from django.utils.translation import gettext_lazy as _

from kyc.base.choices import InquiryState
from kyc.base.models.documents import Document
from portal.kernel.core.data_categories import declare
from portal.kernel.core.records import Record


class Inquiry(models.Model):
    """One question to one provider about one document: asked until it is answered, or nobody needs the answer any more.

    What was sent is in the document, what was answered in the rows of its checks; here stand references and times.
    """

    reference = models.CharField(_("reference"), max_length=20, unique=True)
    document = models.ForeignKey(Document, models.PROTECT, related_name="inquiries", verbose_name=_("document"))
    provider = models.CharField(_("provider"), max_length=12)
    state = models.CharField(_("state"), max_length=12, choices=InquiryState.choices, default=InquiryState.DUE)
    provider_reference = models.CharField(_("the provider's reference"), max_length=60, blank=True)
    tries = models.PositiveSmallIntegerField(_("times asked"), default=0)
    due_at = models.DateTimeField(_("to be asked at"))
    leased_until = models.DateTimeField(_("being asked until"), null=True, blank=True)
    made_at = models.DateTimeField(_("made"))
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    record = Record(prefix="IQ", is_work=True)
    data_categories = declare(
        none="id reference document provider state provider_reference tries due_at leased_until made_at ended_at"
    )

    class Meta:
        verbose_name = _("question to a provider")
        verbose_name_plural = _("questions to providers")
        constraints = (
            models.UniqueConstraint(name="kyc_each_provider_is_asked_once", fields=("document", "provider")),
        )
        indexes = (
            models.Index(
                name="kyc_inquiries_to_ask", fields=("due_at",), condition=models.Q(state__in=("due", "waiting"))
            ),
        )

    def __str__(self) -> str:
        return self.reference

    @property
    def subject_ref(self) -> UUID:
        """Whose document it is about."""
        return self.document.subject_ref
