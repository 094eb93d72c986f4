"""The staff's pages of this room."""

from portal.registers.admin import books, managers, recipients, senders, templates

__all__ = ["books", "managers", "recipients", "senders", "templates"]
