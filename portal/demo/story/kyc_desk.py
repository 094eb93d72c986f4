"""What the KYC desk watches beside documents: a sanctions list, a renewal, two wishes to delete, a risk set by hand, the files
of an old system.
"""

import hashlib
import io
from collections.abc import Mapping
from datetime import date, timedelta

from kyc.base.choices import CaseState, DocumentKind, DocumentState, ListSource, RenewalReason, Risk, RiskReason
from kyc.base.models.cases import Case
from kyc.base.models.documents import Document
from kyc.legacy_imports.services import legacy_import
from kyc.outcomes.services.deletion_requests import ask_to_delete
from kyc.review.services.kyc_renewals import ask_again
from kyc.risk.services import risk_ratings
from kyc.screening.services import sanctions_lists, screening
from portal.demo.story import specimens
from portal.demo.story.cast import Cast
from portal.demo.story.documents import CUSTOMER
from portal.demo.story.office import by
from portal.demo.story.pieces import piece
from portal.kernel.core import clock
from portal.kernel.core.actor import Actor
from portal.kernel.people.choices import CustomerKind
from portal.kernel.people.models import User

#: Names of the list beside that of a customer; nobody bears them.
NOBODY = ["Zoran Vexley Quill", "Mira Okonjo Specimen", "Ivar Brandt Nemo"]
#: What somebody still works on: a customer with such a paper is left in peace.
AT_WORK = (DocumentState.RECEIVED, DocumentState.STALLED, DocumentState.CHECKED)


def build(cast: Cast, team: Mapping[str, User], *, actor: Actor) -> None:
    """One row of each kind that can be had without waiting for another day; nothing where the story has no such customer."""
    maker, checker, now = by(team["kyc.maker"]), by(team["kyc.checker"]), clock.now()
    at_rest = Case.objects.exclude(documents__state__in=AT_WORK).filter(state=CaseState.OPEN).select_related("customer")
    alike, risky = at_rest.order_by("-pk")[:1], at_rest.order_by("-pk")[1:2]
    with piece():
        _bring_list([*NOBODY, *(str(case.customer.name) for case in alike)], clock.day(cast.start), actor)
    with piece():
        screening.screen_round(now=now)
    verified = list(Case.objects.filter(state=CaseState.APPROVED).order_by("pk"))
    with piece():
        for case in risky:
            risk_ratings.propose(case, level=Risk.HIGH, why=RiskReason.COMPLAINTS, actor=maker, now=now)
        for case in verified[:1]:
            why = "Forty complaints in a week."
            ask_again(case, reason=RenewalReason.COMPLAINTS, why=why, actor=checker, now=now)
        for document in _unwanted(verified[-1:]):
            ask_to_delete(document, actor=CUSTOMER, now=now)
    with piece():
        _bring_old_files(cast, by(team["data.protection"]))


def _bring_old_files(cast: Cast, actor: Actor) -> None:
    """Of the newest organisation that has not shown its GST certificate; a worker tries the lines, and nothing is taken in yet."""
    organisations = Case.objects.filter(customer__kind=CustomerKind.ORGANISATION).select_related("customer")
    case = organisations.exclude(documents__kind=DocumentKind.GST_CERTIFICATE).order_by("-pk").first()
    if case is None:
        return
    name = str(case.customer.name)
    gstin = cast.gstin(cast.pan(name, holder="C"))
    certificate = specimens.gst_certificate(legal_name=name, gstin=gstin, since="01-07-2017")
    content = specimens.old_files(customer=case.customer.reference, gstin=gstin, certificate=certificate)
    legacy_import.bring(origin="Old CRM", content=io.BytesIO(content), actor=actor, now=clock.now())


def _bring_list(names: list[str], day: date, actor: Actor) -> None:
    data = specimens.sanctions_list(names=names, made=day - timedelta(days=1))
    version, entries = sanctions_lists.read(ListSource.UN, data)
    screening.import_edition(
        entries,
        source=ListSource.UN,
        version=version or day,
        sha256=hashlib.sha256(data).hexdigest(),
        actor=actor,
        now=clock.now(),
    )


def _unwanted(verified: list[Case]) -> list[Document]:
    """One that a law keeps, of a verified customer, and one that nothing keeps."""
    approved = Document.objects.filter(state=DocumentState.APPROVED).select_related("case__customer__subject", "party")
    kept = approved.filter(case__in=verified).order_by("-pk")[:1]
    free = approved.filter(case__state=CaseState.OPEN, case__verified_at=None).order_by("-pk")[:1]
    return [*kept, *free]
