"""What systems asked and what we answered: rows an auditor can be shown, without a person in them."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from consent.base.choices import AnsweredAs
from portal.kernel.core import date_format
from portal.kernel.core.data_categories import declare
from portal.kernel.core.models import AppendOnlyModel
from portal.kernel.core.records import Place, Record


class AnswerSet(AppendOnlyModel):
    """The answers of one batch, of one scrubbed list, or of one minute of single questions.

    One audit event, and so one leaf of the ledger, says how many there were and commits to all of them
    (``answers_sha256``). ``answers`` keeps those of a batch packed: for each address its keyed hash (33 bytes, zeros for
    what is no address) and the place of its reason in ``reasons``. The answers of a minute are ``GivenAnswer`` rows;
    those of a scrubbed list are the file that was handed over. A hash over clear addresses is salted
    (``decision_batches.salt_of``).
    """

    reference = models.CharField(_("reference"), max_length=20, unique=True)
    answered_as = models.CharField(_("as"), max_length=8, choices=AnsweredAs.choices)
    fiduciary = models.ForeignKey(
        "people.Fiduciary", models.PROTECT, null=True, related_name="+", verbose_name=_("fiduciary")
    )
    purpose = models.CharField(_("purpose"), max_length=40, blank=True)
    channel = models.CharField(_("channel"), max_length=16, blank=True)
    #: As registered; empty where the question named none.
    header = models.CharField(_("header"), max_length=80, blank=True, default="", db_default="")
    template = models.CharField(_("template"), max_length=120, blank=True, default="", db_default="")
    asked_by = models.CharField(_("asked by"), max_length=80, blank=True)
    #: The instant the answers are about.
    for_time = models.DateTimeField(_("for the time"))
    answered_at = models.DateTimeField(_("answered"))
    total = models.PositiveIntegerField(_("addresses"))
    allowed = models.PositiveIntegerField(_("allowed"))
    invalid = models.PositiveIntegerField(_("no addresses"))
    #: [reason, count] in the order in which the reasons first came.
    reasons = models.JSONField(_("by reason"), default=list)
    asked_sha256 = models.CharField(_("SHA-256 of the list"), max_length=64, blank=True)
    answers_sha256 = models.CharField(_("SHA-256 of the decisions"), max_length=64)
    answers = models.BinaryField(_("answers"), null=True)
    entry = models.OneToOneField("ledger.Entry", models.PROTECT, related_name="+", verbose_name=_("ledger entry"))

    record = Record(
        name=_("Decision batches"), place=Place.tab("consent", 60), day="answered_at", prefix="DA", is_work=True
    )
    data_categories = declare(
        none="id reference answered_as fiduciary purpose channel header template asked_by for_time answered_at total allowed invalid "
        "reasons asked_sha256 answers_sha256 answers entry"
    )

    class Meta:
        verbose_name = _("decision batch")
        verbose_name_plural = _("decision batches")
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                name="consent_one_set_a_minute", fields=("for_time",), condition=Q(answered_as=AnsweredAs.MINUTE)
            ),
            models.CheckConstraint(
                name="consent_set_of_a_minute_is_of_everybody",
                condition=Q(answered_as=AnsweredAs.MINUTE, fiduciary=None)
                | (~Q(answered_as=AnsweredAs.MINUTE) & Q(fiduciary__isnull=False)),
            ),
        )
        indexes = (models.Index(fields=("fiduciary", "-answered_at"), name="consent_answer_set_of"),)

    def __str__(self) -> str:
        return self.reference

    @property
    def blocked(self) -> int:
        """How many may not be written to, without those that are no addresses."""
        return self.total - self.allowed - self.invalid


class GivenAnswer(AppendOnlyModel):
    """One answer to one question. ``minute`` is the minute in which it was written down: its set covers it."""

    minute = models.DateTimeField(_("written down in"))
    fiduciary = models.ForeignKey("people.Fiduciary", models.PROTECT, related_name="+", verbose_name=_("fiduciary"))
    asked_by = models.CharField(_("asked by"), max_length=80)
    purpose = models.CharField(_("purpose"), max_length=40)
    channel = models.CharField(_("channel"), max_length=16)
    #: As registered; empty where the question named none.
    header = models.CharField(_("header"), max_length=80, blank=True, default="", db_default="")
    template = models.CharField(_("template"), max_length=120, blank=True, default="", db_default="")
    address_key = models.BinaryField(_("lookup hash of the address"), max_length=33)
    reason = models.CharField(_("reason"), max_length=24)
    allowed = models.BooleanField(_("allowed"))
    entry_ref = models.UUIDField(_("deciding entry"), null=True)
    for_time = models.DateTimeField(_("for the time"))
    answered_at = models.DateTimeField(_("answered"))

    record = Record(name=_("Send decisions"), place=Place.tab("consent", 50), day="answered_at")
    data_categories = declare(
        none="id minute fiduciary asked_by purpose channel header template address_key reason allowed entry_ref for_time answered_at"
    )

    class Meta:
        verbose_name = _("send decision")
        verbose_name_plural = _("send decisions")
        ordering = ("-id",)
        indexes = (
            models.Index(fields=("minute",), name="consent_answer_minute"),
            models.Index(fields=("address_key", "-id"), name="consent_answer_address"),
            # How many of the last days' answers hang on one register entry.
            models.Index(fields=("header", "minute"), name="consent_answer_header", condition=~Q(header="")),
            models.Index(fields=("template", "minute"), name="consent_answer_template", condition=~Q(template="")),
        )

    def __str__(self) -> str:
        return f"{self.purpose} {self.channel} {self.reason}"


class TakenRequest(AppendOnlyModel):
    """A change that a system asked for under an ``Idempotency-Key``: asked again, it is answered and not done again.

    ``answer`` holds references and counts only.
    """

    asked_by = models.CharField(_("asked by"), max_length=80)
    request_key = models.CharField(_("Idempotency-Key"), max_length=128)
    body_sha256 = models.CharField(_("keyed hash of the request"), max_length=64)
    answer = models.JSONField(_("answer"), default=dict)
    taken_at = models.DateTimeField(_("taken"))

    data_categories = declare(none="id asked_by request_key body_sha256 answer taken_at")

    class Meta:
        verbose_name = _("taken request")
        verbose_name_plural = _("taken requests")
        constraints = (models.UniqueConstraint(name="consent_request_taken_once", fields=("asked_by", "request_key")),)

    def __str__(self) -> str:
        return f"{self.asked_by} {date_format.moment(self.taken_at)}"
