"""What audit events state of kept reports, drawn samples and information requests: check V11 holds the rows against them."""

from typing import Final

from portal.fronts.evidence.models import DrawnSample, InformationRequest, MonthlyReport
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import StatedRows

_REPORTED: Final = AuditKind.EVIDENCE_REPORT_MADE
_DRAWN: Final = AuditKind.EVIDENCE_SAMPLE_DRAWN
_STEPS: Final = (
    AuditKind.EVIDENCE_REQUEST_ASKED,
    AuditKind.EVIDENCE_REQUEST_ANSWERED,
    AuditKind.EVIDENCE_REQUEST_FLAGGED,
    AuditKind.EVIDENCE_REQUEST_ACCEPTED,
)

REPORTS: Final = StatedRows(
    model=MonthlyReport,
    about="evidence.monthlyreport",
    key="id",
    fields={
        "code": {_REPORTED: "report"},
        "first_day": {_REPORTED: "from"},
        "last_day": {_REPORTED: "to"},
        "sha256": {_REPORTED: "sha256"},
    },
)
SAMPLES: Final = StatedRows(
    model=DrawnSample,
    about="evidence.drawnsample",
    begins=_DRAWN,
    fields={
        "register": {_DRAWN: "register"},
        "first_day": {_DRAWN: "from"},
        "last_day": {_DRAWN: "to"},
        "method": {_DRAWN: "method"},
        "size": {_DRAWN: "size"},
        "seed": {_DRAWN: "seed"},
        "population_size": {_DRAWN: "population"},
        "population_sha256": {_DRAWN: "sha256"},
    },
)
REQUESTS: Final = StatedRows(
    model=InformationRequest,
    about="evidence.informationrequest",
    fields={"control": dict.fromkeys(_STEPS, "control"), "due_on": dict.fromkeys(_STEPS, "due_on")},
)
