"""The closed lists of this room."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class RetentionClass(TextChoices):
    """What is kept and ended together: one key per subject and class, so that what a law keeps stays readable."""

    KYC = "kyc", _("KYC documents of customers and resellers")
    KYC_ACCOUNTS = "kyc_accounts", _("Bank documents of customers, resellers and vendors")
    KYC_VENDOR = "kyc_vendor", _("Documents of vendors")
    KYC_DEVELOPER = "kyc_developer", _("Documents of developers")
    KYC_APPLICANT = "kyc_applicant", _("Documents of job applicants")
    GRIEVANCE = "grievance", _("Grievances and requests")
    MESSAGE = "message", _("Messages as sent")
    CONSENT_EVIDENCE = "consent_evidence", _("Evidence of consent")
    AUDIT_PERSONAL = "audit_personal", _("Personal part of audit events")
    REGISTER = "register", _("Documents in the registers")
    EXPORT = "export", _("Exports and bundles")
    QUARANTINE = "quarantine", _("Uploads not yet checked")
