"""Who sends: DLT entities, the headers and numbers that messages come from, and where messages may lead."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.kernel.core.data_categories import declare
from portal.kernel.core.records import Place, Record
from portal.kernel.registers.base.choices import SenderKind, TargetKind
from portal.kernel.registers.base.models.dated_entry import IN_FORCE, DatedEntry


class SendingEntity(DatedEntry):
    """A fiduciary's registration as principal entity, and the customer whose members may see its senders.

    ``advertises``: which of TRAI's preference categories its promotion is about. None entered: it may be any of them.
    """

    entity_id = models.CharField(_("DLT entity id"), max_length=30)
    customer = models.ForeignKey(
        "people.Customer", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("customer")
    )
    advertises = models.JSONField(_("advertises"), default=list)

    named_by = ("fiduciary",)
    record = Record(
        name=_("DLT entities"),
        place=Place.tab("senders", 50),
        kept="Words of staff about a registration; kept with the proposal they explain.",
    )
    data_categories = declare(none=f"{DatedEntry.DECLARED} entity_id customer advertises", free_text="reason")
    SHOWN = ("entity_id", "customer", "advertises")
    KEYS = (("entity_id",), ("fiduciary",))

    class Meta(DatedEntry.Meta):
        verbose_name = _("DLT entity")
        verbose_name_plural = _("DLT entities")
        constraints = (
            *DatedEntry.Meta.constraints,
            models.UniqueConstraint(name="registers_one_entity_per_id", fields=("entity_id",), condition=IN_FORCE),
            models.UniqueConstraint(
                name="registers_one_entity_per_fiduciary", fields=("fiduciary",), condition=IN_FORCE
            ),
        )

    def __str__(self) -> str:
        return f"{self.fiduciary}: {self.entity_id}"


class Sender(DatedEntry):
    """A header, number, code or agent that messages come from. It is one fiduciary's at a time.

    ``carries`` are the categories it is registered for: a header's suffixes -P, -S, -T as words.
    """

    kind = models.CharField(_("kind"), max_length=16, choices=SenderKind.choices)
    #: In the form in which it is looked up: capitals, digits, E.164 (see ``selectors.senders.normal_form``).
    value = models.CharField(_("header, number or code"), max_length=80)
    carries = models.JSONField(_("may carry"), default=list)
    records_calls = models.BooleanField(_("calls are recorded"), default=False)
    announcement = models.CharField(
        _("announcement before recording"),
        max_length=300,
        blank=True,
        help_text=_("What a caller hears before a recording starts. The consent of each person is asked all the same."),
    )

    record = Record(
        name=_("Senders"),
        place=Place.entry("senders"),
        kept="Words of staff about a header or number; kept with the proposal they explain.",
    )
    data_categories = declare(
        none=f"{DatedEntry.DECLARED} kind value carries records_calls announcement", free_text="reason"
    )
    SHOWN = ("kind", "value", "carries", "records_calls", "announcement")
    KEYS = (("value",),)

    class Meta(DatedEntry.Meta):
        verbose_name = _("sender")
        verbose_name_plural = _("senders")
        constraints = (
            *DatedEntry.Meta.constraints,
            models.UniqueConstraint(
                name="registers_a_sender_has_one_fiduciary", fields=("kind", "value"), condition=IN_FORCE
            ),
            models.CheckConstraint(
                name="registers_only_voice_numbers_record",
                condition=models.Q(records_calls=False)
                | (models.Q(kind=SenderKind.VOICE_NUMBER) & ~models.Q(announcement="")),
            ),
        )

    def __str__(self) -> str:
        return self.value


class ListedTarget(DatedEntry):
    """A link or telephone number that a fiduciary's templates may hold."""

    kind = models.CharField(_("kind"), max_length=8, choices=TargetKind.choices)
    value = models.CharField(_("link or number"), max_length=300)

    record = Record(
        name=_("Allowed links and numbers"),
        place=Place.tab("senders", 40),
        kept="Words of staff about a link or number; kept with the proposal they explain.",
    )
    data_categories = declare(none=f"{DatedEntry.DECLARED} kind value", free_text="reason")
    SHOWN = ("kind", "value")
    KEYS = (("fiduciary", "kind", "value"),)

    class Meta(DatedEntry.Meta):
        verbose_name = _("allowed link or number")
        verbose_name_plural = _("allowed links and numbers")
        constraints = (
            *DatedEntry.Meta.constraints,
            models.UniqueConstraint(
                name="registers_a_target_is_listed_once", fields=("fiduciary", "kind", "value"), condition=IN_FORCE
            ),
        )

    def __str__(self) -> str:
        return self.value


class LastInbound(models.Model):
    """When an address last wrote to a fiduciary on a channel: free text may follow for a while (WhatsApp)."""

    fiduciary = models.ForeignKey("people.Fiduciary", models.PROTECT, related_name="+", verbose_name=_("fiduciary"))
    address_key = models.BinaryField(_("lookup hash of the address"), max_length=33)
    channel = models.CharField(_("channel"), max_length=16)
    last_at = models.DateTimeField(_("last wrote"), db_index=True)

    record = Record(
        kept="Ends after the hours for which it opens a window, and with the address that leaves its person."
    )
    data_categories = declare(none="id fiduciary channel last_at", contact="address_key")

    class Meta:
        verbose_name = _("last inbound message")
        verbose_name_plural = _("last inbound messages")
        constraints = (
            models.UniqueConstraint(name="registers_one_last_inbound", fields=("address_key", "channel", "fiduciary")),
        )

    def __str__(self) -> str:
        return f"{self.channel} {self.last_at}"
