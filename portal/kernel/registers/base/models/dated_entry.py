"""What every entry about senders shares: two people, a first instant, and perhaps a last one."""

from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from portal.kernel.core import clock
from portal.kernel.core.register_days import RegisterDays
from portal.kernel.people.choices import Answer
from portal.kernel.people.models import FourEyesModel


class DatedEntry(FourEyesModel):
    """Belongs to one fiduciary and holds from ``starts_at`` up to, not including, ``ends_at``. Ended, never deleted."""

    fiduciary = models.ForeignKey("people.Fiduciary", models.PROTECT, related_name="+", verbose_name=_("whose"))
    starts_at = models.DateTimeField(_("valid from"))
    ends_at = models.DateTimeField(_("valid until"), null=True, blank=True, editable=False)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("ended by"),
        editable=False,
    )

    DECLARED = "id act made_by made_at checked_by checked_at shown_sha256 answer fiduciary starts_at ends_at ended_by"
    register_days: ClassVar[RegisterDays] = RegisterDays(
        entered="made_at", changed=("checked_at",), since="starts_at", until="ends_at", among=Q(answer=Answer.APPROVED)
    )
    #: The fields that both people are bound to, beside the fiduciary and the start.
    SHOWN: ClassVar[tuple[str, ...]] = ()
    #: Of the entries with equal values of these, one at a time holds. More keys than one: each of them.
    KEYS: ClassVar[tuple[tuple[str, ...], ...]] = ()

    #: Of ``SHOWN`` what others than two people move while an entry holds (a review): no other words by themselves.
    BESIDE: ClassVar[tuple[str, ...]] = ()

    #: What an entry is about: one that takes its place (``makes_room``) is about the same.
    ABOUT: ClassVar[tuple[str, ...]] = ()

    #: Of these the values stay with the fiduciary that had them first, also when the entry has ended. Each a key alone.
    OF_ONE: ClassVar[tuple[str, ...]] = ()

    class Meta(FourEyesModel.Meta):
        abstract = True
        ordering: ClassVar[tuple[str, ...]] = ("-made_at", "-id")
        constraints = (
            *FourEyesModel.Meta.constraints,
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_ends_after_its_start",
                condition=Q(ends_at=None, ended_by=None) | Q(ends_at__gte=F("starts_at"), ended_by__isnull=False),
            ),
        )

    @property
    def forbids(self) -> bool:
        """Whether it says no to something. One person does not end it: a row with its key that two agree to takes its place."""
        return False

    @property
    def makes_room(self) -> bool:
        """Whether another row with its key, agreed to by two people, takes its place, without a time in which neither holds."""
        return self.forbids

    @property
    def proposed(self) -> str:
        """Its kind: many kinds of entries are proposed by one act."""
        return str(self._meta.verbose_name)

    def has_ended(self, *, at: datetime) -> bool:
        """Whether its end has come by ``at``; one that was ended before it began has ended, though its day is ahead."""
        return self.ends_at is not None and (self.ends_at <= at or self.ends_at <= self.starts_at)

    def take_over(self, before: Any) -> None:
        """Store what stays as it is when this one, just agreed to, takes the place of ``before``."""

    def shown(self) -> dict[str, Any]:
        """What both people see and are bound to."""
        return self.described({name: getattr(self, name) for name in self.SHOWN}, self.fiduciary.code, self.starts_at)

    def twins(self) -> "list[models.QuerySet[Any]]":
        """The entries, this one among them, that may not hold at the same time."""
        rows = type(self)._default_manager
        return [rows.filter(**{name: getattr(self, name) for name in key}) for key in self.KEYS]

    def strangers(self) -> "list[models.QuerySet[Any]]":
        """The entries of other fiduciaries, ended or not, whose value stays with them."""
        rows = type(self)._default_manager.exclude(fiduciary=self.fiduciary)
        return [rows.filter(**{name: getattr(self, name)}) for name in self.OF_ONE]

    @staticmethod
    def described(fields: dict[str, Any], fiduciary: str, starts_at: Any) -> dict[str, Any]:
        """Fields as plain values, for the digest."""
        values = {name: getattr(value, "pk", value) for name, value in fields.items()}
        return {**values, "fiduciary": fiduciary, "starts_at": clock.stamp(starts_at)}


#: Of rows with the same key, one at a time may be agreed to and without an end.
IN_FORCE = Q(answer=Answer.APPROVED, ends_at=None)


def not_ended(*, at: datetime) -> Q:
    """Agreed to and not ``has_ended``: holds at ``at``, perhaps up to a day that is ahead, or will."""
    return Q(answer=Answer.APPROVED) & (Q(ends_at=None) | Q(ends_at__gt=at) & Q(ends_at__gt=F("starts_at")))
