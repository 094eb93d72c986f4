"""Words of the law that other rooms use as choices."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Channel(models.TextChoices):
    SMS = "sms", _("SMS")
    WHATSAPP = "whatsapp", _("WhatsApp")
    RCS = "rcs", _("RCS")
    EMAIL = "email", _("E-mail")
    VOICE = "voice", _("Voice call")
    PUSH = "push", _("Push notice")
    DASHBOARD = "dashboard", _("Dashboard")
    NONE = "none", _("No message")


class MessageCategory(models.TextChoices):
    """TRAI TCCCPR 2018: header suffix -P, -S, -T; policy and security goes as -S or -T."""

    PROMOTIONAL = "promotional", _("Promotional")
    SERVICE = "service", _("Service")
    TRANSACTIONAL = "transactional", _("Transactional")
    POLICY_AND_SECURITY = "policy_and_security", _("Policy and security")


class Regime(models.TextChoices):
    """Whose law protects a person."""

    IN = "IN", _("India")
    EU = "EU", _("European Union")
    US_CA = "US-CA", _("California")
