"""Consents that staff took: on paper with its scan, by telephone, and a child's, given by her mother."""

import io
from collections.abc import Mapping
from dataclasses import replace

from consent.models.notices import NoticeVersion
from consent.services import guarding, taking
from consent.services.guarding import Guardian
from consent.services.taking import Taken
from consent.states import Relation, ShownBy, Way
from portal.core.actor import Actor
from portal.demo.story import papers
from portal.demo.story.cast import Cast
from portal.demo.story.customers import People
from portal.demo.story.office import by
from portal.demo.story.pieces import piece
from portal.people.models import Fiduciary, User
from portal.people.models.fiduciaries import OWN_CODE
from portal.people.services import protections
from portal.people.states import ProtectionGround, ProtectionKind

PURPOSE = "product_updates"


def build(cast: Cast, people: People, team: Mapping[str, User], notice: NoticeVersion, *, actor: Actor) -> None:
    """One form is agreed to, one call waits for a second person; a child's yes waited until her mother gave it."""
    maker, checker = by(team["support"]), by(team["data.protection"])
    reached = [person for person, _email, phone in people.reachable if phone and person.pk not in people.with_login]
    signer, caller, child, waiting = reached[-4:]
    # The first person with a login, whom the demonstration's first page names: she sees for whom she answers.
    mother = people.owners[people.individuals[0].pk]
    own = Fiduciary.objects.get(code=OWN_CODE)
    form = papers.consent_form(purpose="Changes to our services, by SMS")
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
        signed = taking.propose(taken=paper, scan=io.BytesIO(form), actor=maker)
        taking.open_scan(signed, actor=checker).close()
        taking.answer(proposal=signed, approve=True, actor=checker)
        call = replace(paper, subject_ref=caller.subject.ref, way=Way.PHONE, call_reference="CALL-DEMO-17")
        taking.propose(taken=call, scan=None, actor=maker)
    with piece():
        for minor in (child, waiting):
            protections.protect(
                subject_ref=minor.subject.ref,
                kind=ProtectionKind.CHILD,
                ground=ProtectionGround.DECLARED,
                actor=actor,
                now=cast.start,
            )
            guarding.hold(
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
        given = taking.propose(taken=hers, scan=io.BytesIO(form), actor=maker)
        taking.open_scan(given, actor=checker).close()
        taking.answer(proposal=given, approve=True, actor=checker)
