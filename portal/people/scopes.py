"""The scope of an auditor's login: of which days and areas it shows data, and which rows those are.

A fact belongs to the day on which it began; what stands for a while (a login) belongs to each day on which it stood. A model
that declares the days of its register (``RegisterDays``) shows what a pack of the same days holds: what was in force on one
of them, or was entered, changed or ended on one. Texts of law and the tables of roles have no day. A list that is not named here shows such a login nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, TypeVar, cast

from django.db.models import DateTimeField, Model, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from portal.core import clock, moments
from portal.core.register_days import RegisterDays
from portal.people.models import RoleGrant
from portal.people.states import AuditArea

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

#: No day belongs to it.
TIMELESS = ""
#: Which day a row belongs to, of a model whose register declares no days, or whose rows belong to their first day: a field, several with ``|`` for the first that is filled, or two with ``..`` between them
#: for what stands from one to the other.
_DAYS: Mapping[str, str] = {
    "audit.AuditEvent": "at",
    "consent.Announcement": "begun_at",
    "consent.AnswerSet": "answered_at",
    "consent.Broadcast": "made_at",
    "consent.BroadcastPerson": "broadcast__made_at",
    "consent.ConsentEvent": "recorded_at",
    "consent.ConsentList": "made_at",
    "consent.ConsentState": "occurred_at",
    "consent.CookieDefect": "first_at",
    "consent.EndingTold": "told_at",
    "consent.GivenAnswer": "answered_at",
    "consent.GuardianAnswer": "shown_at",
    "consent.HeldConsent": "held_at",
    "consent.InboundMessage": "received_at",
    "consent.LateNotice": "given_at",
    "consent.Meeting": "met_at",
    "consent.NoticeText": TIMELESS,
    "consent.NoticeVersion": TIMELESS,
    "consent.PolicyDefect": TIMELESS,
    "consent.PreferenceChange": "changed_at",
    "consent.SendAfterWithdrawal": "found_at",
    "consent.StandingEnded": "ended_at",
    "consent.Suppression": "recorded_at",
    "consent.TextReview": TIMELESS,
    "grievances.Bundle": "started_at",
    "grievances.BundleSection": "bundle__started_at",
    "grievances.MailCount": "counted_at",
    "grievances.Nominee": "named_at..ended_at",
    "grievances.NomineeStanding": "granted_at..ended_at",
    "grievances.OutsideTask": "made_at",
    "grievances.ProofPaper": "received_at",
    "grievances.RightsRequest": "ticket__received_at",
    "grievances.SeenMail": "seen_at",
    "grievances.Ticket": "received_at",
    "jobs.ExportDownload": "fetched_at",
    "jobs.Job": "created_at",
    "jobs.ListExport": "asked_at",
    "jobs.ListImport": "made_at",
    "kyc.Case": "opened_at",
    "kyc.DeletionRequest": "asked_at",
    "kyc.Document": "uploaded_at",
    "kyc.Draw": "drawn_at",
    "kyc.Likeness": "found_at",
    "kyc.MinorFound": "found_at",
    "kyc.Renewal": "opened_at",
    "kyc.Screening": "screened_at",
    "kyc.SecondLook": "draw__drawn_at",
    "kyc.SignerKey": "added_at..ended_at",
    "law.Clock": "started_at",
    "law.HouseRule": TIMELESS,
    "law.LegalRule": TIMELESS,
    "law.OrganisationProfile": TIMELESS,
    "law.Purpose": TIMELESS,
    "outbox.AddressFault": "noted_at",
    "outbox.Delivery": "happened_at",
    "outbox.Message": "created_at",
    "outbox.TemplateVersion": TIMELESS,
    "people.Absence": "noted_at",
    "people.ApiKey": "made_at..ended_at",
    "people.ContactPoint": "added_at..left_at",
    "people.Customer": "created_at..closed_at",
    "people.Fiduciary": TIMELESS,
    "people.FourEyesRule": TIMELESS,
    "people.Invitation": "invited_at",
    "people.Membership": "joined_at..ended_at",
    "people.Principal": "created_at..",
    "people.Role": TIMELESS,
    "people.RolePermission": TIMELESS,
    "people.SignIn": "at",
    "people.User": "created_at..deactivated_at",
    "registers.AuthorityOrder": "received_at",
    "registers.Disclosure": "disclosed_at",
    "registers.Incident": "opened_at",
    "registers.IncidentDuty": "incident__opened_at",
    "registers.IncidentSearch": "asked_at",
    "registers.Instruction": "given_at",
    "registers.ReportedSend": "reported_at",
    "registers.SenderDefect": "first_at",
    "retention.BooksRow": "noted_at",
    "retention.ChildReport": "reported_at",
    "retention.ErasureRun": "asked_at|started_at|planned_at",
    "retention.ErasureStep": "finished_at",
    "retention.RetentionRule": TIMELESS,
}


def days_of(model: type[Model]) -> "str | RegisterDays | None":
    """Which day a row of the model belongs to; None where nobody said."""
    if model._meta.label in _DAYS:
        return _DAYS[model._meta.label]
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
        """Those of the rows that belong to its days; none of a model that is not named here."""
        days = days_of(rows.model)
        if days is None:
            return rows.none()
        if isinstance(days, RegisterDays):
            return days.belonging(rows, self.start, self.end)
        if days == TIMELESS:
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
        days = {"first": moments.day(self.first_day), "last": moments.day(self.last_day)}
        said = [_("You see data from %(first)s to %(last)s, masked.") % days]
        if self.areas:
            names = dict(AuditArea.choices)
            said.append(_("Areas: %(areas)s.") % {"areas": ", ".join(str(names[area]) for area in self.areas)})
        if self.ends_at is not None:
            said.append(_("This login ends on %(when)s.") % {"when": moments.moment(self.ends_at)})
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
