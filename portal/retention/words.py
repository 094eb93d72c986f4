"""What a person reads about each record: kept or erased, until when, because of what. Whole sentences, active language."""

from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from portal.law.words import period
from portal.retention.rules import Ground, Verdict, Why
from portal.retention.states import ItemState


def sentence(verdict: Verdict, what: str) -> str:
    """One sentence, and a second where the rule is not confirmed. ``what`` is the kind of record, in the same language."""
    ground = verdict.said
    said = (_kept if verdict.is_kept else _erased)(ground) % _values(ground, what)
    if ground.is_confirmed:
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
    if ground.why is Why.LAW and ground.on is None:
        return _("%(what)s: we keep this for %(period)s after the end, because %(law)s requires it.")
    if ground.why is Why.LAW:
        return _("%(what)s: we keep this until %(date)s, because %(law)s requires it.")
    return _("%(what)s: we keep this until %(date)s, as we have published.")


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
