"""Natural persons and the addresses they are reached at."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal.kernel.core import addresses
from portal.kernel.core.data_categories import declare
from portal.kernel.core.fields import EncryptedTextField, KeepsIndexes, ShortTextField, WordsIndexField
from portal.kernel.core.records import Place, Record
from portal.kernel.core.text import short_name
from portal.kernel.people.choices import ContactKind


class Principal(KeepsIndexes):
    """A natural person (DPDP "data principal", GDPR "data subject", CCPA "consumer"); needs no login."""

    subject = models.OneToOneField(
        "people.Subject", models.PROTECT, related_name="principal", verbose_name=_("subject")
    )
    full_name = EncryptedTextField(_("full name"), purpose="people.principal.full_name", blank=True)
    name_key = WordsIndexField(_("lookup hash of the name"), of="full_name")
    short_name = ShortTextField(_("short name"), purpose="people.principal.short_name", of="full_name")
    language = models.CharField(_("language"), max_length=12, default="en")
    zone = models.CharField(_("time zone"), max_length=40, default="Asia/Kolkata")
    created_at = models.DateTimeField(_("created"))

    record = Record(name=_("People"), place=Place.entry("people"), day="created_at..", person="subject__ref")
    data_categories = declare(
        none="id subject created_at language", name="full_name name_key short_name", location="zone"
    )

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("persons")

    def __str__(self) -> str:
        return f"{_('Person')} {self.pk}"

    @staticmethod
    def shortened(name: str) -> str:
        """What lists show of the name."""
        return short_name(name)


class ContactPoint(models.Model):
    """An e-mail address or E.164 number of a person, normalised, found by its keyed hash and never by its text.

    One address may belong to several people (a family's number); a person holds an address once at a time.
    """

    principal = models.ForeignKey(Principal, models.PROTECT, related_name="contact_points", verbose_name=_("person"))
    kind = models.CharField(_("kind"), max_length=8, choices=ContactKind.choices)
    address = EncryptedTextField(_("address"), purpose="people.contact_point.address")
    address_key = models.BinaryField(_("lookup hash"), max_length=33, db_index=True, editable=False)
    added_at = models.DateTimeField(_("added"))
    verified_at = models.DateTimeField(_("verified"), null=True, blank=True)
    left_at = models.DateTimeField(_("removed"), null=True, blank=True)

    record = Record(day="added_at..left_at")
    data_categories = declare(none="id principal kind added_at verified_at left_at", contact="address address_key")

    class Meta:
        verbose_name = _("contact point")
        verbose_name_plural = _("contact points")
        constraints = (
            models.UniqueConstraint(
                name="people_person_holds_an_address_once",
                fields=("principal", "address_key"),
                condition=Q(left_at=None),
            ),
        )

    def __str__(self) -> str:
        return self.masked

    @property
    def masked(self) -> str:
        """The address with most of it hidden, for lists."""
        return addresses.mask(self.kind, self.address)
