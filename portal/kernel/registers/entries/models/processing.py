"""What is done with people's data, by which products, and what was thought about it before."""

from collections.abc import Iterable
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.kernel.core import clock, ports
from portal.kernel.core.data_categories import declare
from portal.kernel.core.records import Place
from portal.kernel.law import selectors as law
from portal.kernel.law.choices import LawfulBasis, Regime
from portal.kernel.registers.base.choices import (
    ActivityRole,
    DatasetForm,
    DatasetKind,
    DpdpRole,
    DpiaOutcome,
    LeftOut,
    ProductKind,
    Risk,
    SubjectGroup,
)
from portal.kernel.registers.base.labels import CATEGORIES
from portal.kernel.registers.base.models.dated_entry import IN_FORCE
from portal.kernel.registers.base.models.register_entries import BookEntry, CodesField, book
from portal.kernel.registers.recipients.models.recipients import Recipient


def purposes() -> Iterable[tuple[str, Any]]:
    """Those in force today."""
    return [(each.code, each.name) for each in law.purposes_in_force(on=clock.day(clock.now()))]


def recipients() -> Iterable[tuple[str, Any]]:
    """Those that two people agreed to and that have not ended."""
    return list(Recipient.objects.filter(IN_FORCE).order_by("name").values_list("code", "name"))


def rows_of(model: type[BookEntry]) -> Iterable[tuple[str, Any]]:
    """The rows of a book that two people agreed to and that have not ended."""
    return list(model._default_manager.filter(IN_FORCE).order_by("name").values_list("code", "name"))


def retention_classes() -> list[tuple[str, Any]]:
    """Those that an eraser ends."""
    return [(each, each) for each in sorted({eraser.retention_class for eraser in ports.erasers})]


def _dpias() -> Iterable[tuple[str, Any]]:
    return rows_of(Dpia)


def _activities() -> Iterable[tuple[str, Any]]:
    return rows_of(ProcessingActivity)


class Dpia(BookEntry):
    """What a processing may do to people, thought through before it begins (GDPR Art 35, DPDP Rules r.13)."""

    about = models.CharField(_("what was reviewed"), max_length=500)
    risk = models.CharField(_("risk to people"), max_length=8, choices=Risk.choices)
    answer_to_risk = models.CharField(_("what is done against it"), max_length=500)
    done_on = models.DateField(_("done on"))
    authority_asked = models.BooleanField(_("the authority was asked (GDPR Art 36)"), default=False)
    outcome = models.CharField(_("outcome"), max_length=20, choices=DpiaOutcome.choices)

    OWN = ("about", "risk", "answer_to_risk", "done_on", "authority_asked", "outcome")
    record = book(
        name=_("DPIAs"),
        place=Place.tab("registers", 70),
        title=_("Propose an impact assessment"),
        shows=("risk", "outcome"),
        filters=("risk", "outcome"),
    )
    data_categories = declare(none=f"{BookEntry.DECLARED} {' '.join(OWN)}", free_text="reason")

    class Meta(BookEntry.Meta):
        verbose_name = _("impact assessment (DPIA)")
        verbose_name_plural = _("impact assessments (DPIA)")

    @property
    def forbids(self) -> bool:
        """What was looked at must not go ahead."""
        return self.outcome == DpiaOutcome.STOP


class ProcessingActivity(BookEntry):
    """One record of processing: GDPR Art 30(1)(a) to (g) and 30(2)(a) to (d), with role and basis under each law.

    Of a processor's record ``fiduciary`` is the controller. Who the controller and its officer are stands in the books of
    the company and of officers, which are exported by themselves.
    """

    role = models.CharField(_("role"), max_length=12, choices=ActivityRole.choices)
    dpdp_role = models.CharField(_("role under the DPDP Act"), max_length=12, choices=DpdpRole.choices)
    others = models.CharField(_("joint controllers, or the controllers we act for"), max_length=300, blank=True)
    representative = models.CharField(_("representative in the EU (GDPR Art 27)"), max_length=300, blank=True)
    what_is_done = models.CharField(_("what is done with the data"), max_length=500)
    purposes = CodesField(_("purposes"), known=purposes)
    subjects = CodesField(_("whose data"), known=lambda: SubjectGroup.choices)
    used_categories = CodesField(_("kinds of data"), known=lambda: CATEGORIES)
    recipients = CodesField(_("recipients"), known=recipients, blank=True)
    transfers = CodesField(_("transfers abroad"), known=lambda: rows_of(_transfer()), blank=True)
    retention_classes = CodesField(_("when it is erased: retention classes"), known=retention_classes)
    measures = CodesField(_("security measures"), known=lambda: rows_of(_measure()))
    basis_in = models.CharField(_("basis in India"), max_length=24, choices=LawfulBasis.choices, blank=True)
    basis_eu = models.CharField(
        _("basis in the European Union"), max_length=24, choices=LawfulBasis.choices, blank=True
    )
    basis_us_ca = models.CharField(_("basis in California"), max_length=24, choices=LawfulBasis.choices, blank=True)
    needs_dpia = models.BooleanField(_("needs an impact assessment"), default=False)
    dpias = CodesField(_("impact assessments"), known=_dpias, blank=True)

    OWN = (
        *("role", "dpdp_role", "others", "representative", "what_is_done", "purposes", "subjects", "used_categories"),
        *("recipients", "transfers", "retention_classes", "measures", "basis_in", "basis_eu", "basis_us_ca"),
        *("needs_dpia", "dpias"),
    )
    record = book(
        name=_("Records of processing (RoPA)"),
        place=Place.entry("registers"),
        title=_("Propose a record of processing"),
        shows=("role",),
        filters=("role",),
    )
    data_categories = declare(none=f"{BookEntry.DECLARED} {' '.join(OWN)}", free_text="reason")

    class Meta(BookEntry.Meta):
        verbose_name = _("record of processing")
        verbose_name_plural = _("records of processing")

    @property
    def bases(self) -> dict[str, str]:
        """The stated basis by law; empty where none is stated."""
        return {Regime.IN: self.basis_in, Regime.EU: self.basis_eu, Regime.US_CA: self.basis_us_ca}


def _transfer() -> type[BookEntry]:
    from portal.kernel.registers.recipients.models.vendor_assurance import Transfer

    return Transfer


def _measure() -> type[BookEntry]:
    from portal.kernel.registers.base.models.security import Measure

    return Measure


class Product(BookEntry):
    """A system or product that touches people's data. It holds, that is: it is live, only with its records of processing."""

    kind = models.CharField(_("kind"), max_length=12, choices=ProductKind.choices)
    what_it_does = models.CharField(_("what it does"), max_length=500)
    activities = CodesField(_("records of processing"), known=_activities)
    country = models.CharField(_("country where its data is stored"), max_length=2)

    OWN = ("kind", "what_it_does", "activities", "country")
    record = book(
        name=_("Systems and products"),
        place=Place.tab("registers", 10),
        title=_("Propose a system or product"),
        shows=("kind",),
        filters=("kind",),
        end_means=_("It is not live from now on: switch it off first."),
    )
    data_categories = declare(none=f"{BookEntry.DECLARED} {' '.join(OWN)}", free_text="reason")

    class Meta(BookEntry.Meta):
        verbose_name = _("system or product")
        verbose_name_plural = _("systems and products")


class Dataset(BookEntry):
    """Data that is counted, researched or learned from: on what basis, how one opts out, and who is left out."""

    kind = models.CharField(_("kind"), max_length=12, choices=DatasetKind.choices)
    form = models.CharField(_("form"), max_length=16, choices=DatasetForm.choices)
    used_categories = CodesField(_("kinds of data"), known=lambda: CATEGORIES)
    purposes = CodesField(_("purposes"), known=purposes)
    basis = models.CharField(_("lawful basis"), max_length=24, choices=LawfulBasis.choices)
    opt_out = models.CharField(_("how one opts out"), max_length=300)
    left_out = CodesField(_("who and what is left out"), known=lambda: LeftOut.choices)
    recipients = CodesField(_("recipients"), known=recipients, blank=True)
    tested_on = models.DateField(_("tested whether people can be known again"), null=True, blank=True)
    dpias = CodesField(_("impact assessments"), known=_dpias, blank=True)

    OWN = (
        *("kind", "form", "used_categories", "purposes", "basis", "opt_out", "left_out", "recipients"),
        *("tested_on", "dpias"),
    )
    record = book(
        name=_("Analytics and AI datasets"),
        place=Place.tab("registers", 110),
        title=_("Propose a dataset"),
        shows=("kind", "form"),
        filters=("kind",),
    )
    data_categories = declare(none=f"{BookEntry.DECLARED} {' '.join(OWN)}", free_text="reason")

    class Meta(BookEntry.Meta):
        verbose_name = _("analytics or AI dataset")
        verbose_name_plural = _("analytics and AI datasets")
