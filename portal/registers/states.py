"""Choices of the registers."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class OfficerKind(models.TextChoices):
    GRIEVANCE_OFFICER = "grievance_officer", _("Grievance Officer")
    DATA_PROTECTION_OFFICER = "data_protection_officer", _("Data Protection Officer")
    DEPUTY = "deputy", _("Deputy Grievance Officer")
