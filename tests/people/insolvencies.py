"""Steps of an insolvency for tests, by two members of staff."""

import hashlib
from datetime import timedelta
from typing import Any

from portal.kernel.core import clock
from portal.kernel.people.choices import InsolvencyStep
from portal.kernel.people.models import Customer, Insolvency, Membership, Principal, User
from portal.kernel.people.services import insolvency, logins
from tests.grievances.factories import STRANGER

PROFESSIONAL = "irp@resolve.example"
ORDER = {"authority": "National Company Law Tribunal, Mumbai", "order_number": "CP(IB) 12/MB/2026"}
OTHER = {"email": "rp@other.example", "registration": "IBBI/IPA-002/IP-N00002/2026"}
PAPER = hashlib.sha256(b"order").hexdigest()


def proposed(customer: Customer, by: Any, step: InsolvencyStep = InsolvencyStep.BEGUN, **changes: Any) -> Insolvency:
    given = {
        **ORDER,
        "ordered_on": clock.day(clock.now()) - timedelta(days=1),
        "paper_sha256": PAPER,
        "registration": "IBBI/IPA-001/IP-P00001/2026" if step == InsolvencyStep.BEGUN else "",
        "email": PROFESSIONAL if step == InsolvencyStep.BEGUN else "",
        **changes,
    }
    return insolvency.propose(customer=customer, step=step, **given, actor=by, now=clock.now())


def agreed(
    customer: Customer, maker: Any, checker: Any, step: InsolvencyStep = InsolvencyStep.BEGUN, **changes: Any
) -> Insolvency:
    found = proposed(customer, maker, step, **changes)
    insolvency.answer(proposal=found, approve=True, reason="", actor=checker, now=clock.now())
    customer.refresh_from_db()
    return found


def comes(step: Insolvency) -> User:
    """The professional opens the invitation."""
    step.refresh_from_db()
    assert step.invitation is not None
    return logins.accept(invitation=step.invitation, full_name="Irina Pal", actor=STRANGER, now=clock.now())


def role_of(customer: Customer, who: Principal) -> str:
    return str(Membership.objects.get(customer=customer, principal=who, ended_at=None).role)
