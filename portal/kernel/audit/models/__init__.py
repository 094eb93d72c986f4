"""Who did what, on what, why: frozen events, and what of them can be erased."""

from portal.kernel.audit.models.event import AuditEvent, AuditPersonal

__all__ = ["AuditEvent", "AuditPersonal"]
