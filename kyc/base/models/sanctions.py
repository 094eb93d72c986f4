"""Lists of persons under sanctions, whom they were held against, and what people said about likenesses."""

from uuid import UUID

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kyc.base.choices import LikenessState, ListSource, NamesFit, YearsFit
from kyc.base.models.cases import Case
from kyc.base.models.parties import Party
from portal.kernel.core import date_format
from portal.kernel.core.data_categories import declare
from portal.kernel.core.fields import EncryptedTextField
from portal.kernel.core.models import AppendOnlyModel
from portal.kernel.core.records import Place, Record
from portal.kernel.core.register_days import RegisterDays
from portal.kernel.people.choices import Answer
from portal.kernel.people.models import FourEyesModel


class SanctionsList(models.Model):
    """One edition of one list, known by its day and the SHA-256 of the files. Of each list the last edition counts."""

    source = models.CharField(_("list"), max_length=8, choices=ListSource.choices, editable=False)
    version = models.DateField(_("edition of"), editable=False)
    sha256 = models.CharField(_("SHA-256 of the list"), max_length=64, editable=False)
    names_sha256 = models.CharField(_("SHA-256 of the file of other names"), max_length=64, blank=True, editable=False)
    size = models.PositiveIntegerField(_("entries"), editable=False)
    imported_at = models.DateTimeField(_("imported"), editable=False)
    superseded_at = models.DateTimeField(_("superseded"), null=True, blank=True, editable=False)

    record = Record(name=_("Sanctions lists"), place=Place.tab("screening", 20))
    data_categories = declare(none="id source version sha256 names_sha256 size imported_at superseded_at")
    register_days = RegisterDays(entered="imported_at", since="imported_at", until="superseded_at")

    class Meta:
        verbose_name = _("sanctions list")
        verbose_name_plural = _("sanctions lists")
        ordering = ("-imported_at", "-id")
        constraints = (
            models.UniqueConstraint(
                name="kyc_one_edition_of_a_list_counts", fields=("source",), condition=Q(superseded_at=None)
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_source_display()}, {date_format.day(self.version)}"


class ListedEntry(models.Model):
    """One entry of the edition that counts; those of older editions are deleted with the import of the next."""

    edition = models.ForeignKey(SanctionsList, models.PROTECT, related_name="entries", verbose_name=_("edition"))
    uid = models.CharField(_("number in the list"), max_length=40)
    kind = models.CharField(_("kind"), max_length=12)
    names = models.JSONField(_("names"), default=list)
    births = models.JSONField(_("dates of birth"), default=list)
    countries = models.JSONField(_("countries"), default=list)

    record = Record(
        kept="Published by the United Nations, the US Treasury, the European Union and India; replaced with each edition of the list."
    )
    data_categories = declare(none="id edition uid kind", name="names", date_of_birth="births", location="countries")

    class Meta:
        verbose_name = _("entry of a sanctions list")
        verbose_name_plural = _("entries of sanctions lists")
        constraints = (models.UniqueConstraint(name="kyc_listed_once_in_an_edition", fields=("edition", "uid")),)

    def __str__(self) -> str:
        return self.uid


class Screening(AppendOnlyModel):
    """A customer or one of its people was held against one edition of one list: how many likenesses, how many of them known."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="screenings", verbose_name=_("case"))
    party = models.ForeignKey(
        Party, models.PROTECT, null=True, related_name="screenings", verbose_name=_("whose it is")
    )
    edition = models.ForeignKey(SanctionsList, models.PROTECT, related_name="screenings", verbose_name=_("edition"))
    source = models.CharField(_("list"), max_length=8, choices=ListSource.choices)
    list_version = models.DateField(_("edition of"))
    list_sha256 = models.CharField(_("SHA-256 of the list"), max_length=64)
    #: Of the name that was compared: another name is another screening.
    name_key = models.BinaryField(_("lookup hash of the name"), max_length=33)
    #: Edition of the rule of names.
    names_version = models.CharField(_("version of the rule of names"), max_length=24)
    likenesses = models.PositiveSmallIntegerField(_("likenesses"))
    known = models.PositiveSmallIntegerField(_("of these decided before"))
    screened_at = models.DateTimeField(_("screened"), db_index=True)

    record = Record(name=_("Screening runs"), place=Place.tab("screening", 10), day="screened_at")
    data_categories = declare(
        none="id case party edition source list_version list_sha256 name_key names_version likenesses known screened_at"
    )

    class Meta:
        verbose_name = _("screening")
        verbose_name_plural = _("screenings")
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                name="kyc_each_customer_is_screened_once",
                fields=("case", "edition", "name_key", "names_version"),
                condition=Q(party=None),
            ),
            models.UniqueConstraint(
                name="kyc_each_party_is_screened_once", fields=("party", "edition", "name_key", "names_version")
            ),
        )

    def __str__(self) -> str:
        return f"{self.case}: {self.get_source_display()}, {date_format.day(self.list_version)}"


class Likeness(models.Model):
    """Somebody may be who an entry of a list names. Two people say that they are not; one is enough for "they are".

    ``pair_key`` is of the name and of the entry's content: the same pair in a later edition is this row again, and what
    was answered holds; another name, or an entry that has changed, is asked about anew.
    """

    reference = models.CharField(_("reference"), max_length=20, unique=True)
    case = models.ForeignKey(Case, models.PROTECT, related_name="likenesses", verbose_name=_("case"))
    party = models.ForeignKey(
        Party, models.PROTECT, null=True, blank=True, related_name="likenesses", verbose_name=_("whose it is")
    )
    state = models.CharField(_("state"), max_length=16, choices=LikenessState.choices, default=LikenessState.OPEN)
    source = models.CharField(_("list"), max_length=8, choices=ListSource.choices)
    uid = models.CharField(_("number in the list"), max_length=40)
    list_version = models.DateField(_("found in the edition of"))
    list_sha256 = models.CharField(_("SHA-256 of that list"), max_length=64)
    decision = models.CharField(_("names"), max_length=12, choices=NamesFit.choices)
    why = models.CharField(_("why"), max_length=80, blank=True)
    birth = models.CharField(_("year of birth"), max_length=8, choices=YearsFit.choices)
    score = models.PositiveSmallIntegerField(_("how alike they sound, of 100"), null=True, blank=True)
    pair_key = models.BinaryField(_("lookup hash of name and entry"), max_length=33, editable=False)
    #: The entry as it was found, for whoever compares: it is public.
    listed = models.JSONField(_("entry"), default=dict)
    note = EncryptedTextField(_("note"), purpose="kyc.likeness.note", blank=True)
    found_at = models.DateTimeField(_("found"))
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)

    record = Record(
        name=_("Sanctions matches"), place=Place.entry("screening"), day="found_at", prefix="SC", is_work=True
    )
    data_categories = declare(
        none="id reference case party state source uid list_version list_sha256 decision why birth score pair_key "
        "found_at answered_at",
        name="listed",
        free_text="note",
    )

    class Meta:
        verbose_name = _("sanctions match")
        verbose_name_plural = _("likenesses to sanctions lists")
        ordering = ("found_at", "pk")
        constraints = (
            models.UniqueConstraint(
                name="kyc_each_likeness_of_a_customer_once", fields=("case", "pair_key"), condition=Q(party=None)
            ),
            models.UniqueConstraint(name="kyc_each_likeness_of_a_party_once", fields=("party", "pair_key")),
        )

    def __str__(self) -> str:
        return self.reference

    @property
    def subject_ref(self) -> UUID:
        """Whose name it is about."""
        return self.party.subject_ref if self.party else self.case.subject_ref


class LikenessAnswer(FourEyesModel):
    """One person's word that a likeness is somebody else; another answers it."""

    likeness = models.ForeignKey(Likeness, models.PROTECT, related_name="answers", verbose_name=_("likeness"))

    named_by = ("likeness",)
    data_categories = declare(
        none="id act made_by made_at checked_by checked_at shown_sha256 answer likeness", free_text="reason"
    )

    class Meta(FourEyesModel.Meta):
        verbose_name = _("match decision")
        verbose_name_plural = _("match decisions")
        constraints = (
            *FourEyesModel.Meta.constraints,
            models.UniqueConstraint(
                name="kyc_one_open_answer_to_a_likeness", fields=("likeness",), condition=Q(answer=Answer.PENDING)
            ),
        )

    def __str__(self) -> str:
        return f"{self.likeness}: {self.answer}"

    @property
    def proposed(self) -> str:
        return str(_("False positive"))
