"""That people were brought to notice and questions: once for what a purpose means and its text says."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from consent.base.models.notices import NoticeVersion
from portal.kernel.core import date_format
from portal.kernel.core.data_categories import declare
from portal.kernel.core.models import AppendOnlyModel
from portal.kernel.core.records import Place, Record


class Meeting(AppendOnlyModel):
    """A person knows of the question of one purpose, and of the text beside it: they sent its page, or asked to hear no more of
    it. No answer, and never consent.
    """

    subject_ref = models.UUIDField(_("subject"))
    purpose = models.CharField(_("purpose"), max_length=40)
    #: From when the purpose has meant what it meant then: a new meaning is another question.
    meaning_since = models.DateField(_("means the same since"))
    notice_version = models.ForeignKey(NoticeVersion, models.PROTECT, related_name="+", verbose_name=_("notice"))
    language = models.CharField(_("language"), max_length=12)
    text_sha256 = models.CharField(_("SHA-256 of the notice"), max_length=64)
    met_at = models.DateTimeField(_("met"))

    record = Record(name=_("Consent prompts"), place=Place.section("people", "people.Principal"), day="met_at")
    data_categories = declare(none="id subject_ref purpose meaning_since notice_version language text_sha256 met_at")

    class Meta:
        verbose_name = _("question put")
        verbose_name_plural = _("questions put")
        constraints = (
            models.UniqueConstraint(
                name="consent_question_is_put_once",
                fields=("subject_ref", "purpose", "meaning_since", "notice_version"),
            ),
        )

    def __str__(self) -> str:
        return f"{self.purpose} {date_format.day(self.met_at)}"


class OptInRequest(AppendOnlyModel):
    """The first of the two steps in which a person of California says yes again after a no (11 CCR 7028). Allows nothing."""

    subject_ref = models.UUIDField(_("subject"), db_index=True)
    fiduciary = models.ForeignKey("people.Fiduciary", models.PROTECT, related_name="+", verbose_name=_("fiduciary"))
    #: "purpose:channel", sorted.
    asked = models.JSONField(_("asked for"), default=list)
    #: Of all the above with the time: the leaf of the yes names it.
    sha256 = models.CharField(_("SHA-256"), max_length=64, unique=True)
    requested_at = models.DateTimeField(_("requested"))

    data_categories = declare(none="id subject_ref fiduciary asked sha256 requested_at")

    class Meta:
        verbose_name = _("request to opt in")
        verbose_name_plural = _("requests to opt in")

    def __str__(self) -> str:
        return self.sha256[:12]
