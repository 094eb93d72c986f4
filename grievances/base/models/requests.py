"""A request about one's data. What people read and write about it is its ticket's; here stands what the law asks."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from grievances.base import request_choices, request_labels
from portal.kernel.core.data_categories import declare
from portal.kernel.core.records import Place, Record


class RightsRequest(models.Model):
    """Which right, in which capacity, how it was shown who asks, and what was decided.

    Its ticket carries the reference, thread, addresses, clocks and sentence: one matter, one place to follow it.
    """

    ticket = models.OneToOneField(
        "grievances.Ticket", models.PROTECT, related_name="rights_request", verbose_name=_("ticket")
    )
    right = models.CharField(_("right"), max_length=12, choices=list(request_labels.RIGHTS.items()))
    capacity = models.CharField(_("in which capacity"), max_length=12, choices=list(request_labels.CAPACITIES.items()))
    state = models.CharField(
        _("state"),
        max_length=8,
        choices=list(request_labels.STATES.items()),
        default=request_choices.RequestState.ASKED,
    )
    #: The person was signed in when they asked: then the session is a part of the proof.
    was_signed_in = models.BooleanField(_("was signed in"), default=False)
    proof = models.CharField(
        _("shown by"), max_length=12, choices=list(request_labels.PROOFS.items()), default=request_choices.Proof.NONE
    )
    #: The address is the asking person's: the session, a code, or both say so.
    address_shown_at = models.DateTimeField(_("address shown"), null=True, blank=True)
    #: All that has to be shown is: the address, and for somebody else the papers.
    shown_at = models.DateTimeField(_("who asks is shown"), null=True, blank=True)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    joined_to = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="joined", verbose_name=_("answered within")
    )
    joined_because = models.CharField(
        _("why joined"), max_length=4, choices=list(request_labels.JOINED_BECAUSE.items()), blank=True
    )
    #: What was asked for beyond the right itself, by name; sealed under the ticket's subject.
    details_sealed = models.BinaryField(_("details"), default=bytes, editable=False)

    #: Whether an appeal keeps one login out; on rows of ``selectors.with_kept_out`` alone.
    is_kept_out: bool

    record = Record(name=_("Rights requests"), place=Place.entry("requests"), day="ticket__received_at")
    data_categories = declare(
        none=(
            "id ticket right capacity state was_signed_in proof address_shown_at shown_at decided_at joined_to "
            "joined_because"
        ),
        free_text="details_sealed",
    )

    class Meta:
        verbose_name = _("request about data")
        verbose_name_plural = _("requests about data")
        ordering = ("-pk",)
        constraints = (
            models.CheckConstraint(
                name="grievances_a_joined_request_says_to_what",
                condition=Q(state=request_choices.RequestState.JOINED.value, joined_to__isnull=False)
                & ~Q(joined_because="")
                | ~Q(state=request_choices.RequestState.JOINED.value) & Q(joined_to=None, joined_because=""),
            ),
            models.CheckConstraint(
                name="grievances_a_shown_request_says_how",
                condition=Q(shown_at=None) | ~Q(proof=request_choices.Proof.NONE.value),
            ),
        )

    def __str__(self) -> str:
        return self.ticket.reference


class ProofPaper(models.Model):
    """A paper that shows that one may act for somebody else. Looked at once, then destroyed: only the finding stays.

    It lies under a key of its own (``key_ref``), so that it can end while the request goes on.
    """

    request = models.ForeignKey(RightsRequest, models.PROTECT, related_name="papers", verbose_name=_("request"))
    key_ref = models.UUIDField(_("key"), default=uuid.uuid4, unique=True, editable=False)
    file = models.ForeignKey("vault.StoredFile", models.PROTECT, related_name="+", verbose_name=_("file"))
    media_type = models.CharField(_("type"), max_length=40)
    size = models.PositiveIntegerField(_("bytes"))
    received_at = models.DateTimeField(_("received"))
    finding = models.CharField(_("finding"), max_length=12, choices=list(request_labels.FINDINGS.items()), blank=True)
    checked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("checked by")
    )
    destroyed_at = models.DateTimeField(_("destroyed"), null=True, blank=True)

    record = Record(name=_("Identity documents"), place=Place.tab("requests", 10), day="received_at")
    data_categories = declare(
        none="id request key_ref media_type size received_at finding checked_by destroyed_at",
        identity_document="file",
    )

    class Meta:
        verbose_name = _("identity document")
        verbose_name_plural = _("identity documents")
        ordering = ("received_at", "pk")
        constraints = (
            # Looked at and destroyed are one act.
            models.CheckConstraint(
                name="grievances_a_checked_paper_is_destroyed",
                condition=Q(finding="", checked_by=None) | Q(destroyed_at__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"{self.request_id} {self.pk}"
