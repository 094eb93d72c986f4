"""What audit events state of orders, incidents, attachments, disclosures and instructions: check V11 holds the rows against them."""

from collections.abc import Callable
from typing import Final

from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import SUBJECT, Facts, StatedRows
from portal.kernel.audit.services.state_consistency import Row
from portal.kernel.registers.base.choices import OrderState
from portal.kernel.registers.base.models.orders import AuthorityOrder
from portal.kernel.registers.entries.models.attachments import Attachment
from portal.kernel.registers.incidents.models import Incident
from portal.kernel.registers.recipients.models.disclosures import Disclosure
from portal.kernel.registers.recipients.models.instructions import Instruction

_RECEIVED: Final = AuditKind.REGISTERS_ORDER_RECEIVED
_ANSWERED: Final = AuditKind.REGISTERS_ORDER_ANSWERED
_OPENED: Final = AuditKind.REGISTERS_INCIDENT_OPENED
_ADDED: Final = AuditKind.REGISTERS_ATTACHMENT_ADDED
_MADE: Final = AuditKind.REGISTERS_DISCLOSURE_MADE
_GIVEN: Final = AuditKind.REGISTERS_INSTRUCTION_GIVEN


def _named_by(fact: str) -> Callable[[Row, Facts], bool]:
    """Of rows that share the label of a record an event names one by its reference."""
    return lambda row, facts: bool(facts.get(fact) == row["reference"])


ORDERS: Final = StatedRows(
    model=AuthorityOrder,
    about="registers.authorityorder",
    begins=_RECEIVED,
    fields={
        "kind": {_RECEIVED: "kind"},
        "asked_categories": {_RECEIVED: "asked"},
        "paper_sha256": {_RECEIVED: "sha256"},
        "received_at": {_RECEIVED: "received_at"},
        "state": {_RECEIVED: lambda facts: str(OrderState.RECEIVED), _ANSWERED: "state"},
        "answered_at": {_RECEIVED: lambda facts: None, _ANSWERED: "answered_at"},
    },
)
INCIDENTS: Final = StatedRows(
    model=Incident,
    about="registers.incident",
    begins=_OPENED,
    fields={
        "role": {_OPENED: "role", AuditKind.REGISTERS_INCIDENT_CHANGED: "role"},
        "noticed_at": {_OPENED: "noticed_at", AuditKind.REGISTERS_INCIDENT_CHANGED: "noticed_at"},
        "aware_at": {_OPENED: "aware_at", AuditKind.REGISTERS_INCIDENT_CHANGED: "aware_at"},
        "closed_at": {_OPENED: lambda facts: None, AuditKind.REGISTERS_INCIDENT_CLOSED: "closed_at"},
    },
)
ATTACHMENTS: Final = StatedRows(
    model=Attachment,
    about="",
    key="about",
    of=_named_by("reference"),
    at_first={"reference": None},  # no row is there without its event
    fields={
        "reference": {_ADDED: "reference"},
        "kind": {_ADDED: "kind"},
        "dated_on": {_ADDED: "dated_on"},
        "sha256": {_ADDED: "sha256"},
        "original_sha256": {_ADDED: "original_sha256"},
    },
)
DISCLOSURES: Final = StatedRows(
    model=Disclosure,
    about="",
    key="about",
    of=_named_by("disclosure"),
    at_first={"reference": None},
    fields={
        "reference": {_MADE: "disclosure"},
        "subject_ref": {_MADE: SUBJECT},
        "recipient_code": {_MADE: "recipient"},
        "fields": {_MADE: "fields"},
        "purpose": {_MADE: "purpose"},
        "basis": {_MADE: "basis"},
    },
)
INSTRUCTIONS: Final = StatedRows(
    model=Instruction,
    about="registers.instruction",
    begins=_GIVEN,
    fields={
        "subject_ref": {_GIVEN: SUBJECT},
        "recipient__code": {_GIVEN: "recipient"},
        "fiduciary__code": {_GIVEN: "fiduciary"},
        "kind": {_GIVEN: "kind"},
        "about": {_GIVEN: "about"},
    },
)
#: All of them.
STATED: Final = (INCIDENTS, ORDERS, ATTACHMENTS, DISCLOSURES, INSTRUCTIONS)
