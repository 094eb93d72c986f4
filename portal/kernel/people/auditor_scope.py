"""The scope of an auditor's login: of which days and areas it shows data, and which rows those are.

A fact belongs to the day on which it began; what lasts for a while (a login) belongs to each day on which it lasted. A model
that declares the days of its register (``RegisterDays``) shows what a pack of the same days holds: what was in force on one
of them, or was entered, changed or ended on one. Texts of law and the tables of roles have no day. A list that says nothing
of its day (``Record.day``) shows such a login nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, TypeVar, cast

from django.db.models import DateTimeField, Model, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from portal.kernel.core import clock, date_format, records
from portal.kernel.core.register_days import RegisterDays
from portal.kernel.people.choices import AuditArea
from portal.kernel.people.models import RoleGrant

RowT = TypeVar("RowT", bound=Model)

#: The first words of permissions that belong to each area.
PERMISSIONS: Mapping[str, frozenset[str]] = {
    AuditArea.CONSENT: frozenset({"consent"}),
    AuditArea.GRIEVANCES: frozenset({"grievances"}),
    AuditArea.KYC: frozenset({"kyc"}),
    AuditArea.LAW: frozenset({"law"}),
    AuditArea.MESSAGES: frozenset({"outbox"}),
    AuditArea.PEOPLE: frozenset({"people"}),
    AuditArea.RECORDS: frozenset({"audit", "jobs", "ledger", "operations"}),
    AuditArea.REGISTERS: frozenset({"registers"}),
    AuditArea.RETENTION: frozenset({"retention"}),
}
#: Carried under every scope: the auditors' room itself, and taking a list away that the login may see.
ALWAYS = frozenset({"evidence"})
TAKING = "jobs.list:export"
#: A pack holds every register: no narrower login makes or fetches one.
WHOLE = "evidence.pack:"


def days_of(model: type[Model]) -> "str | RegisterDays | None":
    """Which day a row of the model belongs to; None where nobody said."""
    if (day := records.of(model).day) is not None:
        return day
    declared: RegisterDays | None = getattr(model, "register_days", None)
    return declared


@dataclass(frozen=True)
class Scope:
    """Days in India, both included; ``areas`` empty for every area; ``ends_at`` is when the login's role is over."""

    first_day: date
    last_day: date
    areas: tuple[str, ...] = ()
    ends_at: datetime | None = None

    @property
    def start(self) -> datetime:
        """The first instant."""
        return datetime.combine(self.first_day, time.min, tzinfo=clock.IST)

    @property
    def end(self) -> datetime:
        """The first instant after it."""
        return datetime.combine(self.last_day + timedelta(days=1), time.min, tzinfo=clock.IST)

    def columns(self) -> dict[str, Any]:
        """As a held or proposed role keeps it."""
        return {"data_from": self.first_day, "data_to": self.last_day, "areas": sorted(self.areas)}

    def covers(self, first_day: date, last_day: date) -> bool:
        """Whether all of these days lie in it."""
        return self.first_day <= first_day and last_day <= self.last_day

    def holds(self, at: datetime) -> bool:
        """Whether the instant lies in it."""
        return self.start <= at < self.end

    def carried(self, codes: Iterable[str]) -> frozenset[str]:
        """Those of a role's permissions that belong to the areas."""
        if not self.areas:
            return frozenset(codes)
        open_to = ALWAYS.union(*(PERMISSIONS[area] for area in self.areas))
        asked = {code: code.partition(":")[0].partition(".")[0] for code in codes}
        return frozenset(
            code for code, room in asked.items() if code == TAKING or (room in open_to and not code.startswith(WHOLE))
        )

    def narrowed(self, rows: "QuerySet[RowT]") -> "QuerySet[RowT]":
        """Those of the rows that belong to its days; none of a model that says nothing of its day."""
        days = days_of(rows.model)
        if days is None:
            return rows.none()
        if isinstance(days, RegisterDays):
            return days.belonging(rows, self.start, self.end)
        if days == records.TIMELESS:
            return rows
        first, is_span, last = days.partition("..")
        names = first.split("|")
        since, until = self._edges(rows.model, names[0])
        if len(names) > 1:
            first = "day_of_scope"
            rows = cast("QuerySet[RowT]", rows.alias(day_of_scope=Coalesce(*names)))
        if not is_span:
            return rows.filter(**{f"{first}__gte": since, f"{first}__lt": until})
        still = (
            Q(**{f"{last}__isnull": True}) | Q(**{f"{last}__gte": self._edges(rows.model, last)[0]}) if last else Q()
        )
        return rows.filter(still, **{f"{first}__lt": until})

    def _edges(self, model: type[Model], path: str) -> tuple[date | datetime, date | datetime]:
        field: Any = None
        for part in path.split("__"):
            field = model._meta.get_field(part)
            model = field.related_model or model
        if isinstance(field, DateTimeField):
            return self.start, self.end
        return self.first_day, self.last_day + timedelta(days=1)

    def says(self) -> str:
        """The sentence on every page of such a login."""
        days = {"first": date_format.day(self.first_day), "last": date_format.day(self.last_day)}
        said = [_("You see data from %(first)s to %(last)s, masked.") % days]
        if self.areas:
            names = dict(AuditArea.choices)
            said.append(_("Areas: %(areas)s.") % {"areas": ", ".join(str(names[area]) for area in self.areas)})
        if self.ends_at is not None:
            said.append(_("This login ends on %(when)s.") % {"when": date_format.moment(self.ends_at)})
        return " ".join([*said, _("What you open is written down.")])


def scope_of(grants: "QuerySet[RoleGrant]") -> Scope | None:
    """The scope of a login that holds these roles now; None where none of them has one.

    A role that needs a scope and has none shows nothing: days that end before they begin.
    """
    grant = grants.filter(role__needs_scope=True).order_by("pk").first()
    if grant is None:
        return None
    if grant.data_from is None or grant.data_to is None:
        return Scope(date.max - timedelta(days=2), date.min + timedelta(days=2), (), grant.ends_at)
    return Scope(grant.data_from, grant.data_to, tuple(grant.areas), grant.ends_at)
