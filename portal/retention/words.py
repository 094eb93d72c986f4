"""What a person reads about each record: kept or erased, until when, because of what. Whole sentences, active language."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from portal.law.words import period
from portal.retention.rules import Ground, Verdict, Why
from portal.retention.states import ItemState


@dataclass(frozen=True)
class Decision:
    """Who decides an open question of the profile, as codes and labels of roles, and by when; None: no answer waits for it."""

    roles: tuple[tuple[str, str], ...]
    by: date | None
    is_late: bool = False


def sentence(verdict: Verdict, what: str, *, decision: Decision | None = None) -> str:
    """One sentence, and a second where the rule is not confirmed. ``what`` is the kind of record, in the same language.

    ``decision``: of what is kept until a question of the profile is decided, who decides it, and by when.
    """
    ground = verdict.keeper if verdict.is_kept else verdict.said
    if ground.why is Why.UNDECIDED:
        return _undecided(ground, what, decision or Decision((), None))
    said = (_kept if verdict.is_kept else _erased)(ground) % _values(ground, what)
    if ground.is_confirmed or ground.why is Why.CLAIM:
        return said
    return f"{said} {_('Whether this rule applies to us is not settled. We keep to it until it is.')}"


def left(state: str, what: str) -> str:
    """Why something that was to be erased is still here, by the state of its item."""
    if state == ItemState.HELD:
        said = _held()
    elif state == ItemState.DISPUTED:
        said = _(
            "%(what)s: we keep this while your complaint or another matter about it is open, so that it can be decided."
        )
    else:
        said = _("%(what)s: this is not erased yet. We look at it again and then erase it.")
    return said % {"what": what}


def _held() -> str:
    """One sentence for a hold and for an order of an authority, silent or not: true of both, and tells neither."""
    return _(
        "%(what)s: a duty of law or a legal claim keeps us from erasing this now. We look at it again when that has ended."
    )


def _kept(ground: Ground) -> str:
    if ground.why is Why.HOLD:
        return _held()
    if ground.why is Why.DISPUTE:
        return _(
            "%(what)s: we keep this while your complaint or another matter about it is open, so that it can be decided."
        )
    if ground.why is Why.IN_USE:
        return _("%(what)s: we keep this for as long as you use your account.")
    return _kept_by_rule(ground)


def _kept_by_rule(ground: Ground) -> str:
    if ground.why is Why.CLAIM and ground.on is None:
        return _("%(what)s: we keep this for %(period)s after the end for legal claims (%(law)s). No law requires it.")
    if ground.why is Why.CLAIM:
        return _("%(what)s: we keep this until %(date)s for legal claims (%(law)s). No law requires it.")
    if ground.why is Why.LAW and ground.on is None:
        return _("%(what)s: we keep this for %(period)s after the end, because %(law)s requires it.")
    if ground.why is Why.LAW:
        return _("%(what)s: we keep this until %(date)s, because %(law)s requires it.")
    return _("%(what)s: we keep this until %(date)s, as we have published.")


def _undecided(ground: Ground, what: str, decision: Decision) -> str:
    """Never that a law requires it: that is what is not known yet."""
    if decision.by is None:
        said = _(
            "%(what)s: kept until decided. We have not yet decided whether %(law)s applies to us. %(roles)s decide this. If it "
            "does not apply, we will erase this. You do not have to ask again."
        )
    elif decision.is_late:
        said = _(
            "%(what)s: kept until decided. We have not yet decided whether %(law)s applies to us. %(roles)s had to decide this "
            "by %(date)s: the decision is late. If it does not apply, we will erase this. You do not have to ask again."
        )
    else:
        said = _(
            "%(what)s: kept until decided. We have not yet decided whether %(law)s applies to us. %(roles)s will decide this by "
            "%(date)s. If it does not apply, we will erase this. You do not have to ask again."
        )
    return said % {
        "what": what,
        "law": ground.citation,
        "roles": _roles(decision.roles),
        "date": _day(decision.by) if decision.by else "",
    }


def _roles(roles: Iterable[tuple[str, str]]) -> str:
    """Two roles in the person's language. A role that is not known here reads as the table of roles names it."""
    named = {"administrator": _("The administrator"), "data_protection_officer": _("the Data Protection Officer")}
    found = [named.get(code, label) for code, label in roles]
    if len(found) == len(("proposes", "approves")):
        return _("%(first)s and %(second)s") % {"first": found[0], "second": found[1]}
    return ", ".join(found) or _("Two people in our team")


def _erased(ground: Ground) -> str:
    if ground.why is Why.WISH and ground.citation:
        return _("%(what)s: we erase this because you asked for it (%(law)s).")
    if ground.why is Why.WISH:
        return _("%(what)s: we erase this because you asked for it.")
    if ground.citation:
        return _("%(what)s: we erase this because its time was over on %(date)s (%(law)s).")
    return _("%(what)s: we erase this because its time was over on %(date)s, as we have published.")


def _values(ground: Ground, what: str) -> dict[str, str]:
    return {
        "what": what,
        "law": ground.citation,
        "date": _day(ground.on) if ground.on else "",
        "period": period(ground.period.amount, ground.period.unit) if ground.period else "",
    }


def _day(on: date) -> str:
    """A date in words: "31 December 2033"."""
    return date_format(on, "j F Y")
