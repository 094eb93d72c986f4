"""What recipients are told, in order for each address, and what they did about it. References, hashes and times only."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.kernel.core.data_categories import declare
from portal.kernel.core.models import AppendOnlyModel
from portal.kernel.core.records import Place, Record
from portal.kernel.law.choices import channel_choices
from portal.kernel.registers.base.choices import FactKind, InstructionKind
from portal.kernel.registers.recipients.models.recipients import Recipient


class Telling(AppendOnlyModel):
    """One thing that one recipient is told about one address. ``sequence`` counts from 1 for each code and address.

    The words are the outbox's (``message``): encrypted under the person's key, and erased with it.
    """

    recipient = models.ForeignKey(Recipient, models.PROTECT, related_name="tellings", verbose_name=_("recipient"))
    recipient_code = models.SlugField(_("recipient's code"), max_length=40, db_index=False)
    address_key = models.BinaryField(_("lookup hash of the address"), max_length=33)
    sequence = models.PositiveIntegerField(_("number"))
    kind = models.CharField(_("what it is notified of"), max_length=40)
    subject_ref = models.UUIDField(_("subject"), db_index=True)
    about = models.CharField(_("about"), max_length=80, db_index=True)
    message = models.OneToOneField("outbox.Message", models.PROTECT, related_name="+", verbose_name=_("message"))
    told_at = models.DateTimeField(_("posted"))

    data_categories = declare(
        none="id recipient recipient_code address_key sequence kind subject_ref about message told_at"
    )

    class Meta:
        verbose_name = _("word to a recipient")
        verbose_name_plural = _("words to recipients")
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                name="registers_tellings_stand_in_line", fields=("recipient_code", "address_key", "sequence")
            ),
        )

    def __str__(self) -> str:
        return f"{self.recipient_code} {self.sequence}"


class Instruction(AppendOnlyModel):
    """What a recipient has to do about one address of a person: stop, correct, erase (DPDP s.6(6), s.8(7), GDPR 19).

    Delivered, acknowledged and acted are three facts (``InstructionFact``). Its clock is law's, under the owner
    ``registers.instruction:`` and the reference. One without a word (``telling``) goes by hand: staff tell the recipient in
    writing and note each step.
    """

    reference = models.CharField(_("reference"), max_length=16, unique=True)
    telling = models.OneToOneField(
        Telling, models.PROTECT, null=True, blank=True, related_name="instruction", verbose_name=_("word")
    )
    recipient = models.ForeignKey(Recipient, models.PROTECT, related_name="instructions", verbose_name=_("recipient"))
    fiduciary = models.ForeignKey("people.Fiduciary", models.PROTECT, related_name="+", verbose_name=_("fiduciary"))
    kind = models.CharField(_("what to do"), max_length=8, choices=InstructionKind.choices)
    subject_ref = models.UUIDField(_("subject"), db_index=True)
    about = models.CharField(_("because of"), max_length=80, db_index=True)
    #: Pairs of purpose and channel that a "stop" is about; empty for the others, which are about everything.
    covers = models.JSONField(_("purposes and channels"), default=list)
    given_at = models.DateTimeField(_("given"), db_index=True)

    #: What the label of its clock begins with.
    OWNER = "registers.instruction:"

    record = Record(
        name=_("Processor instructions"), place=Place.tab("registers", 40), day="given_at", prefix="IN", is_work=True
    )
    data_categories = declare(none="id reference telling recipient fiduciary kind subject_ref about covers given_at")

    class Meta:
        verbose_name = _("instruction to a recipient")
        verbose_name_plural = _("instructions to recipients")
        ordering = ("-id",)

    def __str__(self) -> str:
        return self.reference

    @property
    def owner(self) -> str:
        """The label of its clock."""
        return f"{self.OWNER}{self.reference}"


class InstructionFact(AppendOnlyModel):
    """One step of an instruction, stated once. ``happened_at`` is theirs, kept inside what is possible."""

    instruction = models.ForeignKey(Instruction, models.PROTECT, related_name="facts", verbose_name=_("instruction"))
    kind = models.CharField(_("what happened"), max_length=12, choices=FactKind.choices)
    happened_at = models.DateTimeField(_("happened"))
    recorded_at = models.DateTimeField(_("recorded"), db_index=True)
    actor_ref = models.CharField(_("entered by"), max_length=60)

    data_categories = declare(none="id instruction kind happened_at recorded_at actor_ref")

    class Meta:
        verbose_name = _("step of an instruction")
        verbose_name_plural = _("steps of instructions")
        ordering = ("id",)
        constraints = (models.UniqueConstraint(name="registers_a_step_is_stated_once", fields=("instruction", "kind")),)

    def __str__(self) -> str:
        return f"{self.instruction_id} {self.kind}"


class ReportedSend(AppendOnlyModel):
    """A message that a sending system says it sent: to which address (its hash), for what, on which channel, when."""

    recipient = models.ForeignKey(Recipient, models.PROTECT, related_name="sends", verbose_name=_("sending system"))
    reference_sha256 = models.CharField(_("SHA-256 of its own reference"), max_length=64)
    address_key = models.BinaryField(_("lookup hash of the address"), max_length=33)
    purpose = models.CharField(_("purpose"), max_length=40)
    channel = models.CharField(_("channel"), max_length=16, choices=channel_choices)
    sent_at = models.DateTimeField(_("sent"))
    reported_at = models.DateTimeField(_("reported"), db_index=True)

    record = Record(
        name=_("Sends reported by recipients"),
        place=Place.section("registers", "registers.Recipient"),
        day="reported_at",
    )
    data_categories = declare(none="id recipient reference_sha256 address_key purpose channel sent_at reported_at")

    class Meta:
        verbose_name = _("reported send")
        verbose_name_plural = _("reported sends")
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(name="registers_a_send_is_reported_once", fields=("recipient", "reference_sha256")),
        )
        # The last send to an address after its withdrawal.
        indexes = (models.Index(fields=("address_key", "purpose", "channel", "sent_at"), name="registers_send_place"),)

    def __str__(self) -> str:
        return f"{self.recipient_id} {self.sent_at}"
