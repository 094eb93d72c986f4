"""Segments: whom a broadcast is for, as a filter that is kept and asked again, never a list of people."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Self

from django.db.models import Exists, OuterRef, QuerySet

from consent.broadcasts.choices import Audience
from portal.kernel.core import clock
from portal.kernel.people.models import Membership, Principal, User


@dataclass(frozen=True, slots=True)
class Segment:
    """A filter over people. An empty part does not narrow; ``customer`` is a reference, for members only."""

    audience: Audience = Audience.EVERYBODY
    customer: str = ""
    languages: Sequence[str] = ()
    entered_from: date | None = None
    entered_until: date | None = None

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self:
        """The filter as a row keeps it."""
        days = {name: kept.get(name) for name in ("entered_from", "entered_until")}
        return cls(
            audience=Audience(kept["audience"]),
            customer=str(kept.get("customer", "")),
            languages=tuple(kept.get("languages", ())),
            **{name: date.fromisoformat(day) if day else None for name, day in days.items()},
        )

    def as_json(self) -> dict[str, Any]:
        """What a row keeps, without what does not narrow."""
        parts: dict[str, Any] = {
            "audience": str(self.audience),
            "customer": self.customer,
            "languages": list(self.languages),
            "entered_from": self.entered_from.isoformat() if self.entered_from else "",
            "entered_until": self.entered_until.isoformat() if self.entered_until else "",
        }
        return {name: value for name, value in parts.items() if value}

    def people(self) -> QuerySet[Principal]:
        """Who is in it at this moment, in no order. Nobody who was erased."""
        found = Principal.objects.filter(subject__erased_at=None)
        if self.audience == Audience.WITH_LOGIN:
            found = found.filter(Exists(User.objects.filter(principal=OuterRef("pk"), is_active=True)))
        elif self.audience == Audience.MEMBERS:
            members = Membership.objects.filter(principal=OuterRef("pk"), ended_at=None)
            if self.customer:
                members = members.filter(customer__reference=self.customer)
            found = found.filter(Exists(members))
        if self.languages:
            found = found.filter(language__in=self.languages)
        if self.entered_from is not None:
            found = found.filter(created_at__gte=_midnight(self.entered_from))
        if self.entered_until is not None:
            found = found.filter(created_at__lt=_midnight(self.entered_until + timedelta(days=1)))
        return found


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=clock.IST)
