"""What audit events state of orders of authorities and of incidents: check V11 holds the rows against them."""

from typing import Final

from portal.audit.kinds import AuditKind
from portal.audit.services import StatedRows
from portal.registers.models import AuthorityOrder, Incident
from portal.registers.states import OrderState

_RECEIVED: Final = AuditKind.REGISTERS_ORDER_RECEIVED
_ANSWERED: Final = AuditKind.REGISTERS_ORDER_ANSWERED
_OPENED: Final = AuditKind.REGISTERS_INCIDENT_OPENED

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
