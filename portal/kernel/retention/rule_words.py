"""How long a retention rule keeps, in one sentence for staff: the period, from when it counts, and who asks for it."""

from datetime import date

from django.utils.translation import gettext as _

from portal.kernel.law import selectors as law
from portal.kernel.law.choices import Binds
from portal.kernel.law.labels import period
from portal.kernel.retention import selectors
from portal.kernel.retention.models import RetentionRule


def kept_for(rule: RetentionRule, *, on: date) -> str:
    """The longest period of a version on a day, with our own period and each law that asks for one.

    A law counts while it is not decided whether it applies, and is called so. Raises NotFound without the house rule.
    """
    longest, own = selectors.longest(rule, on=on), selectors.house_period(rule, on=on)
    profile = law.profile(on=on)
    asked = [_("our own rule: %(period)s") % {"period": period(own.amount, own.unit)}]
    for legal in selectors.binding_laws(rule, on=on):
        undecided = legal.binds == Binds.US and not profile.is_decided(legal.switch)
        said = _("%(law)s: %(period)s, if it applies to us (not decided)") if undecided else _("%(law)s: %(period)s")
        asked.append(said % {"law": selectors.citation(legal), "period": period(int(legal.amount or 0), legal.unit)})
    return _("%(period)s, counted from: %(start)s. The longest of %(asked)s.") % {
        "period": period(longest.period.amount, longest.period.unit),
        "start": rule.counts_from,
        "asked": "; ".join(asked),
    }
