"""The staff's pages of this room."""

from portal.registers.admin import (
    books,
    disclosures,
    incident_reports,
    incidents,
    managers,
    orders,
    recipients,
    registers,
    senders,
    templates,
)

__all__ = [
    "books",
    "disclosures",
    "incident_reports",
    "incidents",
    "managers",
    "orders",
    "recipients",
    "registers",
    "senders",
    "templates",
]
