"""A copy of somebody's data, put together room by room, and the proposals by which two people answer a request."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from grievances.base import request_choices, request_labels
from grievances.base.external_task_labels import DESPITE_TASKS
from grievances.base.models.requests import RightsRequest
from portal.kernel.core.data_categories import declare
from portal.kernel.core.records import Place, Record
from portal.kernel.people.choices import Answer
from portal.kernel.people.models import FourEyesModel


class Bundle(models.Model):
    """The files lie under a key of their own (``key_ref``, class "export"): when its time is over the key ends."""

    request = models.OneToOneField(RightsRequest, models.PROTECT, related_name="bundle", verbose_name=_("request"))
    key_ref = models.UUIDField(_("key"), default=uuid.uuid4, unique=True, editable=False)
    #: Whose data it holds: when something of theirs is erased the copy ends, too.
    refs = models.JSONField(_("references of the person"), default=list, blank=True)
    state = models.CharField(
        _("state"),
        max_length=10,
        choices=list(request_labels.BUNDLE_STATES.items()),
        default=request_choices.BundleState.COLLECTING,
    )
    file = models.ForeignKey(
        "vault.StoredFile", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("file")
    )
    started_at = models.DateTimeField(_("started"))
    released_at = models.DateTimeField(_("given out"), null=True, blank=True)
    expires_at = models.DateTimeField(_("can be fetched until"), null=True, blank=True, db_index=True)
    downloads = models.PositiveSmallIntegerField(_("fetched"), default=0)

    record = Record(name=_("Data copies"), place=Place.tab("requests", 20), day="started_at")
    data_categories = declare(none="id request key_ref refs state file started_at released_at expires_at downloads")

    class Meta:
        verbose_name = _("data copy")
        verbose_name_plural = _("copies of people's data")
        ordering = ("-pk",)

    def __str__(self) -> str:
        return str(self.request)


class BundleSection(models.Model):
    """One room's part. ``error`` is the kind of the last fault, never its words: they may quote somebody."""

    bundle = models.ForeignKey(Bundle, models.PROTECT, related_name="sections", verbose_name=_("copy"))
    name = models.SlugField(_("part"), max_length=40)
    state = models.CharField(
        _("state"),
        max_length=8,
        choices=list(request_labels.SECTION_STATES.items()),
        default=request_choices.SectionState.WAITING,
    )
    error = models.CharField(_("error"), max_length=64, blank=True)
    records = models.PositiveIntegerField(_("records"), default=0)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    file = models.ForeignKey(
        "vault.StoredFile", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("file")
    )
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    record = Record(
        name=_("Data copy sections"), place=Place.section("requests", "grievances.Bundle"), day="bundle__started_at"
    )
    data_categories = declare(none="id bundle name state error records tries file finished_at")

    class Meta:
        verbose_name = _("part of a copy")
        verbose_name_plural = _("parts of copies")
        ordering = ("name",)
        constraints = (models.UniqueConstraint(name="grievances_a_part_stands_once", fields=("bundle", "name")),)

    def __str__(self) -> str:
        return self.name


class RequestProposal(FourEyesModel):
    """One officer's answer to a request; nothing goes out before another has read the same."""

    request = models.ForeignKey(
        RightsRequest, models.PROTECT, related_name="proposals", verbose_name=_("request"), editable=False
    )
    outcome = models.CharField(
        _("outcome"), max_length=8, choices=list(request_labels.OUTCOMES.items()), editable=False
    )
    ground = models.CharField(
        _("ground"), max_length=12, choices=list(request_labels.GROUNDS.items()), blank=True, editable=False
    )
    #: Why it goes out while a task of a system outside is not done.
    despite_tasks = models.CharField(
        _("why external tasks do not delay it"),
        max_length=10,
        choices=list(DESPITE_TASKS.items()),
        blank=True,
        editable=False,
    )
    #: The letter to the person, whole, as it will go out; sealed under the ticket's subject.
    letter_sealed = models.BinaryField(_("letter"), editable=False)

    named_by = ("request__ticket",)
    #: Whether an appeal keeps one login out; on rows of ``selectors.with_kept_out`` alone.
    is_kept_out: bool

    record = Record(name=_("Request decisions"), place=Place.approval("requests", "grievances.RightsRequest"))
    data_categories = declare(
        none="id act made_by made_at checked_by checked_at shown_sha256 answer request outcome ground despite_tasks",
        free_text="reason letter_sealed",
    )

    class Meta(FourEyesModel.Meta):
        verbose_name = _("request decision")
        verbose_name_plural = _("request decisions")
        ordering = ("-made_at", "-id")
        constraints = (
            *FourEyesModel.Meta.constraints,
            models.UniqueConstraint(
                name="grievances_one_open_answer", fields=("request",), condition=Q(answer=Answer.PENDING)
            ),
            models.CheckConstraint(
                name="grievances_a_refusal_names_its_ground",
                condition=Q(outcome=request_choices.Outcome.REFUSE.value) & ~Q(ground="")
                | ~Q(outcome=request_choices.Outcome.REFUSE.value) & Q(ground=""),
            ),
        )

    def __str__(self) -> str:
        return str(self.request)

    @property
    def proposed(self) -> str:
        return f"{self.request.get_right_display()}: {self.get_outcome_display()}"
