"""The staff's pages of this room."""

from portal.registers.admin import books, recipients, senders, templates

__all__ = ["books", "recipients", "senders", "templates"]
