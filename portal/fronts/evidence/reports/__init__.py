"""The reports there are, in the order of the page that lists them."""

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from consent.base.permissions import Permission as ConsentPermission
from grievances.base.permissions import GrievancePermission
from kyc.base.permissions import Permission as KycPermission
from portal.fronts.evidence.permissions import Permission
from portal.fronts.evidence.reports import access, authority_orders, consents, grievances, kyc, retention
from portal.fronts.evidence.reports.tables import Report, Table
from portal.kernel.people.permissions import Permission as PeoplePermission
from portal.kernel.registers.base.permissions import Permission as RegistersPermission
from portal.kernel.retention.permissions import Permission as RetentionPermission

__all__ = ["REPORTS", "Report", "Table"]

_ALL = (
    Report(
        "grievances",
        _("Grievances"),
        _("Received, closed, in time, upheld on appeal, and what they came from"),
        GrievancePermission.TICKET_VIEW,
        grievances.grievances,
    ),
    Report(
        "requests",
        _("Requests about data"),
        _("By right: granted, refused, open, and the days they took"),
        GrievancePermission.TICKET_VIEW,
        grievances.requests,
    ),
    Report(
        "consents",
        _("Consent movements"),
        _("Consents by purpose, channel and collection method, and messages sent after an opt-out"),
        ConsentPermission.EVENT_VIEW,
        consents.movements,
    ),
    Report(
        "kyc",
        _("KYC turn-round"),
        _("Documents decided, hours that customers waited, files refused"),
        KycPermission.CASE_VIEW,
        kyc.turn_round,
    ),
    Report(
        "transparency",
        _("Transparency"),
        _("Orders of authorities and what they were given, data handed to recipients"),
        RegistersPermission.ORDER_VIEW,
        authority_orders.transparency,
    ),
    Report(
        "incidents",
        _("Incidents"),
        _("Incidents, their duties and the people informed"),
        RegistersPermission.INCIDENT_VIEW,
        authority_orders.incidents,
    ),
    Report(
        "retention",
        _("Retention"),
        _("Erased, retained by a law or a legal hold, underage reports"),
        RetentionPermission.RUN_VIEW,
        retention.keeping,
    ),
    Report(
        "access",
        _("Access to records of people"),
        _("Records opened and values shown, by role and by purpose"),
        Permission.EVENT_VIEW,
        access.access,
    ),
    Report(
        "logins",
        _("Logins of staff"),
        _("Second factors, logins that ended, roles given and ended"),
        PeoplePermission.ROLE_VIEW,
        access.logins,
    ),
)
REPORTS: Mapping[str, Report] = {one.code: one for one in _ALL}
