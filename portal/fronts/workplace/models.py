"""Proposals about the lowest rooms, which know no people, and lists that staff keep."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.kernel.core.data_categories import declare
from portal.kernel.core.records import Place, Record
from portal.kernel.ledger.choices import AnomalyCause, RotationCause
from portal.kernel.people.choices import Answer
from portal.kernel.people.models import FourEyesModel

_PROPOSAL = "id act made_by made_at checked_by checked_at shown_sha256 answer"


class ProfileProposal(FourEyesModel):
    """New answers of the organisation profile from a day on. Adopted, they become a row of ``law``."""

    answers = models.JSONField(_("answers"))
    effective_from = models.DateField(_("in force from"))

    record = Record(
        name=_("Profile approvals"),
        place=Place.approval("law", "law.OrganisationProfile"),
        kept="Words of staff about the company; kept with the proposal they explain.",
    )
    data_categories = declare(none=f"{_PROPOSAL} answers effective_from", free_text="reason")

    class Meta(FourEyesModel.Meta):
        verbose_name = _("proposal for the profile")
        verbose_name_plural = _("proposals for the profile")
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return f"profile from {self.effective_from}"


class KeyRotationProposal(FourEyesModel):
    """Another key is to sign the ledger: that of LEDGER_KEY_NEXT. Approved, it becomes a record of the ledger."""

    old_vkey = models.CharField(_("key until now"), max_length=200)
    new_vkey = models.CharField(_("key that is to follow"), max_length=200)
    cause = models.CharField(_("why"), max_length=12, choices=RotationCause.choices)
    good_size = models.PositiveBigIntegerField(
        _("last good size"),
        null=True,
        blank=True,
        help_text=_("After a compromise: the last checkpoint that was surely signed by us."),
    )
    lost_size = models.PositiveBigIntegerField(_("lost size"), null=True, blank=True, editable=False)
    lost_root = models.BinaryField(_("lost root"), max_length=32, null=True, editable=False)

    record = Record(
        name=_("Key rotations"),
        place=Place.tab("operations", 60),
        kept="Words of staff about the ledger's key; kept with the proposal they explain.",
    )
    data_categories = declare(
        none=f"{_PROPOSAL} old_vkey new_vkey cause good_size lost_size lost_root", free_text="reason"
    )

    class Meta(FourEyesModel.Meta):
        verbose_name = _("proposal for the signing key")
        verbose_name_plural = _("proposals for the signing key")
        ordering: ClassVar = ["-id"]
        constraints = (
            *FourEyesModel.Meta.constraints,
            models.UniqueConstraint(
                name="workplace_one_key_is_proposed", fields=("act",), condition=models.Q(answer=Answer.PENDING)
            ),
        )

    def __str__(self) -> str:
        return f"signing key {self.new_vkey[-8:]}"


class AnomalyProposal(FourEyesModel):
    """Ledger entries out of order are to be explained. Approved, the explanation becomes a record of the ledger."""

    cause = models.CharField(_("cause"), max_length=12, choices=AnomalyCause.choices)
    first = models.PositiveBigIntegerField(_("first entry"))
    last = models.PositiveBigIntegerField(_("last entry"))
    count = models.PositiveBigIntegerField(_("entries out of order"))
    entries_sha256 = models.CharField(_("hash of the entries"), max_length=64)

    record = Record(
        name=_("Ledger anomaly explanations"),
        place=Place.approval("audit"),
        kept="Words of staff about the ledger's entries; kept with the proposal they explain.",
    )
    data_categories = declare(none=f"{_PROPOSAL} cause first last count entries_sha256", free_text="reason")

    class Meta(FourEyesModel.Meta):
        verbose_name = _("explanation of ledger entries out of order")
        verbose_name_plural = _("explanations of ledger entries out of order")
        ordering: ClassVar = ["-id"]
        constraints = (
            *FourEyesModel.Meta.constraints,
            models.UniqueConstraint(
                name="workplace_one_anomaly_is_proposed", fields=("act",), condition=models.Q(answer=Answer.PENDING)
            ),
        )

    def __str__(self) -> str:
        return f"entries {self.first} to {self.last}"


class PurposeProposal(FourEyesModel):
    """A new purpose or a new version of one. ``content`` holds the fields of ``law.services.purposes.adopt``."""

    code = models.SlugField(_("code"), max_length=40)
    content = models.JSONField(_("content"))
    effective_from = models.DateField(_("in force from"))
    is_correction = models.BooleanField(
        _("only corrects words"),
        default=False,
        help_text=_("Tick this for a slip of the pen: the meaning stays, and no one is asked again."),
    )

    record = Record(
        name=_("Purpose approvals"),
        place=Place.approval("law", "law.Purpose"),
        kept="Words of staff about a purpose; kept with the proposal they explain.",
    )
    data_categories = declare(none=f"{_PROPOSAL} code content effective_from is_correction", free_text="reason")

    class Meta(FourEyesModel.Meta):
        verbose_name = _("proposal for a purpose")
        verbose_name_plural = _("proposals for purposes")
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return f"{self.code} from {self.effective_from}"


class UnmaskedExport(FourEyesModel):
    """A list is to leave with its masked values in full. Approved, a worker makes the file for whoever asked.

    ``filters`` are those of the list's address, never what somebody searched for.
    """

    listed = models.CharField(_("list"), max_length=80)
    columns = models.CharField(_("columns"), max_length=2000)
    file_format = models.CharField(_("file format"), max_length=8)
    filters = models.CharField(_("filters"), max_length=1000, blank=True)
    why = models.TextField(_("why it is needed"), max_length=500)
    export = models.OneToOneField(
        "jobs.ListExport", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("export")
    )

    record = Record(
        name=_("Unmasked exports"),
        place=Place.view("audit", "jobs.ListExport"),
        kept="Words of staff about a list; kept with the proposal they explain.",
    )
    data_categories = declare(none=f"{_PROPOSAL} listed columns file_format filters export", free_text="reason why")

    class Meta(FourEyesModel.Meta):
        verbose_name = _("unmasked export")
        verbose_name_plural = _("unmasked exports")
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return f"unmasked export {self.pk}"

    @property
    def proposed(self) -> str:
        return self.why


class SavedView(models.Model):
    """A list with filters that a member of staff named, for themselves or for everybody who holds a role.

    ``query`` holds filters and an order, never what somebody searched for.
    """

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", editable=False, verbose_name=_("saved by")
    )
    name = models.CharField(_("name"), max_length=60)
    model = models.CharField(_("list"), max_length=60, editable=False)
    query = models.CharField(_("filters"), max_length=500, editable=False)
    shared_with = models.ForeignKey(
        "people.Role", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("share with")
    )
    saved_at = models.DateTimeField(_("saved"), editable=False)

    record = Record(
        kept="What staff call a list, without a name or a number; a list that is not shared ends with the account."
    )
    data_categories = declare(none="id owner model query shared_with saved_at", free_text="name")

    class Meta:
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
        ordering: ClassVar = ["name", "id"]
        constraints = (models.UniqueConstraint(name="workplace_one_view_of_a_name", fields=("owner", "name")),)

    def __str__(self) -> str:
        return f"view {self.pk}"


class Pulse(models.Model):
    """When a worker of a queue last did what beat asks for once a minute: beat, broker and worker all live."""

    queue = models.CharField(_("queue"), max_length=24, primary_key=True)
    at = models.DateTimeField(_("last heartbeat"))
    first_at = models.DateTimeField(_("first heartbeat"))

    data_categories = declare(none="queue at first_at")

    class Meta:
        verbose_name = _("heartbeat")
        verbose_name_plural = _("heartbeats")

    def __str__(self) -> str:
        return self.queue


class TimetableTurn(models.Model):
    """Which beat keeps the timetable: of several one, until its turn has run out. One row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    holder = models.UUIDField(_("process"))
    until = models.DateTimeField(_("until"))

    data_categories = declare(none="id holder until")

    class Meta:
        verbose_name = _("turn of the timetable")
        verbose_name_plural = _("turns of the timetable")

    def __str__(self) -> str:
        return str(self.holder)


class HealthState(models.Model):
    """How a check stood when it last changed. ``seen`` is the newest answer: a change counts once it was seen twice."""

    name = models.CharField(_("check"), max_length=64, primary_key=True)
    is_bad = models.BooleanField(_("bad"), default=False)
    seen_bad = models.BooleanField(_("bad at the last look"), default=False)
    since = models.DateTimeField(_("since"))

    data_categories = declare(none="name is_bad seen_bad since")

    class Meta:
        verbose_name = _("state of a check")
        verbose_name_plural = _("states of checks")

    def __str__(self) -> str:
        return self.name
