"""Who else holds people's data: processors and sending systems, what each gets, and the secrets we share with them."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.kernel.core.data_categories import declare
from portal.kernel.core.fields import EncryptedTextField
from portal.kernel.core.records import Place, Record
from portal.kernel.registers.base.choices import AddressForm, RecipientKind
from portal.kernel.registers.base.models.dated_entry import IN_FORCE, DatedEntry


class Recipient(DatedEntry):
    """A system outside the portal that gets people's data for some purposes of one fiduciary.

    ``code`` stays when an entry is ended and registered anew with other purposes: secrets and the order of what it was
    told belong to the code. Policy 6: nobody gets data without standing in this book.
    """

    code = models.SlugField(_("code"), max_length=40)
    name = models.CharField(_("name"), max_length=200)
    kind = models.CharField(_("kind"), max_length=12, choices=RecipientKind.choices)
    purposes = models.JSONField(_("purposes"), default=list)
    channels = models.JSONField(_("channels"), default=list)
    used_categories = models.JSONField(_("kinds of data"), default=list)
    #: ISO 3166-1, two letters: where the data lies (policy 13).
    country = models.CharField(_("country"), max_length=2)
    contact = models.CharField(_("email address of its privacy contact"), max_length=254)
    #: Empty for a service, such as a bank or a host: what it has to do is a task for a person.
    url = models.CharField(_("webhook address"), max_length=500, blank=True)
    address_form = models.CharField(_("how it is notified of whom"), max_length=8, choices=AddressForm.choices)

    record = Record(
        name=_("Recipients and processors"),
        place=Place.tab("registers", 20),
        kept="The privacy contact of a company, and words of staff; kept with the proposal they explain.",
    )
    data_categories = declare(
        none=f"{DatedEntry.DECLARED} code name kind purposes channels used_categories country url address_form",
        contact="contact",
        free_text="reason",
    )
    SHOWN = (
        *("code", "name", "kind", "purposes", "channels", "used_categories", "country"),
        *("contact", "url", "address_form"),
    )
    KEYS = (("code",), ("url",))
    #: Secrets and what was told belong to the code: another fiduciary's recipient must not come into them.
    OF_ONE = ("code",)

    class Meta(DatedEntry.Meta):
        verbose_name = _("recipient")
        verbose_name_plural = _("recipients")
        constraints = (
            *DatedEntry.Meta.constraints,
            models.UniqueConstraint(name="registers_one_recipient_per_code", fields=("code",), condition=IN_FORCE),
            models.UniqueConstraint(
                name="registers_one_recipient_per_url", fields=("url",), condition=IN_FORCE & ~models.Q(url="")
            ),
        )

    def __str__(self) -> str:
        return self.name

    def twins(self) -> "list[models.QuerySet[Any]]":
        """Services without an address have none in common."""
        found = super().twins()
        return found if self.url else found[:1]


class RecipientSecret(models.Model):
    """A secret that signs both ways between us and one recipient. Several hold while one replaces another."""

    recipient_code = models.SlugField(_("recipient"), max_length=40, db_index=True)
    secret = EncryptedTextField(_("secret"), purpose="registers.recipient_secret")
    made_at = models.DateTimeField(_("made"))
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("made by")
    )
    ended_at = models.DateTimeField(_("valid until"), null=True, blank=True)

    record = Record(kept="A secret between two systems, no one's data.")
    data_categories = declare(none="id recipient_code made_at made_by ended_at", credential="secret")

    class Meta:
        verbose_name = _("secret of a recipient")
        verbose_name_plural = _("secrets of recipients")
        ordering: ClassVar[tuple[str, ...]] = ("-made_at", "-id")

    def __str__(self) -> str:
        return f"{self.recipient_code} {self.pk}"
