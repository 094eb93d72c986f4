"""Opening a record of a person: what the system knows of the reason is a button, and nothing is typed."""

import pytest
from django.urls import reverse

from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import clock
from tests.grievances.factories import ticket
from tests.people.factories import PrincipalFactory

pytestmark = pytest.mark.django_db


@pytest.mark.usefixtures("house")
def test_the_reasons_that_the_system_knows_are_buttons_and_write_the_same_event(staff):
    asha = PrincipalFactory(full_name="Asha Rao")
    filed = ticket(principal=asha, at=clock.now())
    url = reverse("admin:people_principal_change", args=[asha.pk])
    officer = staff("grievance_officer")
    for client in (officer, staff("support")):
        assert f"For their grievance {filed.reference}" in client.get(url).text
        assert "A caller on the line" in client.get(url).text
    assert "A caller on the line" not in staff("kyc_maker").get(url).text
    opened = officer.post(url, {"open_record": "1", "reason": f"grievance {filed.reference}"}, follow=True)
    assert "Asha Rao" in opened.text
    event = AuditEvent.objects.get(kind="admin.record.opened")
    assert (event.facts["purpose"], event.facts["ticket"]) == ("grievance", filed.reference)
    other = reverse("admin:people_principal_change", args=[PrincipalFactory().pk])
    made_up = officer.post(other, {"open_record": "1", "reason": f"grievance {filed.reference}"})
    assert made_up.status_code == 422
