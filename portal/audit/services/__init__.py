"""Audit's services: write an event in the caller's transaction; erase what of it is personal."""

from portal.audit.services.events import erase_personal, personal_of, record

__all__ = ["erase_personal", "personal_of", "record"]
