"""The staff's pages of this room."""

from portal.registers.admin import books, senders, templates

__all__ = ["books", "senders", "templates"]
