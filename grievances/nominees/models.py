"""Whom a person named to use their rights when they die or can no longer act (DPDP Act s.14, Rules r.14(4))."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from grievances.nominees import choices, labels
from portal.kernel.core.data_categories import declare
from portal.kernel.core.records import Place, Record
from portal.kernel.people.choices import RestCause


class Nominee(models.Model):
    """One nominee of one person. Name, relation and addresses lie under the person's own key; they end with it.

    Several may stand at once (s.14: "one or more"). A changed one is the same row: what stood before is in the audit.
    """

    OWNER = "grievances.nominee:"

    reference = models.CharField(_("reference"), max_length=20, unique=True)
    subject_ref = models.UUIDField(_("who named them"), db_index=True)
    #: Name, relation, email and phone, by name.
    sealed = models.BinaryField(_("name and addresses"), default=bytes, editable=False)
    #: Keyed hashes of the addresses: a claim is compared with them without opening what is sealed.
    email_key = models.BinaryField(_("lookup hash of the email"), max_length=33, default=bytes, editable=False)
    phone_key = models.BinaryField(_("lookup hash of the phone"), max_length=33, default=bytes, editable=False)
    #: Codes of ``NomineeRight``.
    rights = models.JSONField(_("rights they may use"), default=list)
    named_at = models.DateTimeField(_("named"))
    changed_at = models.DateTimeField(_("changed"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    record = Record(
        name=_("Nominees"), place=Place.tab("requests", 40), day="named_at..ended_at", prefix="NM", is_work=True
    )
    data_categories = declare(
        none="id reference subject_ref rights named_at changed_at ended_at",
        name="sealed",
        contact="email_key phone_key",
    )

    class Meta:
        verbose_name = _("nominee")
        verbose_name_plural = _("nominees")
        ordering = ("-named_at", "-pk")
        constraints = (
            models.CheckConstraint(
                name="grievances_a_nominee_can_be_reached",
                condition=Q(ended_at__isnull=False) | ~Q(email_key=b"") | ~Q(phone_key=b""),
            ),
        )

    def __str__(self) -> str:
        return self.reference

    @property
    def owner(self) -> str:
        """Its label in audit events and messages."""
        return f"{self.OWNER}{self.reference}"


class NomineeStanding(models.Model):
    """What two people agreed to of a claim: who may act for whom, or that somebody died without a nominee who came.

    It begins after a time in which the person is written to and can object. ``person_ref`` outlives the person.
    """

    request = models.ForeignKey(
        "grievances.RightsRequest", models.PROTECT, related_name="standings", verbose_name=_("claim")
    )
    #: None where whoever reported a death is no nominee.
    nominee = models.ForeignKey(
        Nominee, models.PROTECT, null=True, blank=True, related_name="standings", verbose_name=_("nominee")
    )
    person_ref = models.UUIDField(_("person"), db_index=True)
    cause = models.CharField(_("what was shown"), max_length=10, choices=RestCause.choices, blank=True)
    state = models.CharField(
        _("state"), max_length=8, choices=list(labels.STANDINGS.items()), default=choices.StandingState.COOLING
    )
    granted_at = models.DateTimeField(_("agreed to"))
    begins_at = models.DateTimeField(_("begins"))
    begun_at = models.DateTimeField(_("begun"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    ended_because = models.CharField(
        _("why ended"), max_length=10, choices=list(labels.STANDING_ENDS.items()), blank=True
    )

    record = Record(
        name=_("Nominee claims"), place=Place.section("requests", "grievances.Nominee"), day="granted_at..ended_at"
    )
    data_categories = declare(
        none="id request nominee person_ref state granted_at begins_at begun_at ended_at ended_because",
        date_of_birth="cause",
    )

    class Meta:
        verbose_name = _("standing of a nominee")
        verbose_name_plural = _("standings of nominees")
        ordering = ("-granted_at", "-pk")
        indexes = (models.Index(fields=("state", "begins_at"), name="grievances_standing_begins"),)
        constraints = (
            models.UniqueConstraint(
                name="grievances_one_live_standing_of_a_claim",
                fields=("request",),
                condition=~Q(state="ended"),
            ),
            models.CheckConstraint(
                name="grievances_an_ended_standing_says_why",
                condition=Q(state="ended", ended_at__isnull=False) & ~Q(ended_because="")
                | ~Q(state="ended") & Q(ended_at=None, ended_because=""),
            ),
        )

    def __str__(self) -> str:
        return str(self.request)
