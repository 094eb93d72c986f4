"""How data is guarded: measures and their evidence, findings, who may read contents, who was blocked, where links lead."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.kernel.core.data_categories import declare
from portal.kernel.core.records import Place
from portal.kernel.people.models import Role
from portal.kernel.registers.base.choices import AccessBasis, BlockReason, ContentKind, Control, FindingState, Risk
from portal.kernel.registers.base.models.register_entries import BookEntry, CodesField, book


def _roles() -> Iterable[tuple[str, Any]]:
    return list(Role.objects.order_by("label").values_list("code", "label"))


class Measure(BookEntry):
    """One security measure. People read ``said`` on a page of their own where it is published."""

    control = models.CharField(_("what it is for"), max_length=16, choices=Control.choices)
    said = models.CharField(_("in plain words"), max_length=300)
    said_hi = models.CharField(_("in Hindi"), max_length=300, blank=True)
    said_mr = models.CharField(_("in Marathi"), max_length=300, blank=True)
    is_published = models.BooleanField(_("people may read it"), default=False)

    OWN = ("control", "said", "said_hi", "said_mr", "is_published")
    record = book(
        name=_("Security measures"),
        place=Place.tab("registers", 50),
        title=_("Propose a security measure"),
        shows=("control", "evidence_on"),
        filters=("control",),
    )
    data_categories = declare(none=f"{BookEntry.DECLARED} {' '.join(OWN)}", free_text="reason")

    class Meta(BookEntry.Meta):
        verbose_name = _("security measure")
        verbose_name_plural = _("security measures")


class AuditFinding(BookEntry):
    """Something that an audit or a test found. Ended when it is mended, with the evidence of that."""

    audit = models.CharField(_("found by"), max_length=160)
    severity = models.CharField(_("severity"), max_length=8, choices=Risk.choices)
    what = models.CharField(_("what was found"), max_length=500)
    state = models.CharField(_("state"), max_length=8, choices=FindingState.choices, default=FindingState.OPEN)
    due_on = models.DateField(_("to be fixed by"))

    OWN = ("audit", "severity", "what", "state", "due_on")
    record = book(
        name=_("Audit findings"),
        place=Place.tab("registers", 60),
        title=_("Propose an audit finding"),
        shows=("severity", "due_on"),
        filters=("severity", "state"),
    )
    data_categories = declare(none=f"{BookEntry.DECLARED} {' '.join(OWN)}", free_text="reason")

    class Meta(BookEntry.Meta):
        verbose_name = _("audit finding")
        verbose_name_plural = _("audit findings")


class AccessReview(BookEntry):
    """Somebody has looked at who holds which role. Bound to the grants as they were (``entry_validation.grants_now``)."""

    roles = CodesField(_("reviewed roles"), known=_roles)
    found = models.CharField(_("what was found"), max_length=500)
    to_end = models.PositiveIntegerField(_("grants to be ended"), default=0)
    grants = models.PositiveIntegerField(_("grants that were valid"), default=0, editable=False)
    grants_sha256 = models.CharField(_("SHA-256 of those grants"), max_length=64, blank=True, editable=False)

    OWN = ("roles", "found", "to_end")
    ABOUT = ("roles",)
    record = book(
        name=_("Access reviews"),
        place=Place.tab("staff", 70),
        title=_("Propose a review of role access"),
        shows=("grants", "to_end"),
        also=("grants", "grants_sha256"),
    )
    data_categories = declare(none=f"{BookEntry.DECLARED} {' '.join(OWN)} grants grants_sha256", free_text="reason")

    class Meta(BookEntry.Meta):
        verbose_name = _("review of role access")
        verbose_name_plural = _("reviews of role access")


class ContentAccess(BookEntry):
    """Leave for one member of staff to read contents of messages or hear a recording, from a day on until it is ended."""

    what = models.CharField(_("what is read or heard"), max_length=12, choices=ContentKind.choices)
    which = models.CharField(_("which: a reference"), max_length=80)
    reader = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("who reads or hears")
    )
    why = models.CharField(_("why it is needed"), max_length=300)
    basis = models.CharField(_("based on"), max_length=12, choices=AccessBasis.choices)
    basis_reference = models.CharField(_("reference of the consent, order or grievance"), max_length=24)

    OWN = ("what", "which", "reader", "why", "basis", "basis_reference")
    ABOUT = ("what", "which", "reader")
    record = book(
        name=_("Message content access"),
        place=Place.tab("registers", 90),
        title=_("Propose access to contents"),
        shows=("what", "reader"),
        filters=("what", "basis"),
    )
    data_categories = declare(none=f"{BookEntry.DECLARED} {' '.join(OWN)}", free_text="reason")

    #: What a count calls the rows: the plural below is the name of the book.
    counted_as = (_("access to contents"), _("accesses to contents"))

    class Meta(BookEntry.Meta):
        verbose_name = _("access to contents")
        verbose_name_plural = _("access to contents")


class AccountBlock(BookEntry):
    """A customer who may not use the service: why, whether a machine decided, when they were told, how they objected.

    Told when two people agreed (``services.suspension_notices``); ``told_at`` stays empty where nobody was reached, and where an order
    of an authority is the reason, which may bind us to silence. What a machine decided a person has looked at.
    """

    customer = models.ForeignKey("people.Customer", models.PROTECT, related_name="+", verbose_name=_("customer"))
    why = models.CharField(_("reason"), max_length=12, choices=BlockReason.choices)
    is_automated = models.BooleanField(_("a machine decided"), default=False)
    human_check = models.CharField(_("what a person reviewed"), max_length=300, blank=True)
    appeal = models.CharField(_("reference of the appeal"), max_length=24, blank=True)
    told_at = models.DateTimeField(_("the customer was informed"), null=True, blank=True, editable=False)

    OWN = ("customer", "why", "is_automated", "human_check", "appeal")
    ABOUT = ("customer",)
    record = book(
        name=_("Account suspensions"),
        place=Place.tab("registers", 100),
        title=_("Propose the block of an account"),
        shows=("customer", "why", "is_automated"),
        filters=("why",),
        also=("told_at",),
        end_means=_("The customer may use the service again from now on."),
    )
    data_categories = declare(none=f"{BookEntry.DECLARED} {' '.join(OWN)} told_at", free_text="reason")

    class Meta(BookEntry.Meta):
        verbose_name = _("block of an account")
        verbose_name_plural = _("blocks of accounts")


class ExternalLink(BookEntry):
    """A page of somebody else that ours lead to. The exit page takes the hosts of these rows and no others."""

    url = models.URLField(_("address"), max_length=300)
    host = models.CharField(_("host"), max_length=253, db_index=True, editable=False)
    what_for = models.CharField(_("why we lead there"), max_length=200)
    has_contract = models.BooleanField(_("we have a contract about data with them"), default=False)
    looked_at = models.DateTimeField(_("last tried"), null=True, blank=True, editable=False)
    answered = models.CharField(_("what came of it"), max_length=40, blank=True, editable=False)
    dead_since = models.DateTimeField(_("dead since"), null=True, blank=True, editable=False)

    OWN = ("url", "what_for", "has_contract")
    record = book(
        name=_("External links"),
        place=Place.tab("registers", 120),
        title=_("Propose an external link"),
        shows=("host", "answered"),
        also=("host", "looked_at", "answered", "dead_since"),
        end_means=_("The exit page no longer leads there."),
    )
    data_categories = declare(
        none=f"{BookEntry.DECLARED} {' '.join(OWN)} host looked_at answered dead_since", free_text="reason"
    )

    class Meta(BookEntry.Meta):
        verbose_name = _("external link")
        verbose_name_plural = _("external links")
