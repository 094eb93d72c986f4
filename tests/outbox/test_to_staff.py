"""Whoever may do something is told that it is there to do: each once, nobody else."""

import pytest

from portal.kernel.core import clock
from portal.kernel.outbox.models import Message
from portal.kernel.outbox.services import write_to_staff
from portal.kernel.people.models import User
from portal.kernel.retention.permissions import Permission
from tests.people.factories import StaffFactory
from tests.shipped import rules_of_law

pytestmark = pytest.mark.django_db(databases=["default", "keys"])


def written() -> int:
    return write_to_staff(
        kind="retention.child_reported",
        permission=Permission.CHILD_FREEZE,
        about="retention.child:x/reported",
        context={"reference": "OS-CH-7K4M-9QX2", "url": "https://x.example/"},
        now=clock.now(),
    )


def test_everybody_who_may_act_is_told_once_and_nobody_else() -> None:
    rules_of_law()
    support = [StaffFactory(roles=["support"]) for _each in range(2)]
    StaffFactory(roles=["auditor"])
    User.objects.filter(pk=StaffFactory(roles=["support"]).pk).update(is_active=False)
    User.objects.filter(pk=StaffFactory(roles=["support"]).pk).update(subject=None)
    assert (written(), written()) == (2, 2)
    told = Message.objects.values_list("subject_ref", "language", "purpose")
    assert {ref for ref, _language, _purpose in told} == {user.subject.ref for user in support}
    assert [purpose for _ref, _language, purpose in told] == ["policy_and_security"] * 2
