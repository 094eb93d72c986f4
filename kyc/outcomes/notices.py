"""What is said before a document is given: why it is asked for, who sees it, until when it is kept."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from kyc.base.models.cases import Case
from kyc.cases import check_plans
from kyc.cases.outstanding_items import need_names, requirements_of
from kyc.cases.providers import registry
from kyc.outcomes import retention_classes
from portal.kernel.registers.recipients.selectors import recipients
from portal.kernel.retention.rules import DAY_UNITS, MONTHS_IN, Period
from portal.kernel.vault.choices import RetentionClass

#: By the need that a document meets.
WHY: dict[str, Any] = {
    "agreement": gettext_lazy("To know what we agreed upon."),
    "authorisation": gettext_lazy("To know that the signatory may sign for you."),
    "bank": gettext_lazy("To pay to the right account, and to refund."),
    "education": gettext_lazy("To check what you entered when you applied."),
    "employment": gettext_lazy("To check what you entered when you applied."),
    "identity": gettext_lazy("To know that the person is who they say they are, and an adult."),
    "owners": gettext_lazy("To know who owns you in the end."),
    "pan": gettext_lazy("To know whose taxes and invoices these are, and to tell two customers of one name apart."),
}
REST = gettext_lazy("To know that the organisation exists under this name.")


#: Who else hears of it, where somebody is set up to answer; by the name of the provider.
ASKED: dict[str, Any] = {
    "bank": gettext_lazy(
        "With your consent we send the account number, the IFSC and the name to %(recipient)s, who pays in one "
        "rupee to see whose account it is."
    ),
    "gstin": gettext_lazy(
        "With your consent we send the GST number to %(recipient)s, to ask whether the registration is active."
    ),
    "pan": gettext_lazy(
        "With your consent we send the PAN and the name to %(recipient)s, to ask whether the PAN is good."
    ),
}


@dataclass(frozen=True)
class Notice:
    """Three sentences, in the reader's language."""

    why: str
    who: str
    until: str


def notice_of(case: Case, kind: str, *, now: datetime) -> Notice:
    """The notice on one kind of document in this case; the time is the house rule's, in force on that day."""
    wanted = requirements_of(case, now=now)
    name = next(iter(need_names(wanted, kind)), "")
    return Notice(
        why=str(WHY.get(name, REST)),
        who=" ".join([_("Two trained people here. Every look is recorded, and you can ask who looked."), *asked(kind)]),
        until=" ".join(
            [
                until_approved(case, retention_classes.class_of(case.relation, kind), now=now),
                _("A file that we cannot use is destroyed at once."),
            ]
        ),
    )


def asked(kind: str) -> list[str]:
    """A sentence for each provider that is told something of such a document once it is sent; none where none is set up."""
    set_up = {name: registry.provider(name) for name in check_plans.asked_of_providers(kind)}
    codes = {name: one.recipient for name, one in set_up.items() if one is not None}
    names = recipients.names_of(codes.values()) if codes else {}
    return [str(ASKED[name]) % {"recipient": names[code]} for name, code in codes.items()]


def until(case: Case, retention_class: str, *, now: datetime) -> str:
    """Until when documents of a class are kept, and because of what, in the reader's language."""
    return _until(case, retention_class, _("While you are with us and %(time)s after, because of: %(why)s."), now)


def until_approved(case: Case, retention_class: str, *, now: datetime) -> str:
    """Until when a document is kept that nobody decided about: what keeps it now, and what will once it is approved.

    The page on which it is sent and its own page say this alike. A law keeps what was approved, nothing before.
    """
    found = retention_classes.kept(case, retention_class, now=now)
    if found is None:
        return _("No rule says yet when it may be deleted. We keep it.")
    if found.until is not None or not found.by.law:
        return until_asked(found)
    said = _(
        "While you are with us and %(time)s after. Until we approve it, you can ask us to delete it at any time: "
        "we do, unless a duty of law or a legal claim stops us. Once approved, it is kept because of: %(why)s."
    )
    return said % {"time": _length(found.by.period), "why": found.by.law}


def until_asked(found: retention_classes.Kept) -> str:
    """The same of what our own rule alone keeps: the customer may end it at any time."""
    if found.until is not None:
        said = _(
            "Our own rule keeps it until %(day)s. You may ask us to delete it before: we do, unless a duty of law "
            "or a legal claim stops us."
        )
        return said % {"day": date_format(found.until, "j F Y")}
    said = _(
        "Our own rule keeps it while you are with us and %(time)s after. You may ask us to delete it at any time: "
        "we do, unless a duty of law or a legal claim stops us."
    )
    return said % {"time": _length(found.by.period)}


def until_for_staff(case: Case, retention_class: str, *, now: datetime) -> str:
    """The same as ``until``, of the customer instead of to it."""
    return _until(case, retention_class, _("While they are a customer and %(time)s after, because of: %(why)s."), now)


def _until(case: Case, retention_class: str, while_with_us: str, now: datetime) -> str:
    found = retention_classes.kept(case, retention_class, now=now)
    if found is None:
        return _("No rule says yet when it may be deleted. We keep it.")
    why = found.by.law or _("our own rule")
    if found.until is not None:
        return _("Kept until %(day)s, because of: %(why)s.") % {"day": date_format(found.until, "j F Y"), "why": why}
    return while_with_us % {"time": _length(found.by.period), "why": why}


def _length(period: Period) -> str:
    if period.unit in DAY_UNITS:
        return ngettext("%(count)d day", "%(count)d days", period.amount) % {"count": period.amount}
    months = period.amount * MONTHS_IN[period.unit]
    if months % 12:
        return ngettext("%(count)d month", "%(count)d months", months) % {"count": months}
    return ngettext("%(count)d year", "%(count)d years", months // 12) % {"count": months // 12}


def keeping_lines(case: Case, *, now: datetime) -> list[str]:
    """What keeps the documents of a case, class by class, for staff; a law that nobody has confirmed is marked."""
    counts = Counter(case.documents.filter(erased_at=None).values_list("retention_class", flat=True))
    return [
        f"{RetentionClass(one).label} ({count}): {until_for_staff(case, one, now=now)}{_unconfirmed(case, one, now)}"
        for one, count in sorted(counts.items())
    ]


def _unconfirmed(case: Case, retention_class: str, now: datetime) -> str:
    found = retention_classes.kept(case, retention_class, now=now)
    return f" ({_('unconfirmed')})" if found and not found.by.is_confirmed else ""
