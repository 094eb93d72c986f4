from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.kernel.core import clock, date_format
from portal.kernel.core.data_categories import declare
from portal.kernel.core.records import TIMELESS, Place, Record
from portal.kernel.law.choices import Switch


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

    record = Record(name=_("Company profile"), place=Place.tab("law", 40), day=TIMELESS)
    data_categories = declare(
        none="id effective_from intermediary telecom_entity cloud_provider significant_fiduciary third_schedule_class "
        "ccpa_business eu_representative made_by_ref checked_by_ref shown_sha256 recorded_at"
    )

    class Meta:
        verbose_name = _("organisation profile")
        verbose_name_plural = _("organisation profiles")
        ordering: ClassVar = ["-effective_from", "-pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~models.Q(made_by_ref=models.F("checked_by_ref")), name="law_profile_checker_is_not_maker"
            )
        ]

    def __str__(self) -> str:
        return f"profile from {date_format.day(self.effective_from)}"

    def answer(self, question: str) -> Switch:
        """The answer to one of ``SWITCHES``. Raises ValueError for another word."""
        if question not in self.SWITCHES:
            raise ValueError(f"The profile does not ask {question}.")
        return Switch(getattr(self, question))

    def answers(self) -> dict[str, str]:
        """Every question with its answer."""
        return {question: self.answer(question).value for question in self.SWITCHES}

    def applies(self, question: str) -> bool:
        """Whether a rule behind this question applies; ``""`` asks nothing. "Not decided" takes the stricter side."""
        return not question or self.answer(question) is not Switch.NO

    def is_decided(self, question: str) -> bool:
        return not question or self.answer(question) is not Switch.UNDECIDED
