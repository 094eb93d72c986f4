"""What every book of the company has beside two people and days: a name, an owner, a day of review, and its evidence.

A new one is a model of ``BookEntry`` with ``OWN`` (its own fields, in their order) and ``record = book(...)``. Its form, page,
export, import, reviews and place in an evidence pack come with that.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date
from typing import Any, ClassVar

from django.apps import apps
from django.conf import settings
from django.db import models
from django.utils.functional import classproperty
from django.utils.translation import gettext_lazy as _

from portal.kernel.core.records import Place, Record
from portal.kernel.registers.base.models.dated_entry import IN_FORCE, DatedEntry

Choices = Iterable[tuple[str, Any]]


class CodesField(models.JSONField):
    """A list of codes, chosen from those that ``known`` gives when it is asked. The database sees a list."""

    def __init__(self, *args: Any, known: Callable[[], Choices] | None = None, **kwargs: Any) -> None:
        self.known = known or (lambda: ())
        super().__init__(*args, **{"default": list, **kwargs})

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.JSONField", args, kwargs


def book(*, name: Any, place: Place, **page: Any) -> Record:
    """What such a model says of itself. ``page`` is what ``entries.admin.register_entries.register`` is given: a title, columns, filters."""
    kept = "A note of staff about a register entry; kept with the proposal that it explains."
    return Record(name=name, place=place, kept=kept, page=page)


def every_book() -> list[type["BookEntry"]]:
    """Every model of them, by name. Asked after the models are loaded."""
    found = (model for model in apps.get_models() if issubclass(model, BookEntry))
    return sorted(found, key=lambda model: model.__name__)


class BookEntry(DatedEntry):
    """One row of a book. ``code`` is its name among the rows of its fiduciary; one row of a code holds at a time.

    The owner answers for the row and looks at it again on ``review_on`` at the latest, or somebody else where the owner wrote
    it: ``register_entries.review`` moves that day and names newer evidence. Everything else is superseded by another row, never
    edited; owner, day of review and last look pass on to that row (``take_over``).
    """

    code = models.SlugField(_("code"), max_length=40)
    name = models.CharField(_("name"), max_length=160)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("owner"))
    review_on = models.DateField(_("next review by"))
    evidence = models.CharField(_("evidence location"), max_length=200, blank=True)
    evidence_on = models.DateField(_("day of the evidence"), null=True, blank=True)
    reviewed_at = models.DateTimeField(_("last reviewed"), null=True, blank=True, editable=False)
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("last reviewed by"),
        editable=False,
    )

    DECLARED = f"{DatedEntry.DECLARED} code name owner review_on evidence evidence_on reviewed_at reviewed_by"
    register_days = replace(DatedEntry.register_days, changed=("checked_at", "reviewed_at"))
    #: The book's own fields in the order of its form.
    OWN: ClassVar[tuple[str, ...]] = ()
    #: What every row has beside them.
    BESIDE: ClassVar[tuple[str, ...]] = ("owner", "review_on", "evidence", "evidence_on")
    KEYS = (("fiduciary", "code"),)

    class Meta(DatedEntry.Meta):
        abstract = True
        constraints = (
            *DatedEntry.Meta.constraints,
            models.UniqueConstraint(
                name="%(app_label)s_one_%(class)s_per_code", fields=("fiduciary", "code"), condition=IN_FORCE
            ),
        )

    def __str__(self) -> str:
        return self.name

    def take_over(self, before: "BookEntry") -> None:
        """The owner, the day of review and the last look, which only a review moves; the evidence where it came meanwhile."""
        stays = ["owner", "review_on", "reviewed_at", "reviewed_by"]
        if before.reviewed_at is not None and before.reviewed_at >= self.made_at:
            stays += ["evidence", "evidence_on"]
        for name in stays:
            setattr(self, name, getattr(before, name))
        self.save(update_fields=stays)

    @property
    def makes_room(self) -> bool:
        """A newer row with its code takes its place: a correction leaves no time in which the book says nothing."""
        return True

    @classproperty
    def SHOWN(cls) -> tuple[str, ...]:  # noqa: N802, N805 - the name of the base's constant
        """Everything that was entered."""
        return ("code", "name", *cls.OWN, *cls.BESIDE)

    @staticmethod
    def described(fields: dict[str, Any], fiduciary: str, starts_at: Any) -> dict[str, Any]:
        """As the base, with days as text."""
        plain = {name: value.isoformat() if isinstance(value, date) else value for name, value in fields.items()}
        return DatedEntry.described(plain, fiduciary, starts_at)
