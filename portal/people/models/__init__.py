"""People: who they are, how they are reached, what they may do."""

from portal.people.models.user import User

__all__ = ["User"]
