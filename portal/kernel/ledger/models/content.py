import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.kernel.core.data_categories import declare
from portal.kernel.core.models import AppendOnlyModel
from portal.kernel.ledger.choices import EntryKind


class Entry(AppendOnlyModel):
    """One record of the ledger, frozen. What it says is in its payload, which can be erased."""

    event_id = models.UUIDField(_("event"), unique=True, default=uuid.uuid4)
    kind = models.CharField(_("kind"), max_length=16, choices=EntryKind.choices)
    subject_ref = models.UUIDField(_("subject"), null=True, blank=True, db_index=True)
    leaf_hash = models.BinaryField(_("leaf hash"), max_length=32)
    #: What the leaf is the hash of, so that the public entry can be served after an erasure too. Empty only on entries
    #: whose content was erased before the column came.
    commitment = models.BinaryField(_("commitment"), max_length=32, null=True)
    recorded_at = models.DateTimeField(_("recorded at"), db_index=True)

    data_categories = declare(none="id event_id kind subject_ref leaf_hash commitment recorded_at")

    class Meta:
        verbose_name = _("ledger entry")
        verbose_name_plural = _("ledger entries")

    def __str__(self) -> str:
        return f"{self.kind} {self.event_id}"

    @property
    def index(self) -> int | None:
        """The place in the tree, or None until the entry is sealed (a query, unless ``leaf`` was selected)."""
        leaf = getattr(self, "leaf", None)
        return None if leaf is None else leaf.index

    @property
    def is_sealed(self) -> bool:
        """Whether the entry has its place in the tree."""
        return self.index is not None


class Payload(models.Model):
    """The bytes an entry commits to, and their salt. Deleted by a redaction; without it the leaf stays opaque."""

    entry = models.OneToOneField(Entry, models.PROTECT, primary_key=True, verbose_name=_("entry"))
    body = models.BinaryField(_("canonical JSON"))
    salt = models.BinaryField(_("salt"), max_length=32)

    # References, codes, times and keyed hashes only; what a person wrote or is reached by stands elsewhere.
    data_categories = declare(none="entry body salt")

    class Meta:
        verbose_name = _("ledger payload")
        verbose_name_plural = _("ledger payloads")

    def __str__(self) -> str:
        return f"payload {self.pk}"


class Redacting(models.Model):
    """A redaction: the entry, the record that says so, and when the payload was deleted.

    While ``done_at`` is empty a crash can be finished and raises no alarm; afterwards the row finds the record of an entry
    without reading every record. It proves nothing: the record does, by its leaf.
    """

    entry = models.OneToOneField(Entry, models.PROTECT, primary_key=True, verbose_name=_("entry"))
    record = models.OneToOneField(Entry, models.PROTECT, related_name="+", verbose_name=_("redaction record"))
    since = models.DateTimeField(_("since"))
    done_at = models.DateTimeField(_("payload deleted"), null=True)

    data_categories = declare(none="entry record since done_at")

    class Meta:
        verbose_name = _("redaction")
        verbose_name_plural = _("redactions")
        indexes = (
            # Those to finish, for the hourly task and the checks.
            models.Index(name="ledger_redactions_to_finish", fields=("since",), condition=models.Q(done_at=None)),
        )

    def __str__(self) -> str:
        return f"redacting {self.pk}"
