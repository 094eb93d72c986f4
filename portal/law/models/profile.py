from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.core import clock
from portal.core.data_categories import declare
from portal.law.states import Switch


def _switch(label: Any) -> models.CharField:
    return models.CharField(label, max_length=10, choices=Switch.choices, default=Switch.UNDECIDED)


class OrganisationProfile(models.Model):
    """What Onesetu is in the eyes of each law, from a date on. Proposed by one person, adopted by another."""

    effective_from = models.DateField(_("in force from"))
    intermediary = _switch(_("intermediary (IT Act s.2(1)(w))"))
    telecom_entity = _switch(_("telecom entity or user of numbers for verification"))
    cloud_provider = _switch(_("cloud, data centre, VPS or VPN provider (CERT-In)"))
    significant_fiduciary = _switch(_("significant data fiduciary (DPDP s.10)"))
    third_schedule_class = _switch(_("in a class of the Third Schedule (DPDP Rules r.8)"))
    ccpa_business = _switch(_("business under the CCPA"))
    eu_representative = _switch(_("needs an EU representative (GDPR Art 27)"))
    made_by_ref = models.CharField(_("proposed by"), max_length=40)
    checked_by_ref = models.CharField(_("adopted by"), max_length=40)
    shown_sha256 = models.CharField(_("hash of what was shown"), max_length=64)
    recorded_at = models.DateTimeField(_("recorded"), default=clock.now)

    #: The questions, in the order in which pages ask them.
    SWITCHES: ClassVar = (
        "intermediary",
        "telecom_entity",
        "cloud_provider",
        "significant_fiduciary",
        "third_schedule_class",
        "ccpa_business",
        "eu_representative",
    )

    data_categories = declare(
        none="id effective_from intermediary telecom_entity cloud_provider significant_fiduciary third_schedule_class "
        "ccpa_business eu_representative made_by_ref checked_by_ref shown_sha256 recorded_at"
    )

    class Meta:
        verbose_name = _("organisation profile")
        verbose_name_plural = _("organisation profiles")
        ordering: ClassVar = ["-effective_from", "-pk"]

    def __str__(self) -> str:
        return f"profile from {self.effective_from}"
