"""What every entry of the books is checked for, and how it is shown to both people."""

from collections.abc import Mapping
from datetime import date

from django.utils.translation import gettext as _

from portal.kernel.core.errors import Refused
from portal.kernel.registers.base import rules


def at_field(field: str, message: object, *, code: str) -> Refused:
    """A refusal about one of the entered fields."""
    return Refused(message, code=code, fields={field: [message]})


def filled(text: str, message: str) -> str:
    """The text with single blanks. Raises Refused with ``message`` when there is none."""
    plain = " ".join(text.split())
    if not plain:
        raise Refused(message, code="FIELD_EMPTY")
    return plain


def digestible(fields: Mapping[str, object]) -> dict[str, str]:
    """Values as text, for the digest that binds maker and checker to the same entry."""
    return {name: value.isoformat() if isinstance(value, date) else str(value) for name, value in fields.items()}


def require_no_rewriting(effective_from: date, *, today: date, somebody_is_in_force: bool) -> None:
    """Raises Refused for a change that would reach back behind letters already written."""
    if rules.rewrites_the_past(effective_from, today=today, somebody_is_in_force=somebody_is_in_force):
        message = _("Choose today or a later day: messages of earlier days named the earlier entry.")
        raise Refused(message, code="DATE_IN_THE_PAST")


def require_in_time(effective_from: date, *, today: date, somebody_is_in_force: bool) -> None:
    """Raises Refused for a proposal that waited until its approval would reach back behind letters already written."""
    if rules.rewrites_the_past(effective_from, today=today, somebody_is_in_force=somebody_is_in_force):
        message = _("The day from which this should be valid has passed. Reject it and ask for a later day.")
        raise Refused(message, code="DATE_IN_THE_PAST")
