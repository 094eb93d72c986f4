"""A grievance and the addresses its person can be reached at."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from grievances.base import choices, labels
from portal.kernel.core.data_categories import declare
from portal.kernel.core.records import Place, Record
from portal.kernel.core.register_days import RegisterDays
from portal.kernel.people.models.work_locks import ClaimedModel


class Ticket(ClaimedModel):
    """A grievance. It carries an opaque subject of its own; who the person is stands in rows that can be erased.

    ``due_at`` is the date of the strictest running clock, kept here for the queue and written only together with the
    clocks (``services.deadlines``); the clocks in ``portal.kernel.law`` are the truth.
    """

    reference = models.CharField(_("reference"), max_length=20, unique=True)
    filing_key = models.UUIDField(_("filing key"), unique=True, editable=False)
    fiduciary = models.ForeignKey("people.Fiduciary", models.PROTECT, related_name="+", verbose_name=_("about whom"))
    subject_ref = models.UUIDField(_("subject"), db_index=True, editable=False)
    kind = models.CharField(_("kind"), max_length=20, choices=list(labels.KINDS.items()))
    door = models.CharField(_("came by"), max_length=12, choices=list(labels.DOORS.items()), default=choices.Door.PAGE)
    for_whom = models.CharField(_("for whom"), max_length=16, choices=list(labels.FOR_WHOM.items()))
    state = models.CharField(
        _("state"), max_length=12, choices=list(labels.STATES.items()), default=choices.TicketState.RECEIVED
    )
    closed_because = models.CharField(
        _("why closed"), max_length=12, choices=list(labels.CLOSED_BECAUSE.items()), blank=True
    )
    #: Which plan of clocks runs for its answer (``portal/kernel/law/data/clock_plans.toml``), on every round of it.
    plan = models.SlugField(_("plan of clocks"), max_length=20, default="answer", editable=False)
    language = models.CharField(_("language"), max_length=12)
    zone = models.CharField(_("time zone"), max_length=40, default="Asia/Kolkata")
    received_at = models.DateTimeField(_("received"))
    acknowledged_at = models.DateTimeField(_("acknowledged"), null=True, blank=True)
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    reopen_until = models.DateTimeField(_("can be opened again until"), null=True, blank=True)
    due_at = models.DateTimeField(_("due"), null=True, blank=True)
    turn_at = models.DateTimeField(_("last step"))
    round = models.PositiveSmallIntegerField(_("round"), default=1)
    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("assigned to")
    )
    #: What the officer found that it came from.
    root_cause = models.CharField(_("root cause"), max_length=16, choices=list(labels.ROOT_CAUSES.items()), blank=True)
    #: The client whose message it is about, where we only act for one: they answer it through us.
    client = models.ForeignKey(
        "people.Fiduciary", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("client")
    )
    passed_on_at = models.DateTimeField(_("passed on"), null=True, blank=True)
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="merged", verbose_name=_("joined with")
    )
    rating = models.PositiveSmallIntegerField(_("rating"), null=True, blank=True)
    rated_at = models.DateTimeField(_("rated"), null=True, blank=True)
    #: What a list says of the person's words (``grievances.base.ticket_summaries``); NULL once they are erased.
    gist_sealed = models.BinaryField(_("gist"), null=True, blank=True, editable=False)
    tracking_key_hash = models.BinaryField(_("tracking key"), max_length=33, null=True, blank=True, editable=False)

    #: Whether an appeal keeps one login out; on rows of ``selectors.with_kept_out`` alone.
    is_kept_out: bool

    record = Record(name=_("Grievances"), place=Place.entry("grievances"), day="received_at", prefix="GR", is_work=True)
    data_categories = declare(
        none=(
            "id reference filing_key fiduciary subject_ref kind door for_whom state closed_because plan language received_at "
            "acknowledged_at answered_at closed_at reopen_until due_at turn_at round assigned_to root_cause client passed_on_at "
            "merged_into rating rated_at locked_by locked_until"
        ),
        location="zone",
        free_text="gist_sealed",
        credential="tracking_key_hash",
    )
    register_days = RegisterDays(
        entered="received_at", changed=("acknowledged_at", "answered_at"), since="received_at", until="closed_at"
    )

    class Meta:
        verbose_name = _("grievance")
        verbose_name_plural = _("grievances")
        ordering = ("-received_at",)
        constraints = (
            models.CheckConstraint(
                name="grievances_closed_has_reason_and_time",
                condition=(
                    Q(state=choices.TicketState.CLOSED.value, closed_at__isnull=False) & ~Q(closed_because="")
                    | ~Q(state=choices.TicketState.CLOSED.value) & Q(closed_at__isnull=True, closed_because="")
                ),
            ),
            models.CheckConstraint(
                name="grievances_merged_is_closed_for_it",
                condition=Q(merged_into__isnull=True) | Q(closed_because=choices.ClosedBecause.MERGED.value),
            ),
            models.CheckConstraint(
                name="grievances_rating_is_one_to_five",
                condition=Q(rating__isnull=True, rated_at__isnull=True)
                | Q(rating__range=(1, 5), rated_at__isnull=False),
            ),
            models.CheckConstraint(
                name="grievances_passed_on_to_somebody",
                condition=Q(client__isnull=True, passed_on_at__isnull=True)
                | Q(client__isnull=False, passed_on_at__isnull=False),
            ),
        )
        indexes = (
            # The list of staff, newest first: the key parts what came at one instant, so that no page is sorted.
            models.Index(name="grievances_newest", fields=("-received_at", "-id")),
            # The staff queues: what is open, soonest first.
            models.Index(
                name="grievances_open_by_due",
                fields=("due_at", "id"),
                condition=Q(state__in=sorted(state.value for state in choices.OPEN_STATES)),
            ),
            # The silence sweep.
            models.Index(
                name="grievances_answered",
                fields=("answered_at",),
                condition=Q(state=choices.TicketState.ANSWERED.value),
            ),
        )

    def __str__(self) -> str:
        return self.reference

    @property
    def officer(self) -> str:
        """Who works on it, by name; a dash where nobody does."""
        found = self.assigned_to
        return str(found.full_name or found.email) if found is not None else "–"

    @property
    def about(self) -> str:
        """The ticket's name in audit events and messages."""
        return f"grievances.ticket:{self.reference}"


class TicketLink(models.Model):
    """Two grievances that staff read together. Nothing moves by it, and the person does not see it."""

    first = models.ForeignKey(Ticket, models.CASCADE, related_name="links_from", verbose_name=_("grievance"))
    second = models.ForeignKey(Ticket, models.CASCADE, related_name="links_to", verbose_name=_("grievance"))
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("linked by"))
    made_at = models.DateTimeField(_("linked"))

    data_categories = declare(none="id first second made_by made_at")

    class Meta:
        verbose_name = _("link of grievances")
        verbose_name_plural = _("links of grievances")
        constraints = (
            models.UniqueConstraint(name="grievances_one_link_per_pair", fields=("first", "second")),
            models.CheckConstraint(name="grievances_link_is_ordered", condition=Q(first__lt=models.F("second"))),
        )

    def __str__(self) -> str:
        return f"{self.first_id} {self.second_id}"


class TicketContact(models.Model):
    """An address the person gave for this grievance. Sealed under the subject's key; found by its keyed hash."""

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="contacts", verbose_name=_("grievance"))
    kind = models.CharField(_("kind"), max_length=8, choices=list(labels.CONTACT_KINDS.items()))
    address_sealed = models.BinaryField(_("address"), editable=False)
    address_key = models.BinaryField(_("lookup hash"), max_length=33, db_index=True, editable=False)
    verified_at = models.DateTimeField(_("verified"), null=True, blank=True)

    data_categories = declare(none="id ticket kind verified_at", contact="address_sealed address_key")

    class Meta:
        verbose_name = _("address of a grievance")
        verbose_name_plural = _("addresses of grievances")
        constraints = (models.UniqueConstraint(name="grievances_one_address_per_kind", fields=("ticket", "kind")),)

    def __str__(self) -> str:
        return f"{self.ticket} {self.kind}"
