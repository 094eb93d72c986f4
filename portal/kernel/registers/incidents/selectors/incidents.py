"""What an incident is now, what is owed under it, and how many were told."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Case, CharField, Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Concat
from django.utils import translation
from django.utils.translation import gettext as _

from portal.kernel.core import clock, date_format
from portal.kernel.law import rules as law_rules
from portal.kernel.law.choices import ClockState
from portal.kernel.law.models import Clock
from portal.kernel.law.selectors import profile, rules_for_us
from portal.kernel.outbox.choices import LEFT, MessageState
from portal.kernel.outbox.models import Message
from portal.kernel.people.choices import Answer
from portal.kernel.registers.base.choices import OfficerKind
from portal.kernel.registers.base.selectors.current_entries import company_details, current_officer
from portal.kernel.registers.incidents import rules
from portal.kernel.registers.incidents.choices import DutyState, IncidentStep
from portal.kernel.registers.incidents.models import (
    Incident,
    IncidentDecision,
    IncidentDuty,
    IncidentLetter,
    IncidentPerson,
)

#: The kind of the letters to affected people. However many laws ask for it, a person gets one letter, and another one only
#: with other words.
LETTER = "registers.incident_person"
UNREACHABLE = "none"


def told(incident: Incident) -> rules.Told:
    """What of an incident decides who has to be told."""
    return rules.Told(
        role=incident.role,
        regimes=frozenset(incident.regimes),
        is_cyber=incident.is_cyber,
        is_telecom=incident.is_telecom,
        has_personal_data=incident.has_personal_data,
        risk=incident.risk,
    )


def why_not_due(duty: rules.Duty, incident: Incident) -> str:
    """Why nobody has to be told under a duty; empty when somebody has. The law is asked as of the day of the incident.

    A contract binds without a law; every other duty needs its rule in force and bound to us by the profile. A rule whose
    text nobody has read is owed whatever its dates: what was not read hides no duty.
    """
    why = rules.not_due(duty, told(incident))
    if why or duty.audience == rules.CLIENT:
        return why
    on = clock.day(starts_at(duty, incident))
    found = rules_for_us([duty.law], on=on, regimes=[duty.regime], profile=profile(on=on), unread=True)
    return "" if found else "NOT_IN_FORCE"


def starts_at(duty: rules.Duty, incident: Incident) -> datetime:
    """The instant from which the clock of a duty runs."""
    return incident.noticed_at if duty.starts == "noticed" else incident.aware_at


def facts_of(incident: Incident) -> dict[str, str]:
    """What is known now, by code: the last words about each thing."""
    return dict(incident.facts.order_by("pk").values_list("code", "words"))


def known(incident: Incident) -> dict[str, str]:
    """The facts together with what is worked out: contact, timing, how many people were found and told."""
    return {**facts_of(incident), **_computed(incident)}


def _computed(incident: Incident) -> dict[str, str]:
    with translation.override("en"):
        found = {
            "timing": _timing(incident),
            "people_found": str(incident.people.count()),
            "people_told": people_told(incident),
        }
        contact = contact_lines()
        return {**found, **({"contact": contact} if contact else {})}


def contact_lines() -> str:
    """Whom an authority or a person may ask: the data protection officer, else the grievance officer, and the company."""
    on = clock.day(clock.now())
    officer = current_officer(OfficerKind.DATA_PROTECTION_OFFICER, on=on) or current_officer(
        OfficerKind.GRIEVANCE_OFFICER, on=on
    )
    company = company_details(on=on)
    lines = [f"{officer.full_name}, {officer.title}, {officer.email}, {officer.phone}"] if officer else []
    lines += [f"{company.legal_name}, {company.postal_address}"] if company else []
    return "\n".join(lines)


def _timing(incident: Incident) -> str:
    rows = [
        (_("Began"), incident.began_at),
        (_("Noticed"), incident.noticed_at),
        (_("Known as an incident"), incident.aware_at),
    ]
    return "\n".join(f"{label}: {date_format.in_both(at)}" for label, at in rows if at is not None)


@dataclass(frozen=True)
class Counts:
    """How many affected people there are, and what became of the newest letter to them."""

    found: int
    promised: int
    unreachable: int
    sent: int
    undelivered: int
    waiting: int
    failed: int

    @property
    def is_over(self) -> bool:
        """Whether everybody was written to and no letter is on its way any more."""
        return self.found == self.promised + self.unreachable and self.waiting == 0


def tellings(incident: Incident) -> QuerySet[IncidentDecision]:
    """What two people agreed to tell everybody who is affected, the newest first."""
    agreed = incident.decisions.filter(step=IncidentStep.TELL, answer=Answer.APPROVED)
    return agreed.select_related("incident").order_by("-checked_at", "-pk")


def letter_of(incident: Incident) -> IncidentDecision | None:
    """The newest letter to people, by the decision that first agreed to its words: those behind it that agreed to the same
    words, for another law, are the same letter. Other words are another letter, which takes its place.
    """
    found: IncidentDecision | None = None
    for decision in tellings(incident):
        if found is not None and decision.words != found.words:
            break
        found = decision
    return found


def about_letter(letter: IncidentDecision) -> str:
    """The label of one letter's messages: a corrected letter has another, so that it leaves beside the first."""
    return f"{letter.incident.about}/people/{letter.pk}"


def untold(letter: IncidentDecision) -> QuerySet[IncidentPerson]:
    """Who is affected and was not written to with these words."""
    written = IncidentLetter.objects.filter(person=OuterRef("pk"), decision=letter)
    return IncidentPerson.objects.filter(~Exists(written), incident=letter.incident_id)


def is_searched(incident: Incident) -> bool:
    """Whether a search for affected people is neither done nor given up: more of them may be found."""
    return incident.searches.filter(done_at=None, given_up_at=None).exists()


def given_up(incident: Incident) -> list[str]:
    """The searches that somebody gave up, each in a line with who, when and why: what they would have found is unknown."""
    rows = incident.searches.filter(given_up_at__isnull=False).select_related("given_up_by").order_by("pk")
    return [
        f"{row.source} {row.of}".strip()
        + f": {row.given_up_because} ({row.given_up_by}, {date_format.moment(row.given_up_at)})"
        for row in rows
    ]


def letters(incident: Incident) -> QuerySet[Message]:
    """The messages of the newest letter to affected people."""
    letter = letter_of(incident)
    return Message.objects.filter(kind=LETTER, about=about_letter(letter)) if letter else Message.objects.none()


def sent_before(incident: Incident) -> int:
    """How many messages left of letters in whose place a newer one came."""
    newest = letter_of(incident)
    about = [about_letter(one) for one in tellings(incident) if one != newest]
    return Message.objects.filter(kind=LETTER, about__in=about, state__in=LEFT).count() if about else 0


def counts(incident: Incident) -> Counts:
    """The people of an incident, and what became of the newest letter to them."""
    unreachable = Q(way=UNREACHABLE)
    people = IncidentLetter.objects.filter(decision=letter_of(incident)).aggregate(
        promised=Count("pk", filter=~unreachable), unreachable=Count("pk", filter=unreachable)
    )
    rows = letters(incident).order_by().values_list("state").annotate(number=Count("pk"))
    state_of: Counter[str] = Counter(dict(rows))
    sent = sum(state_of[state] for state in LEFT)
    ended = (MessageState.STOPPED, MessageState.DEAD, MessageState.CLOSED)
    failed = sum(state_of[state] for state in ended)
    return Counts(
        found=incident.people.count(),
        **people,
        sent=sent,
        undelivered=state_of[MessageState.UNDELIVERED],
        waiting=sum(state_of.values()) - sent - failed,
        failed=failed,
    )


def people_told(incident: Incident) -> str:
    """How many people were found and told, in one sentence; in another, how many had a letter with other words before."""
    found, before = counts(incident), sent_before(incident)
    said = _(
        "%(found)s people found; %(sent)s breach notices sent, %(undelivered)s of them not delivered, %(waiting)s "
        "on their way, %(failed)s failed; %(unreachable)s people without an address."
    ) % {
        "found": found.found,
        "sent": found.sent,
        "undelivered": found.undelivered,
        "waiting": found.waiting,
        "failed": found.failed,
        "unreachable": found.unreachable,
    }
    earlier = _("Before it, %(sent)s breach notices with other words had been sent.") % {"sent": before}
    return f"{said} {earlier}" if before else said


def clocks_of(duties: Iterable[IncidentDuty]) -> dict[str, Clock]:
    """The clock of each duty that has one, by its owner."""
    owners = [duty.owner for duty in duties]
    return {clock.owner: clock for clock in Clock.objects.filter(owner__in=owners).order_by("pk")}


def is_late(duty: IncidentDuty, *, now: datetime) -> bool:
    """Whether the duty was reported after its time, or is not yet and the time is over."""
    clock_of = Clock.objects.filter(owner=duty.owner).order_by("-pk").first()
    return clock_of is not None and law_rules.clock_state(clock_of, now).is_late


def open_duties(incident: Incident) -> QuerySet[IncidentDuty]:
    """What is still owed."""
    return incident.duties.filter(state=DutyState.OPEN)


def with_due(duties: QuerySet[IncidentDuty]) -> QuerySet[IncidentDuty]:
    """Adds ``due_at`` of each duty's clock, running or stopped."""
    text = CharField()
    behind = Concat(Value("/"), F("client__code"), output_field=text)
    client = Case(When(client=None, then=Value("")), default=behind, output_field=text)
    parts = (Value(Incident.OWNER), F("incident__reference"), Value("/"), F("code"), client)
    owned = duties.annotate(owner_label=Concat(*parts, output_field=text))
    clocks = Clock.objects.filter(owner=OuterRef("owner_label")).order_by("-pk")
    return owned.annotate(due_at=Subquery(clocks.values("due_at")[:1]))


def with_owed(incidents: QuerySet[Incident]) -> QuerySet[Incident]:
    """Adds ``owed_count``, how many reports are open, and ``first_due``, when the first of them is due."""
    running = Clock.objects.filter(
        owner__startswith=Concat(Value(Incident.OWNER), OuterRef("reference"), Value("/")), state=ClockState.RUNNING
    )
    return incidents.annotate(
        owed_count=Count("duties", filter=Q(duties__state=DutyState.OPEN)),
        first_due=Subquery(running.order_by("due_at").values("due_at")[:1]),
    )
