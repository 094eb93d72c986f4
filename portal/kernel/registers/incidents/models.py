"""An incident: the facts as they became known, who has to be told, what two people decided, who is affected."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q, Value
from django.utils.translation import gettext_lazy as _

from portal.kernel.core.data_categories import declare
from portal.kernel.core.fields import EncryptedTextField
from portal.kernel.core.records import Place, Record
from portal.kernel.law.choices import LateReason
from portal.kernel.people.models import FourEyesModel
from portal.kernel.registers.incidents import rules
from portal.kernel.registers.incidents.choices import DutyState, IncidentRisk, IncidentRole, IncidentStep, NotDue


class Incident(models.Model):
    """One event. Every one stands here, also one that nobody has to be told of (GDPR Art 33(5)).

    ``noticed_at`` is when somebody first saw or was told of it, ``aware_at`` when it was certain enough to count as
    known: the first is never later. ``subject_ref`` issues the key under which letters to authorities are sealed.
    """

    OWNER: ClassVar = "registers.incident:"

    reference = models.CharField(_("reference"), max_length=20, unique=True)
    headline = models.CharField(_("in one line"), max_length=200)
    subject_ref = models.UUIDField(_("subject"))
    role = models.CharField(_("our role"), max_length=12, choices=IncidentRole.choices)
    regimes = models.JSONField(_("laws of the people it touches"), default=list)
    is_cyber = models.BooleanField(_("a cyber incident of the kinds in Annexure I of the CERT-In Directions"))
    is_telecom = models.BooleanField(_("touches a telecom network or service"))
    has_personal_data = models.BooleanField(_("touches personal data"))
    risk = models.CharField(_("risk to people"), max_length=10, choices=IncidentRisk.choices)
    began_at = models.DateTimeField(_("began"), null=True, blank=True)
    noticed_at = models.DateTimeField(_("noticed"))
    aware_at = models.DateTimeField(_("known as an incident"))
    opened_at = models.DateTimeField(_("entered"))
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("entered by")
    )
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)

    record = Record(
        name=_("Incidents"),
        place=Place.entry("incidents"),
        kept="Words of staff about an event, without a name or a number; the law has every breach documented (GDPR Art 33(5)).",
        day="opened_at",
        prefix="BR",
        is_work=True,
    )
    data_categories = declare(
        none="id reference subject_ref role regimes is_cyber is_telecom has_personal_data risk began_at noticed_at "
        "aware_at opened_at opened_by closed_at",
        free_text="headline",
    )

    class Meta:
        verbose_name = _("incident")
        verbose_name_plural = _("incidents")
        ordering = ("-noticed_at", "-id")
        constraints = (
            models.CheckConstraint(
                name="registers_incident_is_noticed_before_it_is_known", condition=Q(noticed_at__lte=F("aware_at"))
            ),
        )

    def __str__(self) -> str:
        return f"{self.reference}: {self.headline}"

    @property
    def about(self) -> str:
        """Its label in audit events, messages and clocks."""
        return f"{self.OWNER}{self.reference}"


class IncidentFact(models.Model):
    """One thing as it was known at one time. What was known earlier stays: reports go out in phases (GDPR Art 33(4))."""

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="facts", verbose_name=_("incident"))
    code = models.SlugField(_("what"), max_length=40)
    words = models.TextField(_("words"), max_length=4000)
    told_at = models.DateTimeField(_("told"))
    told_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("entered by")
    )

    record = Record(
        kept="Words of staff about an event, without a name or a number; the law has every breach documented (GDPR Art 33(5))."
    )
    data_categories = declare(none="id incident code told_at told_by", free_text="words")

    class Meta:
        verbose_name = _("fact of an incident")
        verbose_name_plural = _("facts of incidents")
        ordering = ("id",)
        indexes = (models.Index(fields=("incident", "code"), name="registers_incident_facts"),)

    def __str__(self) -> str:
        return f"{self.code} {self.incident_id}"


class IncidentPendingFact(models.Model):
    """That something is not known yet, who finds it out, and by when. The newest row about a thing counts, until it is told."""

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="pending_facts", verbose_name=_("incident"))
    code = models.SlugField(_("field"), max_length=40)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("owner"))
    due_at = models.DateTimeField(_("due"))
    entered_at = models.DateTimeField(_("entered"))
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("entered by")
    )

    data_categories = declare(none="id incident code owner due_at entered_at entered_by")

    class Meta:
        verbose_name = _("fact not known yet")
        verbose_name_plural = _("facts not known yet")
        ordering = ("id",)
        indexes = (models.Index(fields=("incident", "code"), name="registers_incident_pending"),)

    def __str__(self) -> str:
        return f"{self.code} {self.incident_id}"


class IncidentDuty(models.Model):
    """Somebody who has to be told, or has not to be, and why not. Its clock stops with the first report.

    What a first report leaves open is a duty of its own, the follow-up: open until a report leaves nothing open.
    """

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="duties", verbose_name=_("incident"))
    code = models.SlugField(_("duty"), max_length=40)
    client = models.ForeignKey(
        "people.Fiduciary", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("client")
    )
    state = models.CharField(_("state"), max_length=10, choices=DutyState.choices)
    not_due_because = models.CharField(_("why it is not due"), max_length=20, choices=NotDue.choices, blank=True)
    reported_at = models.DateTimeField(_("reported"), null=True, blank=True)

    record = Record(name=_("Notifications due"), place=Place.tab("incidents", 20), day="incident__opened_at")
    data_categories = declare(none="id incident code client state not_due_because reported_at")

    class Meta:
        verbose_name = _("report that is owed")
        verbose_name_plural = _("reports that are owed")
        ordering = ("incident", "id")
        constraints = (
            models.UniqueConstraint(
                name="registers_incident_duty_once", fields=("incident", "code"), condition=Q(client=None)
            ),
            models.UniqueConstraint(
                name="registers_incident_client_once",
                fields=("incident", "code", "client"),
                condition=Q(client__isnull=False),
            ),
            models.CheckConstraint(
                name="registers_incident_duty_reported_has_a_time",
                condition=~Q(state=DutyState.REPORTED) | Q(reported_at__isnull=False),
            ),
            models.CheckConstraint(
                name="registers_incident_duty_not_due_says_why",
                condition=Q(state=DutyState.NOT_DUE) & ~Q(not_due_because="")
                | ~Q(state=DutyState.NOT_DUE) & Q(not_due_because=""),
            ),
        )

    def __str__(self) -> str:
        what = rules.terms(self.code).label if rules.first_code(self.code) in rules.duties() else self.code
        return f"{what} ({self.client.name})" if self.client is not None else what

    @property
    def owner(self) -> str:
        """Its label as the owner of a clock: one clock for each duty, so that each is stopped alone."""
        whose = f"/{self.client.code}" if self.client is not None else ""
        return f"{self.incident.about}/{self.code}{whose}"


class IncidentDecision(FourEyesModel):
    """A report with its words, that there is none, or the end of an incident: proposed by one person, agreed by another.

    ``words`` are as they were shown and are sent: (what the law asks for, the text), in the order of the form; for people
    by language. ``open_fields`` are (the code of a fact, when it will follow) of what a report says is not known yet.
    ``done_at``, ``filed_reference`` and ``proof_sha256`` are the proof of a report on another's own form.
    ``late_because`` is said by whoever lets a late report go, and kept until it has left and its clock stops.
    ``undelivered_at`` is when those who decide were told that the message did not arrive, before it was done or after.
    """

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="decisions", verbose_name=_("incident"))
    duty = models.ForeignKey(
        IncidentDuty, models.PROTECT, null=True, blank=True, related_name="decisions", verbose_name=_("report owed")
    )
    step = models.CharField(_("what is proposed"), max_length=8, choices=IncidentStep.choices)
    why = models.TextField(_("why"), max_length=2000, blank=True)
    words = models.JSONField(_("words of the report"), default=list)
    open_fields = models.JSONField(
        _("fields not known yet"), default=list, db_default=Value([], models.JSONField()), blank=True
    )
    to = EncryptedTextField(_("email address"), purpose="registers.incident_decision.to", blank=True)
    late_because = models.CharField(_("why late"), max_length=12, choices=LateReason.choices, blank=True, default="")
    done_at = models.DateTimeField(_("sent or filed"), null=True, blank=True)
    undelivered_at = models.DateTimeField(_("known not to have arrived"), null=True, blank=True)
    filed_reference = models.CharField(_("number that the authority gave"), max_length=80, blank=True)
    proof_sha256 = models.CharField(_("SHA-256 of the acknowledgement"), max_length=64, blank=True)
    noted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("noted by")
    )

    record = Record(
        name=_("Incident decisions"),
        place=Place.approval("incidents", "registers.Incident"),
        kept="Words of staff about an event and the address of an authority or a client; kept as the proof of a report.",
    )
    data_categories = declare(
        none="id act made_by made_at checked_by checked_at shown_sha256 answer incident duty step open_fields "
        "late_because done_at "
        "undelivered_at filed_reference proof_sha256 noted_by",
        contact="to",
        free_text="reason why words",
    )
    named_by = ("incident", "duty")

    class Meta(FourEyesModel.Meta):
        verbose_name = _("decision about an incident")
        verbose_name_plural = _("decisions about incidents")
        ordering = ("-made_at", "-id")
        constraints = (
            *FourEyesModel.Meta.constraints,
            models.CheckConstraint(
                name="registers_incident_decision_has_its_duty",
                condition=Q(step=IncidentStep.CLOSE, duty=None) | ~Q(step=IncidentStep.CLOSE) & Q(duty__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"{self.incident.reference}: {self.get_step_display()}"


class IncidentSearch(models.Model):
    """How affected people were found: by which query, or by a list of addresses, of which only its hash is kept.

    One that fails for ever is given up by a person, who says why: it waits no longer, and whom it had found stay.
    """

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="searches", verbose_name=_("incident"))
    source = models.SlugField(_("found by"), max_length=40)
    since = models.DateTimeField(_("from"), null=True, blank=True)
    until = models.DateTimeField(_("up to"), null=True, blank=True)
    of = models.CharField(_("of"), max_length=60, blank=True)
    list_sha256 = models.CharField(_("SHA-256 of the list"), max_length=64, blank=True)
    asked_at = models.DateTimeField(_("asked"))
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("asked by"))
    done_at = models.DateTimeField(_("done"), null=True, blank=True)
    found = models.PositiveIntegerField(_("people found"), default=0)
    added = models.PositiveIntegerField(_("of them new"), default=0)
    unknown = models.PositiveIntegerField(_("addresses of people we did not know"), default=0)
    given_up_at = models.DateTimeField(_("removed"), null=True, blank=True)
    given_up_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("cancelled by"),
    )
    given_up_because = models.TextField(
        _("reason for cancelling"), max_length=2000, blank=True, default="", db_default=""
    )

    record = Record(
        name=_("Affected-person searches"),
        place=Place.section("incidents", "registers.Incident"),
        kept="A note of staff about why a search was cancelled, without a name or a number; the law has every breach documented (GDPR Art 33(5)).",
        day="asked_at",
    )
    data_categories = declare(
        none="id incident source since until of list_sha256 asked_at asked_by done_at found added unknown given_up_at "
        "given_up_by",
        free_text="given_up_because",
    )

    class Meta:
        verbose_name = _("search for affected people")
        verbose_name_plural = _("searches for affected people")
        ordering = ("-asked_at", "-id")
        constraints = (
            models.CheckConstraint(
                name="registers_incident_search_given_up_says_why",
                condition=Q(given_up_at=None, given_up_by=None, given_up_because="")
                | Q(given_up_at__isnull=False, given_up_by__isnull=False, done_at=None) & ~Q(given_up_because=""),
            ),
        )

    def __str__(self) -> str:
        return f"{self.incident.reference}: {self.source}"


class IncidentPerson(models.Model):
    """Somebody whose data an incident touches, by reference only."""

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="people", verbose_name=_("incident"))
    subject_ref = models.UUIDField(_("subject"))
    search = models.ForeignKey(IncidentSearch, models.PROTECT, related_name="people", verbose_name=_("found by"))

    data_categories = declare(none="id incident subject_ref search")

    class Meta:
        verbose_name = _("person affected by an incident")
        verbose_name_plural = _("people affected by incidents")
        constraints = (
            models.UniqueConstraint(name="registers_incident_person_once", fields=("incident", "subject_ref")),
        )

    def __str__(self) -> str:
        return f"{self.incident_id} {self.pk}"


class IncidentLetter(models.Model):
    """That one person was written to, or is out of reach, by what two people agreed to. A corrected letter is another row.

    ``decision`` is the first that agreed to the words of the letter: under several laws people get one letter.
    """

    person = models.ForeignKey(IncidentPerson, models.PROTECT, related_name="letters", verbose_name=_("person"))
    decision = models.ForeignKey(IncidentDecision, models.PROTECT, related_name="letters", verbose_name=_("agreed by"))
    told_at = models.DateTimeField(_("promised breach notice"))
    #: The channel, or "none" for somebody who cannot be reached at all.
    way = models.CharField(_("way"), max_length=16)

    data_categories = declare(none="id person decision told_at way")

    class Meta:
        verbose_name = _("breach notice")
        verbose_name_plural = _("breach notices")
        constraints = (models.UniqueConstraint(name="registers_incident_letter_once", fields=("person", "decision")),)

    def __str__(self) -> str:
        return f"{self.person_id} {self.way}"
