"""Consents that staff took: on paper with its scan, by telephone, and a child's, given by her mother."""

import io
from collections.abc import Mapping
from dataclasses import replace

from consent.base.choices import Relation, ShownBy, Way
from consent.base.models.notices import NoticeVersion
from consent.collection.services import offline_consents
from consent.collection.services.offline_consents import Taken
from consent.records.services import guardian_consents
from consent.records.services.guardian_consents import Guardian
from portal.demo.story import specimens
from portal.demo.story.cast import Cast
from portal.demo.story.customers import People
from portal.demo.story.office import by
from portal.demo.story.pieces import piece
from portal.kernel.core.actor import Actor
from portal.kernel.people.choices import ProtectionGround, ProtectionKind
from portal.kernel.people.models import Fiduciary, User
from portal.kernel.people.models.fiduciaries import OWN_CODE
from portal.kernel.people.services import guardianships

PURPOSE = "product_updates"


def build(cast: Cast, people: People, team: Mapping[str, User], notice: NoticeVersion, *, actor: Actor) -> None:
    """One form is agreed to, one call waits for a second person; a child's yes waited until her mother gave it."""
    maker, checker = by(team["support"]), by(team["data.protection"])
    reached = [person for person, _email, phone in people.reachable if phone and person.pk not in people.with_login]
    signer, caller, child, waiting = reached[-4:]
    # The first person with a login, whom the demonstration's first page names: she sees for whom she answers.
    mother = people.owners[people.individuals[0].pk]
    own = Fiduciary.objects.get(code=OWN_CODE)
    form = specimens.consent_form(purpose="Changes to our services, by SMS")
    paper = Taken(
        subject_ref=signer.subject.ref,
        fiduciary=own,
        purpose=PURPOSE,
        channels=["sms"],
        way=Way.PAPER,
        notice_version=notice,
        language="en",
        occurred_at=cast.ago(days=3),
    )
    with piece():
        signed = offline_consents.propose(taken=paper, scan=io.BytesIO(form), actor=maker)
        offline_consents.open_scan(signed, actor=checker).close()
        offline_consents.answer(proposal=signed, approve=True, actor=checker)
        call = replace(paper, subject_ref=caller.subject.ref, way=Way.PHONE, call_reference="CALL-DEMO-17")
        offline_consents.propose(taken=call, scan=None, actor=maker)
    with piece():
        for minor in (child, waiting):
            guardianships.protect(
                subject_ref=minor.subject.ref,
                kind=ProtectionKind.CHILD,
                ground=ProtectionGround.DECLARED,
                actor=actor,
                now=cast.start,
            )
            guardian_consents.hold(
                subject_ref=minor.subject.ref,
                fiduciary=own,
                purpose=PURPOSE,
                channels=["sms"],
                notice=notice.binding,
                actor=actor,
                now=cast.start,
            )
        guardian = Guardian(mother.subject.ref, Relation.PARENT, ShownBy.HELD, ShownBy.PROVIDED)
        hers = replace(paper, subject_ref=child.subject.ref, guardian=guardian)
        given = offline_consents.propose(taken=hers, scan=io.BytesIO(form), actor=maker)
        offline_consents.open_scan(given, actor=checker).close()
        offline_consents.answer(proposal=given, approve=True, actor=checker)
