"""Opening one person's record leaves a trace: why, for which ticket or queue, and from where."""

import uuid

import pytest

from portal.kernel.audit import services
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor, answers
from portal.kernel.core.errors import Refused

pytestmark = pytest.mark.django_db

WHO = actor.staff(7, address="203.0.113.9", via="admin")


def test_opening_a_persons_record_says_why_and_from_where():
    subject = uuid.uuid4()
    about = "people.customer:OS-CU-7K4M-9QX2"
    answers.record_opened.ask(actor=WHO, about=about, subject_ref=subject, purpose="support", ticket="OS-GR-7K4M-9QX2")
    event = AuditEvent.objects.get(kind=AuditKind.ADMIN_RECORD_OPENED)
    assert (event.about, event.subject_ref) == (about, subject)
    assert event.facts == {"purpose": "support", "ticket": "OS-GR-7K4M-9QX2"}
    assert services.personal_of(event) == {"address": "203.0.113.9", "values": {}}


def test_a_persons_number_is_no_ticket():
    with pytest.raises(Refused, match="reference of a ticket"):
        answers.record_opened.ask(actor=WHO, about="x:1", subject_ref=None, purpose="support", ticket="98765 43210")
    assert not AuditEvent.objects.exists()
