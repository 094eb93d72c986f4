"""An erasure beside uploads of the same person: what was taken is kept, or ends with the person; nothing is forgotten."""

import pytest

from kyc.models import Document
from portal.kernel.core import clock
from portal.kernel.people.models import Customer, Subject
from portal.kernel.retention.models import ErasureItem, ErasureRun
from portal.kernel.retention.services import person_erasure, runs
from tests.campaigns.counts import conclude
from tests.campaigns.racing import rounds_of_seconds, several_writers, together
from tests.consent.factories import law_is_loaded
from tests.kyc import documents
from tests.kyc.factories import uploaded
from tests.law.factories import ProfileFactory
from tests.people.factories import CustomerFactory, CustomerUserFactory
from tests.retention.factories import run_for
from tests.retention.marks import NIGHTLY, NO
from tests.shipped import every_rule

#: Seconds that an erasure takes.
LONGEST = 2.0
pytestmark = [several_writers, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def world(transactional_db: None) -> None:
    every_rule()
    law_is_loaded()
    ProfileFactory(**dict.fromkeys(NO, "no"))


def left_over(customer: Customer, run: ErasureRun) -> list[str]:
    """Documents of the person that are whole although the account ended, and that no run goes on with."""
    if not Subject.objects.filter(pk=customer.subject_id, erased_at__isnull=False).exists():
        return []
    whole = Document.objects.filter(case__customer=customer, erased_at=None)
    person_erasure.plan_again(now=clock.now(), actor=NIGHTLY)
    planned = ErasureItem.objects.filter(step__run__because=run.because, step__run__pk__gt=run.pk, count__gt=0)
    return [] if planned.exists() else [f"{each.reference} {each.state}" for each in whole]


@rounds_of_seconds
def test_of_a_person_who_is_erased_no_upload_of_that_instant_is_left_over(rounds, world):
    taken = refused = 0
    left = []
    for number in range(rounds):
        login = CustomerUserFactory(member_of=CustomerFactory(kind="individual"))
        customer = Customer.objects.get(memberships__principal=login.principal)
        run = run_for(login.principal.subject.ref, because=f"OS-GR-{number}")
        _run, *uploads = together(
            lambda run=run: runs.carry_out(run, now=clock.now(), actor=NIGHTLY),
            lambda customer=customer: uploaded(customer, now=clock.now()),
            lambda customer=customer: uploaded(customer, now=clock.now(), data=documents.pdf("another")),
            later=LONGEST,
        )
        taken += sum(each.is_done for each in uploads)
        refused += sum(not each.is_done for each in uploads)
        left += left_over(customer, run)
    conclude("An erasure beside uploads", attempts=taken + refused, refused=refused, acknowledged=taken, lost=left)
