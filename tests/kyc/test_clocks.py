from datetime import timedelta

import pytest

from portal.kernel.core import clock
from portal.kernel.law.models import Clock
from portal.kernel.law.services import deadline_sweep
from portal.kernel.outbox.models import Message
from tests.kyc.factories import answered, checked, proposed, rest_approved

pytestmark = pytest.mark.usefixtures("same_process")


def test_a_late_case_is_told_to_everybody_who_may_decide_once(individual, maker, checker):
    rest_approved(individual)
    checked(individual)
    later = Clock.objects.get().due_at + timedelta(minutes=1)
    for _time in range(2):
        deadline_sweep.sweep(now=later)
    told = Message.objects.filter(kind="kyc.staff_late")
    assert {message.subject_ref for message in told} == {maker.subject.ref, checker.subject.ref}
    assert told.count() == 2


def test_a_case_that_was_decided_in_time_is_never_late(individual, maker, checker):
    rest_approved(individual)
    answered(proposed(checked(individual), maker), checker)
    deadline_sweep.sweep(now=clock.now() + timedelta(days=90))
    assert not Message.objects.filter(kind="kyc.staff_late").exists()
