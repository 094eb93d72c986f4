"""The menu of the workplace: ordered by the work that is done, not by the app a table lives in."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Entry:
    label: Any
    url: str
    is_here: bool


@dataclass
class Group:
    name: Any
    entries: list[Entry] = field(default_factory=list)


#: The groups in their order, each with its lists (``app.Model``) in theirs. A model that is not named here comes last in
#: the group of its app, so that no registered page is out of reach.
GROUPS: tuple[tuple[Any, tuple[str, ...], tuple[str, ...]], ...] = (
    (_("Grievances and requests"), ("grievances",), ("grievances.Ticket",)),
    (
        _("KYC"),
        ("kyc",),
        (
            "kyc.Case",
            "kyc.Document",
            "kyc.Decision",
            "kyc.DeletionRequest",
            "kyc.DeletionProposal",
            "kyc.TakeOver",
            "kyc.Renewal",
            "kyc.RiskProposal",
            "kyc.TypeProposal",
            "kyc.SecondLook",
            "kyc.Draw",
            "kyc.MinorFound",
            "kyc.FreezeLift",
            "kyc.Likeness",
            "kyc.Screening",
            "kyc.SanctionsList",
            "kyc.SignerKey",
            "kyc.SignerProposal",
        ),
    ),
    (
        _("Consent"),
        ("consent",),
        (
            "consent.ConsentEvent",
            "consent.ConsentState",
            "consent.SendAfterWithdrawal",
            "consent.AnswerSet",
            "consent.GivenAnswer",
            "consent.Suppression",
            "consent.PreferenceChange",
            "consent.InboundMessage",
            "consent.ConsentList",
            "consent.NoticeVersion",
        ),
    ),
    (_("Customers"), (), ("people.Customer", "people.Principal", "people.MergeProposal", "people.Insolvency")),
    (
        _("Messages"),
        ("outbox",),
        (
            "outbox.Message",
            "consent.Broadcast",
            "consent.BroadcastPerson",
            "registers.ContentTemplate",
            "registers.ConsentTemplate",
            "registers.Sender",
            "registers.ListedTarget",
            "registers.SendingEntity",
            "registers.SenderDefect",
        ),
    ),
    (
        _("Registers and retention"),
        ("registers", "retention"),
        (
            "registers.Incident",
            "registers.IncidentDuty",
            "registers.IncidentDecision",
            "registers.IncidentSearch",
            "registers.ProcessingActivity",
            "registers.Product",
            "registers.Recipient",
            "registers.Contract",
            "registers.RecipientCheck",
            "registers.Transfer",
            "registers.CountryRule",
            "registers.Instruction",
            "registers.ReportedSend",
            "registers.Disclosure",
            "registers.AuthorityOrder",
            "registers.OrderAnswer",
            "registers.SilenceEnd",
            "registers.ContentAccess",
            "registers.AccountBlock",
            "registers.Measure",
            "registers.AuditFinding",
            "registers.AccessReview",
            "registers.Training",
            "registers.Dpia",
            "registers.Dataset",
            "registers.ExternalLink",
            "registers.BookTask",
            "retention.ChildReport",
            "retention.ChildDecision",
        ),
    ),
    (
        _("Law"),
        ("law", "workplace"),
        (
            "law.Clock",
            "law.LegalRule",
            "law.HouseRule",
            "law.Purpose",
            "workplace.PurposeProposal",
            "law.OrganisationProfile",
            "workplace.ProfileProposal",
        ),
    ),
    (
        _("Evidence"),
        ("evidence", "audit", "ledger"),
        (
            "evidence.PersonFile",
            "audit.AuditEvent",
            "jobs.ListExport",
            "jobs.ListImport",
            "workplace.UnmaskedExport",
            "ledger.Verification",
        ),
    ),
    (
        _("Staff and operation"),
        ("people", "jobs"),
        (
            "people.User",
            "people.Absence",
            "people.RoleGrant",
            "people.RoleProposal",
            "people.Role",
            "people.FourEyesRule",
            "people.ApiKey",
            "jobs.Job",
        ),
    ),
)
#: The place of the group that holds the pages of the ledger.
EVIDENCE = 7
#: That of the installation's own.
OPERATION = 8


def place_of(model: str) -> tuple[int, int]:
    """Where the list of ``room.Model`` stands in the menu: what belongs to one kind of work stays together."""
    for number, (_name, _apps, named) in enumerate(GROUPS):
        if model in named:
            return number, named.index(model)
    for number, (_name, apps, named) in enumerate(GROUPS):
        if model.partition(".")[0] in apps:
            return number, len(named)
    return len(GROUPS), 0


def name_of(group: int) -> Any:
    """What a group of the menu is called."""
    return GROUPS[group][0] if group < len(GROUPS) else _("More")


def _rank(model: Mapping[str, Any]) -> tuple[int, int, str]:
    """The group and the place in it of one registered model; those that are not named stand by their names."""
    label = model["model"]._meta.label
    is_named = any(label in named for _name, _apps, named in GROUPS)
    return (*place_of(label), "" if is_named else str(model["name"]).lower())


def menu(models: Iterable[Mapping[str, Any]], pages: Mapping[int, list[tuple[Any, str]]], *, path: str) -> list[Group]:
    """The groups that hold at least one page this login may see.

    ``models`` are the site's dictionaries of registered models; ``pages`` adds pages that are no list, by group. One entry at
    most is where the login is: the one whose address says most of the present one.
    """
    groups = [Group(name_of(number)) for number in range(len(GROUPS) + 1)]
    shown = [model for model in sorted(models, key=_rank) if model.get("admin_url")]
    urls = [*(url for extra in pages.values() for _label, url in extra), *(model["admin_url"] for model in shown)]
    here = max((url for url in urls if path.startswith(url)), key=len, default="")
    for number, extra in pages.items():
        groups[number].entries.extend(Entry(label, url, url == here) for label, url in extra)
    for model in shown:
        url = model["admin_url"]
        groups[_rank(model)[0]].entries.append(Entry(model["name"], url, url == here))
    return [group for group in groups if group.entries]
