"""What a person reads about each record: kept or erased, until when, because of what. Whole sentences, active language."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.apps import apps
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from portal.kernel.core import ports
from portal.kernel.core.admin.labels import yes_or_no
from portal.kernel.law.labels import period
from portal.kernel.retention.choices import ItemState
from portal.kernel.retention.rules import Ground, Verdict, Why


@dataclass(frozen=True)
class Decision:
    """Who decides an open question of the profile, as codes and labels of roles, and by when; None: no answer waits for it."""

    roles: tuple[tuple[str, str], ...]
    by: date | None
    is_late: bool = False


def kind_name(retention_class: str, otherwise: str = "") -> str:
    """What a kind of data is called: in the preview, the letter, the public page and the register alike, as its erasers name
    it. ``otherwise`` for a kind that no eraser ends, such as books that are kept outside.
    """
    labels = sorted({str(eraser.label) for eraser in ports.erasers if eraser.retention_class == retention_class})
    return "; ".join(labels) or otherwise or retention_class


class KindNames:
    """Says the code of a kind of data: a speaker of the admin (``core.admin.labels``)."""

    def __call__(self, value: Any) -> str:
        return kind_name(str(value)) if value else str(_("Every kind of data"))


class EraserNames:
    """Says the code of an eraser by what it ends."""

    def __call__(self, value: Any) -> str:
        return next((str(eraser.label) for eraser in ports.erasers if eraser.name == value), str(value))


def kinds_of(rules: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Choices of kinds of data: pairs of code and name, of pairs of code and the name of its rule; by name."""
    return sorted(((code, kind_name(code, name)) for code, name in dict(rules).items()), key=lambda pair: pair[1])


def record_name(label: str) -> str:
    """The name of a record's kind and its reference, of a label such as "kyc.document:..."; of an unknown kind the label."""
    kind, _colon, reference = label.partition(":")
    try:
        model = apps.get_model(kind)
    except (LookupError, ValueError):
        return label
    return f"{capfirst(model._meta.verbose_name)} {reference}"


def sentence(verdict: Verdict, what: str, *, decision: Decision | None = None) -> str:
    """Why a record stays, with every rule that keeps it and its last day, or why it goes; and which of these rules nobody has
    confirmed. ``what`` is the kind of record, in the same language.

    ``decision``: of what is kept until a question of the profile is decided, who decides it, and by when.
    """
    ground = verdict.keeper if verdict.is_kept else verdict.said
    more = _others(verdict) if verdict.is_kept else []
    if ground.why is Why.UNDECIDED:
        said = _undecided([ground, *more], what, decision or Decision((), None))
    else:
        said = (_kept if verdict.is_kept else _erased)(ground) % _values(ground, what)
        if more:
            said = f"{said} {_('It is kept for these too: %(grounds)s.') % {'grounds': _listed(more)}}"
    unread = dict.fromkeys(one.citation for one in (ground, *more) if one.citation and not one.is_confirmed)
    if not unread:
        return said
    hint = _(
        "We have not checked the official text and dates yet: %(law)s. Until we have, we keep to it as we know it."
    )
    return f"{said} {hint % {'law': '; '.join(unread)}}"


def _others(verdict: Verdict) -> list[Ground]:
    """The other laws that keep it today, the longest first; of a hold and of an order nothing."""
    found = {one.citation: one for one in reversed(verdict.standing) if one.citation and one.why is not Why.HOLD}
    found.pop(verdict.keeper.citation, None)
    return list(reversed(found.values()))


def _listed(grounds: Iterable[Ground]) -> str:
    return "; ".join(_in_short(ground) for ground in grounds)


def _in_short(ground: Ground) -> str:
    """One of several grounds: law, and until when; a claim and an open question are no duty, and called so."""
    if ground.why is Why.CLAIM:
        said = _("%(law)s (%(until)s, for legal claims: no law requires it)")
    elif ground.why is Why.UNDECIDED:
        said = _("%(law)s (%(until)s, if it applies to us: not decided yet)")
    else:
        said = _("%(law)s (%(until)s)")
    return said % {"law": ground.citation, "until": _until(ground)}


def _until(ground: Ground) -> str:
    if ground.on is None:
        return _("for %(period)s after the end") % _values(ground, "")
    return _("until %(date)s") % {"date": _day(ground.on)}


def left(state: str, what: str) -> str:
    """Why something that was to be erased is still here, by the state of its item."""
    if state == ItemState.HELD:
        said = _held()
    elif state == ItemState.DISPUTED:
        said = _(
            "%(what)s: we keep this while your complaint or another matter about it is open, so that it can be decided."
        )
    else:
        said = _("%(what)s: this is not erased yet. We review it and then erase it.")
    return said % {"what": what}


def _held() -> str:
    """One sentence for a hold and for an order of an authority, silent or not: true of both, and tells neither."""
    return _(
        "%(what)s: a legal duty or a legal claim prevents us from erasing this now. We review it when that has ended."
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


def _undecided(grounds: list[Ground], what: str, decision: Decision) -> str:
    """Never that a law of an open question requires it: that is what is not known yet. What it leads to is said for both
    decisions: until when it is kept then, and by which other rules.
    """
    unsettled = [one for one in grounds if one.why is Why.UNDECIDED]
    firm = [one for one in grounds if one.why is not Why.UNDECIDED]
    if len(unsettled) == 1:
        asked = _("%(what)s: kept until decided. We have not yet decided whether %(law)s applies to us.")
    else:
        asked = _("%(what)s: kept until decided. We have not yet decided whether these apply to us: %(law)s.")
    if decision.by is None:
        by = _("%(roles)s decide this.")
    elif decision.is_late:
        by = _("%(roles)s had to decide this by %(date)s: the decision is late.")
    else:
        by = _("%(roles)s will decide this by %(date)s.")
    if firm:
        otherwise = _("If not, it is kept for this: %(grounds)s. Then we will erase it. You do not have to ask again.")
    else:
        otherwise = _("If not, we will erase this. You do not have to ask again.")
    said = " ".join((asked, by, _("If so, we keep this %(until)s."), otherwise))
    return said % {
        "what": what,
        "law": "; ".join(one.citation for one in unsettled),
        "roles": _roles(decision.roles),
        "date": _day(decision.by) if decision.by else "",
        "until": _until(unsettled[0]),
        "grounds": _listed(firm),
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


def changes_of_rule(before: Any, content: Mapping[str, Any]) -> list[tuple[Any, str, str]]:
    """What another version of a rule would change: the name of each field, what it says in ``before``, what it would say."""
    names = {name: before._meta.get_field(name).verbose_name for name in content}
    return [(names[name], _in_words(getattr(before, name)), _in_words(value)) for name, value in content.items()]


def _in_words(value: Any) -> str:
    """Keys of rules in one line, a truth in words."""
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return yes_or_no(value=value) if isinstance(value, bool) else str(value)
