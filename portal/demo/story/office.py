"""The office: rules, roles, staff, what Onesetu is, its officers and its address."""

from collections.abc import Mapping

from portal.demo.story import staff
from portal.demo.story.cast import OPENED, Cast
from portal.kernel.core import actor as actors
from portal.kernel.core import ports
from portal.kernel.core.actor import Actor
from portal.kernel.law.models import OrganisationProfile
from portal.kernel.law.services import profiles, rule_loader
from portal.kernel.people.models import User
from portal.kernel.people.services import fiduciaries, maker_checker, roles
from portal.kernel.registers.entries.services import company, officers

ADDRESS = "12 Specimen Road, Nashik, Maharashtra 422000"
PHONE = "+919100000001"
#: What the two who decide have settled; the rest stays open, so that pages show "unconfirmed".
SETTLED = {"intermediary": "yes", "significant_fiduciary": "no", "third_schedule_class": "no"}
OFFICERS = (
    ("grievance_officer", "Vidya Gokhale", "Grievance Officer", "grievance.officer"),
    ("deputy", "Arvind Rane", "Deputy Grievance Officer", "grievance.deputy"),
    ("data_protection_officer", "Leela Menon", "Data Protection Officer", "data.protection"),
)


def build(cast: Cast, *, actor: Actor) -> Mapping[str, User]:
    """Load what the commands load, hire the staff, then let two of them settle who Onesetu is."""
    fiduciaries.ensure_own(actor=actor, now=cast.start)
    roles.sync(roles.shipped())
    rule_loader.sync(actor=actor, now=cast.start)
    for load_shipped in ports.rule_books:
        load_shipped(actor=actor)
    team = staff.build(cast, actor=actor)
    maker, checker = by(team["administrator"]), by(team["data.protection"])
    _profile(team, cast)
    for kind, name, title, mailbox in OFFICERS:
        officer = officers.propose(
            kind=kind,
            full_name=name,
            title=title,
            email=staff.address(mailbox),
            phone=PHONE,
            postal_address=ADDRESS,
            effective_from=OPENED,
            actor=maker,
        )
        officers.answer(officer=officer, approve=True, reason="", actor=checker)
    details = company.propose(
        legal_name="Onesetu Demonstration Private Limited",
        trade_name="Onesetu",
        email="privacy@onesetu.example",
        phone=PHONE,
        postal_address=ADDRESS,
        effective_from=OPENED,
        actor=maker,
    )
    company.answer(details=details, approve=True, reason="", actor=checker)
    return team


def by(user: User) -> Actor:
    """A member of staff acting in the story."""
    return actors.staff(user.pk, via="demonstration")


def _profile(team: Mapping[str, User], cast: Cast) -> OrganisationProfile:
    answers = {question: SETTLED.get(question, "undecided") for question in OrganisationProfile.SWITCHES}
    return profiles.adopt(
        answers=answers,
        effective_from=OPENED,
        made_by_ref=by(team["administrator"]).ref,
        checked_by_ref=by(team["data.protection"]).ref,
        shown_sha256=maker_checker.shown_digest(answers),
        actor=by(team["data.protection"]),
        now=cast.start,
    )
