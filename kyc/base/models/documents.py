import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kyc.base.check_outcomes import TextMatch
from kyc.base.choices import DocumentKind, DocumentState, Provenance
from kyc.base.models.cases import Case
from kyc.base.models.parties import Party
from portal.kernel.core.data_categories import declare
from portal.kernel.core.records import Place, Record
from portal.kernel.vault.choices import RetentionClass


class Document(models.Model):
    """One file that a customer sent, with the number it shows, about the customer itself or about a party of the case.

    A newer file in the same place (case, party and kind) is a new row; this one becomes "replaced".
    One that is destroyed at its customer's wish becomes "destroyed", one that they never sent "removed", and its place is free.

    The upload lies in quarantine under a key of its own (``quarantine_ref``), which ends when the checks have run. What
    is kept is the copy that the inspection wrote anew. The name the customer's computer gave the file is not kept.
    """

    reference = models.CharField(_("reference"), max_length=20, unique=True)
    case = models.ForeignKey(Case, models.PROTECT, related_name="documents", verbose_name=_("case"))
    party = models.ForeignKey(
        Party, models.PROTECT, null=True, blank=True, related_name="documents", verbose_name=_("whose it is")
    )
    kind = models.CharField(_("kind"), max_length=32, choices=DocumentKind.choices)
    state = models.CharField(_("state"), max_length=12, choices=DocumentState.choices, default=DocumentState.RECEIVED)
    #: The number as typed, sealed under the customer's key; shown only by "reveal with a reason".
    number_sealed = models.BinaryField(_("number"), null=True, editable=False)
    number_index = models.BinaryField(_("lookup hash of the number"), max_length=33, null=True, editable=False)
    number_display = models.CharField(_("number, masked"), max_length=32, blank=True)
    #: What else was typed, as JSON (``ifsc``, ``name``, ``born_on``), sealed as the number is.
    declared_sealed = models.BinaryField(_("what else was typed"), null=True, editable=False)
    number_in_text = models.CharField(_("number read in the file"), max_length=12, default=TextMatch.NOT_READ.value)
    expires_on = models.DateField(_("valid until"), null=True, blank=True)
    extension = models.CharField(_("ending of the file's name"), max_length=8)
    quarantine_ref = models.UUIDField(_("quarantine"), default=uuid.uuid4, unique=True)
    quarantined = models.ForeignKey(
        "vault.StoredFile", models.PROTECT, related_name="+", verbose_name=_("upload in quarantine")
    )
    kept = models.ForeignKey(
        "vault.StoredFile", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("kept copy")
    )
    mime = models.CharField(_("kind of file"), max_length=40, blank=True)
    pages = models.PositiveSmallIntegerField(_("pages"), default=0)
    searched = models.CharField(_("searched for Aadhaar numbers"), max_length=12, blank=True)
    hidden = models.PositiveSmallIntegerField(_("numbers covered in the kept copy"), default=0, db_default=0)
    scanned = models.CharField(_("scanned for viruses"), max_length=12, blank=True, default="", db_default="")
    notices = models.CharField(
        _("what may be wrong with the file"), max_length=60, blank=True, default="", db_default=""
    )
    fault = models.CharField(_("fault of the file"), max_length=20, blank=True)
    provenance = models.CharField(
        _("how it came"),
        max_length=8,
        choices=Provenance.choices,
        default=Provenance.PAGE,
        db_default=Provenance.PAGE,
    )
    #: The member of staff who brought it in, or the file of before that it stands on; they do not answer about it.
    brought_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("uploaded by"),
    )
    #: The document given before whose kept copy stands for this one too.
    reused_from = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("file given before")
    )
    #: The receipt of the consent under which it was taken, where one was asked (``consent.ConsentReceipt``).
    consent_ref = models.CharField(_("receipt of the consent"), max_length=20, blank=True, default="", db_default="")
    #: Whose key the kept copy and the texts lie under: the document's own.
    key_ref = models.UUIDField(_("key"), default=uuid.uuid4, unique=True, editable=False)
    retention_class = models.CharField(
        _("kept as"),
        max_length=16,
        choices=RetentionClass.choices,
        default=RetentionClass.KYC,
        db_default=RetentionClass.KYC,
    )
    deletion_asked_at = models.DateTimeField(_("asked to delete"), null=True, blank=True)
    uploaded_at = models.DateTimeField(_("uploaded"))
    sent_at = models.DateTimeField(_("sent for checking"), null=True, blank=True)
    checked_at = models.DateTimeField(_("checked"), null=True, blank=True)
    leased_until = models.DateTimeField(_("checks running until"), null=True, blank=True)
    tries = models.PositiveSmallIntegerField(_("runs of the checks"), default=0, db_default=0)

    erased_at = models.DateTimeField(_("erased"), null=True, blank=True)

    record = Record(name=_("KYC documents"), place=Place.entry("desk"), day="uploaded_at", prefix="DO", is_work=True)
    data_categories = declare(
        none="id reference case party kind state number_in_text extension quarantine_ref quarantined kept mime pages searched "
        "hidden scanned notices fault uploaded_at sent_at checked_at leased_until tries expires_on erased_at "
        "provenance brought_by reused_from consent_ref deletion_asked_at key_ref retention_class",
        identity_document="number_sealed number_index number_display declared_sealed",
    )

    class Meta:
        verbose_name = _("KYC document")
        verbose_name_plural = _("KYC documents")
        constraints = (
            models.UniqueConstraint(
                name="kyc_one_document_of_a_kind",
                fields=("case", "kind"),
                condition=Q(party=None) & ~Q(state__in=("replaced", "removed", "destroyed")),
            ),
            models.UniqueConstraint(
                name="kyc_one_document_of_a_kind_for_a_party",
                fields=("case", "party", "kind"),
                condition=~Q(state__in=("replaced", "removed", "destroyed")),
            ),
            models.CheckConstraint(
                name="kyc_checked_documents_are_kept",
                condition=Q(kept__isnull=False)
                | Q(state__in=("received", "stalled", "refused", "replaced", "removed", "destroyed")),
            ),
        )
        indexes = (
            models.Index(name="kyc_documents_by_number", fields=("kind", "number_index")),
            models.Index(name="kyc_documents_to_check", fields=("uploaded_at",), condition=Q(state="received")),
        )

    def __str__(self) -> str:
        return self.reference

    @property
    def subject_ref(self) -> uuid.UUID:
        """Whose document it is."""
        return self.party.subject_ref if self.party else self.case.subject_ref

    @property
    def person_left(self) -> bool:
        """Whether it is about somebody who stands behind the customer no more: nobody decides about it."""
        return self.party is not None and self.party.ended_at is not None
