"""Reports of whole months, as they were counted then, and bundles of one person's file, signed off by two people; what auditors ask and draw."""

from django.conf import settings
from django.db import models
from django.db.models import Q, Value
from django.utils.translation import gettext_lazy as _

from portal.fronts.evidence.choices import Judgement, Method, RequestState
from portal.kernel.core import date_format
from portal.kernel.core.data_categories import declare
from portal.kernel.core.models import AppendOnlyModel
from portal.kernel.core.records import Place, Record
from portal.kernel.core.register_days import RegisterDays
from portal.kernel.people.choices import Answer
from portal.kernel.people.models import FourEyesModel


class MonthlyReport(AppendOnlyModel):
    """One report of one month. ``tables`` are counts and words, and nobody's name; their SHA-256 stands in the ledger."""

    code = models.SlugField(_("report"), max_length=24)
    first_day = models.DateField(_("first day"))
    last_day = models.DateField(_("last day"))
    made_at = models.DateTimeField(_("made"))
    tables = models.JSONField(_("tables"))
    sha256 = models.CharField(_("SHA-256 of the tables"), max_length=64)

    data_categories = declare(none="id code first_day last_day made_at tables sha256")

    class Meta:
        verbose_name = _("monthly report")
        verbose_name_plural = _("monthly reports")
        ordering = ("-first_day", "code")
        constraints = (models.UniqueConstraint(name="evidence_one_report_a_month", fields=("code", "first_day")),)

    def __str__(self) -> str:
        return f"{self.code} {self.first_day:%Y-%m}"


class PersonFile(FourEyesModel):
    """A bundle of one person's file as of an instant: proposed, put together by a job, signed off by a second person.

    Nobody fetches it before. ``events_sha256`` is of the entries it holds, ``sha256`` of the bundle itself.
    """

    reference = models.CharField(_("reference"), max_length=16, unique=True, editable=False)
    subject_ref = models.UUIDField(_("subject"), db_index=True)
    as_of = models.DateTimeField(_("as of"))
    ticket = models.CharField(_("ticket or queue"), max_length=60)
    events = models.PositiveIntegerField(_("events"))
    events_sha256 = models.CharField(_("SHA-256 of the entries"), max_length=64)
    job = models.OneToOneField("jobs.Job", models.PROTECT, null=True, related_name="+", verbose_name=_("job"))
    sha256 = models.CharField(_("SHA-256 of the bundle"), max_length=64, blank=True)
    size = models.PositiveBigIntegerField(_("bytes"), default=0)
    proved = models.PositiveIntegerField(_("events with their proof"), default=0)

    named_by = ("job",)
    record = Record(
        name=_("Subject files"),
        place=Place.tab("evidence", 80),
        kept="Words of staff about a bundle, and references; kept as the proof of who signed it off.",
        prefix="PF",
    )
    data_categories = declare(
        none="id act made_by made_at checked_by checked_at shown_sha256 answer reference subject_ref as_of ticket events "
        "events_sha256 job sha256 size proved",
        free_text="reason",
    )

    class Meta(FourEyesModel.Meta):
        verbose_name = _("bundle of a person's file")
        verbose_name_plural = _("subject files")
        ordering = ("-id",)
        constraints = (
            *FourEyesModel.Meta.constraints,
            models.CheckConstraint(
                name="evidence_file_is_signed_once_it_is_made", condition=~Q(answer=Answer.APPROVED) | ~Q(sha256="")
            ),
        )

    def __str__(self) -> str:
        return self.reference

    @property
    def proposed(self) -> str:
        return date_format.moment(self.as_of)

    @classmethod
    def to_answer(cls) -> Q:
        """A bundle waits for its second person once it is put together."""
        return Q(answer=Answer.PENDING) & ~Q(sha256="")

    @property
    def about(self) -> str:
        """Its label in audit events."""
        return f"evidence.file:{self.reference}"


class DrawnSample(AppendOnlyModel):
    """A sample of one register over days that are over, with the rows from which it was drawn as they were then.

    ``chosen`` are numbers of rows, in the order in which they were drawn.
    """

    reference = models.CharField(_("reference"), max_length=16, unique=True)
    register = models.SlugField(_("register"), max_length=40)
    first_day = models.DateField(_("first day"))
    last_day = models.DateField(_("last day"))
    method = models.CharField(_("way of drawing"), max_length=8, choices=Method.choices)
    size = models.PositiveIntegerField(_("size"))
    seed = models.PositiveBigIntegerField(_("seed"))
    #: A line for each row: its number, its reference, the SHA-256 of the row. Empty on samples of before it was kept.
    population = models.JSONField(_("population"), blank=True, default=list, db_default=Value([], models.JSONField()))
    population_size = models.PositiveIntegerField(_("rows of the population"))
    population_sha256 = models.CharField(_("SHA-256 of the population"), max_length=64)
    chosen = models.JSONField(_("rows drawn"))
    drawn_by_ref = models.CharField(_("drawn by"), max_length=80)
    drawn_at = models.DateTimeField(_("drawn"))

    record = Record(prefix="SM")
    data_categories = declare(
        none="id reference register first_day last_day method size seed population population_size population_sha256 "
        "chosen drawn_by_ref drawn_at"
    )

    class Meta:
        verbose_name = _("sample")
        verbose_name_plural = _("samples")
        ordering = ("-pk",)

    def __str__(self) -> str:
        return self.reference


class Attestation(AppendOnlyModel):
    """What a person judged of a promise that no row can show: on which day, with which file. A later one takes its place.

    ``promise`` is its key in ``data/promises.toml``. Its document is an attachment of the registers (``attestations``); ``file``
    is that of a row from before, which ``attestations.attach_earlier`` makes an attachment of.
    """

    promise = models.CharField(_("promise"), max_length=16)
    outcome = models.CharField(_("judgement"), max_length=8, choices=Judgement.choices)
    judged_on = models.DateField(_("judged on"))
    file = models.OneToOneField(
        "vault.StoredFile", models.PROTECT, related_name="+", null=True, editable=False, verbose_name=_("file")
    )
    file_ref = models.UUIDField(unique=True, null=True, editable=False)
    sha256 = models.CharField(_("SHA-256 of the file"), max_length=64)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("attested by")
    )
    made_at = models.DateTimeField(_("attested"))

    data_categories = declare(none="id promise outcome judged_on file file_ref sha256 made_by made_at")

    class Meta:
        verbose_name = _("attestation")
        verbose_name_plural = _("attestations")
        ordering = ("-judged_on", "-pk")
        indexes = (models.Index(name="evidence_attested_promise", fields=("promise", "-judged_on")),)

    def __str__(self) -> str:
        return f"{self.promise} {self.judged_on}"


class InformationRequest(models.Model):
    """Something an auditor wants to be shown by a day; its words are rows of ``RequestEntry``. Changed by ``requests`` only."""

    reference = models.CharField(_("reference"), max_length=16, unique=True)
    control = models.CharField(_("control"), max_length=40, blank=True)
    state = models.CharField(_("state"), max_length=8, choices=RequestState.choices, default=RequestState.ASKED)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="information_requests", verbose_name=_("asked by")
    )
    asked_at = models.DateTimeField(_("asked"))
    due_on = models.DateField(_("answer wanted by"))
    answered_at = models.DateTimeField(_("last answered"), null=True, blank=True)
    accepted_at = models.DateTimeField(_("accepted"), null=True, blank=True)

    record = Record(prefix="IR")
    data_categories = declare(none="id reference control state asked_by asked_at due_on answered_at accepted_at")
    register_days = RegisterDays(entered="asked_at", changed=("answered_at",), since="asked_at", until="accepted_at")

    class Meta:
        verbose_name = _("information request")
        verbose_name_plural = _("information requests")
        ordering = ("-asked_at", "-pk")
        indexes = (models.Index(name="evidence_request_by_state", fields=("state", "due_on")),)

    def __str__(self) -> str:
        return self.reference


class RequestEntry(models.Model):
    """What one side wrote: the question, an answer with the address of a page that shows it, or why it does not do."""

    request = models.ForeignKey(
        InformationRequest, models.PROTECT, related_name="entries", verbose_name=_("information request")
    )
    state = models.CharField(_("made it"), max_length=8, choices=RequestState.choices)
    text = models.TextField(_("words"), max_length=4000, blank=True)
    link = models.CharField(_("page that shows it"), max_length=300, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("written by"))
    at = models.DateTimeField(_("written"))

    record = Record(
        kept="Words of auditors and staff about the house, without a name or a number; kept as the record of an audit."
    )
    data_categories = declare(none="id request state link by at", free_text="text")

    class Meta:
        verbose_name = _("entry of an information request")
        verbose_name_plural = _("entries of information requests")
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"{self.request_id} {self.state}"
