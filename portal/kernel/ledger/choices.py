from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class EntryKind(TextChoices):
    """What a ledger entry records. ``audit`` is everything that is not a consent and not about the log itself."""

    GENESIS = "genesis", _("first entry of the ledger")
    CONSENT = "consent", _("consent event")
    NOTICE = "notice", _("published notice")
    REDACTION = "redaction", _("redaction")
    KEY_ROTATION = "key-rotation", _("change of the signing key")
    AUDIT = "audit", _("audit event")


class Scope(TextChoices):
    """How much of the ledger a verification read."""

    NEW = "new", _("new entries")
    ALL = "all", _("all entries")


#: The checks of a verification (portal/docs/ledger.md): what each finds to be so. Where they are many, they share a line.
CHECKS = (
    ("V1-V9", _("The log: no entry is missing, changed, moved or dated back, erased content is gone, and the lists say the same")),
    ("V10", _("Each consent state is what its events come to, and its seal is valid")),
    ("V11", _("Grievances, deadlines, documents, messages, roles and other records are as their audit events say")),
    ("X1-X2", _("The anchor, the witnesses and the receipts that were shown agree with the log")),
)  # fmt: skip


class AnomalyCause(TextChoices):
    """Why entries are out of order."""

    CLOCK = "clock", _("A machine's clock was wrong")
    SUSPENDED = "suspended", _("A machine was suspended or restored from a snapshot")
    OTHER = "other", _("Another cause, described in an incident")


class RotationCause(TextChoices):
    """Why the signing key changes. But in due course, the old key signs nothing more, not even beside the new one."""

    ROUTINE = "routine", _("In due course")
    COMPROMISE = "compromise", _("Another person may have the key")
    RESTORE = "restore", _("Entries were lost: a backup was restored")
