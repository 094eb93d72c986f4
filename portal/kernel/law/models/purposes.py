from datetime import date, datetime
from typing import ClassVar

from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from portal.kernel.core import clock
from portal.kernel.core.data_categories import declare
from portal.kernel.core.records import TIMELESS, Place, Record
from portal.kernel.core.register_days import RegisterDays
from portal.kernel.law.choices import LawfulBasis, MessageCategory


class Purpose(models.Model):
    """Why data is used, from a date on. A change of meaning is a new version, proposed and adopted by two people.

    ``bases`` maps each regime to its lawful basis. Where that is a legitimate interest, the balancing test is written
    here. A purpose is not asked for before ``notice_published_at``.
    """

    code = models.SlugField(_("code"), max_length=40)
    version = models.PositiveIntegerField(_("version"))
    names = models.JSONField(_("name by language"))
    descriptions = models.JSONField(_("description by language"))
    message_category = models.CharField(
        _("message category"), max_length=20, choices=MessageCategory.choices, blank=True
    )
    #: False for processing that is no message (analytics, recording).
    sends_messages = models.BooleanField(_("sends messages"), default=True)
    bases = models.JSONField(_("lawful basis by regime"))
    balancing_test = models.TextField(_("balancing test"), blank=True)
    used_categories = models.JSONField(_("data categories"), default=list)
    channels = models.JSONField(_("channels"), default=list)
    retention_class = models.SlugField(_("retention class"), max_length=40)
    validity_rule = models.CharField(_("house rule for the validity of a consent"), max_length=40, blank=True)
    #: Nobody but us has a use for it: no client is offered it, and none can bring a yes to it.
    is_ours_alone = models.BooleanField(_("only ours, never a client's"), default=False, db_default=False)
    #: What needs the yes asks for it. Put among the questions only to who said yes to an earlier text or meaning.
    is_asked_in_place = models.BooleanField(_("asked where it is needed"), default=False, db_default=False)
    notice_published_at = models.DateTimeField(_("notice published"), null=True, blank=True)
    effective_from = models.DateField(_("in force from"))
    effective_to = models.DateField(_("in force until"), null=True, blank=True)
    #: Empty: this version means something new from its own first day on. A correction keeps the day of what it corrects.
    means_since = models.DateField(_("means the same since"), null=True, blank=True)
    made_by_ref = models.CharField(_("proposed by"), max_length=40)
    checked_by_ref = models.CharField(_("adopted by"), max_length=40)
    shown_sha256 = models.CharField(_("hash of what was shown"), max_length=64)
    recorded_at = models.DateTimeField(_("recorded"), default=clock.now)

    record = Record(name=_("Purposes"), place=Place.tab("law", 30), day=TIMELESS)
    data_categories = declare(
        none="id code version names descriptions message_category sends_messages bases balancing_test used_categories channels "
        "retention_class validity_rule is_ours_alone is_asked_in_place notice_published_at effective_from effective_to means_since made_by_ref "
        "checked_by_ref shown_sha256 recorded_at"
    )
    #: As ``selectors.purpose`` answers: of a code the highest version whose days hold.
    register_days = RegisterDays(
        entered="recorded_at", since="effective_from", last="effective_to", one_per=("code",), rank=("version",)
    )

    class Meta:
        verbose_name = _("purpose")
        verbose_name_plural = _("purposes")
        ordering: ClassVar = ["code", "-version"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["code", "version"], name="law_purpose_version"),
            models.CheckConstraint(
                condition=~models.Q(made_by_ref=models.F("checked_by_ref")) | models.Q(made_by_ref__startswith="sync"),
                name="law_purpose_checker_is_not_maker",
            ),
            models.CheckConstraint(
                condition=~models.Q(bases__EU=LawfulBasis.LEGITIMATE_INTEREST.value) | ~models.Q(balancing_test=""),
                name="law_purpose_interest_is_balanced",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} v{self.version}"

    @property
    def name(self) -> str:
        """In the reader's language, or English."""
        return str(self.names.get(get_language() or "en") or self.names["en"])

    @property
    def description(self) -> str:
        return str(self.descriptions.get(get_language() or "en") or self.descriptions["en"])

    @property
    def meaning_since(self) -> date:
        """From when the purpose has meant what it means: a yes from before that day was said to something else.

        The first version has always meant what it means: answers brought from elsewhere may be older than our books.
        """
        return self.means_since or (date.min if self.version == 1 else self.effective_from)

    def is_of(self, *, us: bool) -> bool:
        """Whether the one who processes may ask for it: we, or a client."""
        return us or not self.is_ours_alone

    def basis(self, regime: str) -> LawfulBasis | None:
        """The lawful basis for a person of this regime, or None where none is stated (then: no processing)."""
        found = self.bases.get(regime)
        return LawfulBasis(found) if found else None

    @property
    def is_promotional(self) -> bool:
        return self.message_category == MessageCategory.PROMOTIONAL

    def may_be_asked(self, at: datetime) -> bool:
        """Whether consent may be asked for: not before the notice that names the purpose is published."""
        return self.notice_published_at is not None and self.notice_published_at <= at

    @property
    def needs_consent(self) -> bool:
        """Whether at least one regime rests on consent."""
        return LawfulBasis.CONSENT in self.bases.values()
