"""What is erased, when, under which rule, because of what: references, counts and hashes, nobody's data."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal.kernel.core.data_categories import declare
from portal.kernel.core.records import Place, Record
from portal.kernel.core.register_days import RegisterDays
from portal.kernel.people.choices import Answer
from portal.kernel.people.models import FourEyesModel
from portal.kernel.retention.choices import OPEN_ITEMS, OPEN_RUNS, Cause, ItemState, RunState


class ErasureRun(models.Model):
    """One plan over everything whose period is over, or over one person; then what came of it, and its certificate.

    ``plan_sha256`` is of the canonical plan, to which two people agree. Of a class whose rule asks for no approval the
    rule is the approval: such a run is approved as it is made. So is the plan of one person: the two people who decided
    the request or the case (``because``) have agreed to it (``agreed``).
    """

    record = Record(
        name=_("Erasure runs"),
        place=Place.entry("retention"),
        day="asked_at|started_at|planned_at",
        prefix="EC",
        is_work=True,
    )
    data_categories = declare(
        none="id reference state cause because refs asked_at agreed needs_approval plan_sha256 planned_at approved_at started_by started_at "
        "finished_at due held disputed stale kept_by_law erased look_again_on certificate certificate_sha256"
    )
    register_days = RegisterDays(
        entered="planned_at", changed=("asked_at", "approved_at", "started_at"), since="started_at", until="finished_at"
    )

    reference = models.CharField(_("reference"), max_length=16, unique=True, editable=False)
    state = models.CharField(_("state"), max_length=16, choices=RunState.choices, default=RunState.PLANNED)
    cause = models.CharField(
        _("why"), max_length=12, choices=Cause.choices, default=Cause.SCHEDULE, db_default=Cause.SCHEDULE
    )
    because = models.CharField(
        _("request or case"), max_length=32, blank=True, default="", db_default="", db_index=True
    )
    #: Every reference of the one person it is about; empty for a plan of the schedule.
    refs = models.JSONField(_("references of the person"), default=list, blank=True)
    asked_at = models.DateTimeField(_("asked"), null=True)
    #: The decision of two people that is the approval: its row, who, when, and the hash of what both saw.
    agreed = models.JSONField(_("decided by two people"), null=True)
    needs_approval = models.BooleanField(_("two people approve it"), default=True, db_default=True)
    plan_sha256 = models.CharField(_("SHA-256 of the plan"), max_length=64, blank=True, default="", db_default="")
    planned_at = models.DateTimeField(_("planned"), null=True)
    approved_at = models.DateTimeField(_("approved"), null=True)
    started_by = models.CharField(_("planned by"), max_length=80)
    started_at = models.DateTimeField(_("started"), null=True)
    finished_at = models.DateTimeField(_("finished"), null=True)
    due = models.PositiveBigIntegerField(_("due"), default=0)
    held = models.PositiveBigIntegerField(_("held"), default=0)
    disputed = models.PositiveBigIntegerField(_("in dispute"), default=0, db_default=0)
    stale = models.PositiveBigIntegerField(_("changed since"), default=0, db_default=0)
    kept_by_law = models.PositiveBigIntegerField(_("kept by law"), default=0)
    erased = models.PositiveBigIntegerField(_("erased"), default=0)
    #: Of one person: the first day on which something that a law kept has to go (``person_erasure.plan_again``).
    look_again_on = models.DateField(_("something more ends on"), null=True, blank=True)
    certificate = models.JSONField(_("certificate"), null=True)
    certificate_sha256 = models.CharField(_("SHA-256 of the certificate"), max_length=64, blank=True)

    class Meta:
        verbose_name = _("erasure run")
        verbose_name_plural = _("erasure runs")
        ordering = ("-id",)
        constraints = (
            # A plan of the schedule that waits is the newest: an older one has been given up.
            models.UniqueConstraint(
                name="retention_one_plan_of_the_schedule_waits",
                fields=("cause",),
                condition=Q(state="planned", cause="schedule"),
            ),
            models.UniqueConstraint(
                name="retention_one_open_run_per_case",
                fields=("because",),
                condition=Q(state__in=OPEN_RUNS) & ~Q(because=""),
            ),
            models.CheckConstraint(
                name="retention_run_of_a_person_says_whose_and_why",
                condition=Q(cause="schedule", because="", asked_at=None)
                | ~Q(cause="schedule") & ~Q(because="") & Q(asked_at__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return self.reference

    @property
    def about(self) -> str:
        """Its label in audit events and messages."""
        return f"retention.run:{self.reference}"


class ErasureStep(models.Model):
    """One eraser under one rule in one run: the sums of its items."""

    record = Record(day="finished_at")
    data_categories = declare(
        none="id run eraser retention_class rule_version rule_sha256 cutoff due held disputed stale kept_by_law erased "
        "failure subjects_sha256 finished_at"
    )

    run = models.ForeignKey(ErasureRun, models.PROTECT, related_name="steps")
    eraser = models.CharField(_("what"), max_length=64)
    retention_class = models.SlugField(_("class"), max_length=32)
    rule_version = models.PositiveIntegerField(_("version of the rule"))
    rule_sha256 = models.CharField(_("content hash of the rule"), max_length=64)
    cutoff = models.DateTimeField(_("erased what began before"), null=True)
    due = models.PositiveBigIntegerField(_("due"), default=0)
    held = models.PositiveBigIntegerField(_("held"), default=0)
    disputed = models.PositiveBigIntegerField(_("in dispute"), default=0, db_default=0)
    stale = models.PositiveBigIntegerField(_("changed since"), default=0, db_default=0)
    kept_by_law = models.PositiveBigIntegerField(_("kept by law"), default=0)
    erased = models.PositiveBigIntegerField(_("erased"), default=0)
    failure = models.CharField(
        _("failure"),
        max_length=64,
        blank=True,
        default="",
        db_default="",
        help_text=_("The type of the last error: something was not erased. The next run tries again."),
    )
    subjects_sha256 = models.CharField(
        _("SHA-256 of the references"),
        max_length=64,
        help_text=_("Of the sorted references of the subjects concerned: names no one, proves which."),
    )
    finished_at = models.DateTimeField(_("finished"))

    class Meta:
        verbose_name = _("step of an erasure run")
        verbose_name_plural = _("steps of erasure runs")
        ordering = ("id",)
        constraints = (models.UniqueConstraint(fields=("run", "eraser"), name="retention_step_is_done_once_in_a_run"),)

    def __str__(self) -> str:
        return f"{self.run_id}: {self.eraser}"


class ErasureItem(models.Model):
    """One person's records in one room: what was seen when the plan was made, and what became of it.

    Each is erased in a transaction of its own, with its sums; a process that dies leaves the others to be taken up.
    ``seen_sha256`` is of the rule and the records that the plan saw; ``before`` empty means everything.
    """

    data_categories = declare(
        none="id step subject_ref before count seen_sha256 fields spared state erased notice failure finished_at marked_at"
    )

    step = models.ForeignKey(ErasureStep, models.PROTECT, related_name="items")
    subject_ref = models.UUIDField(_("subject"), db_index=True)
    before = models.DateTimeField(_("what began before"), null=True)
    count = models.PositiveBigIntegerField(_("records"))
    seen_sha256 = models.CharField(_("SHA-256 of what was seen"), max_length=64, blank=True)
    #: What goes of the records that stay, because no rule that keeps them names it: "people.User.password".
    fields = models.JSONField(_("fields"), null=True)
    #: Labels of records that stay though they began before: a named legal claim needs them.
    spared = models.JSONField(_("records that a legal claim needs"), null=True)
    state = models.CharField(_("state"), max_length=12, choices=ItemState.choices, default=ItemState.PLANNED)
    erased = models.PositiveBigIntegerField(_("erased"), default=0)
    notice = models.ForeignKey("outbox.Message", models.PROTECT, null=True, related_name="+", verbose_name=_("notice"))
    failure = models.CharField(_("failure"), max_length=64, blank=True, default="")
    finished_at = models.DateTimeField(_("finished"), null=True)
    #: When the mark outside this database was written (``vault.ErasureMark``).
    marked_at = models.DateTimeField(_("marked"), null=True)

    class Meta:
        verbose_name = _("item of an erasure run")
        verbose_name_plural = _("items of erasure runs")
        ordering = ("id",)
        constraints = (models.UniqueConstraint(fields=("step", "subject_ref"), name="retention_item_once_in_a_step"),)
        indexes = (
            # What is left of a run that a process left behind.
            models.Index(name="retention_item_open", fields=("step",), condition=Q(state__in=OPEN_ITEMS)),
        )

    def __str__(self) -> str:
        return f"{self.step_id}: {self.pk}"


class KeptRecord(models.Model):
    """A record that a run of one person leaves: by which rule and provision, and its last day. It goes after that day without
    another request (``person_erasure.plan_again``). What the person reads is worked out from the same verdict.

    ``ground`` and the rule are those that the person reads: never a hold where something else keeps the record too.
    """

    data_categories = declare(
        none="id step subject_ref about began_at count ground rule_key citation last_day decide_by is_stopped"
    )

    step = models.ForeignKey(ErasureStep, models.PROTECT, related_name="kept")
    subject_ref = models.UUIDField(_("subject"), db_index=True)
    about = models.CharField(_("record"), max_length=80, blank=True)
    began_at = models.DateTimeField(_("counts from"), null=True)
    count = models.PositiveBigIntegerField(_("records"))
    ground = models.CharField(_("kept because of"), max_length=12)
    rule_key = models.CharField(_("rule"), max_length=40, blank=True)
    citation = models.CharField(_("provision"), max_length=200, blank=True)
    last_day = models.DateField(_("last day"), null=True)
    #: Of what is kept until a question of the profile is decided: by when that was promised.
    decide_by = models.DateField(_("to be decided by"), null=True)
    #: A hold or a dispute kept it too: what it kept goes only when two people agree again.
    is_stopped = models.BooleanField(_("stopped by something else too"), default=False, db_default=False)

    class Meta:
        verbose_name = _("record that an erasure run leaves")
        verbose_name_plural = _("records that erasure runs leave")
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.step_id}: {self.pk}"


class PlanApproval(FourEyesModel):
    """The proposal to carry out a plan, bound to the plan's hash and sums."""

    named_by = ("run",)
    record = Record(
        name=_("Erasure approvals"),
        place=Place.approval("retention", "retention.ErasureRun"),
        kept="Words of staff about a plan; kept with the proposal they explain.",
    )
    data_categories = declare(
        none="id act made_by made_at checked_by checked_at shown_sha256 answer run", free_text="reason why"
    )

    run = models.ForeignKey(ErasureRun, models.PROTECT, related_name="approvals", verbose_name=_("plan"))
    why = models.TextField(_("what was reviewed"), max_length=1000)

    class Meta(FourEyesModel.Meta):
        verbose_name = _("approval of an erasure plan")
        verbose_name_plural = _("approvals of erasure plans")
        constraints = (
            *FourEyesModel.Meta.constraints,
            models.UniqueConstraint(
                name="retention_one_open_approval_per_run", fields=("run",), condition=Q(answer="pending")
            ),
        )

    def __str__(self) -> str:
        return f"{self.run}: {self.get_answer_display()}"

    @property
    def proposed(self) -> str:
        return self.why

    @classmethod
    def to_answer(cls) -> Q:
        """An approval of a plan that was given up waits for nobody."""
        return Q(answer=Answer.PENDING, run__state=RunState.PLANNED)
