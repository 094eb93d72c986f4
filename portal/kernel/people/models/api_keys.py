"""Keys by which other systems ask the portal in the name of one fiduciary."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal.kernel.core.data_categories import declare
from portal.kernel.core.records import Place, Record
from portal.kernel.people.choices import Answer
from portal.kernel.people.models.fiduciaries import Fiduciary
from portal.kernel.people.models.maker_checker import FourEyesModel


class ApiKey(FourEyesModel):
    """Proposed by one person, agreed to by another, then made once for the first. Ended, never deleted.

    Of the key itself only a hash is kept: 256 random bits need no slow hash.
    """

    fiduciary = models.ForeignKey(Fiduciary, models.PROTECT, related_name="api_keys", verbose_name=_("for"))
    label = models.CharField(_("which system uses it"), max_length=80)
    scopes = models.JSONField(_("what it may do"), default=list)
    expires_at = models.DateTimeField(_("valid until"))
    prefix = models.CharField(_("begins with"), max_length=16, blank=True, editable=False)
    key_sha256 = models.BinaryField(_("SHA-256 of the key"), max_length=32, null=True, editable=False)
    issued_at = models.DateTimeField(_("made"), null=True, editable=False)
    last_used_at = models.DateTimeField(_("last used"), null=True, editable=False)
    ended_at = models.DateTimeField(_("ended"), null=True, editable=False)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("ended by"),
        editable=False,
    )

    named_by = ("fiduciary",)
    record = Record(
        name=_("API keys"),
        place=Place.tab("staff", 30),
        kept="Words of staff about a system, and the hash of its key; kept with the proposal they explain.",
        day="made_at..ended_at",
    )
    data_categories = declare(
        none="id act made_by made_at checked_by checked_at shown_sha256 answer fiduciary label scopes expires_at "
        "prefix issued_at last_used_at ended_at ended_by",
        free_text="reason",
        credential="key_sha256",
    )

    class Meta(FourEyesModel.Meta):
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        ordering = ("-made_at", "-id")
        constraints = (
            *FourEyesModel.Meta.constraints,
            models.UniqueConstraint(name="people_one_row_per_api_key", fields=("key_sha256",)),
            models.CheckConstraint(
                name="people_api_key_made_after_yes",
                condition=Q(key_sha256=None, issued_at=None)
                | Q(key_sha256__isnull=False, issued_at__isnull=False, answer="approved"),
            ),
        )

    def __str__(self) -> str:
        return f"{self.fiduciary}: {self.label}"

    @classmethod
    def to_answer(cls) -> Q:
        """A proposal that was withdrawn waits for nobody."""
        return Q(answer=Answer.PENDING, ended_at=None)
