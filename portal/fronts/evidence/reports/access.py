"""Which roles opened records of people, and why; how logins of staff are secured and ended."""

from allauth.mfa.models import Authenticator
from django.apps import apps
from django.db.models import Exists, OuterRef, Q, Value
from django.db.models.functions import Left, StrIndex
from django.utils.translation import gettext_lazy as _

from portal.fronts.evidence.period import Period
from portal.fronts.evidence.reports.tables import Cell, Table, as_of, counted, within
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor as actors
from portal.kernel.core.admin.record_access import PURPOSE_NAMES
from portal.kernel.people.choices import SECOND_FACTORS
from portal.kernel.people.models import RoleGrant, User

OPENED = (AuditKind.ADMIN_RECORD_OPENED, AuditKind.ADMIN_VALUE_REVEALED)


def access(period: Period) -> list[Table]:
    """Records opened and values shown in the period, by role and by the purpose that was given."""
    events = AuditEvent.objects.filter(kind__in=OPENED, **within(period, "at"))
    roles = _roles_of(period)
    by_role: dict[str, dict[str, int]] = {}
    for (ref, kind), number in counted(events, "actor_ref", "kind").items():
        counts = by_role.setdefault(roles.get(ref, str(_("No role"))), {})
        counts[kind] = counts.get(kind, 0) + number
    opened, shown = (events.filter(kind=kind) for kind in OPENED)
    room = events.annotate(record_kind=Left("about", StrIndex("about", Value(":")) - 1))
    by_record = counted(room, "record_kind", "kind")
    reasons = counted(shown, "facts__reason_code")
    columns = (_("Records opened"), _("Values shown in full"))
    return [
        Table(
            _("By role"),
            (_("Roles"), *columns),
            [[name, *(by_role[name].get(kind, 0) for kind in OPENED)] for name in sorted(by_role)],
            _("An account with several roles in the period counts under all of them together."),
        ),
        Table(
            _("By kind of record"),
            (_("Record"), *columns),
            [
                [record_in_words(record), *(by_record.get((record, kind), 0) for kind in OPENED)]
                for record in sorted({record for record, _kind in by_record})
            ],
        ),
        Table(
            _("Records opened, by purpose"),
            (_("Purpose"), _("Records opened")),
            [
                [str(PURPOSE_NAMES.get(code, code)), number]
                for code, number in sorted(counted(opened, "facts__purpose").items())
            ],
        ),
        Table(
            _("Values shown, by reason"),
            (_("Reason"), _("Values shown in full")),
            [[str(code) if code else str(_("Described")), number] for code, number in sorted(reasons.items(), key=str)],
        ),
    ]


def record_in_words(label: str) -> str:
    """What a kind of record is called, by its model's label; the label where there is no such model any more."""
    try:
        return str(apps.get_model(label)._meta.verbose_name_plural)
    except (LookupError, ValueError):
        return label


def _roles_of(period: Period) -> dict[str, str]:
    """By actor reference: the roles that a login held at some moment of the period."""
    held = RoleGrant.register_days.in_force_in(RoleGrant.objects.all(), period.start, period.end)
    names: dict[str, set[str]] = {}
    for user, role in held.values_list("user_id", "role__label"):
        names.setdefault(actors.staff(user).ref, set()).add(role)
    return {ref: ", ".join(sorted(found)) for ref, found in names.items()}


def logins(period: Period) -> list[Table]:
    """The logins of staff at the end of the period, their second factors as of now, and who came and left in the period."""
    staff = User.objects.filter(is_staff=True)
    has_factor = Exists(Authenticator.objects.filter(user=OuterRef("pk"), type__in=SECOND_FACTORS))
    there = staff.filter(Q(deactivated_at=None) | Q(deactivated_at__gte=period.end), created_at__lt=period.end)
    holding = RoleGrant.register_days.in_force_at(RoleGrant.objects.all(), period.last_instant)
    at_end: list[list[Cell]] = [
        [str(_("Active")), there.count()],
        [
            str(_("Deactivated with an active role")),
            staff.filter(deactivated_at__lt=period.end, pk__in=holding.values("user")).count(),
        ],
    ]
    active = staff.filter(is_active=True)
    factors: list[list[Cell]] = [
        [str(_("Active with a second factor")), active.filter(has_factor).count()],
        [str(_("Active without one: they can open nothing")), active.filter(~has_factor).count()],
    ]
    moved: list[list[Cell]] = [
        [str(_("Came")), staff.filter(**within(period, "created_at")).count()],
        [str(_("Deactivated")), staff.filter(**within(period, "deactivated_at")).count()],
        # A role may be agreed to long before it begins: an auditor's is, for the days of the audit.
        [str(_("Roles agreed to")), RoleGrant.objects.filter(**within(period, "granted_at")).count()],
        [str(_("Roles begun")), RoleGrant.objects.filter(**within(period, "starts_at")).count()],
        [str(_("Roles ended")), RoleGrant.objects.filter(**within(period, "ends_at")).count()],
    ]
    return [
        Table(_("Logins of staff at the end of the period"), (_("What"), _("Logins")), at_end),
        Table(_("Second factors of staff"), (_("What"), _("Logins")), factors, as_of()),
        Table(_("Changes in the period"), (_("What"), _("Number")), moved),
    ]
