"""One case of each kind that is rare: a request about data, a nominee, a report of a child, an incident."""

from collections.abc import Mapping
from datetime import timedelta

from grievances.base.request_choices import Capacity, Right
from grievances.nominees.choices import NomineeRelation, NomineeRight
from grievances.nominees.services import nominations
from grievances.requests.services import request_intake
from grievances.tickets.services import drafts
from portal.demo.story.cast import Cast
from portal.demo.story.customers import People
from portal.demo.story.office import by
from portal.demo.story.pieces import piece
from portal.kernel.core import actor as actors
from portal.kernel.law.choices import Regime
from portal.kernel.people.models import User
from portal.kernel.registers.incidents.choices import IncidentRisk, IncidentRole
from portal.kernel.registers.incidents.services import incidents
from portal.kernel.retention.choices import Relation
from portal.kernel.retention.services import underage_reports

PERSON = actors.stranger(via="demonstration")


def build(cast: Cast, people: People, team: Mapping[str, User]) -> None:
    """Each through the service that takes it in life. What has to be looked at and decided waits for whoever tries it."""
    owner = next(iter(people.owners.values()))
    with piece():
        _name, email, language = cast.person()
        draft, _secret = drafts.start(at=cast.ago(days=2))
        answers = {"right": Right.OBJECTION, "capacity": Capacity.SELF, "language": language, "email": email}
        drafts.save(draft=draft, answers={name: str(value) for name, value in answers.items()})
        request_intake.send(draft=draft, principal=owner, actor=PERSON, at=cast.ago(days=2))
        nominations.name(
            principal=owner,
            named=nominations.Named(
                full_name=cast.person()[0],
                relation=NomineeRelation.SIBLING,
                rights=[NomineeRight.ACCESS, NomineeRight.ERASURE],
                email=cast.person()[1],
            ),
            actor=PERSON,
            at=cast.ago(days=20),
        )
        underage_reports.report(
            relation=Relation.TEACHER,
            address=cast.person()[1],
            words="She is in my eighth class and gets your offers.",
            reporter=cast.person()[1],
            language="en",
            actor=PERSON,
            now=cast.start,
        )
        incidents.open_incident(
            headline="A list of recipients lay open on a test server",
            role=IncidentRole.FIDUCIARY,
            regimes=[Regime.IN],
            is_cyber=True,
            is_telecom=False,
            has_personal_data=True,
            risk=IncidentRisk.RISK,
            began_at=cast.start - timedelta(hours=9),
            noticed_at=cast.start - timedelta(hours=3),
            aware_at=cast.start - timedelta(hours=2),
            actor=by(team["data.protection"]),
            now=cast.start,
        )
