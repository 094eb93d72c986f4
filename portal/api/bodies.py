"""What every body that a client writes has in common."""

from ninja import Schema
from pydantic import ConfigDict


class BodyIn(Schema):
    """A body whose every field is ours: one that is misspelt is refused, not left out in silence."""

    model_config = ConfigDict(extra="forbid")
