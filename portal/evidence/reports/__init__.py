"""The reports there are, in the order of the page that lists them."""

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from portal.evidence.reports import access, authorities, consents, documents, grievances, keeping
from portal.evidence.reports.tables import Report, Table

__all__ = ["REPORTS", "Report", "Table"]

_ALL = (
    Report(
        "grievances",
        _("Grievances"),
        _("Received, closed, in time, upheld on appeal, and what they came from"),
        "grievances.ticket:view",
        grievances.grievances,
    ),
    Report(
        "requests",
        _("Requests about data"),
        _("By right: granted, refused, open, and the days they took"),
        "grievances.ticket:view",
        grievances.requests,
    ),
    Report(
        "consents",
        _("Consent movements"),
        _("Answers by purpose, channel and way, and messages that left after a no"),
        "consent.event:view",
        consents.movements,
    ),
    Report(
        "kyc",
        _("KYC turn-round"),
        _("Documents decided, hours that customers waited, files refused"),
        "kyc.case:view",
        documents.turn_round,
    ),
    Report(
        "transparency",
        _("Transparency"),
        _("Orders of authorities and what they were given, data handed to recipients"),
        "registers.order:view",
        authorities.transparency,
    ),
    Report(
        "incidents",
        _("Incidents"),
        _("Incidents, their duties and the people told"),
        "registers.incident:view",
        authorities.incidents,
    ),
    Report(
        "retention",
        _("Retention"),
        _("Erased, kept by a law or a hold, reports of children"),
        "retention.run:view",
        keeping.keeping,
    ),
    Report(
        "access",
        _("Access to records of people"),
        _("Records opened and values shown, by role and by purpose"),
        "audit.event:view",
        access.access,
    ),
    Report(
        "logins",
        _("Logins of staff"),
        _("Second factors, logins that ended, roles given and ended"),
        "people.role:view",
        access.logins,
    ),
)
REPORTS: Mapping[str, Report] = {one.code: one for one in _ALL}
