"""The freezes that reports of children made, as ``ports.freezes`` asks for them."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet

from portal.kernel.core.actor import Actor
from portal.kernel.law.choices import Channel
from portal.kernel.outbox.services import post
from portal.kernel.people import selectors as people
from portal.kernel.people.choices import ProtectionGround, RestState
from portal.kernel.people.models import Principal, Rest
from portal.kernel.people.services.freezes import Taken
from portal.kernel.retention.choices import ChildState
from portal.kernel.retention.models import ChildReport


class ReportFreezes:
    """A report freezes the person it is about until two people have decided about it."""

    ground = ProtectionGround.REPORTED

    def stands(self, *, refs: Collection[UUID]) -> bool:
        return _standing(refs).exists()

    def closed(self, *, refs: Collection[UUID]) -> set[str]:
        return {reference for row in _standing(refs) for reference in row.closed_customers}

    def take_over(self, *, refs: Collection[UUID], taken: Taken) -> None:
        row = _standing(refs).select_for_update()[0]
        row.closed_customers = sorted({*row.closed_customers, *taken.customers})
        row.noted_protection = row.noted_protection or taken.is_noted
        row.save(update_fields=["closed_customers", "noted_protection"])

    def ended(self, *, refs: Collection[UUID], actor: Actor, at: datetime) -> None:
        """A report took nothing but accounts and the note, which ``freezing`` gives back. Here the person hears that it is
        over, whatever had frozen them: once, after the last, and not who or what had shown a child.
        """
        tell_ended(refs, at=at)


def tell_ended(refs: Collection[UUID], *, at: datetime) -> None:
    """A letter to the person, in their language, in the caller's transaction; to nobody without an e-mail address, nor of whom
    it is verified that they died.
    """
    if Rest.objects.filter(subject_ref__in=refs, state=RestState.RESTING, lifted_at=None).exists():
        return
    known = Principal.objects.filter(subject__ref__in=refs, subject__erased_at=None).select_related("subject")
    for person in known.order_by("pk"):
        contact = people.contact_for(person, Channel.EMAIL)
        if contact is not None:
            post(
                kind="retention.freeze_ended",
                subject_ref=person.subject.ref,
                channel=Channel.EMAIL,
                address=contact.address,
                language=person.language,
                purpose="policy_and_security",
                about=f"people.subject:{person.subject.ref}/unfrozen/{int(at.timestamp())}",
                context={"url": f"{settings.SITE_URL}/privacy/"},
            )
            return


def taken_by(row: ChildReport) -> Taken:
    return Taken(customers=tuple(row.closed_customers), is_noted=row.noted_protection)


def _standing(refs: Collection[UUID]) -> QuerySet[ChildReport]:
    return ChildReport.objects.filter(state=ChildState.FROZEN, child_ref__in=refs).order_by("pk")
