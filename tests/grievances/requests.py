"""Requests about data for tests, made by the services that make them in life."""

import re
from datetime import datetime, timedelta
from typing import Any

from django.core.cache import cache

from grievances.base.request_choices import Capacity, Finding, Right
from grievances.models import ProofPaper, RightsRequest
from grievances.requests.services import identity_verification, request_intake
from grievances.tickets.services import drafts
from portal.kernel.core.actor import staff
from portal.kernel.outbox.models import Message
from portal.kernel.outbox.services import message_content
from portal.kernel.people.models import ContactPoint, Principal, User
from tests.grievances.factories import RECEIVED, STRANGER, acknowledged
from tests.people.factories import ContactPointFactory


def asked(*, at: datetime = RECEIVED, principal: Principal | None = None, **answers: str) -> request_intake.Asked:
    """One request, sent at ``at``; by a stranger unless a principal is signed in, who had confirmed an address before."""
    if principal is not None and not ContactPoint.objects.filter(principal=principal, verified_at__lte=at).exists():
        before = at - timedelta(days=1)
        if not ContactPoint.objects.filter(principal=principal).update(verified_at=before):
            ContactPointFactory(principal=principal, verified_at=before)
    given = {"right": Right.ACCESS, "capacity": Capacity.SELF, "language": "en", "email": "asha@example.in", **answers}
    draft, _secret = drafts.start(at=at)
    drafts.save(draft=draft, answers={name: str(value) for name, value in given.items()})
    done = request_intake.send(draft=draft, principal=principal, actor=STRANGER, at=at)
    if done.request.ticket.acknowledged_at is None:
        acknowledged(done.request.ticket, at=at)
    return done


def code_for(request: RightsRequest) -> str:
    """The newest code that was sent for a request."""
    message = Message.objects.filter(kind="grievances.request_code", subject_ref=request.ticket.subject_ref).latest(
        "pk"
    )
    found = re.search(r"\b\d{6}\b", message_content.text_of(message).body)
    assert found is not None
    return found.group()


def shown(*, at: datetime = RECEIVED, **answers: Any) -> RightsRequest:
    """A request whose asking person typed the code."""
    request = asked(at=at, **answers).request
    if request.address_shown_at is None:
        identity_verification.enter_code(request=request, typed=code_for(request), actor=STRANGER, at=at)
    cache.clear()
    request.refresh_from_db()
    return request


def looked_at(paper: ProofPaper, officer: User, *, finding: str = Finding.PROVES, at: datetime = RECEIVED) -> None:
    """An officer opens a paper and says what it shows."""
    actor = staff(officer.pk)
    identity_verification.open_paper(paper=paper, by=officer, actor=actor).close()
    identity_verification.check_paper(paper=paper, finding=finding, by=officer, actor=actor, at=at)
